// `sweepcheck check` as its users meet it: exit statuses, bad input, saved failures, and reports
// that don't depend on threads. Programs are run in this process.
#include <gtest/gtest.h>
#include <sys/fsuid.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "model/store_state.hpp"
#include "properties/search/search.hpp"
#include "properties/search/shrink.hpp"
#include "replay/counterexample.hpp"
#include "replay/replay.hpp"
#include "reports/version.hpp"
#include "tests/unit/runner/run_program.hpp"

namespace sweepcheck {
namespace {

namespace fs = std::filesystem;

using test::Ran;

Ran check(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "check");
  return test::run(arguments);
}

void expect_bad_use(const std::vector<std::string>& arguments, const std::string& message) {
  const Ran ran = check(arguments);
  EXPECT_EQ(ran.status, 2);
  EXPECT_EQ(ran.out, "");
  EXPECT_NE(ran.err.find(message), std::string::npos) << ran.err;
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
}

fs::path fresh_folder(const std::string& name) {
  fs::path folder = fs::path(::testing::TempDir()) / ("sweepcheck-" + name);
  fs::remove_all(folder);
  return folder;
}

// A property that holds is refuted once somebody saves a counterexample of another's: a file as
// check writes it, for a known refutation.
Counterexample known_counterexample() {
  const PolicyCase policy = policy_cases()[16];
  const Property& property = *find_property("pull-keeps-record-labels");
  for (std::uint64_t number = 0; number < 2'000; ++number) {
    const History history = draw_history(1, number, {});
    if (judge_history(history, policy, property).empty()) continue;
    const Shrunk shrunk = shrink(history, policy, property);
    return make_counterexample(shrunk.history, policy, property, shrunk.message);
  }
  ADD_FAILURE() << "not refuted";
  return {};
}

TEST(CheckCommand, BadInputIsOneLine) {
  expect_bad_use({"--property", "snapshot-parrents"}, "did you mean 'snapshot-parents'?");
  expect_bad_use({"--policy", "containerd-2.1+dicsard"}, "did you mean \"discard\"?");
  expect_bad_use({"--policy", "keep+discard"}, "contradict each other");
  expect_bad_use({"--time", "1s", "--histories", "5"}, "contradict each other");
  expect_bad_use({"--seed", "x1"}, "--seed x1");
  expect_bad_use({"--length", "5000"}, "from 1 to 200");
  expect_bad_use({"--time", "soon"}, "--time soon");
  expect_bad_use({"--failures", "/proc/nowhere"}, "--failures /proc/nowhere");
}

TEST(CheckCommand, HoldsAndKnownRefutationsAreSuccess) {
  const Ran ran = check({"-n", "256", "--policy", "containerd-2.1+keep+called+shared", "--property",
                         "snapshot-parents", "--property", "pulled-exportable"});
  EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
  EXPECT_EQ(ran.err, "") << "silent in a pipe";
  EXPECT_NE(ran.out.find("seed 1\n"), std::string::npos);
  EXPECT_NE(ran.out.find("refuted, as is known: pulled-exportable"), std::string::npos) << ran.out;
}

// Time that is over before the first history is not an answer, neither for CI nor for a report.
TEST(CheckCommand, TimeUpBeforeTheFirstHistoryIsNoAnswer) {
  const std::vector<std::string> common{"--time",     "1ns",
                                        "--policy",   "containerd-2.1+keep+called+shared",
                                        "--property", "snapshot-parents"};
  const Ran text = check(common);
  EXPECT_EQ(text.status, 5) << text.out << text.err;
  EXPECT_NE(text.out.find("0 hold, 0 refuted as known, 1 without an answer"), std::string::npos)
      << text.out;
  EXPECT_NE(text.err.find("longer --time"), std::string::npos) << text.err;
  auto as_json = common;
  as_json.insert(as_json.end(), {"--report", "json"});
  const nlohmann::json report = nlohmann::json::parse(check(as_json).out);
  EXPECT_TRUE(report["scenarios"].empty()) << report.dump(1);
  EXPECT_EQ(report["cells"][0]["verdict"], "unanswered") << report.dump(1);
}

// What is known to be false is an answer, found however short the time.
TEST(CheckCommand, TimeThatIsLongEnoughIsAnAnswer) {
  const Ran ran = check({"--time", "1ms", "--policy", "containerd-2.1+keep+called+shared",
                         "--property", "pulled-exportable"});
  EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
}

TEST(CheckCommand, SameBytesForAnyNumberOfJobs) {
  const std::vector<std::string> common{"-n",       "300", "--policy", "containerd-1.7+scheduled",
                                        "--report", "json"};
  auto one = common;
  one.insert(one.end(), {"--jobs", "1"});
  auto four = common;
  four.insert(four.end(), {"--jobs", "4"});
  Ran a = check(one);
  Ran b = check(four);
  // The command line itself is part of the report.
  const auto jobs = [](std::string& text, const std::string& number) {
    const std::size_t at = text.find(" --jobs " + number);
    if (at != std::string::npos) text.erase(at, 9);
  };
  jobs(a.out, "1");
  jobs(b.out, "4");
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.out, b.out);
}

