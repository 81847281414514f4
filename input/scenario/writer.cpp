#include "input/scenario/writer.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "model/time.hpp"

namespace sweepcheck {
namespace {

using Json = nlohmann::ordered_json;

// One value on one line, with the spaces that people put.
std::string inline_text(const Json& json) {
  if (!json.is_structured()) return json.dump();
  const bool object = json.is_object();
  std::string out;
  for (const auto& [key, value] : json.items()) {
    if (!out.empty()) out += ", ";
    if (object) out += Json(key).dump() + ": ";
    out += inline_text(value);
  }
  return object ? "{" + out + "}" : "[" + out + "]";
}

// A key whose value has one line for each of its items.
std::string block_text(const std::string& key, const Json& json) {
  const bool object = json.is_object();
  std::string out = "  \"" + key + "\": " + (object ? "{" : "[");
  bool first = true;
  for (const auto& [name, value] : json.items()) {
    out += first ? "\n    " : ",\n    ";
    first = false;
    if (object) out += Json(name).dump() + ": ";
    out += inline_text(value);
  }
  return out + "\n  " + (object ? "}" : "]");
}

void set_text(Json& json, const char* key, const std::string& text) {
  if (!text.empty()) json[key] = text;
}

Json layers_json(const DeclaredImages& declared) {
  Json out = Json::object();
  for (const DeclaredLayer& layer : declared.layers) {
    if (layer.same_diff_as.empty()) continue;
    if (!out.contains(layer.same_diff_as)) out[layer.same_diff_as] = Json::object();
    out[layer.name] = {{"same_diff_as", layer.same_diff_as}};
  }
  return out;
}

Json images_json(const DeclaredImages& declared) {
  Json out = Json::object();
  for (const DeclaredImage& image : declared.images) {
    Json json = Json::object();
    if (image.members.empty()) {
      json["layers"] = image.layers;
    } else {
      json["index"] = image.members;
    }
    set_text(json, "platform", image.platform);
    set_text(json, "same_config_as", image.same_config_as);
    out[image.name] = std::move(json);
  }
  return out;
}

Json registries_json(const Scenario& scenario) {
  Json out = Json::object();
  for (const ScenarioRegistry& registry : scenario.registries) {
    Json json = Json::object();
    for (const auto& [reference, image] : registry.images) json["images"][reference] = image;
    if (registry.descriptor_cache) json["descriptor_cache"] = true;
    out[registry.host] = std::move(json);
  }
  return out;
}

// What differs between two policies, as the keys of a node or a restart have it.
Json policy_json(const Policy& policy, const Policy& base) {
  Json cri = Json::object();
  Json scheduler = Json::object();
  Json out = Json::object();
  const auto put = [](Json& json, const char* key, const auto& value, const auto& usual) {
    if (value != usual) json[key] = value;
  };
  const CriPolicy& c = policy.cri;
  const CriPolicy& d = base.cri;
  put(cri, "discard_unpacked_layers", c.discard_unpacked_layers, d.discard_unpacked_layers);
  put(cri, "use_local_image_pull", c.use_local_image_pull, d.use_local_image_pull);
  put(cri, "snapshotter", c.snapshotter, d.snapshotter);
  put(cri, "disable_snapshot_annotations", c.disable_snapshot_annotations,
      d.disable_snapshot_annotations);
  put(cri, "sandbox_image", c.sandbox_image, d.sandbox_image);
  put(cri, "pinned_images", c.pinned_images, d.pinned_images);
  put(cri, "max_concurrent_downloads", c.max_concurrent_downloads, d.max_concurrent_downloads);
  put(cri, "image_pull_with_sync_fs", c.image_pull_with_sync_fs, d.image_pull_with_sync_fs);
  const SchedulerPolicy& s = policy.scheduler;
  const SchedulerPolicy& t = base.scheduler;
  put(scheduler, "pause_threshold", s.pause_threshold, t.pause_threshold);
  put(scheduler, "deletion_threshold", s.deletion_threshold, t.deletion_threshold);
  put(scheduler, "mutation_threshold", s.mutation_threshold, t.mutation_threshold);
  const auto put_delay = [&](const char* key, Duration value, Duration usual) {
    if (value != usual) scheduler[key] = format_duration(value);
  };
  put_delay("schedule_delay", s.schedule_delay, t.schedule_delay);
  put_delay("startup_delay", s.startup_delay, t.startup_delay);
  if (!cri.empty()) out["cri"] = std::move(cri);
  // Who names one of its keys has one that runs; one that doesn't has no use for them.
  if (s.runs && !scheduler.empty()) {
    out["scheduler"] = std::move(scheduler);
  } else if (s.runs != t.runs) {
    out["scheduler"] = s.runs;
  }
  if (policy.content_sharing != base.content_sharing) {
    out["content_sharing_policy"] =
        policy.content_sharing == ContentSharing::kShared ? "shared" : "isolated";
  }
  put(out, "platform", policy.platform, base.platform);
  return out;
}

Json archives_json(const Scenario& scenario) {
  Json out = Json::object();
  for (const ScenarioArchive& archive : scenario.archives) {
    Json json = Json::object();
    for (const auto& [name, image] : archive.images) {
      if (archive.images.size() > 1) {
        json["images"][name] = image;
      } else {
        json["image"] = image;
        set_text(json, "name", name);
      }
    }
    if (archive.format == ArchiveFormat::kDocker) json["format"] = "docker";
    if (!archive.without.empty()) json["without"] = archive.without;
    out[archive.name] = std::move(json);
  }
  return out;
}

Json argument_json(const Argument& argument) {
  if (const auto* flag = std::get_if<bool>(&argument.value)) return *flag;
  if (const auto* number = std::get_if<std::int64_t>(&argument.value)) {
    if (argument.parameter->type == ParameterType::kDuration) return format_duration(*number);
    return *number;
  }
  if (const auto* text = std::get_if<std::string>(&argument.value)) return *text;
  if (const auto* list = std::get_if<std::vector<std::string>>(&argument.value)) return *list;
  Json labels = Json::object();
  for (const auto& [key, value] : std::get<LabelMap>(argument.value)) labels[key] = value;
  return labels;
}

void put_profiles(Json& json, const std::vector<std::string>& profiles) {
  if (!profiles.empty()) json["profiles"] = profiles;
}

Json failure_json(const ExpectedFailure& failure) {
  Json out = Json::object();
  put_profiles(out, failure.profiles);
  set_text(out, "class", failure.error_class);
  set_text(out, "text", failure.text);
  return out.empty() ? Json(true) : out;
}

Json names_json(const NamesByKind& names) {
  Json out = Json::object();
  for (const auto& [kind, list] : names) out[kind] = list;
  return out;
}

void put_flag(Json& json, const char* key, const std::optional<bool>& flag) {
  if (flag) json[key] = *flag;
}

// The expectations that searches and comparisons fill in; a scenario by hand may have more.
Json expectation_json(const Expectation& expectation) {
  Json out = Json::object();
  put_profiles(out, expectation.profiles);
  set_text(out, "image", expectation.image);
  set_text(out, "on", expectation.node);
  set_text(out, "namespace", expectation.space);
  if (expectation.status) out["status"] = *expectation.status;
  if (expectation.target) out["target"] = *expectation.target;
  put_flag(out, "unpacked", expectation.unpacked);
  put_flag(out, "exportable", expectation.exportable);
  put_flag(out, "exportable_all", expectation.exportable_all);
  put_flag(out, "runnable", expectation.runnable);
  put_flag(out, "recoverable", expectation.recoverable);
  const auto put_names = [&](const char* key, const NamesByKind& names) {
    if (!names.empty()) out[key] = names_json(names);
  };
  put_names("present", expectation.present);
  put_names("absent", expectation.absent);
  put_names("exactly", expectation.exactly);
  if (!expectation.recoverable_images.empty()) {
    out["recoverable_images"] = expectation.recoverable_images;
  }
  if (!expectation.lost_images.empty()) out["lost_images"] = expectation.lost_images;
  if (expectation.collections) out["collections"] = *expectation.collections;
  if (expectation.output) out["output"] = *expectation.output;
  return out;
}

Json expectations_json(const std::vector<Expectation>& expectations) {
  if (expectations.size() == 1) return expectation_json(expectations.front());
  Json out = Json::array();
  for (const Expectation& expectation : expectations) out.push_back(expectation_json(expectation));
  return out;
}

class StepWriter {
 public:
  StepWriter(const ScenarioStep& step, const Policy* base) : step_(step), base_(base) {}

