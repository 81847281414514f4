#include "replay/scenario_request.hpp"

namespace sweepcheck {

Request make_request(Catalog& catalog, const ScenarioStep& step, NodeId node) {
  Request request;
  request.type = step.operation;
  request.node = node;
  request.space = catalog.intern(namespace_of(step));
  request.by = step.by;
  for (const Argument& argument : step.arguments) {
    const Parameter& parameter = *argument.parameter;
    const bool aliased = parameter.type == ParameterType::kReference ||
                         parameter.type == ParameterType::kObject ||
                         parameter.type == ParameterType::kReferences;
    const auto interned = [&](const std::string& text) {
      return catalog.intern(aliased ? catalog.resolve(text) : text);
    };
    if (parameter.flag) request.*parameter.flag = std::get<bool>(argument.value);
    if (parameter.option) request.*parameter.option = std::get<bool>(argument.value);
    if (parameter.text) request.*parameter.text = interned(std::get<std::string>(argument.value));
    if (parameter.number) request.*parameter.number = std::get<std::int64_t>(argument.value);
    if (parameter.list) {
      for (const std::string& text : std::get<std::vector<std::string>>(argument.value)) {
        (request.*parameter.list).push_back(interned(text));
      }
    }
    if (parameter.labels) {
      for (const auto& [key, value] : std::get<LabelMap>(argument.value)) {
        (request.*parameter.labels)
            .emplace_back(catalog.intern(key), catalog.intern(catalog.resolve(value)));
      }
    }
  }
  return request;
}

std::string step_text(const ScenarioStep& step) {
  std::string out = step.verb;
  for (const Argument& argument : step.arguments) {
    const bool subject = &argument == &step.arguments.front();
    std::string value;
    if (const auto* flag = std::get_if<bool>(&argument.value)) {
      if (subject) continue;
      value = *flag ? "" : "=false";
    } else if (const auto* number = std::get_if<std::int64_t>(&argument.value)) {
      value =
          "=" + (argument.parameter->type == ParameterType::kDuration ? format_duration(*number)
                                                                      : std::to_string(*number));
    } else if (const auto* text = std::get_if<std::string>(&argument.value)) {
      value = subject ? *text : "=" + *text;
    } else if (const auto* list = std::get_if<std::vector<std::string>>(&argument.value)) {
      for (const std::string& item : *list) value += (value.empty() ? "=" : ",") + item;
    } else {
      for (const auto& [key, label] : std::get<LabelMap>(argument.value)) {
        value += (value.empty() ? "=" : ",") + key + "=" + label;
      }
    }
    out += ' ';
    if (!subject) out += argument.parameter->name;
    out += value;
  }
  if (step.kind == ActionKind::kAdvance) out += " " + format_duration(step.duration);
  if (step.kind == ActionKind::kCollect && step.metadata_only) out += " metadata";
  if (step.kind == ActionKind::kKillDaemon) out += " daemon";
  if (step.kind == ActionKind::kKillClient) out += " client";
  if (!step.handle.empty()) out += " " + step.handle;
  if (step.by != Client::kDefault) out += " by " + std::string(client_name(step.by));
  if (!step.space.empty()) out += " in " + step.space;
  if (!step.node.empty()) out += " on " + step.node;
  if (!step.until.empty()) out += " until " + step.until;
  return out;
}

}  // namespace sweepcheck
