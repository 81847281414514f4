// The JSON Schema of scenario files, for editors: the tables that the reader checks by, in JSON
// Schema's words. What no schema can say (names that must be declared, cycles) only the reader
// does.
#include <nlohmann/json.hpp>

#include "input/scenario/decoder.hpp"
#include "model/profile.hpp"

namespace sweepcheck {
namespace {

using Json = nlohmann::ordered_json;

Json reference(std::string_view definition) {
  return {{"$ref", "#/$defs/" + std::string(definition)}};
}

Json either(Json first, Json second) {
  return {{"anyOf", Json::array({std::move(first), std::move(second)})}};
}

Json list_of(Json item) { return {{"type", "array"}, {"items", std::move(item)}}; }

Json members(Json member, std::string_view choices) {
  Json out{{"type", "object"}};
  if (choices.empty()) {
    out["additionalProperties"] = std::move(member);
    out["propertyNames"] = {{"minLength", 1}};
    return out;
  }
  for (const std::string& name : choices_of(choices)) out["properties"][name] = member;
  out["additionalProperties"] = false;
  return out;
}

Json string_enum(const std::vector<std::string>& names) {
  return {{"type", "string"}, {"enum", names}};
}

Json shape_schema(const Key& key) {
  Json text{{"type", "string"}};
  switch (key.shape) {
    case Shape::kText:
      return text;
    case Shape::kName:
      return {{"type", "string"}, {"minLength", 1}};
    case Shape::kChoice:
      return string_enum(choices_of(key.choices));
    case Shape::kFlag:
      return {{"type", "boolean"}};
    case Shape::kTrue:
      return {{"const", true}};
    case Shape::kCount:
      return {{"type", "integer"}, {"minimum", 0}};
    case Shape::kShare:
      return {{"type", "number"}, {"minimum", 0}, {"maximum", 1}};
    case Shape::kSize:
      return reference("size");
    case Shape::kDuration:
      return reference("duration");
    case Shape::kNames:
      return reference(key.name == "profiles" ? "profiles" : "names");
    case Shape::kLabels:
      return members({{"type", Json::array({"string", "null"})}}, key.choices);
    case Shape::kTexts:
      return members(text, key.choices);
    case Shape::kSizes:
      return members(reference("size"), key.choices);
    case Shape::kCounts:
      return members({{"type", "integer"}, {"minimum", 0}}, key.choices);
    case Shape::kKindNames:
      return members(reference("names"), key.choices);
    case Shape::kObjects:
      return members(reference(key.content), key.choices);
    case Shape::kOneOrMore:
      return either(reference(key.content), list_of(reference(key.content)));
    case Shape::kList: {
      Json list = list_of(reference(key.content));
      if (key.required) list["minItems"] = 1;
      return list;
    }
    case Shape::kObject:
    case Shape::kOther:
      return reference(key.content);
  }
  return Json::object();
}

// "do not unpack (only by library)".
std::string description_of(const Key& key) {
  std::string text(key.help);
  for (const Client client : key.clients) {
    text += client == key.clients.front() ? " (only by " : ", ";
    text += client_name(client);
  }
  return key.clients.empty() ? text : text + ")";
}

Json object_schema(Keys keys) {
  Json out{{"type", "object"}, {"properties", Json::object()}, {"additionalProperties", false}};
  Json required = Json::array();
  Json needs = Json::object();
  for (const Key& key : keys) {
    Json property = shape_schema(key);
    if (!key.help.empty()) property["description"] = description_of(key);
    out["properties"][std::string(key.name)] = std::move(property);
    if (key.required) required.push_back(key.name);
    if (!key.needs.empty()) needs[std::string(key.name)] = Json::array({key.needs});
  }
  if (!required.empty()) out["required"] = std::move(required);
  if (!needs.empty()) out["dependentRequired"] = std::move(needs);
  return out;
}

// A schema for each verb, chosen by the verb, so that an editor's complaint is about that one only.
Json step_schema(Json& definitions) {
  Json all = Json::array();
  Json any = Json::array();
  const auto add = [&](std::string_view verb, std::string_view help, const std::vector<Key>& keys,
                       Json (*change)(Json, const OperationType*), const OperationType* type) {
    const std::string name = "step-" + std::string(verb);
    definitions[name] = change(object_schema(keys), type);
    definitions[name]["description"] = help;
    const Json has_verb{{"required", Json::array({verb})}};
    all.push_back({{"if", has_verb}, {"then", reference(name)}});
    any.push_back(has_verb);
  };
  const auto with_clients = [](Json schema, const OperationType* type) {
    std::vector<std::string> clients;
    for (const Client client : type->clients) clients.emplace_back(client_name(client));
    if (!clients.empty()) schema["properties"]["by"]["enum"] = clients;
    return schema;
  };
  for (const OperationType* type : operation_types()) {
    add(type->name, type->help, keys_of(*type), with_clients, type);
  }
  for (const ControlVerb& verb : control_verbs()) {
    add(
        verb.verb.name, verb.verb.help, keys_of(verb),
        [](Json schema, const OperationType*) { return schema; }, nullptr);
  }
  return {{"type", "object"}, {"anyOf", std::move(any)}, {"allOf", std::move(all)}};
}

Json simple_definitions() {
  std::vector<std::string> profile_names;
  for (const Profile& profile : profiles()) profile_names.emplace_back(profile.name);
  const Json name{{"type", "string"}, {"minLength", 1}};
  Json out;
  out["names"] = either(name, list_of(name));
  const Json release{{"type", "string"}, {"pattern", "^[0-9]+\\.[0-9]+\\.[0-9]+$"}};
  const Json profile = either(string_enum(profile_names), release);
  out["profiles"] = either(profile, list_of(profile));
  out["profiles"]["anyOf"][1]["minItems"] = 1;
  out["size"] =
      either({{"type", "integer"}, {"minimum", 0}},
             {{"type", "string"}, {"pattern", "^[0-9]*\\.?[0-9]+(B|kB|KiB|MB|MiB|GB|GiB)?$"}});
  out["duration"] = {{"type", "string"},
                     {"pattern", "^\\+?(0|([0-9]*\\.?[0-9]*(ns|us|\u00b5s|ms|s|m|h))+)$"}};
  out["collect"] = {{"enum", Json::array({true, "metadata"})}};
  out["members"] = list_of(either(name, reference("member")));
  out["scheduler"] = either({{"type", "boolean"}}, reference("scheduler-keys"));
  out["failures"] = {
      {"anyOf",
       Json::array({{{"const", true}}, reference("failure"), list_of(reference("failure"))})}};
  return out;
}

}  // namespace

std::string scenario_schema() {
  Json definitions = simple_definitions();
  const auto define = [&](const char* name, Keys keys) { definitions[name] = object_schema(keys); };
  define("layer", layer_keys());
  define("image", image_keys());
  Json forms = Json::array();
  for (const char* form : {"layers", "index", "file"}) {
    forms.push_back({{"required", Json::array({form})}});
  }
  definitions["image"]["oneOf"] = std::move(forms);
  define("member", member_keys());
  define("registry", registry_keys());
  define("node", node_keys());
  define("scheduler-keys", scheduler_keys());
  define("cri", cri_keys());
  define("archive", archive_keys());
  define("labelled", labelled_keys());
  define("conform-note", conform_note_keys());
  define("found-by", found_by_keys());
  define("failure", failure_keys());
  definitions["failure"]["properties"]["class"]["enum"] = error_classes();
  define("expectation", expectation_keys());
  definitions["step"] = step_schema(definitions);
  Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
              {"title", "sweepcheck scenario"}};
  schema.update(object_schema(scenario_keys()));
  schema["$defs"] = std::move(definitions);
  return schema.dump(2) + "\n";
}

}  // namespace sweepcheck
