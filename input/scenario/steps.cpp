// Steps: which verb each has, and the values of its keys.
#include <fmt/format.h>

#include <algorithm>

#include "input/scenario/decoder.hpp"
#include "model/failure.hpp"

namespace sweepcheck {
namespace {

using Kind = JsonValue::Kind;

class StepDecoder {
 public:
  StepDecoder(const JsonValue& json, ScenarioContext& context)
      : json_(json), context_(context), problems_(context.problems) {}

  void decode() {
    if (!find_verb()) return;
    step_.place = place_of(json_);
    step_.profiles = decode_profiles(json_, problems_);
    step_.node = decode_node(json_, context_);
    step_.space = text_of(json_, "namespace");
    step_.until = text_of(json_, "until");
    if (step_.operation) {
      decode_operation();
    } else {
      decode_control();
    }
    if (const JsonValue* fails = json_.find("fails")) decode_failures(*fails);
    decode_expectations(json_, context_, step_.expectations);
    context_.scenario.steps.push_back(std::move(step_));
  }

 private:
  static const ControlVerb* find_control(std::string_view name) {
    for (const ControlVerb& verb : control_verbs()) {
      if (verb.verb.name == name) return &verb;
    }
    return nullptr;
  }

  // Which of the keys is the verb. A key may be a verb here and a parameter there, so those of the
  // first verb are its own.
  bool find_verb() {
    std::vector<Key> keys;
    for (const JsonValue* child : json_.children) {
      const OperationType* operation = find_operation_type(child->key);
      const ControlVerb* control = find_control(child->key);
      if (!operation && !control) continue;
      const bool is_parameter = std::any_of(keys.begin(), keys.end(),
                                            [&](const Key& key) { return key.name == child->key; });
      if (is_parameter) continue;
      if (!keys.empty()) {
        problems_.key_error(*child, "two-verbs",
                            fmt::format("a step has one verb, but here are \"{}\" and \"{}\"",
                                        step_.verb, child->key),
                            "make two steps of it");
        return false;
      }
      step_.verb = child->key;
      step_.operation = operation;
      keys = operation ? keys_of(*operation) : keys_of(*control);
    }
    if (keys.empty()) {
      complain_no_verb();
      return false;
    }
    check_keys(json_, keys, fmt::format("\"{}\"", step_.verb), problems_);
    return true;
  }

  void complain_no_verb() {
    const std::vector<std::string> known = verb_names();
    for (const JsonValue* child : json_.children) {
      const std::string near = problems_.did_you_mean(child->key, known);
      const auto is_known = [&](Keys keys) {
        return std::any_of(keys.begin(), keys.end(),
                           [&](const Key& key) { return key.name == child->key; });
      };
      if (is_known(step_keys()) || is_known(operation_keys()) || is_known(client_keys())) continue;
      problems_.key_error(*child, "unknown-operation",
                          fmt::format("no operation is called {}", quote(child->key)),
                          near.empty() ? "`sweepcheck list operations` shows them all" : near);
      return;
    }
    problems_.error(json_, "no-verb", "a step needs a verb",
                    "\"pull\", \"collect\", ...: `sweepcheck list operations` shows them all");
  }

  void decode_operation() {
    const OperationType& type = *step_.operation;
    decode_client(type);
    check_paths(json_, type.name, problems_);
    add_argument(type.subject, *json_.find(type.name));
    for (const Parameter& parameter : type.parameters) {
      const JsonValue* value = json_.find(parameter.name);
      if (value && check_knows(type, parameter, *value)) add_argument(parameter, *value);
    }
    if (type.place == Place::kRegistry && type.subject.type == ParameterType::kReference) {
      const JsonValue& subject = *json_.find(type.name);
      check_reference(subject, subject.text, use_in_registry(type.subject), problems_);
    }
    step_.handle = text_of(json_, "as");
    if (step_.handle.empty() || context_.handles.emplace(step_.handle, profiles()).second) return;
    problems_.error(*json_.find("as"), "handle-in-use",
                    fmt::format("{} is the handle of an earlier operation", quote(step_.handle)));
  }

  // What a registry's operator does is done to something that has a name there.
  static ReferenceUse use_in_registry(const Parameter& subject) {
    switch (subject.form) {
      case ReferenceForm::kRepository:
        return ReferenceUse::kRepository;
      case ReferenceForm::kManifest:
        return ReferenceUse::kManifest;
      default:
        return ReferenceUse::kTag;
    }
  }

  // Whether somebody reads more in a reference than the name of a record, which may be any.
  bool is_parsed(const Parameter& parameter) const {
    const OperationType& type = *step_.operation;
    if (type.place == Place::kRegistry) return false;
    const Client client = step_.by == Client::kDefault ? type.clients.front() : step_.by;
    if (client == Client::kCri || parameter.form == ReferenceForm::kParsed) return true;
    return parameter.form == ReferenceForm::kParsedWithoutTo && !json_.find("to");
  }

