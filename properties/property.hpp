// A property: one sentence that must be true, and a function that judges whether it is. Scenario
// replays, `sweepcheck check`, tests and other programs judge by the same objects.
//
// A property of your own, in ten lines:
//
//   const Property kNoTeamLeft{
//       .name = "no-team-left",
//       .statement = "No image record is removed that has the label team.",
//       .judge = [](const Moment& moment, Violations& violations) {
//         for (const ObjectId image : moment.removed(ObjectKind::kImage)) {
//           if (moment.had_label(image, "team")) violations.push_back(moment.describe(image));
//         }
//       }};
//
// and `search({.properties = {&kNoTeamLeft}})` looks for a history that breaks it
// (properties/search/search.hpp; docs/add-a-property.md).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/action.hpp"
#include "model/operation.hpp"
#include "model/world.hpp"

namespace sweepcheck {

/// One violation each, in a sentence.
using Violations = std::vector<std::string>;

/// When a property is judged.
enum class Occasion : std::uint8_t {
  kStep,        ///< after each step of a history: an operation, a collection, a restart, ...
  kCollection,  ///< after each collection of a node's garbage, wherever it happens
  kOperation,   ///< after the step in which an operation ended: done, failed or killed
  kEnd,         ///< when the history is over
};

/// What came between the begin of an operation and its end.
enum Interference : std::uint8_t {
  /// A collection that removed something, whoever asked for it. The operation goes on after one
  /// that found nothing as if it had not been.
  kCollections = 1,
  kTimePassed = 2,
  kOthers = 4,  ///< another operation, a restart, a kill
};

/// What a history has done so far, in what it can't undo.
struct Past {
  /// Some pull or import could leave its layers to the collector.
  bool discarded = false;
  /// A registry's operator has deleted something.
  bool registry_deletions = false;
  /// Somebody changed labels or content by hand.
  bool tampered = false;
  /// Somebody deleted files behind a daemon's back: it goes on saying that it has them.
  bool files_removed = false;
};

/// What a step added and removed on one node.
struct Change {
  /// Kinds of objects and meanings of facts, as bits by kind_bit and meaning_bit.
  std::uint32_t added = 0;
  std::uint32_t removed = 0;
  std::uint32_t meanings_added = 0;
  std::uint32_t meanings_removed = 0;
  /// A number of an object, such as an expiry.
  bool scalars = false;
  /// Which objects and facts, in ascending order.
  std::vector<ObjectId> objects_added, objects_removed;
  std::vector<FactId> facts_added, facts_removed;

  bool any() const { return (added | removed | meanings_added | meanings_removed) != 0 || scalars; }
  /// Nothing; keeps its memory.
  void clear();
  /// What differs between two states of a node.
  void find(const Catalog& catalog, const State& before, const State& after);
};

/// Bits of what is true at a moment. A property names those that it needs, so that it is not even
/// asked at others.
enum Circumstance : std::uint32_t {
  // What the step was.
  kOperationStep = 1U << 0,
  kCollectionStep = 1U << 1,
  kTimeStep = 1U << 2,
  kRestartStep = 1U << 3,
  kKillStep = 1U << 4,
  // The operation that it was about: how it ended, if it did, and how it got there.
  kSucceeded = 1U << 5,
  kFailed = 1U << 6,
  kKilled = 1U << 7,
  kUninterrupted = 1U << 8,
  kInterrupted = 1U << 9,
  kOnNode = 1U << 10,
  kInOneGo = kOperationStep | kUninterrupted | kOnNode,
  kRegistriesChanged = 1U << 11,
  /// Nobody has changed labels or content by hand so far.
  kUntampered = 1U << 12,
  // Of a collection: right after the sweep, or after the backend's clean-up; the sweep took some.
  kSweeping = 1U << 13,
  kCleaning = 1U << 14,
  kSweptSome = 1U << 15,
  // Who could bring an image back may be others than before: a registry has changed, or some node
  // lost (or gained) an image record, its target, or a part of what an image is made of.
  kCopiesLost = 1U << 16,
  kCopiesGained = 1U << 17,
};
inline constexpr std::uint32_t kCircumstanceCount = 18;

class SharedFacts;

/// What a property judges: the world as it is, and what has just happened. All references are
/// valid during the judgement only.
struct Moment {
  const World& world;
  const Past& past;
  /// By node and by registry: their states before this step.
  std::span<const State> before;
  std::span<const State> registries_before;
  std::span<const Change> changes;
  /// Some registry has changed in this step.
  bool registries_changed = false;
  /// Targets of the images that the history knows.
  std::span<const BlobId> images;
  /// What the step was.
  ActionKind action = ActionKind::kOperation;
  /// Collections since the step began.
  std::uint64_t collection_count = 0;
  /// Of what happened; kNone: of no node alone.
  NodeId node = kNone<NodeId>;

