// Aim: an empty string or a value of a wrong shape, at any key of a scenario, is refused with its
// pointer, or does no harm: what the reader accepts can be replayed.
// Method: every key of the tables that the reader checks by gets every odd value, in a scenario
// that has whatever the key needs beside it. What is accepted is replayed under every profile.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "input/scenario/keys.hpp"
#include "input/scenario/scenario.hpp"
#include "model/operation.hpp"
#include "replay/replay.hpp"

namespace sweepcheck {
namespace {

using Json = nlohmann::ordered_json;
using Pointer = Json::json_pointer;

const std::vector<Json>& odd_values() {
  static const std::vector<Json> values{
      "",
      Json::array({""}),
      Json::array({"", "app"}),
      Json::array({"app", ""}),
      Json::array(),
      Json::array({Json::array()}),
      Json::array({nullptr}),
      Json::array({0}),
      Json::object(),
      {{"", ""}},
      {{"", "app"}},
      {{"", Json::array({""})}},
      {{"", Json::object()}},
      {{"a", ""}},
      {{"a", nullptr}},
      {{"content", ""}},
      {{"content", Json::array({""})}},
      {{"images", ""}},
      {{"", 0}},
      nullptr,
      true,
      0,
      -1,
      1.5,
  };
  return values;
}

// Keys where an empty string says something, or nothing at all.
const std::set<std::string> kMayBeEmpty{"$schema", "note", "output"};

// One of everything, so that no key lacks what it refers to.
Json whole_scenario() {
  return Json::parse(R"json({
    "about": "a",
    "source": ["s"],
    "layers": {"base": {"size": 1000}},
    "images": {
      "app": {"layers": ["base", "a"]},
      "two": {"index": ["app"]}
    },
    "registries": {"r.example": {"images": {"lib/app:1": "app", "lib/two:1": "two"}}},
    "nodes": {"n": {"scheduler": {}, "cri": {}}},
    "archives": {"a.tar": {"images": {"app:1": "app"}}},
    "steps": [
      {"pull": "r.example/lib/app:1", "expect": {"image": "r.example/lib/app:1", "unpacked": true}},
      {"create-lease": "l"},
      {"collect": true}
    ],
    "expect": [{"image": "r.example/lib/app:1", "exportable": true}],
    "conform": [{"skip": "s"}]
  })json");
}

class OddValues : public testing::Test {
 protected:
  // Gives one key of the object at the place each odd value.
  void try_values(const Json& scenario, const Pointer& place, const Key& key) {
    for (const Json& value : odd_values()) {
      Json changed = scenario;
      Json& object = changed.at(place);
      object[std::string(key.name)] = value;
      if (!key.needs.empty() && !object.contains(key.needs)) {
        object[std::string(key.needs)] = needed(key.needs);
      }
      const bool accepted = try_scenario(changed);
      const bool is_empty = value == "" || value == Json::array({""}) ||
                            value == Json::array({"app", ""}) || value == Json{{"", "app"}};
      if (is_empty && !kMayBeEmpty.contains(std::string(key.name)) && key.name != "image" &&
          key.name != "name") {
        EXPECT_FALSE(accepted) << place.to_string() << "/" << key.name << ": " << value;
      }
    }
  }

  void try_keys(const Json& scenario, const Pointer& place, Keys keys) {
    ASSERT_TRUE(scenario.contains(place)) << place.to_string();
    for (const Key& key : keys) try_values(scenario, place, key);
  }

  int accepted_count_ = 0;

 private:
  static Json needed(std::string_view key) {
    if (key == "image") return "r.example/lib/app:1";
    if (key == "registry") return "r.example";
    if (key == "archive") return "a.tar";
    if (key == "labels_of") return {{"kind", "lease"}, {"name", "l"}};
    return "app";
  }

