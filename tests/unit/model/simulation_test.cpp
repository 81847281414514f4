// Aim: a simulation is a value, and the one driver of actions. Method: small worlds taken through
// actions by hand, and random walks over what actions() offers, with copies held against originals,
// and with what their bytes say.
#include "model/simulation.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>

#include "model/pack.hpp"
#include "tests/unit/model/store_fixture.hpp"

namespace sweepcheck {
namespace {

// One node, one registry with an image of two layers.
struct SimulationTest : testing::Test {
  SimulationTest() : simulation(catalog) {
    node = simulation.add_node("node", *find_profile("containerd-2.1"), Policy{});
    const BlobId target = catalog.add_image(two_layer_image());
    Registry registry;
    registry.host = catalog.intern("registry.example");
    RegistryApi(catalog, registry).seed(catalog.intern("lib/app"), catalog.intern("1"), target);
    simulation.world().registries.push_back(std::move(registry));
    pull = request("pull", "registry.example/lib/app:1");
    remove = request("remove-image", "registry.example/lib/app:1");
  }

  Request request(std::string_view verb, std::string_view name) {
    Request out;
    out.type = find_operation_type(verb);
    out.node = NodeId{0};
    out.space = catalog.intern("default");
    out.name = catalog.intern(name);
    return out;
  }
  Action begin_pull(std::uint32_t steps) const {
    return {.kind = ActionKind::kOperation,
            .request = &pull,
            .flight = FlightId{1},
            .step_count_max = steps};
  }

