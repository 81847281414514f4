// Aim: what model/inspect says of an image from its state alone is what the client's operation
// does. Method: each answer is held against that operation, performed on a copy of the world, for
// each image record and for names without one: after each step of each scenario of the library
// under each of its profiles, and of random histories under many policies, some of whose schedulers
// collect in the middle of an operation.
#include "model/inspect.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>

#include "model/operation.hpp"
#include "properties/search/search.hpp"
#include "replay/library.hpp"
#include "replay/replay.hpp"
#include "tests/places.hpp"

namespace sweepcheck {
namespace {

bool succeeds(const World& world, const Request& request) {
  World copy = world;
  for (Registry& registry : copy.registries) registry.records = false;
  Operation operation = begin(copy, request);
  finish(copy, operation);
  return operation.status == OperationStatus::kDone;
}

// The operations themselves.
struct Performed {
  Catalog& catalog;

  Request request(std::string_view verb, NodeId node, StringId space, StringId name) const {
    Request out;
    out.type = find_operation_type(verb);
    out.node = node;
    out.space = space;
    out.name = name;
    return out;
  }

  bool exportable(const World& world, NodeId node, StringId space, StringId image, bool all) const {
    Request probe = request("export", node, space, image);
    probe.to = catalog.intern("(probe)");
    probe.all_platforms = all;
    // An export that drops a missing target succeeds, and exports nothing.
    const BlobId target = image_target(world, node, space, image);
    if (target == kNone<BlobId>) return false;
    const ObjectId record = catalog.find_object(
        {ObjectKind::kContent, space, kNone<StringId>, catalog.blob(target).digest});
    return world.node(node).state.has(record) && succeeds(world, probe);
  }

  bool runnable(const World& world, NodeId node, StringId space, StringId image,
                StringId snapshotter) const {
    Request probe = request("create-container", node, space, catalog.intern("(probe)"));
    probe.image = image;
    probe.snapshotter = snapshotter;
    return succeeds(world, probe);
  }