  void decode_client(const OperationType& type) {
    const JsonValue* by = json_.find("by");
    if (!by || !by->is(Kind::kString) || by->text.empty() || type.clients.empty()) return;
    std::vector<std::string> able;
    for (const Client client : type.clients) {
      if (client_name(client) == by->text) step_.by = client;
      able.emplace_back(client_name(client));
    }
    if (step_.by != Client::kDefault) return;
    const std::vector<std::string> all{"ctr", "cri", "library"};
    const std::string can = fmt::format("\"{}\" is done by {}", type.name, fmt::join(able, ", "));
    if (std::find(all.begin(), all.end(), by->text) != all.end()) {
      problems_.error(*by, "client", fmt::format("{} can't do \"{}\"", by->text, type.name), can);
    } else {
      const std::string near = problems_.did_you_mean(by->text, able);
      problems_.error(*by, "unknown-client", fmt::format("no client is called {}", quote(by->text)),
                      near.empty() ? can : near);
    }
  }

  // A parameter of another client would be ignored without a word.
  bool check_knows(const OperationType& type, const Parameter& parameter, const JsonValue& value) {
    if (parameter.clients.empty()) return true;
    const Client client = step_.by == Client::kDefault ? type.clients.front() : step_.by;
    if (std::find(parameter.clients.begin(), parameter.clients.end(), client) !=
        parameter.clients.end()) {
      return true;
    }
    std::vector<std::string> able;
    for (const Client other : parameter.clients) able.push_back(quote(client_name(other)));
    problems_.key_error(
        value, "client",
        fmt::format("{} by {} has no {}", type.name, client_name(client), quote(parameter.name)),
        fmt::format("\"by\": {} has it", fmt::join(able, " or ")));
    return false;
  }

  // The values' shapes were checked; what has a wrong one is left out.
  void add_argument(const Parameter& parameter, const JsonValue& value) {
    Argument argument{&parameter, false};
    switch (parameter.type) {
      case ParameterType::kFlag:
      case ParameterType::kOption:
        argument.value = value.boolean;
        break;
      case ParameterType::kReference:
        if (is_parsed(parameter)) {
          check_reference(value, value.text, ReferenceUse::kClient, problems_);
        }
        [[fallthrough]];
      case ParameterType::kObject:
        check_alias(value, value.text, context_);
        argument.value = value.text;
        break;
      case ParameterType::kPlatform:
        check_platform(value);
        argument.value = value.text;
        break;
      case ParameterType::kName:
        argument.value = value.text;
        break;
      case ParameterType::kDuration:
        argument.value =
            (value.text.size() <= 64 ? parse_duration(value.text) : std::nullopt).value_or(0);
        break;
      case ParameterType::kSize:
        argument.value = size_in(value).value_or(0);
        break;
      case ParameterType::kCount:
        argument.value = value.integer;
        break;
      case ParameterType::kNames:
      case ParameterType::kReferences:
      case ParameterType::kPlatforms:
        add_list(parameter, value, argument);
        break;
      case ParameterType::kLabels:
        argument.value = labels_in(value);
        break;
    }
    step_.arguments.push_back(std::move(argument));
  }

  void add_list(const Parameter& parameter, const JsonValue& value, Argument& argument) {
    for (const JsonValue* item : items_in(value)) {
      if (!item->is(Kind::kString)) continue;
      if (parameter.type == ParameterType::kReferences) {
        check_alias(*item, item->text, context_);
        if (is_parsed(parameter)) {
          check_reference(*item, item->text, ReferenceUse::kClient, problems_);
        }
      }
      if (parameter.type == ParameterType::kPlatforms) check_platform(*item);
    }
    argument.value = names_in(value);
  }

  void check_platform(const JsonValue& value) {
    if (!value.is(Kind::kString) || value.text.empty() || is_platform(value.text)) return;
    problems_.error(value, "platform", fmt::format("{} is not a valid platform", quote(value.text)),
                    "os/arch or os/arch/variant: \"linux/arm64\"");
  }

  static LabelMap labels_in(const JsonValue& value) {
    LabelMap out;
    if (!value.is(Kind::kObject)) return out;
    for (const JsonValue* child : value.children) out.emplace_back(child->key, child->text);
    return out;
  }

  void decode_control() {
    const JsonValue& value = *json_.find(step_.verb);
    if (step_.verb == "collect") {
      step_.kind = ActionKind::kCollect;
      step_.metadata_only = value.text == "metadata";
      if (!step_.metadata_only && !(value.is(Kind::kBool) && value.boolean)) {
        problems_.error(value, "wrong-type", "must be true or \"metadata\"");
      }
    } else if (step_.verb == "advance") {
      step_.kind = ActionKind::kAdvance;
      step_.duration =
          (value.text.size() <= 64 ? parse_duration(value.text) : std::nullopt).value_or(0);
    } else if (step_.verb == "restart") {
      decode_restart();
    } else if (step_.verb == "resume") {
      step_.kind = ActionKind::kResume;
      step_.handle = value.text;
      check_handle(value);
      step_.step_count = count_of(json_, "steps").value_or(0);
    } else {
      decode_kill(value);
    }
  }