// One column a profile is narrower than a profile's name.
TEST(CheckCommand, NamesOfProfilesStandApart) {
  const std::vector<std::string> common{"-n", "1", "--property", "usage-bounds"};
  auto narrow = common;
  narrow.insert(narrow.end(), {"--policy", "discard+scheduled+isolated"});
  const std::string header = R"(seed 1

                  1.6
                   1.7
                    2.1
                     2.3
keep, discard     dddd
called, scheduled ssss
shared, isolated  iiii
usage-bounds      ....
)";
  const std::string out = check(narrow).out;
  EXPECT_EQ(out.substr(0, header.size()), header);
  auto wider = common;
  wider.insert(wider.end(), {"--policy", "scheduled+isolated"});
  const std::string two_lines = R"(seed 1

                  1.6 2.1
                    1.7 2.3
keep, discard     kdkdkdkd
)";
  EXPECT_EQ(check(wider).out.substr(0, two_lines.size()), two_lines);
}

TEST(CheckCommand, TellsWhatWasDrawn) {
  const Ran ran = check({"-n", "100", "--property", "snapshot-parents", "--policy",
                         "containerd-2.1+keep+called+shared"});
  EXPECT_NE(ran.out.find("drawn (in brackets: of these fail):"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("pull "), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("stopped in between"), std::string::npos) << ran.out;
}

TEST(CheckCommand, SavedFailuresAreReplayedFirst) {
  const fs::path folder = fresh_folder("saved");
  fs::create_directories(folder);
  const Counterexample example = known_counterexample();
  EXPECT_TRUE(example.confirmed);
  std::ofstream(folder / "one.json") << example.text;
  const Ran ran = check({"-n", "10", "--property", "snapshot-parents", "--failures",
                         folder.string(), "--policy", "containerd-2.1+keep+called+shared"});
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.out.find("one.json [containerd-2.1+keep+called+shared]: still refuted"),
            std::string::npos)
      << ran.out;
  EXPECT_NE(ran.out.find("1 NOT AS CLAIMED"), std::string::npos) << ran.out;
}

TEST(CheckCommand, SavedFailureOfAnotherVersionIsRefused) {
  const fs::path folder = fresh_folder("version");
  fs::create_directories(folder);
  std::string text = known_counterexample().text;
  const std::string version(kVersion);
  const std::size_t at = text.find("\"version\": \"" + version);
  ASSERT_NE(at, std::string::npos) << text;
  text.replace(at + std::string("\"version\": \"").size(), version.size(), "0.0.1");
  std::ofstream(folder / "old.json") << text;
  expect_bad_use({"--failures", folder.string()}, "was saved by version 0.0.1");
}

// Under which of several profiles it was found, nobody could say.
TEST(CheckCommand, SavedFailureForSeveralProfilesIsRefused) {
  const fs::path folder = fresh_folder("profiles");
  fs::create_directories(folder);
  std::string text = known_counterexample().text;
  const std::size_t end = text.find(']', text.find("\"profiles\""));
  ASSERT_NE(end, std::string::npos) << text;
  text.insert(end, ", \"containerd-1.6\"");
  std::ofstream(folder / "wide.json") << text;
  expect_bad_use({"--failures", folder.string()}, "must be for one profile");
}