  bool recoverable(const World& world, BlobId target, StringId platform) const {
    for (const Registry& registry : world.registries) {
      bool served = false;
      registry.state.objects.for_each([&](std::uint32_t index) {
        const ObjectKey& key = catalog.key(static_cast<ObjectId>(index));
        if (key.kind != ObjectKind::kRepositoryManifest) return;
        const BlobId revision = catalog.find_blob(key.key);
        if (revision == kNone<BlobId>) return;
        if (revision != target && catalog.blob(revision).converted != target) return;
        const RegistryReader reader(catalog, registry);
        served = served || reader.serves(key.scope, key.key, platform);
      });
      if (served) return true;
    }
    for (std::size_t i = 0; i < world.nodes.size(); ++i) {
      bool exported = false;
      world.nodes[i].state.objects.for_each([&](std::uint32_t index) {
        const ObjectKey& key = catalog.key(static_cast<ObjectId>(index));
        if (key.kind != ObjectKind::kImage) return;
        const auto node = static_cast<NodeId>(i);
        exported = exported || (image_target(world, node, key.space, key.key) == target &&
                                exportable(world, node, key.space, key.key, false));
      });
      if (exported) return true;
    }
    return false;
  }
};

// How often each question was answered with no and with yes.
std::array<std::array<std::atomic<std::uint64_t>, 2>, 5> answers;
constexpr std::array<std::string_view, 5> kQuestions{
    "exportable", "exportable for all platforms", "runnable", "runnable elsewhere", "recoverable"};

void compare_on(const World& world, NodeId node, Violations& violations) {
  // The world is a const one, and trying needs its copies' catalog, which is the same.
  World copy = world;
  Catalog& catalog = copy.catalog();
  const Performed performed{catalog};
  const StringId native = catalog.intern("native");
  const auto compare = [&](std::size_t question, StringId image, bool said, bool is) {
    ++answers[question][said ? 1 : 0];
    if (said == is) return;
    violations.push_back("image " + catalog.display(image) + " is said " + (said ? "" : "not ") +
                         "to be " + std::string(kQuestions[question]));
  };
  for (const ObjectId record : catalog.root_candidates()) {
    const ObjectKey key = catalog.key(record);
    if (key.kind != ObjectKind::kImage) continue;
    const StringId space = key.space;
    const StringId image = key.key;
    for (const bool all : {false, true}) {
      compare(all ? 1 : 0, image, is_exportable(world, node, space, image, all),
              performed.exportable(world, node, space, image, all));
    }
    for (const StringId snapshotter : {kNone<StringId>, native}) {
      compare(snapshotter == native ? 3 : 2, image,
              is_runnable(world, node, space, image, snapshotter),
              performed.runnable(world, node, space, image, snapshotter));
    }
    const BlobId target = image_target(world, node, space, image);
    if (target == kNone<BlobId>) continue;
    for (const StringId platform : {kDefaultPlatform.id(), kNone<StringId>}) {
      compare(4, image, is_recoverable(world, target, platform),
              performed.recoverable(world, target, platform));
    }
  }
}

void judge(const Moment& moment, Violations& violations) {
  for (std::size_t i = 0; i < moment.world.nodes.size(); ++i) {
    compare_on(moment.world, static_cast<NodeId>(i), violations);
  }
}

const Property kAgrees{.name = "inspect-agrees",
                       .statement = "What inspect says is what the operation does.",
                       .judge = judge};

void expect_both_answers() {
  for (std::size_t i = 0; i < answers.size(); ++i) {
    EXPECT_GT(answers[i][0].exchange(0), 200U) << "not " << kQuestions[i];
    EXPECT_GT(answers[i][1].exchange(0), 200U) << kQuestions[i];
  }
}

TEST(Inspect, AgreesWithOperationsOverTheLibrary) {
  Diagnostics diagnostics;
  const Property* const properties[] = {&kAgrees};
  int replay_count = 0;
  for (const std::string& file :
       find_scenarios({std::string(SWEEPCHECK_SOURCE_DIR) + "/scenarios"}, diagnostics)) {
    const ScenarioResultOrDiagnostics read = read_scenario(file);
    ASSERT_TRUE(read.scenario) << file;
    for (const std::string& profile : read.scenario->profiles) {
      ReplayOptions options;
      options.profile = find_profile(profile);
      options.properties = properties;
      Replay replay(*read.scenario, std::move(options));
      const ScenarioResult result = replay.run();
      EXPECT_EQ(replay.refutation_count(), 0U) << file << " " << profile << [&] {
        std::string all;
        for (const StepResult& step : result.steps) {
          for (const Finding& finding : step.findings) all += "\n" + finding.message;
        }
        return all;
      }();
      ++replay_count;
    }
  }
  EXPECT_GT(replay_count, 1000);
  expect_both_answers();
}

TEST(Inspect, AgreesWithOperationsOverRandomHistories) {
  SearchOptions options;
  options.properties = {&kAgrees};
  options.policies = policy_cases();
  // Schedulers that wait for very little, so that the next mutation is often one too many.
  for (const Profile& profile : profiles()) {
    for (const std::int64_t deletions : {0, 1, 2, 4}) {
      for (const Duration startup : {Duration{0}, kSecond}) {
        Policy policy;
        policy.scheduler.runs = true;
        policy.scheduler.deletion_threshold = deletions;
        policy.scheduler.mutation_threshold = 3 + 7 * deletions;
        policy.scheduler.startup_delay = startup;
        policy.cri.discard_unpacked_layers = deletions != 2;
        options.policies.push_back(make_policy_case(
            std::string(profile.name) + "+" + std::to_string(deletions), profile, policy));
      }
    }
  }
  options.history_count = 4;
  options.more_for_known = 0;
  const SearchResult result = search(options);
  for (const Cell& cell : result.cells) {
    EXPECT_FALSE(cell.refuted_by) << options.policies[cell.policy].name << ": history "
                                  << *cell.refuted_by << ": " << cell.message;
  }
  expect_both_answers();
}

}  // namespace
}  // namespace sweepcheck
