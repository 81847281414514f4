// Aim: whatever the scenario reader accepts can be replayed, and refutes no property that holds of
// every scenario; so what can't be performed is a diagnostic, never a crash.
// Method: the library's scenarios with one to three small faults each, as people make them: a value
// replaced by an odd one or by one from elsewhere, a key renamed, a member left out or doubled.
// Each that is still accepted is replayed, with its trace, under every profile that it is for.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "input/scenario/scenario.hpp"
#include "replay/replay.hpp"
#include "tests/places.hpp"

namespace sweepcheck {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMutantsOfEach = 16;

const std::vector<Json>& odd_values() {
  static const std::vector<Json> values{nullptr,
                                        true,
                                        false,
                                        0,
                                        -1,
                                        1.5,
                                        9223372036854775807,
                                        "",
                                        "*",
                                        "/",
                                        ":",
                                        "@",
                                        "0s",
                                        "25h",
                                        "10GB",
                                        "99999999h",
                                        "registry.example/",
                                        "registry.example/lib/app",
                                        "lib/app",
                                        "app:1",
                                        "registry.example/lib/app@manifest:app",
                                        "layer:",
                                        "chain:",
                                        "native/chain:base",
                                        "k8s.io",
                                        "linux/arm64",
                                        Json::array(),
                                        Json::object(),
                                        Json::array({""})};
  return values;
}

struct Library {
  std::vector<std::string> files;
  std::vector<Json> scenarios;
  std::vector<std::string> keys;
  std::vector<Json> texts;
};

void collect_words(const Json& json, Library& library) {
  if (json.is_string()) library.texts.push_back(json);
  if (!json.is_structured()) return;
  for (const auto& [key, value] : json.items()) {
    if (json.is_object()) library.keys.push_back(key);
    collect_words(value, library);
  }
}

Library read_library() {
  Library library;
  const std::string folder = SWEEPCHECK_SOURCE_DIR "/scenarios";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".json") library.files.push_back(entry.path().string());
  }
  std::sort(library.files.begin(), library.files.end());
  for (const std::string& file : library.files) {
    std::ifstream in(file);
    library.scenarios.push_back(Json::parse(in));
    collect_words(library.scenarios.back(), library);
  }
  return library;
}

class Mutator {
 public:
  explicit Mutator(const Library& library) : library_(library) {}

  Json mutant(const Json& scenario) {
    Json out = scenario;
    for (std::size_t fault = 0; fault <= below(3); ++fault) {
      std::vector<Json::json_pointer> places;
      for (const auto& [key, value] : out.items()) {
        if (key == "about" || key == "source" || !value.is_structured()) continue;
        find_places(value, Json::json_pointer() / key, places);
      }
      if (!places.empty()) change(out.at(places[below(places.size())]));
    }
    return out;
  }

 private:
  std::size_t below(std::size_t count) { return random_() % count; }

  // Lists and objects that have something in them: one of their members is changed.
  static void find_places(const Json& json, const Json::json_pointer& at,
                          std::vector<Json::json_pointer>& places) {
    if (!json.is_structured() || json.empty()) return;
    for (std::size_t count = 0; count < json.size(); ++count) places.push_back(at);
    for (const auto& [key, value] : json.items()) {
      const bool in_list = json.is_array();
      find_places(value, in_list ? at / std::stoul(key) : at / key, places);
    }
  }

  Json other_value() {
    const std::vector<Json>& values = below(2) == 0 ? odd_values() : library_.texts;
    return values[below(values.size())];
  }

  // The member's place and value stay. Where the new key is there already, one of the two is lost.
  static void rename(Json& parent, const std::string& from, const std::string& to) {
    Json out = Json::object();
    for (const auto& [key, value] : parent.items()) out[key == from ? to : key] = value;
    parent = std::move(out);
  }

  void change(Json& parent) {
    const auto member =
        std::next(parent.begin(), static_cast<std::ptrdiff_t>(below(parent.size())));
    const std::string& other_key = library_.keys[below(library_.keys.size())];
    switch (below(6)) {
      case 0:
        parent.erase(member);
        break;
      case 1:
        if (parent.is_array()) {
          parent.push_back(Json(*member));
        } else {
          parent[other_key] = Json(*member);
        }
        break;
      case 2:
        if (parent.is_object()) {
          rename(parent, member.key(), other_key);
          break;
        }
        [[fallthrough]];
      case 3:
        if (parent.is_object()) {
          parent[other_key] = other_value();
          break;
        }
        [[fallthrough]];
      default:
        *member = other_value();
    }
  }

  const Library& library_;
  std::mt19937 random_{20260101};
};

// What these say is of the worlds that searches draw; scenarios have more.
constexpr std::array<std::string_view, 10> kOfDrawnWorlds{
    "check-is-right",               // not with --quiet, which prints names alone
    "discard-labels-no-layer",      // not of schema 1
    "export-import",                // not of an index without a manifest for the platform
    "fresh-pull-exportable",        // nor this
    "incomplete-not-exportable",    // nor this
    "killed-client-leaks-nothing",  // not of an ingest under a lease without an expiry
    "leases-are-kept",              // not of mounts and pods, which delete their own
    "pull-is-held",                 // not with a snapshotter that has a '/' in its name
    "success-leaves-a-record",      // not of names that clients complete, or cut
    "usage-bounds",                 // not of images that expire, or that hold each other
};

// All that are claimed everywhere, not only those that each replay is judged by.
std::vector<const Property*> judged_properties() {
  std::vector<const Property*> out;
  for (const Property* property : properties()) {
    const bool is_of_drawn = std::find(kOfDrawnWorlds.begin(), kOfDrawnWorlds.end(),
                                       property->name) != kOfDrawnWorlds.end();
    if (!property->claim && !is_of_drawn) out.push_back(property);
  }
  return out;
}

std::string refutations(const ScenarioResult& result) {
  std::string out;
  const auto add = [&](const std::vector<Finding>& findings) {
    for (const Finding& finding : findings) {
      if (finding.kind != Finding::Kind::kProperty) continue;
      out += finding.property + ": " + finding.message + "\n";
    }
  };
  for (const StepResult& step : result.steps) add(step.findings);
  add(result.findings);
  return out;
}

TEST(MutatedScenarios, WhatIsAcceptedIsReplayed) {
  const Library library = read_library();
  const std::vector<const Property*> judged = judged_properties();
  Mutator mutator(library);
  int accepted_count = 0;
  int refused_count = 0;
  for (std::size_t at = 0; at < library.files.size(); ++at) {
    for (int number = 0; number < kMutantsOfEach; ++number) {
      const std::string text = mutator.mutant(library.scenarios[at]).dump();
      SCOPED_TRACE(text);
      const ScenarioResultOrDiagnostics read = parse_scenario(text, library.files[at]);
      ASSERT_EQ(read.scenario.has_value(), !has_errors(read.diagnostics));
      ++(read.scenario ? accepted_count : refused_count);
      if (!read.scenario) continue;
      for (const std::string& profile : read.scenario->profiles) {
        Replay replay(*read.scenario,
                      {.profile = find_profile(profile), .trace = true, .properties = judged});
        EXPECT_EQ(refutations(replay.run()), "") << "under " << profile;
      }
    }
  }
  // Faults of which all or none are noticed would show little.
  EXPECT_GT(accepted_count, 300);
  EXPECT_GT(refused_count, 1000);
}

}  // namespace
}  // namespace sweepcheck
