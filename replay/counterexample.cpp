#include "replay/counterexample.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/assert.hpp"
#include "model/inspect.hpp"
#include "properties/search/history_options.hpp"
#include "properties/search/stage.hpp"
#include "replay/replay.hpp"
#include "reports/version.hpp"

namespace sweepcheck {
namespace {

// Builds the scenario's steps beside a stage, whose names the requests are made of.
class Builder {
 public:
  Builder(const History& history, const PolicyCase& policy_case)
      : history_(history),
        policy_case_(policy_case),
        names_(catalog_, history.declaration),
        stops_(Stage(history.declaration, policy_case).find_stops(history.steps)) {}

  Scenario build() {
    const Declaration& world = history_.declaration;
    for (std::uint8_t i = 0; i < world.node_count; ++i) {
      scenario_.nodes.push_back({node_name(i), policy_case_.policy});
      policies_.push_back(policy_case_.policy);
    }
    ScenarioRegistry registry;
    registry.host = kRegistryHost;
    for (std::uint8_t i = 0; i < world.images.size(); ++i) {
      registry.images.emplace_back(repository_tag(i), std::string(image_name(i)));
    }
    scenario_.registries.push_back(std::move(registry));
    for (std::size_t i = 0; i < history_.steps.size(); ++i) add_step(i, history_.steps[i]);
    scenario_.profiles.emplace_back(policy_case_.profile->name);
    return std::move(scenario_);
  }

 private:
  static std::string handle_name(std::uint8_t handle) { return "p" + std::to_string(handle); }

  void add_step(std::size_t number, const HistoryStep& step) {
    ScenarioStep out;
    switch (step.verb) {
      case HistoryVerb::kCollect:
        out.kind = ActionKind::kCollect;
        out.metadata_only = step.option == kCollectMetadata;
        break;
      case HistoryVerb::kAdvance:
        out.kind = ActionKind::kAdvance;
        out.duration = advance_of(step);
        break;
      case HistoryVerb::kRestart:
        out.kind = ActionKind::kRestart;
        if (step.option == kRestartFlipped) {
          bool& discard = policies_[step.node].cri.discard_unpacked_layers;
          discard = !discard;
          out.policy = policies_[step.node];
        }
        break;
      case HistoryVerb::kKillDaemon:
        out.kind = ActionKind::kKillDaemon;
        break;
      case HistoryVerb::kKillClient:
        out.kind = ActionKind::kKillClient;
        out.handle = handle_name(step.handle);
        break;
      case HistoryVerb::kResume:
        out.kind = ActionKind::kResume;
        out.handle = handle_name(step.handle);
        if (step.stop > 0) out.step_count = step.stop - 1;
        break;
      default:
        add_operation(number, step);
        return;
    }
    if ((verb_spec(step.verb).fields & kUsesNode) != 0 && step.node > 0) {
      out.node = node_name(step.node);
    }
    scenario_.steps.push_back(std::move(out));
  }

  // An operation that stops is stopped by the name of its next step, if that is the first of this
  // name; else it stops at once and goes on by a number of steps.
  void add_operation(std::size_t number, const HistoryStep& step) {
    const Request request = names_.request(step, *policy_case_.profile);
    ScenarioStep out = step_of(catalog_, request);
    if (request.type->place == Place::kNode && step.node > 0) out.node = node_name(step.node);
    declare_what_is_used(step);
    const auto stop = std::find_if(stops_.begin(), stops_.end(),
                                   [&](const Stage::Stop& s) { return s.step == number; });
    if (stop == stops_.end()) {
      scenario_.steps.push_back(std::move(out));
      return;
    }
    out.handle = handle_name(step.handle);
    const auto first = std::find(stop->names.begin(), stop->names.end(), stop->names.back());
    const bool named = first + 1 == stop->names.end();
    out.until = named ? *first : "*";
    scenario_.steps.push_back(std::move(out));
    if (named) return;
    ScenarioStep resume;
    resume.kind = ActionKind::kResume;
    resume.handle = handle_name(step.handle);
    resume.step_count = static_cast<std::int64_t>(stop->names.size()) - 1;
    scenario_.steps.push_back(std::move(resume));
  }

  void declare_what_is_used(const HistoryStep& step) {
    if (step.verb == HistoryVerb::kImport && step.option != kImportExported) {
      const std::string name = archive_name(step.image);
      const bool known = std::any_of(scenario_.archives.begin(), scenario_.archives.end(),
                                     [&](const ScenarioArchive& a) { return a.name == name; });
      if (known) return;
      ScenarioArchive archive;
      archive.name = name;
      archive.images.emplace_back(record_name(step.image), image_name(step.image));
      scenario_.archives.push_back(std::move(archive));
    }
    const bool elsewhere =
        (step.verb == HistoryVerb::kPush && step.option == kPushElsewhere) ||
        (step.verb == HistoryVerb::kCollectRegistry && step.option >= kCollectOther);
    if (elsewhere && scenario_.registries.size() == 1) {
      scenario_.registries.push_back({std::string(kOtherRegistryHost)});
    }
  }