// What it says of itself is judged like a user's own words.
TEST(CheckCommand, SavedFailureThatIsNoneIsOneLineWithItsMend) {
  const std::string good = known_counterexample().text;
  const std::string policy = policy_cases()[16].name;
  const std::string property = "pull-keeps-record-labels";
  const auto expect = [&](const std::string& name, const std::string& from, const std::string& to,
                          const std::string& message) {
    const fs::path folder = fresh_folder(name);
    fs::create_directories(folder);
    std::string text = good;
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << text;
    text.replace(at, from.size(), to);
    std::ofstream(folder / "one.json") << text;
    expect_bad_use({"--failures", folder.string()}, (folder / "one.json").string() + message);
  };
  expect("policy", "\"policy\": \"" + policy, "\"policy\": \"nonsense",
         ":6:15: error: policy \"nonsense\": no policy setting is called \"nonsense\" "
         "(/found_by/policy) [unknown-policy]; known are containerd-1.6, ");
  expect("part", "\"policy\": \"" + policy, "\"policy\": \"containerd-2.1+keep",
         ":6:15: error: policy \"containerd-2.1+keep\" is not a column of the matrix "
         "(/found_by/policy) [incomplete-policy]; name all its settings, as "
         "containerd-1.6+keep+called+shared does");
  expect("other", "\"policy\": \"containerd-2.1", "\"policy\": \"containerd-1.7",
         ":8:15: error: must be for one profile, containerd-1.7, under which it was found "
         "(/profiles) [other-profile]; \"profiles\": [\"containerd-1.7\"]");
  expect("name", "\"property\": \"" + property, "\"property\": \"pull-keeps-record-label",
         ":5:17: error: no property is called \"pull-keeps-record-label\" (/found_by/property) "
         "[unknown-property]; did you mean \"pull-keeps-record-labels\"?");
  const std::size_t begin = good.find("  \"found_by\"");
  const std::string found_by = good.substr(begin, good.find("},\n", begin) + 3 - begin);
  expect("none", found_by, "",
         ":1:1: error: was not saved by check: it has no \"found_by\" "
         "[not-saved]; move it to your scenarios");
  expect("old", found_by,
         "  \"source\": [\"a link\", \"sweepcheck check 0.1.0 --property P --policy Q\"],\n",
         ":3:24: error: was saved when \"source\" said what it was found by (/source/1) "
         "[old-format]; delete it");
  expect("short", "\"property\": \"" + property + "\",", "",
         ":3:15: error: \"found_by\" needs \"property\" (/found_by) [missing-key]");
}

// The reader's own rights are taken away, since nothing is unreadable for root.
TEST(CheckCommand, SavedFailuresThatCantBeReadAreNotPassedOver) {
  const fs::path folder = fresh_folder("unreadable");
  fs::create_directories(folder / "below");
  fs::permissions(folder, fs::perms::all);
  fs::permissions(folder / "below", fs::perms::none);
  const int user = ::setfsuid(65534);
  expect_bad_use({"--failures", folder.string()}, "can't be read: ");
  ::setfsuid(static_cast<uid_t>(user));
  fs::permissions(folder / "below", fs::perms::all);
}

TEST(CheckCommand, SarifHasRulesAndResults) {
  const fs::path folder = fresh_folder("sarif");
  fs::create_directories(folder);
  std::ofstream(folder / "one.json") << known_counterexample().text;
  const Ran ran = check({"-n", "10", "--property", "snapshot-parents", "--policy",
                         "containerd-2.1+keep+called+shared", "--failures", folder.string(),
                         "--report", "sarif"});
  const nlohmann::json sarif = nlohmann::json::parse(ran.out);
  EXPECT_EQ(sarif["version"], "2.1.0");
  const auto& result = sarif["runs"][0]["results"][0];
  EXPECT_EQ(result["ruleId"], "pull-keeps-record-labels");
  const auto& flow = result["codeFlows"][0]["threadFlows"][0]["locations"];
  EXPECT_EQ(flow.size(), 3U);
  EXPECT_GT(flow[0]["location"]["physicalLocation"]["region"]["startLine"], 1);
  const auto& rule =
      sarif["runs"][0]["tool"]["driver"]["rules"][result["ruleIndex"].get<std::size_t>()];
  EXPECT_EQ(rule["shortDescription"]["text"], find_property("pull-keeps-record-labels")->statement);
}