  Catalog catalog;
  Simulation simulation;
  NodeId node{};
  Request pull;
  Request remove;
};

TEST_F(SimulationTest, OperationRunsToItsEndUnlessItIsToldToStop) {
  const Performed whole = simulation.perform({.kind = ActionKind::kOperation, .request = &pull});
  ASSERT_TRUE(whole.happened);
  EXPECT_EQ(whole.operation->status, OperationStatus::kDone);
  EXPECT_GT(whole.step_count, 10U);
  EXPECT_EQ(simulation.find(kNoFlight), nullptr);
}

TEST_F(SimulationTest, StopsAfterACountOrBeforeAName) {
  EXPECT_EQ(simulation.perform(begin_pull(3)).step_count, 3U);
  EXPECT_TRUE(simulation.find(FlightId{1})->running());
  const Performed resumed = simulation.perform(
      {.kind = ActionKind::kResume, .flight = FlightId{1}, .until = "store image *"});
  EXPECT_TRUE(resumed.operation->running());
  EXPECT_EQ(simulation.next_step(FlightId{1}).substr(0, 11), "store image");
  simulation.perform({.kind = ActionKind::kResume, .flight = FlightId{1}});
  EXPECT_EQ(simulation.next_step(FlightId{1}), "");
  EXPECT_EQ(simulation.find(FlightId{1})->status, OperationStatus::kDone);
}

// What can't happen changes nothing and says so.
TEST_F(SimulationTest, RefusesWhatCannotHappen) {
  simulation.perform(begin_pull(2));
  const Simulation before = simulation;
  EXPECT_FALSE(simulation.perform(begin_pull(2)).happened);
  EXPECT_FALSE(simulation.perform({.kind = ActionKind::kResume, .flight = FlightId{2}}).happened);
  EXPECT_FALSE(
      simulation.perform({.kind = ActionKind::kKillClient, .flight = FlightId{2}}).happened);
  EXPECT_EQ(before, simulation);
  simulation.perform({.kind = ActionKind::kKillDaemon, .node = node});
  EXPECT_FALSE(simulation.perform({.kind = ActionKind::kCollect, .node = node}).happened);
  EXPECT_FALSE(simulation.perform({.kind = ActionKind::kResume, .flight = FlightId{1}}).happened);
}

TEST_F(SimulationTest, DaemonsDeathEndsItsOperations) {
  simulation.perform(begin_pull(5));
  simulation.perform({.kind = ActionKind::kRestart, .node = node});
  EXPECT_EQ(simulation.find(FlightId{1})->status, OperationStatus::kKilled);
  EXPECT_TRUE(simulation.world().node(node).running);
}

TEST_F(SimulationTest, RestartChangesThePolicy) {
  Policy policy;
  policy.cri.discard_unpacked_layers = true;
  const Action restart{
      .kind = ActionKind::kRestart, .node = node, .policy = catalog.policy(policy)};
  simulation.perform(restart);
  EXPECT_TRUE(simulation.world().node(node).policy->cri.discard_unpacked_layers);
  EXPECT_EQ(catalog.policy(policy), restart.policy);
}

// A copy goes its own way, and its operations have requests of their own.
TEST_F(SimulationTest, CopiesAreIndependent) {
  simulation.perform(begin_pull(6));
  auto original = std::make_unique<Simulation>(simulation);
  Simulation copy = *original;
  EXPECT_EQ(copy, *original);
  EXPECT_EQ(copy.hash(), original->hash());
  original->perform({.kind = ActionKind::kResume, .flight = FlightId{1}, .step_count_max = 1});
  EXPECT_NE(copy, *original);
  original.reset();
  EXPECT_TRUE(copy.perform({.kind = ActionKind::kResume, .flight = FlightId{1}}).happened);
  EXPECT_EQ(copy.find(FlightId{1})->status, OperationStatus::kDone);
}

TEST_F(SimulationTest, EndedOperationsCanBeForgotten) {
  Simulation other = simulation;
  simulation.perform(begin_pull(kAllSteps));
  other.perform({.kind = ActionKind::kOperation, .request = &pull});
  EXPECT_NE(simulation, other);
  simulation.forget_ended();
  EXPECT_EQ(simulation, other);
  EXPECT_EQ(simulation.hash(), other.hash());
}

TEST_F(SimulationTest, OffersWhatCouldComeNext) {
  const std::vector<Request> vocabulary{pull, remove};
  std::set<std::string> names;
  for (const Action& action : simulation.actions(vocabulary)) {
    names.insert(std::string(action_name(action.kind)));
  }
  EXPECT_EQ(names, (std::set<std::string>{"operation", "collect", "kill daemon", "restart"}));
  simulation.perform(begin_pull(2));
  bool resumes = false, advances = false;
  for (const Action& action : simulation.actions()) {
    resumes = resumes || action.kind == ActionKind::kResume;
    // The pull's lease expires by itself.
    if (action.kind != ActionKind::kAdvance) continue;
    advances = true;
    EXPECT_EQ(action.duration, 24 * kHour);
  }
  EXPECT_TRUE(resumes);
  EXPECT_TRUE(advances);
}

// Any walk: a copy that performs the same ends the same, equal simulations have equal hashes, and
// different ones nearly always have different ones.
TEST_F(SimulationTest, RandomWalksAreReproducible) {
  const std::vector<Request> vocabulary{pull, remove};
  std::uint64_t random = 1;
  std::set<std::uint64_t> hashes;
  std::size_t distinct = 0;
  std::vector<Simulation> seen;
  for (int walk = 0; walk < 40; ++walk) {
    Simulation one = simulation;
    for (int step = 0; step < 30; ++step) {
      Simulation other = one;
      const std::vector<Action> actions = one.actions(vocabulary);
      random = random * 6364136223846793005ULL + 1442695040888963407ULL;
      const Action& action = actions[(random >> 33) % actions.size()];
      EXPECT_EQ(one.perform(action).happened, other.perform(action).happened);
      ASSERT_EQ(one, other);
      ASSERT_EQ(one.hash(), other.hash());
      one.forget_ended();
      if (hashes.insert(one.hash()).second) {
        ++distinct;
        if (distinct % 8 == 0) seen.push_back(one);
      }
    }
  }
  EXPECT_GT(distinct, 100U);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    for (std::size_t j = i + 1; j < seen.size(); ++j) EXPECT_NE(seen[i], seen[j]);
  }
}

using Bytes = std::vector<std::byte>;

Bytes packed(const Simulation& simulation) {
  Bytes bytes;
  pack(simulation, bytes);
  return bytes;
}

// Whatever is cut off or changed is refused and changes nothing, or is another simulation.
void damage(const Bytes& bytes, const Simulation& simulation, std::uint64_t& random) {
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    Simulation other = simulation;
    std::span<const std::byte> torn(bytes.data(), length);
    ASSERT_NE(unpack(torn, other), UnpackError::kNone) << length << " of " << bytes.size();
    ASSERT_EQ(torn.size(), length);
    ASSERT_EQ(other, simulation);
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    Bytes changed = bytes;
    changed[at] ^= static_cast<std::byte>(1 + (random >> 33) % 255);
    Simulation other = simulation;
    std::span<const std::byte> rest = changed;
    if (unpack(rest, other) == UnpackError::kNone) continue;
    ASSERT_EQ(other, simulation);
  }
}

