// A scenario that is written reads back as the same. RapidCheck draws histories, which make steps
// of every verb, and dresses them with what else a file can say: policies, profiles, failures,
// expectations, and texts with odd characters.
#include <algorithm>

#include "input/scenario/scenario.hpp"
#include "input/scenario/writer.hpp"
#include "properties/search/rapidcheck.hpp"
#include "replay/counterexample.hpp"
#include "tests/unit/rapid.hpp"

namespace sweepcheck {
namespace {

Scenario parsed(const std::string& text) {
  ScenarioResultOrDiagnostics read = parse_scenario(text, "drawn.json");
  std::string complaints;
  for (const Diagnostic& diagnostic : read.diagnostics) complaints += to_line(diagnostic) + "\n";
  if (!read.scenario) RC_FAIL(complaints + text);
  return std::move(*read.scenario);
}

// Any text that isn't empty; of odd characters, too.
rc::Gen<std::string> text_gen() {
  const std::vector<std::string> pieces{"a", "Z", "0", " ", "\"", "\\", "\n", "\t",
                                        "/", "*", "ä", "€", "𝄞",  "{",  "'",  "\x01"};
  return rc::gen::map(
      rc::gen::nonEmpty(rc::gen::resize(
          8, rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(pieces)))),
      [](const std::vector<std::string>& drawn) {
        std::string text;
        for (const std::string& piece : drawn) text += piece;
        return text;
      });
}

bool yes_or_no() { return *rc::gen::arbitrary<bool>(); }
std::string one_of(const std::vector<std::string>& some) { return *rc::gen::elementOf(some); }

std::optional<bool> draw_flag() {
  if (yes_or_no()) return std::nullopt;
  return yes_or_no();
}

std::vector<std::string> draw_profiles(const Scenario& scenario) {
  return yes_or_no() ? scenario.profiles : std::vector<std::string>{};
}

Duration draw_delay() { return *rc::gen::inRange<Duration>(0, kHour); }

Policy draw_policy() {
  Policy policy;
  policy.content_sharing = yes_or_no() ? ContentSharing::kShared : ContentSharing::kIsolated;
  policy.platform = one_of({"linux/amd64", "linux/arm64", "linux/arm/v7"});
  CriPolicy& cri = policy.cri;
  cri.discard_unpacked_layers = yes_or_no();
  cri.use_local_image_pull = yes_or_no();
  cri.disable_snapshot_annotations = yes_or_no();
  cri.image_pull_with_sync_fs = yes_or_no();
  cri.snapshotter = one_of({"overlayfs", "native"});
  cri.sandbox_image = one_of({"registry.example/pause:1", "registry.k8s.io/pause:3.10"});
  if (yes_or_no()) cri.pinned_images = {"registry.example/lib/app:1"};
  cri.max_concurrent_downloads = *rc::gen::inRange(0, 9);
  SchedulerPolicy& scheduler = policy.scheduler;
  // A node that names one of the scheduler's keys has one that runs.
  scheduler.runs = yes_or_no();
  if (!scheduler.runs) return policy;
  scheduler.pause_threshold = *rc::gen::inRange(0, 5) / 8.0;
  scheduler.deletion_threshold = *rc::gen::inRange(0, 3);
  scheduler.mutation_threshold = *rc::gen::inRange(0, 200);
  scheduler.schedule_delay = draw_delay();
  scheduler.startup_delay = draw_delay();
  return policy;
}

Expectation draw_expectation(const Scenario& scenario) {
  Expectation out;
  out.profiles = draw_profiles(scenario);
  if (yes_or_no()) out.node = scenario.nodes.front().name;
  if (yes_or_no()) out.space = one_of({"default", "k8s.io", "other"});
  if (yes_or_no()) {
    out.image = "registry.example/lib/x:1";
    if (yes_or_no()) out.status = one_of({"complete (4/4)", "absent"});
    out.unpacked = draw_flag();
    out.exportable = draw_flag();
    out.exportable_all = draw_flag();
    out.runnable = draw_flag();
    out.recoverable = draw_flag();
  }
  const std::string alias = "manifest:" + scenario.images.begin()->first;
  if (yes_or_no()) out.present = {{"content", {alias}}, {"leases", {"l1"}}};
  if (yes_or_no()) out.absent = {{"snapshots", {"k1", "k2"}}};
  if (yes_or_no()) out.exactly = {{"images", {}}};
  if (yes_or_no()) out.recoverable_images = {scenario.images.begin()->first};
  if (yes_or_no()) out.lost_images = {scenario.images.rbegin()->first};
  if (yes_or_no()) out.collections = *rc::gen::inRange(0, 9);
  // What says nothing is refused.
  out.output = *text_gen();
  return out;
}

ExpectedFailure draw_failure(const Scenario& scenario) {
  ExpectedFailure out;
  out.profiles = draw_profiles(scenario);
  if (yes_or_no()) out.error_class = one_of({"not-found", "already-exists", "unknown"});
  if (yes_or_no()) out.text = *text_gen();
  return out;
}

// A scenario of a history, as it reads, with more in it than a history says.
Scenario dress(Scenario scenario) {
  scenario.about = *text_gen();
  scenario.sources = *rc::gen::resize(3, rc::gen::container<std::vector<std::string>>(text_gen()));
  for (ScenarioNode& node : scenario.nodes) node.policy = draw_policy();
  for (ScenarioStep& step : scenario.steps) {
    if (step.policy) step.policy = draw_policy();
    if (step.kind == ActionKind::kOperation && yes_or_no()) {
      step.fails.push_back(draw_failure(scenario));
    }
    if (*rc::gen::inRange(0, 4) == 0) step.expectations.push_back(draw_expectation(scenario));
  }
  scenario.expectations = {draw_expectation(scenario)};
  if (yes_or_no()) scenario.expectations.push_back(draw_expectation(scenario));
  return scenario;
}

// Where things stand is not a part of what they are; nor which of its keys a restart names, if its
// policy is the same; nor what a scheduler that doesn't run would go by.
void forget_places(Scenario& scenario) {
  const auto forget = [](std::vector<Expectation>& expectations) {
    for (Expectation& expectation : expectations) expectation.place = {};
  };
  forget(scenario.expectations);
  for (ScenarioStep& step : scenario.steps) {
    step.place = {};
    step.policy_keys.clear();
    if (step.policy && !step.policy->scheduler.runs) step.policy->scheduler = {};
    for (ExpectedFailure& failure : step.fails) failure.place = {};
    forget(step.expectations);
  }
}

void expect_equal(Scenario a, Scenario b) {
  forget_places(a);
  forget_places(b);
  RC_ASSERT(a.about == b.about);
  RC_ASSERT(a.sources == b.sources);
  RC_ASSERT(a.profiles == b.profiles);
  RC_ASSERT(a.registries == b.registries);
  RC_ASSERT(a.archives == b.archives);
  RC_ASSERT(a.expectations == b.expectations);
  RC_ASSERT(a.nodes == b.nodes);
  RC_ASSERT(a.steps.size() == b.steps.size());
  for (std::size_t i = 0; i < a.steps.size(); ++i) {
    RC_LOG() << "step " << i << " " << a.steps[i].verb << "\n";
    RC_ASSERT(a.steps[i].arguments == b.steps[i].arguments);
    RC_ASSERT(a.steps[i].fails == b.steps[i].fails);
    RC_ASSERT(a.steps[i].expectations == b.steps[i].expectations);
    RC_ASSERT(a.steps[i].policy == b.steps[i].policy);
    RC_ASSERT(a.steps[i] == b.steps[i]);
  }
  RC_ASSERT(a.images.size() == b.images.size());
  for (const auto& [name, image] : a.images) RC_ASSERT(image.blobs == b.images.at(name).blobs);
}

TEST(ScenarioRoundTrip, WhatIsWrittenReadsBackTheSame) {
  const std::vector<PolicyCase> policies = policy_cases();
  test::expect_holds("a scenario that is written reads back as the same", [&] {
    const History history = *history_gen({.image_count = 4, .length = 12});
    RC_PRE(!history.steps.empty());
    const PolicyCase& policy = policies[*rc::gen::inRange<std::size_t>(0, policies.size())];
    const DeclaredImages declared = declared_images(history.declaration);
    const Scenario drawn = dress(parsed(history_scenario(history, policy, "drawn", "")));
    const std::string text = write_scenario(drawn, declared);
    RC_LOG() << text;
    const Scenario read = parsed(text);
    expect_equal(drawn, read);
    RC_ASSERT(write_scenario(read, declared) == text);
  });
}

// Every key that `--set` knows takes the value that it prints as, and keeps others as they are.
TEST(ScenarioRoundTrip, PolicyKeysAreIndependent) {
  test::expect_holds("a policy's keys can be copied one by one", [] {
    const Policy from = draw_policy();
    Policy to = draw_policy();
    std::vector<std::string> keys = policy_keys();
    copy_policy_keys(from, keys, to);
    RC_ASSERT(to == from);
  });
}

}  // namespace
}  // namespace sweepcheck
