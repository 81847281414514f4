// The small commands, and the dispatch to all of them.
#include <nlohmann/json.hpp>

#include "model/catalog/media_type.hpp"
#include "properties/property.hpp"
#include "reports/reporter.hpp"
#include "runner/commands.hpp"
#include "replay/replay.hpp"

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

Json list_rows(const std::string& topic, Diagnostics& diagnostics) {
  Json rows = Json::array();
  const auto add = [&](std::string_view name, std::string_view help) {
    rows.push_back({{"name", name}, {"help", help}});
  };
  if (topic == "operations") return list_operations();
  if (topic == "scenarios") return list_scenarios(diagnostics);
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
  }
  return has_errors(diagnostics) ? exit_status::kBadUse : exit_status::kHeld;
}

int validate_command(const CommandLine& command_line, std::ostream& out, std::ostream& err) {
  Diagnostics diagnostics;
  const std::vector<std::string> files = find_scenarios(command_line.arguments, diagnostics);
  for (const std::string& file : files) {
    const ScenarioResultOrDiagnostics read = read_scenario(file);
    diagnostics.insert(diagnostics.end(), read.diagnostics.begin(), read.diagnostics.end());
  }
  if (command_line.has("json")) {
    Json rows = Json::array();
    for (const Diagnostic& diagnostic : diagnostics) {
      rows.push_back({{"file", diagnostic.file},
                      {"line", diagnostic.line},
                      {"column", diagnostic.column},
                      {"pointer", diagnostic.pointer},
                      {"rule", diagnostic.rule},
                      {"message", diagnostic.message},
                      {"hint", diagnostic.hint},
                      {"warning", diagnostic.warning}});
    }
    out << Json{{"schema_version", 1}, {"file_count", files.size()}, {"diagnostics", rows}}.dump(2)
        << '\n';
  } else {
    print_diagnostics(diagnostics, err);
    if (!has_errors(diagnostics) && !files.empty()) {
      out << files.size() << (files.size() == 1 ? " scenario is" : " scenarios are") << " valid\n";
    }
  }
  if (has_errors(diagnostics)) return exit_status::kBadUse;
  if (files.empty()) {
    err << "sweepcheck: no scenario files there\n";
    return exit_status::kNothingRan;
  }
  return exit_status::kHeld;
}

int dump_command(const CommandLine& command_line, std::ostream& out, std::ostream& err) {
  CommonOptions common;
  if (!read_common_options(command_line, common, err)) return exit_status::kBadUse;
  const ScenarioResultOrDiagnostics read =
      read_scenario(command_line.arguments.front(), common.overrides);
  print_diagnostics(read.diagnostics, err);
  if (!read.scenario) return exit_status::kBadUse;
  const std::string name = command_line.value("profile").value_or(read.scenario->profiles.back());
  std::vector<std::string> chosen{name};
  if (!take_profiles(command_line, common, chosen, err)) return exit_status::kBadUse;
  std::size_t last = 0;
  if (const auto after = command_line.value("after")) {
    last = std::stoul(*after);
    if (last > read.scenario->steps.size()) {
      err << "sweepcheck: --after " << last << ": the scenario has " << read.scenario->steps.size()
          << " steps\n";
      return exit_status::kBadUse;
    }
  }
  Replay replay(*read.scenario, {.profile = find_profile(name),
                                 .policy = common.policy,
                                 .settings = common.settings,
                                 .last_step = last});
  replay.run();
  out << dump_json(replay.world());
  return exit_status::kHeld;
}

int run_program(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
  const ParsedCommandLine parsed = parse_command_line(arguments);
  if (!parsed.error.empty()) {
    err << "sweepcheck: " << parsed.error << '\n';
    return exit_status::kBadUse;
  }
  const CommandLine& command_line = parsed.command_line;
  const std::string& command = command_line.command;
  if (command == "run") return run_command(command_line, out, err);
  if (command == "conform") return conform_command(command_line, out, err);
  if (command == "check") return check_command(command_line, out, err);
  if (command == "try") return try_command(command_line, out, err);
  if (command == "validate") return validate_command(command_line, out, err);
  if (command == "list") return list_command(command_line, out, err);
  if (command == "dump") return dump_command(command_line, out, err);
  if (command == "schema") {
    out << scenario_schema();
  } else if (command == "completions") {
    out << completions(command_line.arguments.front());
  } else if (command == "man") {
    out << man_page(kVersion);
  } else if (command == "version") {
    out << "sweepcheck " << kVersion << '\n';
  } else if (!command_line.arguments.empty()) {
    out << command_help(*find_command(command_line.arguments.front()));
  } else {
    out << program_help();
  }
  return exit_status::kHeld;
}

}  // namespace sweepcheck
