#include "conformance/random/random_scenarios.hpp"

#include <fmt/format.h>

#include "conformance/random/random_graph.hpp"
#include "model/assert.hpp"
#include "properties/search/generator.hpp"
#include "properties/search/history_options.hpp"
#include "replay/counterexample.hpp"

namespace sweepcheck {
namespace {

constexpr std::uint64_t kWorldStream = 0x636c69656e74ULL << 16;
constexpr std::uint64_t kHistoryStream = 0x63616c6cULL << 24;
constexpr std::uint8_t kImageCount = 4;

// The step as a real daemon can do it; false if it can't.
bool make_performable(HistoryStep& step, const Profile& profile) {
  switch (step.verb) {
    case HistoryVerb::kResume:
    case HistoryVerb::kKillClient:
    case HistoryVerb::kRemoveFile:
    case HistoryVerb::kStartContainer:
    case HistoryVerb::kStopContainer:
    // A sandbox's record that is made over the API, as the only one of its namespace, isn't listed.
    case HistoryVerb::kLinkSandbox:
      return false;
    case HistoryVerb::kCollect:
      step.option = kCollectAll;
      break;
    case HistoryVerb::kPull:
      // By the client library: ctr and CRI take its turn.
      if (step.option == kPullDiscarding) step.option = kPullByCri;
      if (step.option == kPullByLibrary || step.option == kPullWithoutUnpack) {
        step.option = kPullByCtr;
      }
      if (step.option == kPullByCri) step.space = kCriSpace;
      break;
    case HistoryVerb::kImport:
      // What a failed transfer export leaves behind differs from one time to the next.
      if (step.option == kImportExported && profile.ctr_engine == Engine::kTransfer) {
        step.option = kImportUnpacked;
      }
      break;
    case HistoryVerb::kCreateContainer:
    case HistoryVerb::kIngest:
      step.option = 0;
      break;
    default:
      break;
  }
  step.stop = 0;
  step.handle = 0;
  return true;
}

RandomScenario client_scenario(std::uint64_t seed, std::uint64_t number, std::uint32_t length,
                               const Profile& profile) {
  const History history = draw_client_history(seed, number, length, profile);
  const PolicyCase policy = random_policy(number, profile);
  return {history.steps.size(),
          [history, policy](const std::vector<bool>& kept, const std::string& about) {
            History part{history.declaration, {}};
            for (std::size_t i = 0; i < kept.size(); ++i) {
              if (kept[i]) part.steps.push_back(history.steps[i]);
            }
            return history_scenario(part, policy, about, "");
          }};
}

}  // namespace

std::string_view random_kind_name(RandomKind kind) {
  return kind == RandomKind::kClients ? "clients" : "metadata";
}

History draw_client_history(std::uint64_t seed, std::uint64_t number, std::uint32_t length,
                            const Profile& profile) {
  GeneratorOptions options;
  options.node_count = 1;
  options.image_count = kImageCount;
  options.length = 4 * length + 16;
  History history;
  history.declaration = draw_declaration(Random(seed, kWorldStream + number), options);
  std::vector<HistoryStep> drawn;
  draw_steps(Random(seed, kHistoryStream + number), history.declaration, options, drawn);
  for (HistoryStep& step : drawn) {
    if (history.steps.size() == length) break;
    // A pull of an index without its members asks for several at once, and fails at any.
    if (step.verb == HistoryVerb::kCollectRegistry) step.option = kCollectHome;
    // A daemon that was killed is started again: clients of none only wait.
    const bool kills = step.verb == HistoryVerb::kKillDaemon;
    if (kills && history.steps.size() + 2 > length) continue;
    if (make_performable(step, profile)) history.steps.push_back(step);
    if (kills) history.steps.push_back({.verb = HistoryVerb::kRestart});
  }
  SWEEPCHECK_BELIEVE(history.steps.size() == length, "one step in four can be performed");
  return history;
}

PolicyCase random_policy(std::uint64_t number, const Profile& profile) {
  std::vector<PolicyCase> cases;
  for (PolicyCase& candidate : policy_cases()) {
    if (candidate.profile->name == profile.name && !candidate.policy.scheduler.runs) {
      cases.push_back(std::move(candidate));
    }
  }
  return std::move(cases[number % cases.size()]);
}

RandomScenario draw_scenario(RandomKind kind, std::uint64_t seed, std::uint64_t number,
                             std::uint32_t length, const Profile& profile) {
  return kind == RandomKind::kClients ? client_scenario(seed, number, length, profile)
                                      : graph_scenario(seed, number, length, profile);
}

}  // namespace sweepcheck