// One verdict in all reports, and none of them calls it held.
TEST(CheckCommand, KnownRefutationsAreKnownInEveryReport) {
  const auto as = [](const std::string& kind) {
    const Ran ran = check({"-n", "256", "--policy", "containerd-2.1+keep+called+shared",
                           "--property", "pulled-exportable", "--report", kind});
    EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
    return ran.out;
  };
  const nlohmann::json report = nlohmann::json::parse(as("json"));
  EXPECT_EQ(report["cells"][0]["verdict"], "known");
  EXPECT_EQ(report["counterexamples"][0]["verdict"], "known");
  EXPECT_EQ(report["summary"]["matrix"]["known_count"], 1);
  EXPECT_NE(as("junit").find("<skipped message=\"refuted, as is known: "), std::string::npos);
  EXPECT_TRUE(as("github").starts_with("::notice title=pulled-exportable under "));
  EXPECT_NE(as("markdown").find("<summary>refuted, as is known: "), std::string::npos);
  EXPECT_NE(as("matrix").find("| pulled-exportable | known |"), std::string::npos);
  const nlohmann::json sarif = nlohmann::json::parse(as("sarif"));
  EXPECT_EQ(sarif["runs"][0]["results"][0]["level"], "note");
  EXPECT_EQ(sarif["runs"][0]["results"][0]["suppressions"][0]["status"], "accepted");
}

// Where a digest has several names, the first that was declared is shown, and a scenario declares
// its images in another order. Here each has one: of two images with one config the earlier's, of
// two layers with one diff the earlier's, and a diff is named as the chain that it begins.
std::string with_one_name_each(std::string text, const Declaration& declaration) {
  const auto replace = [&](const std::string& from, const std::string& to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
      text.replace(at, from.size(), to);
      at += to.size();
    }
  };
  for (std::uint8_t i = 0; i < declaration.images.size(); ++i) {
    const std::uint8_t same = declaration.images[i].same_config_as;
    if (same == kNobody) continue;
    replace("config:" + std::string(image_name(i)), "config:" + std::string(image_name(same)));
  }
  replace("diff:", "chain:");
  for (std::uint8_t i = 0; i < declaration.same_diff_as.size(); ++i) {
    const std::uint8_t same = declaration.same_diff_as[i];
    if (same == kNobody) continue;
    replace("chain:" + layer_name(i), "chain:" + layer_name(same));
    replace("+" + layer_name(i), "+" + layer_name(same));
  }
  return text;
}

