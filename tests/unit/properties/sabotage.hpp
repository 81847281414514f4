// A small world whose state a test can spoil by hand, and the moment that a property then judges:
// what happened is what the test says, whatever the model would have done.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "properties/facts/shared_facts.hpp"
#include "properties/property.hpp"
#include "properties/search/history.hpp"

namespace sweepcheck::test {

class Sabotage {
 public:
  explicit Sabotage(std::string_view profile = "containerd-2.1", std::uint8_t nodes = 1)
      : world(catalog) {
    Declaration declaration;
    declaration.images = {{{0, 1}, {}, 0, kNobody}, {{0}, {}, 0, kNobody}};
    declaration.same_diff_as = {kNobody, kNobody};
    names = std::make_unique<HistoryNames>(catalog, declaration);
    catalog.intern("overlayfs");
    catalog.intern(policy.platform);
    for (std::uint8_t i = 0; i < nodes; ++i) {
      Node node;
      node.profile = find_profile(profile);
      node.policy = &policy;
      world.nodes.push_back(node);
      world.node_names.push_back(catalog.intern(node_name(i)));
    }
    Registry registry;
    registry.host = catalog.intern(kRegistryHost);
    RegistryApi api(catalog, registry);
    for (std::uint8_t i = 0; i < 2; ++i) {
      const ReferenceParts parts = split_reference(catalog, catalog.intern(record_name(i)));
      api.seed(parts.repository, parts.tag, names->target(i));
    }
    world.registries.push_back(registry);
    remember();
  }

  /// What comes is one step: the world as it is now is `before`.
  void remember() {
    before.clear();
    registries_before.clear();
    for (const Node& node : world.nodes) before.push_back(node.state);
    for (const Registry& registry : world.registries) registries_before.push_back(registry.state);
  }

  /// Performs a step's operation to its end, and keeps it as the one that is judged.
  Operation& run(HistoryStep step) {
    request = names->request(step, *world.nodes[0].profile);
    operation = begin(world, request);
    finish(world, operation);
    return operation;
  }
  Operation& run(HistoryVerb verb, std::uint8_t option = 0) {
    HistoryStep step;
    step.verb = verb;
    step.option = option;
    return run(step);
  }

  State& state(std::size_t node = 0) { return world.nodes[node].state; }
  State& registry() { return world.registries[0].state; }

  ObjectId object(ObjectKind kind, const std::string& key, const std::string& scope = "",
                  const std::string& space = "default") {
    const bool spaced = kind != ObjectKind::kBlobFile;
    return catalog.object({kind, spaced ? catalog.intern(space) : kNone<StringId>,
                           scope.empty() ? kNone<StringId> : catalog.intern(scope),
                           catalog.intern(catalog.resolve(key))});
  }
  ObjectId content(const std::string& alias) { return object(ObjectKind::kContent, alias); }
  ObjectId file(const std::string& alias) { return object(ObjectKind::kBlobFile, alias); }
  ObjectId snapshot(const std::string& key) {
    return object(ObjectKind::kSnapshot, key, "overlayfs");
  }

  /// Takes an object away, with what is true of it.
  void lose(ObjectId lost) { lose_from(state(), lost); }
  void lose_from(State& from, ObjectId lost) {
    from.objects.reset(index_of(lost));
    catalog.for_each_owned(lost, [&](FactId fact) { from.facts.reset(index_of(fact)); });
  }
  /// Takes one label away.
  void unlabel(ObjectId owner, std::string_view key) {
    catalog.for_each_owned(owner, [&](FactId fact) {
      if (catalog.label_key(fact) == catalog.find(key)) state().facts.reset(index_of(fact));
    });
  }
  void label(ObjectId owner, std::string_view key, const std::string& value) {
    state().facts.set(index_of(
        catalog.label(owner, catalog.intern(key), catalog.intern(catalog.resolve(value)))));
  }
  /// The registry loses everything.
  void empty_registry() { registry() = State{}; }

  /// True if the property finds fault. Changes are worked out from `before`.
  bool refutes(std::string_view property, ActionKind action = ActionKind::kOperation) {
    std::vector<Change> changes(world.nodes.size());
    for (std::size_t i = 0; i < changes.size(); ++i) {
      changes[i].find(catalog, before[i], world.nodes[i].state);
    }
    const std::vector<BlobId> images(names->targets().begin(), names->targets().end());
    Moment moment{.world = world,
                  .past = past,
                  .before = before,
                  .registries_before = registries_before,
                  .changes = changes,
                  .images = images,
                  .action = action,
                  .node = static_cast<NodeId>(0)};
    if (collected) {
      moment.collected = collected.get();
      moment.swept = swept;
      moment.cleaned = cleaned;
    }
    if (action == ActionKind::kOperation || action == ActionKind::kKillClient) {
      moment.operation = &operation;
      moment.at_begin = at_begin ? at_begin.get() : before.data();
      moment.began = world_at_begin ? world_at_begin->now : world.now;
      moment.world_at_begin = world_at_begin.get();
      moment.between = between;
    }
    moment.twin = twin;
    shared.begin(images.size());
    moment.shared = &shared;
    const Property* found = find_property(property);
    EXPECT_NE(found, nullptr) << property;
    for (std::size_t i = 0; i < world.registries.size(); ++i) {
      moment.registries_changed =
          moment.registries_changed || !(registries_before[i] == world.registries[i].state);
    }
    Violations violations;
    if (found && concerns(*found, moment)) found->judge(moment, violations);
    return !violations.empty();
  }

  /// A collection that the test makes up: from the state as it is now to what it does next.
  void collection_begins() { collected = std::make_unique<State>(state()); }
  void sweep(ObjectId object) {
    lose(object);
    swept.push_back(object);
  }

  Catalog catalog;
  Policy policy;
  World world;
  std::unique_ptr<HistoryNames> names;
  std::vector<State> before, registries_before;
  Past past;
  Request request;
  Operation operation;
  std::unique_ptr<State> collected;
  std::vector<ObjectId> swept;
  bool cleaned = false;
  std::unique_ptr<State> at_begin;
  std::unique_ptr<World> world_at_begin;
  std::uint8_t between = 0;
  const World* twin = nullptr;
  SharedFacts shared;
};

}  // namespace sweepcheck::test