  /// On kCollection: the node's state as the mark saw it; afterwards it is in `world`. `swept` is
  /// what the mark's sweep removed, `cleaned` says whether the backend's clean-up is done, too.
  const State* collected = nullptr;
  std::span<const ObjectId> swept;
  bool cleaned = false;

  /// The operation that this step was about, if any; on kOperation it has ended.
  const Operation* operation = nullptr;
  /// The node's state and the time when it began.
  const State* at_begin = nullptr;
  Time began = 0;
  /// The whole world when it began, if it was stopped in between; else null.
  const World* world_at_begin = nullptr;
  /// Interference bits.
  std::uint8_t between = 0;

  /// On kEnd: the world after the same history where every object has another id; may be null.
  const World* twin = nullptr;

  /// What several properties need, worked out once, and memory to judge in
  /// (properties/facts/shared_facts.hpp). Never null when a property is asked.
  SharedFacts* shared = nullptr;

  const Catalog& catalog() const { return world.catalog(); }
  const State& state() const { return world.node(node).state; }
  const Profile& profile() const { return *world.node(node).profile; }
  const Policy& policy() const { return *world.node(node).policy; }
  /// What this step changed on the node.
  const Change& change() const { return changes[index_of(node)]; }
  /// True if the operation that ended is of this type ("pull").
  bool is(std::string_view operation_name) const {
    return operation != nullptr && operation->request.type->name == operation_name;
  }
  bool succeeded() const { return operation->status == OperationStatus::kDone; }
  bool failed() const { return operation->status == OperationStatus::kFailed; }
  bool uninterrupted() const { return world_at_begin == nullptr; }
  /// Circumstance bits.
  std::uint32_t circumstances() const;

  /// Objects of a kind that this step removed, on any node.
  std::vector<ObjectId> removed(ObjectKind kind) const;
  /// True if the object had a label of this key before the step.
  bool had_label(ObjectId object, std::string_view key) const;
  std::string describe(ObjectId object) const { return catalog().describe(object); }
};

/// What is said of a property under one profile and policy.
enum class Claim : std::uint8_t {
  kHolds,    ///< claimed: breaking it is a failure
  kRefuted,  ///< known to be false: no longer finding a counterexample is a failure
  kSilent,   ///< nothing is claimed: what is found is reported
};

struct Property {
  /// As the command line and reports name it: "running-containers".
  std::string_view name;
  /// "collector", "images", "in-flight", "accounting", "fleet", "promises", "states".
  std::string_view family = "own";
  /// What must be true, in one sentence.
  std::string_view statement;
  /// Why it matters.
  std::string_view why = "";
  /// Where it is known from: containerd's files, issues, observations.
  std::string_view source = "";
  Occasion occasion = Occasion::kStep;
  void (*judge)(const Moment& moment, Violations& violations) = nullptr;
  /// Only judged when all of these are true, as Circumstance bits; 0: always.
  std::uint32_t needs = 0;
  // Of properties that are judged on kStep and kOperation:
  /// Only judged after operations of these types; empty: after any step.
  std::span<const std::string_view> operations = {};
  /// Only judged after steps in which a node lost an object of one of these kinds, as bits by
  /// kind_bit; 0: after any.
  std::uint32_t losses = 0;
  /// Only judged after steps in which a node gained one; 0: after any.
  std::uint32_t gains = 0;
  /// Null: it is claimed to hold everywhere.
  Claim (*claim)(const Profile& profile, const Policy& policy) = nullptr;
  /// So costly that a search judges it by one history in 64 only.
  bool costly = false;
  /// The claim in words, if there is one.
  std::string_view claimed = "everywhere";
};

inline Claim claim_of(const Property& property, const Profile& profile, const Policy& policy) {
  return property.claim ? property.claim(profile, policy) : Claim::kHolds;
}

/// True if the property is to be judged by this moment: see its `needs`, `operations`, `losses`
/// and `gains`.
bool concerns(const Property& property, const Moment& moment);

/// All built-in properties, family by family.
std::span<const Property* const> properties();
/// Those that every replay of a scenario is judged by: what no state may violate, and that each
/// collection is exact.
std::span<const Property* const> replay_properties();
/// The property of that name, or nullptr.
const Property* find_property(std::string_view name);

}  // namespace sweepcheck