// What nodes and registries hold, a line each, but for sizes, which a history makes up.
std::string stores_of(const World& world, const Declaration& declaration) {
  const Catalog& catalog = world.catalog();
  std::vector<std::string> lines{format_rfc3339(world.now)};
  for (std::size_t i = 0; i < world.nodes.size(); ++i) {
    const Node& node = world.nodes[i];
    const std::string where = "node " + std::to_string(i) + " ";
    const NodeStore store = store_of(catalog, node.state);
    if (!node.running) lines.push_back(where + "does not run");
    for (const StoreRecord& record : store.records) {
      std::string line = where + record.space + " " + record.kind + " " + record.name;
      for (const auto& [key, value] : record.labels) line += " " + key + "=" + value;
      for (const auto& [key, value] : record.fields) line += " " + key + ":" + value;
      for (const std::string& resource : record.resources) line += " [" + resource + "]";
      lines.push_back(line + (record.running ? " running" : ""));
    }
    for (const std::string& file : store.blob_files) lines.push_back(where + "file " + file);
    for (const StoreFile& file : store.ingest_files) lines.push_back(where + "ingest " + file.name);
    for (const StoreFile& each : store.snapshot_directories) {
      lines.push_back(where + "directory " + each.name);
    }
  }
  for (const Registry& registry : world.registries) {
    const std::string where = catalog.text(registry.host) + " ";
    const RegistryStore store = store_of(catalog, registry);
    for (const std::string& blob : store.blobs) lines.push_back(where + "blob " + blob);
    for (const auto& [name, repository] : store.repositories) {
      for (const auto& each : repository.manifests) lines.push_back(where + name + " " + each);
      for (const auto& each : repository.layers) lines.push_back(where + name + " " + each);
      for (const auto& [tag, digest] : repository.tags) {
        lines.push_back(where + name + ":" + tag + " " + digest);
      }
    }
  }
  for (std::string& line : lines) line = with_one_name_each(std::move(line), declaration);
  std::sort(lines.begin(), lines.end());
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

// The steps that do something on the stage. Shrinking leaves out the others; a scenario can't name
// an operation that was never begun.
std::vector<HistoryStep> performed_steps(const History& history, const PolicyCase& policy) {
  Stage stage(history.declaration, policy);
  std::vector<HistoryStep> out;
  stage.begin(nullptr);
  for (const HistoryStep& step : history.steps) {
    if (stage.perform(step, nullptr)) out.push_back(step);
    stage.judge_step(nullptr);
  }
  return out;
}

// Each history as a scenario, with its stops, resumes and kills: it reads back, and its replay ends
// with the same stores.
TEST(Counterexample, ScenarioAndHistoryEndAlike) {
  int compared = 0;
  int stopped = 0;
  for (const PolicyCase& policy : policy_cases()) {
    if (!matches_policy(policy, "keep+shared") && !matches_policy(policy, "discard+isolated")) {
      continue;
    }
    for (std::uint64_t number = 0; number < 24; ++number) {
      GeneratorOptions options;
      options.length = 16;
      History history = draw_history(7, number * kChunkSize, options);
      // An import reads blobs in the order of their digests, and a history's are made up.
      for (HistoryStep& step : history.steps) {
        if (step.verb == HistoryVerb::kImport) step.stop = step.handle = 0;
      }
      history.steps = performed_steps(history, policy);
      Stage stage(history.declaration, policy);
      stage.play(history.steps, nullptr);
      stopped += static_cast<int>(stage.stats().interrupted_count);
      const std::string text = history_scenario(history, policy, "a drawn history", "");
      const ScenarioResultOrDiagnostics read = parse_scenario(text, "drawn.json");
      ASSERT_TRUE(read.scenario) << text << to_line(read.diagnostics.front());
      Replay replay(*read.scenario, {.profile = policy.profile, .properties = {}});
      replay.run();
      ASSERT_EQ(stores_of(stage.world(), history.declaration),
                stores_of(replay.world(), history.declaration))
          << policy.name << text;
      ++compared;
    }
  }
  EXPECT_GT(compared, 150);
  EXPECT_GT(stopped, 100);
}

TEST(Counterexample, ReplaysWithItsExpectations) {
  const Counterexample example = known_counterexample();
  const ScenarioResultOrDiagnostics read = parse_scenario(example.text, "example.json");
  ASSERT_TRUE(read.scenario);
  EXPECT_FALSE(read.scenario->expectations.empty());
  Replay replay(*read.scenario, {.profile = find_profile(read.scenario->profiles.front())});
  const ScenarioResult result = replay.run();
  EXPECT_EQ(result.verdict, Verdict::kHeld) << example.text;
  EXPECT_GT(replay.expectation_count(), 3U);
  ASSERT_TRUE(read.scenario->found_by);
  EXPECT_EQ(read.scenario->found_by->version, kVersion);
  EXPECT_EQ(read.scenario->found_by->property, "pull-keeps-record-labels");
  EXPECT_EQ(read.scenario->found_by->policy, "containerd-2.1+keep+called+shared");
  EXPECT_TRUE(read.scenario->sources.empty());
}

}  // namespace
}  // namespace sweepcheck