  const History& history_;
  const PolicyCase& policy_case_;
  Catalog catalog_;
  HistoryNames names_;
  std::vector<Stage::Stop> stops_;
  Scenario scenario_;
  std::vector<Policy> policies_;
};

// What is true of each image record in the end, and of each image anywhere.
std::vector<Expectation> final_expectations(const Scenario& scenario, const World& world) {
  std::vector<Expectation> out;
  const Catalog& catalog = world.catalog();
  for (std::size_t i = 0; i < world.nodes.size(); ++i) {
    const auto node = static_cast<NodeId>(i);
    std::vector<std::pair<std::string, ObjectId>> records;
    for (const ObjectId record : catalog.root_candidates()) {
      if (catalog.kind(record) != ObjectKind::kImage || !world.nodes[i].state.has(record)) continue;
      const ObjectKey& key = catalog.key(record);
      records.emplace_back(catalog.text(key.space) + " " + catalog.display(key.key), record);
    }
    std::sort(records.begin(), records.end());
    for (const auto& [text, record] : records) {
      const ObjectKey& key = catalog.key(record);
      Expectation expectation;
      expectation.image = catalog.display(key.key);
      expectation.space = catalog.text(key.space);
      if (i > 0) expectation.node = scenario.nodes[i].name;
      expectation.status =
          status_text(check_image(world, node, key.space, key.key, kNone<StringId>));
      if (world.nodes[i].running) {
        expectation.exportable = is_exportable(world, node, key.space, key.key);
        expectation.runnable = is_runnable(world, node, key.space, key.key, kNone<StringId>);
      }
      out.push_back(std::move(expectation));
    }
  }
  Expectation anywhere;
  for (const auto& [name, image] : scenario.images) {
    const BlobId target = catalog.find_blob(catalog.find(image.target().digest));
    const bool found =
        is_recoverable(world, target, catalog.find(world.nodes.front().policy->platform));
    (found ? anywhere.recoverable_images : anywhere.lost_images).push_back(name);
  }
  out.push_back(std::move(anywhere));
  return out;
}

Scenario parsed(const std::string& text) {
  ScenarioResultOrDiagnostics read = parse_scenario(text, "counterexample.json");
  if (!read.scenario) {
    std::string what = "what is written reads back:\n" + text;
    for (const Diagnostic& diagnostic : read.diagnostics) what += to_line(diagnostic) + "\n";
    belief_failed(what.c_str(), __FILE__, __LINE__);
  }
  return std::move(*read.scenario);
}

}  // namespace

DeclaredImages declared_images(const Declaration& world) {
  DeclaredImages out;
  for (std::uint8_t i = 0; i < world.same_diff_as.size(); ++i) {
    const std::uint8_t same = world.same_diff_as[i];
    out.layers.push_back({layer_name(i), same == kNobody ? "" : layer_name(same)});
  }
  for (std::uint8_t i = 0; i < world.images.size(); ++i) {
    const HistoryImage& image = world.images[i];
    DeclaredImage declared{std::string(image_name(i))};
    for (const std::uint8_t layer : image.layers) declared.layers.push_back(layer_name(layer));
    for (const std::uint8_t member : image.members) {
      declared.members.emplace_back(image_name(member));
    }
    if (image.same_config_as != kNobody) {
      declared.same_config_as = image_name(image.same_config_as);
    } else if (image.platform == 1) {
      declared.platform = "linux/arm64";
    }
    out.images.push_back(std::move(declared));
  }
  return out;
}

std::string history_scenario(const History& history, const PolicyCase& policy_case,
                             const std::string& about, const std::string& source) {
  Scenario scenario = Builder(history, policy_case).build();
  scenario.about = about;
  if (!source.empty()) scenario.sources.push_back(source);
  return write_scenario(scenario, declared_images(history.declaration));
}

Counterexample make_counterexample(const History& history, const PolicyCase& policy_case,
                                   const Property& property, const std::string& message) {
  Scenario scenario = Builder(history, policy_case).build();
  const DeclaredImages declared = declared_images(history.declaration);
  scenario.about = fmt::format("Refutes {} ({}) {}", property.name, property.statement, message);
  scenario.found_by = FoundBy{std::string(kVersion), std::string(property.name), policy_case.name};
  const Scenario first = parsed(write_scenario(scenario, declared));
  Replay replay(first, {.profile = policy_case.profile, .properties = {}});
  const ScenarioResult result = replay.run();
  for (std::size_t i = 0; i < result.steps.size(); ++i) {
    const StepResult& step = result.steps[i];
    if (step.error_class.empty() || scenario.steps[i].kind == ActionKind::kKillClient) continue;
    ExpectedFailure failure;
    failure.error_class = step.error_class;
    failure.text = step.error_text;
    scenario.steps[i].fails.push_back(std::move(failure));
  }
  scenario.expectations = final_expectations(first, replay.world());
  Counterexample out;
  out.text = write_scenario(scenario, declared);
  const Scenario whole = parsed(out.text);
  const Property* const asked = &property;
  Replay again(whole, {.profile = policy_case.profile, .properties = {&asked, 1}});
  out.replayed = again.run();
  out.confirmed = again.refutation_count() > 0 || property.costly;
  return out;
}

}  // namespace sweepcheck