  bool try_scenario(const Json& scenario) {
    const std::string text = scenario.dump();
    SCOPED_TRACE(text);
    const ScenarioResultOrDiagnostics read = parse_scenario(text, "odd.json");
    EXPECT_EQ(read.scenario.has_value(), !has_errors(read.diagnostics));
    if (!read.scenario) return false;
    ++accepted_count_;
    for (const std::string& profile : read.scenario->profiles) {
      Replay(*read.scenario, {.profile = find_profile(profile), .trace = true}).run();
    }
    return true;
  }
};

TEST_F(OddValues, OfExpectations) {
  const Json scenario = whole_scenario();
  try_keys(scenario, Pointer("/expect/0"), expectation_keys());
  try_keys(scenario, Pointer("/steps/0/expect"), expectation_keys());
  Json labelled = scenario;
  labelled["expect"][0]["labels_of"] = {{"kind", "lease"}, {"name", "l"}};
  labelled["expect"][0]["labels"] = {{"a", "b"}};
  try_keys(labelled, Pointer("/expect/0/labels_of"), labelled_keys());
  EXPECT_GT(accepted_count_, 50);
}

TEST_F(OddValues, OfDeclarations) {
  const Json scenario = whole_scenario();
  try_keys(scenario, Pointer(), scenario_keys());
  try_keys(scenario, Pointer("/layers/base"), layer_keys());
  try_keys(scenario, Pointer("/images/app"), image_keys());
  try_keys(scenario, Pointer("/images/two"), image_keys());
  try_keys(scenario, Pointer("/registries/r.example"), registry_keys());
  try_keys(scenario, Pointer("/nodes/n"), node_keys());
  try_keys(scenario, Pointer("/nodes/n/scheduler"), scheduler_keys());
  try_keys(scenario, Pointer("/nodes/n/cri"), cri_keys());
  try_keys(scenario, Pointer("/archives/a.tar"), archive_keys());
  try_keys(scenario, Pointer("/conform/0"), conform_note_keys());
  EXPECT_GT(accepted_count_, 20);
}

// What a subject of this type may be, so that the other keys are what is odd.
Json plain_subject(const OperationType& type) {
  switch (type.subject.type) {
    case ParameterType::kFlag:
    case ParameterType::kOption:
      return true;
    case ParameterType::kObject:
      return "layer:base";
    case ParameterType::kReference:
      return type.name == "delete-repository" ? "r.example/lib/app" : "r.example/lib/app:1";
    default:
      return type.name == "import" ? "a.tar" : "l";
  }
}

TEST_F(OddValues, OfOperations) {
  for (const OperationType* type : operation_types()) {
    std::vector<std::string> clients{""};
    for (const Client client : type->clients) clients.emplace_back(client_name(client));
    for (const std::string& client : clients) {
      Json scenario = whole_scenario();
      Json step{{std::string(type->name), plain_subject(*type)}};
      if (!client.empty()) step["by"] = client;
      for (const Parameter& parameter : type->parameters) {
        if (parameter.required) step[std::string(parameter.name)] = "r.example/lib/copy:1";
      }
      scenario["steps"].insert(scenario["steps"].begin() + 1, step);
      try_keys(scenario, Pointer("/steps/1"), keys_of(*type));
      step["fails"] = {{"class", "not-found"}};
      scenario["steps"][1] = step;
      try_keys(scenario, Pointer("/steps/1/fails"), failure_keys());
    }
  }
  EXPECT_GT(accepted_count_, 500);
}

TEST_F(OddValues, OfOtherSteps) {
  for (const ControlVerb& verb : control_verbs()) {
    Json scenario = whole_scenario();
    scenario["steps"][0]["as"] = "p";
    Json step{{std::string(verb.verb.name), true}};
    if (verb.verb.name == "advance") step["advance"] = "1h";
    if (verb.verb.name == "resume") step["resume"] = "p";
    if (verb.verb.name == "kill") step = {{"kill", "client"}, {"of", "p"}};
    scenario["steps"].insert(scenario["steps"].begin() + 1, step);
    try_keys(scenario, Pointer("/steps/1"), keys_of(verb));
  }
  EXPECT_GT(accepted_count_, 10);
}

}  // namespace
}  // namespace sweepcheck
