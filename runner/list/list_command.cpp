#include "runner/list/list_command.hpp"

#include <nlohmann/json.hpp>

#include "model/behaviours.hpp"
#include "model/catalog/media_type.hpp"
#include "model/operation.hpp"
#include "properties/property.hpp"
#include "replay/library.hpp"
#include "reports/reporter.hpp"
#include "runner/cli/options.hpp"

namespace sweepcheck {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kMediaTypes[] = {
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.oci.image.layer.v1.tar+gzip",
    "application/vnd.oci.image.layer.v1.tar+zstd",
    "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    "application/vnd.docker.image.rootfs.diff.tar",
    "application/vnd.docker.image.rootfs.diff.tar.gzip",
    "application/vnd.docker.image.rootfs.diff.tar.zstd",
    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    "application/vnd.erofs.layer.v1",
    "application/vnd.in-toto+json",
};

// The label that a parent gets for such a child, by profile.
std::string label_help(std::string_view media_type) {
  std::string out;
  const MediaClass media = classify_media_type(media_type);
  for (const Profile& profile : profiles()) {
    std::string label(child_label_base(media, profile));
    if (label.ends_with('.')) label += "N";
    if (is_layer(media, profile)) label += " (a layer)";
    if (out.empty()) {
      out = label;
    } else if (!out.ends_with(label)) {
      out += "; from " + std::string(profile.name) + ": " + label;
    }
  }
  return out;
}

Json describe(const Parameter& parameter) {
  Json json{{"name", parameter.name}, {"help", parameter.help}};
  if (parameter.required) json["required"] = true;
  return json;
}

Json list_operations() {
  Json rows = Json::array();
  for (const OperationType* type : operation_types()) {
    Json row{{"name", type->name}, {"help", type->help}};
    Json clients = Json::array();
    for (const Client client : type->clients) clients.push_back(client_name(client));
    row["by"] = clients;
    row["subject"] = describe(type->subject);
    row["parameters"] = Json::array();
    for (const Parameter& parameter : type->parameters) {
      row["parameters"].push_back(describe(parameter));
    }
    rows.push_back(row);
  }
  return rows;
}

Json list_scenarios(Diagnostics& diagnostics) {
  Json rows = Json::array();
  for (const std::string& file : find_scenarios({library_path()}, diagnostics)) {
    const ScenarioResultOrDiagnostics read = read_scenario(file);
    diagnostics.insert(diagnostics.end(), read.diagnostics.begin(), read.diagnostics.end());
    if (read.scenario) {
      rows.push_back({{"name", file},
                      {"help", read.scenario->about},
                      {"profiles", read.scenario->profiles},
                      {"source", read.scenario->sources}});
    }
  }
  return rows;
}

Json kinds_in(std::uint32_t kinds) {
  Json out = Json::array();
  for (const KindRule& rule : kind_rules()) {
    if ((kinds & kind_bit(rule.kind)) != 0) out.push_back(rule.name);
  }
  return out;
}

Json list_kinds() {
  Json rows = Json::array();
  for (const KindRule& rule : kind_rules()) {
    if (rule.root.empty() && rule.collected.empty()) continue;
    rows.push_back(
        {{"name", rule.name},
         {"help", "a root: " + describe(rule.root) + "; collected: " + describe(rule.collected)},
         {"root", describe(rule.root)},
         {"collected", describe(rule.collected)},
         {"source", rule.source},
         {"scenario", rule.scenario}});
  }
  return rows;
}

// The key as a label has it: SN is a snapshotter.
std::string key_of(const MeaningRule& rule) {
  std::string key(rule.label);
  switch (rule.form) {
    case KeyForm::kPrefix:
      return key + "...";
    case KeyForm::kNamed:
      return key + "[./...]";
    case KeyForm::kSnapshotter:
      return key + "SN[/...]";
    case KeyForm::kCondition:
      return key + "[./]SN[/...]";
    default:
      return key;
  }
}

Json list_meanings() {
  constexpr std::string_view kKept[] = {"nothing", "named", "owner"};
  Json rows = Json::array();
  for (const MeaningRule& rule : meaning_rules()) {
    rows.push_back({{"name", rule.name},
                    {"help", rule.says},
                    {"key", key_of(rule)},
                    {"owners", kinds_in(rule.owners)},
                    {"names", kinds_in(rule.names)},
                    {"keeps", kKept[static_cast<std::size_t>(rule.keeps)]},
                    {"from_flat_lease", rule.from_flat_lease},
                    {"releases", describe(rule.heeded)},
                    {"source", rule.source},
                    {"scenario", rule.scenario}});
  }
  return rows;
}

Json list_behaviours() {
  Json rows = Json::array();
  for (const Behaviour& behaviour : behaviours()) {
    Json row{{"name", behaviour.name},
             {"help", behaviour.says},
             {"releases", describe(behaviour.when)},
             {"exact", behaviour.exact},
             {"source", behaviour.source},
             {"scenario", behaviour.scenario}};
    if (!std::holds_alternative<bool Profile::*>(behaviour.field)) row["value"] = behaviour.value;
    rows.push_back(std::move(row));
  }
  return rows;
}

Json list_rows(const std::string& topic, Diagnostics& diagnostics) {
  Json rows = Json::array();
  const auto add = [&](std::string_view name, std::string_view help) {
    rows.push_back({{"name", name}, {"help", help}});
  };
  if (topic == "operations") return list_operations();
  if (topic == "scenarios") return list_scenarios(diagnostics);
  if (topic == "kinds") return list_kinds();
  if (topic == "meanings") return list_meanings();
  if (topic == "behaviours") return list_behaviours();
  if (topic == "profiles") {
    for (const Profile& profile : profiles()) {
      rows.push_back(
          {{"name", profile.name}, {"help", profile.help}, {"release", profile.release}});
    }
  } else if (topic == "properties") {
    for (const Property* property : properties()) {
      rows.push_back({{"name", property->name},
                      {"help", property->statement},
                      {"family", property->family},
                      {"why", property->why},
                      {"source", property->source},
                      {"claimed", property->claimed}});
    }
  } else if (topic == "reports") {
    for (const ReportKind& kind : report_kinds()) add(kind.name, kind.help);
  } else if (topic == "settings") {
    for (const std::string& key : policy_keys()) add(key, policy_key_help(key));
  } else if (topic == "media-types") {
    for (const std::string_view media_type : kMediaTypes) add(media_type, label_help(media_type));
  } else if (topic == "expectations") {
    const Json schema = Json::parse(scenario_schema());
    for (const auto& [name, value] : schema["$defs"]["expectation"]["properties"].items()) {
      add(name, value.value("description", ""));
    }
  } else {
    add("operations", "the verbs of scenario steps, with their parameters");
    add("profiles", "the containerd generations that there are");
    add("properties", "what 'check' judges");
    add("reports", "the kinds of --report");
    add("expectations", "the keys of \"expect\"");
    add("settings", "the keys of --set: a node's policy");
    add("scenarios", "the scenario library");
    add("media-types", "what each becomes among a parent's labels");
    add("kinds", "which objects are roots, and which are collected, by release");
    add("meanings", "what labels and fields mean to the collector, by release");
    add("behaviours", "the rules in which releases differ");
  }
  return rows;
}

void print_rows(const Json& rows, std::ostream& out) {
  std::size_t width = 0;
  for (const Json& row : rows) {
    width = std::max(width, row["name"].get_ref<const std::string&>().size());
  }
  for (const Json& row : rows) {
    std::string line = row["name"].get<std::string>();
    const auto help = row["help"].get<std::string>();
    if (!help.empty()) line += std::string(width + 2 - line.size(), ' ') + help;
    if (row.contains("releases")) line += " [" + row["releases"].get<std::string>() + "]";
    out << line << '\n';
    if (!row.contains("parameters")) continue;
    const std::string indent(width + 2, ' ');
    for (const Json& parameter : row["parameters"]) {
      out << indent << "  " << parameter["name"].get<std::string>() << ": "
          << parameter["help"].get<std::string>()
          << (parameter.value("required", false) ? " (required)" : "") << '\n';
    }
  }
}

}  // namespace

int list_command(const CommandLine& command_line, std::ostream& out, std::ostream& err) {
  const std::string topic =
      command_line.arguments.empty() ? std::string() : command_line.arguments.front();
  Diagnostics diagnostics;
  const Json rows = list_rows(topic, diagnostics);
  print_diagnostics(diagnostics, err);
  if (command_line.has("json")) {
    out << Json{{"schema_version", 1}, {"topic", topic}, {"rows", rows}}.dump(2) << '\n';
  } else {
    print_rows(rows, out);
    if (topic == "profiles") out << "Any release is as good: " << known_releases() << ".\n";
  }
  return has_errors(diagnostics) ? exit_status::kBadUse : exit_status::kHeld;
}

}  // namespace sweepcheck
