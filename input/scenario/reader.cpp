// Reads a scenario file top down: what is declared first, then the steps that use it, so that each
// name can be checked where it is used.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "input/scenario/decoder.hpp"
#include "model/profile.hpp"

namespace sweepcheck {
namespace {

using Kind = JsonValue::Kind;

void decode_registries(const JsonValue& root, ScenarioContext& context) {
  const JsonValue* registries = root.find("registries");
  if (!registries || !registries->is(Kind::kObject)) return;
  for (const JsonValue* json : registries->children) {
    if (!json->is(Kind::kObject)) continue;
    check_keys(*json, registry_keys(), "a registry", context.problems);
    check_host(*json, json->key, context.problems);
    ScenarioRegistry registry;
    registry.host = json->key;
    registry.descriptor_cache = flag_of(*json, "descriptor_cache").value_or(false);
    registry.images = texts_of(*json, "images");
    const JsonValue* images = json->find("images");
    for (const JsonValue* image : images ? images->children : std::vector<const JsonValue*>{}) {
      if (image->is(Kind::kString)) check_image_name(*image, image->text, context);
      if (images->is(Kind::kObject)) {
        check_reference(*image, image->key, ReferenceUse::kDeclared, context.problems);
      }
    }
    context.registry_hosts.insert(registry.host);
    context.scenario.registries.push_back(std::move(registry));
  }
}

void decode_nodes(const JsonValue& root, ScenarioContext& context) {
  std::vector<ScenarioNode>& out = context.scenario.nodes;
  const JsonValue* nodes = root.find("nodes");
  if (nodes && nodes->is(Kind::kObject)) {
    for (const JsonValue* json : nodes->children) {
      if (!json->is(Kind::kObject)) continue;
      check_keys(*json, node_keys(), "a node", context.problems);
      ScenarioNode node{json->key, {}};
      decode_policy(*json, context.scenario.profiles, node.policy, context.problems);
      out.push_back(std::move(node));
    }
    if (nodes->children.empty()) {
      context.problems.error(*nodes, "empty", "no nodes", "leave the key out for one default node");
    }
  }
  if (out.empty()) out.push_back({"node", {}});
  for (const ScenarioNode& node : out) {
    context.node_places.emplace(node.name, context.policies.size());
    context.policies.push_back(node.policy);
  }
}

// The aliases that may be named, and those that every image must agree on: where a chain ID or diff
// ID is also a blob, since a layer isn't compressed, the blob's alias is the one to show.
void settle_aliases(ScenarioContext& context) {
  std::map<std::string, std::string> blob_alias;
  for (const auto& [name, image] : context.scenario.images) {
    for (const ImageBlob& blob : image.blobs) {
      blob_alias.emplace(blob.digest, blob.alias);
      context.aliases.insert(blob.alias);
    }
  }
  for (auto& [name, image] : context.scenario.images) {
    std::vector<std::pair<std::string, std::string>> aliases;
    for (auto& [digest, alias] : image.aliases) {
      const auto blob = blob_alias.find(digest);
      if (blob != blob_alias.end()) aliases.emplace_back(digest, blob->second);
      context.aliases.insert(alias);
      aliases.emplace_back(digest, std::move(alias));
    }
    image.aliases = std::move(aliases);
  }
}

// Archives that exports write may be imported, whose index is then called after them.
void note_exports(const JsonValue& root, ScenarioContext& context) {
  const JsonValue* steps = root.find("steps");
  if (!steps) return;
  for (const JsonValue* step : steps->children) {
    if (step->find("export")) context.archive_names.insert(text_of(*step, "to"));
  }
}

void decode_conform_notes(const JsonValue& root, ScenarioContext& context) {
  const JsonValue* notes = root.find("conform");
  if (!notes) return;
  for (const JsonValue* json : items_in(*notes)) {
    if (!check_keys(*json, conform_note_keys(), "a conform note", context.problems)) continue;
    ConformNote note{.place = place_of(*json),
                     .profiles = decode_profiles(*json, context.problems),
                     .skip = text_of(*json, "skip"),
                     .deviation = text_of(*json, "deviation"),
                     .seen = text_of(*json, "seen"),
                     .differences = names_of(*json, "differences")};
    if (note.skip.empty() == note.deviation.empty()) {
      context.problems.error(*json, "contradiction",
                             "a conform note has either \"skip\" or \"deviation\"");
    }
    if (!note.deviation.empty() && note.differences.empty()) {
      context.problems.error(*json, "missing-key", "a deviation needs its \"differences\"");
    }
    context.scenario.conform_notes.push_back(std::move(note));
  }
}

void decode_found_by(const JsonValue& root, ScenarioContext& context) {
  const JsonValue* json = root.find("found_by");
  if (!json || !json->is(JsonValue::Kind::kObject)) return;
  if (!check_keys(*json, found_by_keys(), "\"found_by\"", context.problems)) return;
  context.scenario.found_by = FoundBy{.version = text_of(*json, "version"),
                                      .property = text_of(*json, "property"),
                                      .policy = text_of(*json, "policy")};
}

void decode_scenario(const JsonValue& root, const ScenarioOverrides& overrides,
                     ScenarioContext& context) {
  if (!check_keys(root, scenario_keys(), "a scenario", context.problems)) return;
  Scenario& scenario = context.scenario;
  scenario.about = text_of(root, "about");
  scenario.sources = names_of(root, "source");
  decode_found_by(root, context);
  scenario.profiles = decode_profiles(root, context.problems);
  if (scenario.profiles.empty()) {
    for (const Profile& profile : profiles()) scenario.profiles.emplace_back(profile.name);
  }
  decode_images(root, overrides, context);
  decode_archives(root, context);
  note_exports(root, context);
  settle_aliases(context);
  decode_registries(root, context);
  decode_nodes(root, context);
  decode_steps(root, context);
  decode_expectations(root, context, scenario.expectations);
  decode_conform_notes(root, context);
}

ScenarioResultOrDiagnostics unreadable(const std::string& file, std::string rule,
                                       std::string message) {
  ScenarioResultOrDiagnostics result;
  result.diagnostics.push_back({.file = file,
                                .pointer = "",
                                .rule = std::move(rule),
                                .message = std::move(message),
                                .hint = ""});
  return result;
}

}  // namespace

ScenarioResultOrDiagnostics parse_scenario(std::string_view text, const std::string& file,
                                           const ScenarioOverrides& overrides) {
  const JsonDocument document(text, file);
  ScenarioResultOrDiagnostics result;
  result.diagnostics = document.diagnostics();
  // With a key twice, it is not clear what was meant.
  if (!document.root() || !result.diagnostics.empty()) return result;
  ScenarioContext context(file);
  decode_scenario(*document.root(), overrides, context);
  const bool good = !context.problems.has_errors();
  result.diagnostics = context.problems.take();
  if (good) result.scenario = std::move(context.scenario);
  return result;
}

ScenarioResultOrDiagnostics read_scenario(const std::string& path,
                                          const ScenarioOverrides& overrides) {
  std::error_code error;
  const bool regular = std::filesystem::is_regular_file(path, error);
  if (error) return unreadable(path, "unreadable", "can't be read: " + error.message());
  if (!regular) return unreadable(path, "unreadable", "is not a file");
  const std::size_t bytes_max = JsonLimits{}.bytes_max;
  if (std::filesystem::file_size(path, error) > bytes_max) {
    return unreadable(path, "too-large", fmt::format("a scenario has at most {} bytes", bytes_max));
  }
  std::ifstream file(path, std::ios::binary);
  // One more than may be, should it have grown.
  std::string text(bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || !file.is_open()) return unreadable(path, "unreadable", "can't be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  return parse_scenario(text, path, overrides);
}

}  // namespace sweepcheck