  Json write() {
    put_verb();
    if (step_.kind == ActionKind::kOperation) set_text(json_, "as", step_.handle);
    if (step_.by != Client::kDefault) json_["by"] = client_name(step_.by);
    set_text(json_, "on", step_.node);
    set_text(json_, "namespace", step_.space);
    set_text(json_, "until", step_.until);
    put_profiles(json_, step_.profiles);
    if (step_.fails.size() == 1) {
      json_["fails"] = failure_json(step_.fails.front());
    } else if (!step_.fails.empty()) {
      json_["fails"] = Json::array();
      for (const ExpectedFailure& failure : step_.fails) {
        json_["fails"].push_back(failure_json(failure));
      }
    }
    if (!step_.expectations.empty()) json_["expect"] = expectations_json(step_.expectations);
    return std::move(json_);
  }

 private:
  void put_verb() {
    switch (step_.kind) {
      case ActionKind::kOperation:
        for (const Argument& argument : step_.arguments) {
          json_[std::string(argument.parameter->name)] = argument_json(argument);
        }
        break;
      case ActionKind::kCollect:
        json_["collect"] = step_.metadata_only ? Json("metadata") : Json(true);
        break;
      case ActionKind::kAdvance:
        json_["advance"] = format_duration(step_.duration);
        break;
      case ActionKind::kRestart:
        json_["restart"] = true;
        if (step_.policy && base_) json_.update(policy_json(*step_.policy, *base_));
        break;
      case ActionKind::kResume:
        json_["resume"] = step_.handle;
        if (step_.step_count > 0) json_["steps"] = step_.step_count;
        break;
      case ActionKind::kKillClient:
        json_["kill"] = "client";
        json_["of"] = step_.handle;
        break;
      case ActionKind::kKillDaemon:
        json_["kill"] = "daemon";
        break;
    }
  }