  void decode_restart() {
    step_.kind = ActionKind::kRestart;
    const auto place = context_.node_places.find(step_.node);
    Policy& policy = context_.policies[place == context_.node_places.end() ? 0 : place->second];
    decode_policy(json_, profiles(), policy, problems_);
    for (const Key& key : node_keys()) {
      if (json_.find(key.name)) step_.policy = policy;
    }
    step_.policy_keys = named_policy_keys(json_);
  }

  void decode_kill(const JsonValue& value) {
    step_.kind = value.text == "daemon" ? ActionKind::kKillDaemon : ActionKind::kKillClient;
    const JsonValue* of = json_.find("of");
    if (value.text == "client" && !of) {
      problems_.error(json_, "missing-key", "killing a client needs \"of\"",
                      "the handle that its operation got by \"as\"");
    } else if (step_.kind == ActionKind::kKillDaemon && of) {
      problems_.key_error(*of, "contradiction", "a daemon is killed on its node, not by a handle",
                          "\"on\" names the node");
    } else if (of) {
      step_.handle = text_of(json_, "of");
      check_handle(*of);
    }
  }

  // Those that the step is performed under.
  const std::vector<std::string>& profiles() const {
    return step_.profiles.empty() ? context_.scenario.profiles : step_.profiles;
  }

  void check_handle(const JsonValue& value) {
    if (!value.is(Kind::kString) || value.text.empty()) return;
    const auto handle = context_.handles.find(value.text);
    if (handle == context_.handles.end()) {
      std::vector<std::string> known;
      for (const auto& [name, of] : context_.handles) known.push_back(name);
      problems_.error(value, "unknown-handle",
                      fmt::format("no earlier operation has the handle {}", quote(value.text)),
                      problems_.did_you_mean(value.text, known));
      return;
    }
    const auto has = [](const std::vector<std::string>& names, const std::string& name) {
      return names_profile(names, *find_profile(name));
    };
    const std::vector<std::string>& there = handle->second;
    for (const std::string& profile : profiles()) {
      if (has(there, profile) || !has(context_.scenario.profiles, profile)) continue;
      problems_.error(value, "unknown-handle",
                      fmt::format("the operation {} is not performed under {}, but this step is",
                                  quote(value.text), profile),
                      fmt::format("its \"profiles\" are {}", fmt::join(there, ", ")));
      return;
    }
  }

  void decode_failures(const JsonValue& fails) {
    if (fails.is(Kind::kBool) && fails.boolean) {
      step_.fails.push_back({.place = place_of(fails)});
      return;
    }
    if (!fails.is(Kind::kObject) && !fails.is(Kind::kArray)) {
      problems_.error(fails, "wrong-type",
                      fmt::format("must be true, an object or a list of objects, not {}",
                                  fails.is(Kind::kBool) ? "false" : kind_text(fails.kind)));
      return;
    }
    for (const JsonValue* item : items_in(fails)) {
      if (!check_keys(*item, failure_keys(), "\"fails\"", problems_)) continue;
      ExpectedFailure failure{.place = place_of(*item)};
      failure.profiles = decode_profiles(*item, problems_);
      failure.error_class = text_of(*item, "class");
      failure.text = text_of(*item, "text");
      if (!failure.error_class.empty() && !find_error_class(failure.error_class)) {
        const std::vector<std::string> known = error_classes();
        const std::string near = problems_.did_you_mean(failure.error_class, known);
        problems_.error(*item->find("class"), "unknown-value",
                        fmt::format("no error class is called {}", quote(failure.error_class)),
                        near.empty() ? fmt::format("one of {}", fmt::join(known, ", ")) : near);
      }
      step_.fails.push_back(std::move(failure));
    }
  }

  const JsonValue& json_;
  ScenarioContext& context_;
  Problems& problems_;
  ScenarioStep step_;
};

}  // namespace

std::vector<std::string> error_classes() {
  std::vector<std::string> out;
  for (auto at = ErrorClass::kNotFound; at <= ErrorClass::kUsage;
       at = static_cast<ErrorClass>(static_cast<int>(at) + 1)) {
    out.emplace_back(error_class_name(at));
  }
  return out;
}

void decode_steps(const JsonValue& root, ScenarioContext& context) {
  const JsonValue* steps = root.find("steps");
  if (!steps || !steps->is(Kind::kArray)) return;
  if (steps->children.empty()) {
    context.problems.error(*steps, "empty", "a scenario has at least one step");
  }
  for (const JsonValue* step : steps->children) {
    if (step->is(Kind::kObject)) StepDecoder(*step, context).decode();
  }
}

std::string namespace_of(const ScenarioStep& step) {
  if (!step.space.empty()) return step.space;
  Client by = step.by;
  if (by == Client::kDefault && step.operation && !step.operation->clients.empty()) {
    by = step.operation->clients.front();
  }
  return by == Client::kCri ? "k8s.io" : "default";
}

}  // namespace sweepcheck