TEST_F(SimulationTest, IsTheSameAfterItWasBytesAtEachStepOfAnyWalk) {
  simulation.world().registries[0].descriptor_cache = true;
  Request write = request("export", "registry.example/lib/app:1");
  write.to = catalog.intern("app.tar");
  const std::vector<Request> vocabulary{pull, remove, write, request("import", "app.tar")};
  const Simulation pristine = simulation;
  std::uint64_t random = 1;
  std::size_t with_archive = 0;
  for (int walk = 0; walk < 40; ++walk) {
    Simulation one = pristine;
    // Something else is there before, and nothing of it stays.
    Simulation read = simulation;
    for (int step = 0; step < 40; ++step) {
      const std::vector<Action> actions = one.actions(vocabulary);
      random = random * 6364136223846793005ULL + 1442695040888963407ULL;
      Action action = actions[(random >> 33) % actions.size()];
      // Mostly operations go on for long, so that archives come about.
      if (action.kind == ActionKind::kResume && random % 3 != 0) action.step_count_max = kAllSteps;
      one.perform(action);
      const Bytes bytes = packed(one);
      std::span<const std::byte> rest = bytes;
      ASSERT_EQ(unpack(rest, read), UnpackError::kNone);
      EXPECT_TRUE(rest.empty());
      ASSERT_EQ(read, one);
      ASSERT_EQ(read.hash(), one.hash());
      ASSERT_EQ(packed(read), bytes);
      with_archive += one.world().archives.empty() ? 0 : 1;
      // Both go on alike.
      Simulation other = read;
      for (const Action& next : one.actions()) {
        Simulation twin = one;
        EXPECT_EQ(twin.perform(next).happened, other.perform(next).happened);
        EXPECT_EQ(twin, other);
        other = read;
      }
      if (step == 20 && walk % 8 == 0) damage(bytes, pristine, random);
    }
    simulation = one;
  }
  EXPECT_GT(with_archive, 100U);
}

TEST_F(SimulationTest, ProfilesArePackedByName) {
  Profile changed = *find_profile("containerd-2.1");
  changed.name = "changed";
  simulation.world().nodes[0].profile = &changed;
  const Bytes bytes = packed(simulation);
  Simulation other = simulation;
  std::span<const std::byte> rest = bytes;
  EXPECT_EQ(unpack(rest, other), UnpackError::kNone);
  EXPECT_EQ(other.world().nodes[0].profile, &changed);
  Simulation stranger(catalog);
  rest = bytes;
  EXPECT_EQ(unpack(rest, stranger), UnpackError::kUnknownProfile);
  EXPECT_EQ(rest.size(), bytes.size());
}

TEST_F(SimulationTest, WhatACatalogDoesNotHaveIsNotUnpacked) {
  const Bytes bytes = packed(simulation);
  Catalog empty;
  Simulation stranger(empty);
  std::span<const std::byte> rest = bytes;
  EXPECT_EQ(unpack(rest, stranger), UnpackError::kOutOfRange);
}

}  // namespace
}  // namespace sweepcheck