  const ScenarioStep& step_;
  const Policy* base_;
  Json json_ = Json::object();
};

// Each restart is written as what it changes against the node's policy until then.
Json steps_json(const Scenario& scenario) {
  Json out = Json::array();
  std::vector<Policy> policies;
  for (const ScenarioNode& node : scenario.nodes) policies.push_back(node.policy);
  for (const ScenarioStep& step : scenario.steps) {
    std::size_t node = 0;
    while (node + 1 < scenario.nodes.size() && scenario.nodes[node].name != step.node) ++node;
    if (step.node.empty()) node = 0;
    Policy* policy = policies.empty() ? nullptr : &policies[node];
    out.push_back(StepWriter(step, policy).write());
    if (step.policy && policy) *policy = *step.policy;
  }
  return out;
}

std::string name_in(const Catalog& catalog, const Parameter& parameter, StringId id) {
  const bool aliased = parameter.type == ParameterType::kReference ||
                       parameter.type == ParameterType::kObject ||
                       parameter.type == ParameterType::kReferences;
  return aliased ? catalog.display(id) : catalog.text(id);
}

// The value of a parameter, if it isn't the one that a request has by default.
bool find_value(const Catalog& catalog, const Request& request, const Parameter& parameter,
                Argument& out) {
  static const Request kUsual;
  out.parameter = &parameter;
  if (parameter.flag) {
    out.value = request.*parameter.flag;
    return request.*parameter.flag;
  }
  if (parameter.option) {
    out.value = (request.*parameter.option).value_or(false);
    return (request.*parameter.option).has_value();
  }
  if (parameter.text) {
    const StringId id = request.*parameter.text;
    if (id == kNone<StringId>) return false;
    out.value = name_in(catalog, parameter, id);
    return true;
  }
  if (parameter.number) {
    out.value = request.*parameter.number;
    return request.*parameter.number != kUsual.*parameter.number;
  }
  if (parameter.list) {
    std::vector<std::string> names;
    for (const StringId id : request.*parameter.list) {
      names.push_back(name_in(catalog, parameter, id));
    }
    out.value = names;
    return !names.empty();
  }
  if (parameter.labels) {
    LabelMap labels;
    for (const auto& [key, value] : request.*parameter.labels) {
      labels.emplace_back(catalog.text(key), catalog.display(value));
    }
    out.value = labels;
    return !labels.empty();
  }
  return false;
}

}  // namespace

ScenarioStep step_of(const Catalog& catalog, const Request& request) {
  ScenarioStep step;
  step.operation = request.type;
  step.verb = request.type->name;
  step.by = request.by;
  Client by = request.by;
  if (by == Client::kDefault && !request.type->clients.empty()) by = request.type->clients.front();
  const std::string_view usual = by == Client::kCri ? "k8s.io" : "default";
  if (request.type->place == Place::kNode && request.space != kNone<StringId> &&
      catalog.text(request.space) != usual) {
    step.space = catalog.text(request.space);
  }
  Argument subject{&request.type->subject, true};
  if (request.type->subject.text || request.type->subject.number || request.type->subject.list) {
    static_cast<void>(find_value(catalog, request, request.type->subject, subject));
  }
  step.arguments.push_back(std::move(subject));
  for (const Parameter& parameter : request.type->parameters) {
    Argument argument;
    if (find_value(catalog, request, parameter, argument)) {
      step.arguments.push_back(std::move(argument));
    }
  }
  return step;
}

std::string write_scenario(const Scenario& scenario, const DeclaredImages& declared) {
  std::vector<std::string> parts;
  parts.push_back("  \"about\": " + Json(scenario.about).dump());
  if (!scenario.sources.empty()) parts.push_back(block_text("source", Json(scenario.sources)));
  if (const auto& found_by = scenario.found_by) {
    parts.push_back(block_text("found_by", Json{{"version", found_by->version},
                                                {"property", found_by->property},
                                                {"policy", found_by->policy}}));
  }
  if (!scenario.profiles.empty()) {
    parts.push_back("  \"profiles\": " + inline_text(Json(scenario.profiles)));
  }
  const auto add = [&](const char* key, const Json& json) {
    if (!json.empty()) parts.push_back(block_text(key, json));
  };
  add("layers", layers_json(declared));
  add("images", images_json(declared));
  add("registries", registries_json(scenario));
  Json nodes = Json::object();
  for (const ScenarioNode& node : scenario.nodes) {
    nodes[node.name] = policy_json(node.policy, Policy{});
  }
  add("nodes", nodes);
  add("archives", archives_json(scenario));
  add("steps", steps_json(scenario));
  Json expectations = Json::array();
  for (const Expectation& expectation : scenario.expectations) {
    expectations.push_back(expectation_json(expectation));
  }
  add("expect", expectations);
  return fmt::format("{{\n{}\n}}\n", fmt::join(parts, ",\n"));
}

}  // namespace sweepcheck
