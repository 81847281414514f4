// Aim: what a step declares is all that it touches: it changes nothing that it does not declare to
// write, and nothing that it does not declare to touch makes it do anything else.
// Method: each step of the scenario library and of drawn histories is performed on a copy, and what
// changed is held against its declaration; then twice more on worlds in which everything else is
// another: all of it gone, and all of it there. What comes of it must be the same.
#include "model/touches.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "model/collector.hpp"
#include "tests/unit/model/step_walk.hpp"

namespace sweepcheck {
namespace {

// How a world's things are touched, worked out for each object once.
class Reach {
 public:
  Reach(const World& world, const Touches& touches) : catalog_(world.catalog()), touches_(touches) {
    const Catalog& catalog = catalog_;
    nodes_.resize(world.nodes.size() + 1);
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const NodeId node = i < world.nodes.size() ? static_cast<NodeId>(i) : kNone<NodeId>;
      nodes_[i].resize(catalog.object_count(), 0);
      for (const Touch& touch : touches.all()) {
        if (touch.area != Area::kNode && touch.area != Area::kRegistry) continue;
        if (touch.node != node) continue;
        for (std::uint32_t object = 0; object < catalog.object_count(); ++object) {
          if (!covers(touch, node, catalog.key(static_cast<ObjectId>(object)))) continue;
          nodes_[i][object] |= bit(touch.access);
        }
      }
    }
  }

  bool is_touched(NodeId node, ObjectId object) const { return accesses(node, object) != 0; }
  bool may_change(NodeId node, ObjectId object) const {
    return (accesses(node, object) & (bit(Access::kAdd) | bit(Access::kWrite))) != 0;
  }
  bool may_drop(NodeId node, ObjectId object) const {
    return (accesses(node, object) & bit(Access::kWrite)) != 0;
  }
  std::uint8_t accesses(Area area, NodeId node, StringId space, StringId key) const {
    std::uint8_t found = 0;
    for (const Touch& touch : touches_.all()) {
      if (touch.area != area || touch.node != node) continue;
      if (touch.space != kNone<StringId> && touch.space != space) continue;
      if (touch.key != kNone<StringId> && touch.key != key) continue;
      found |= bit(touch.access);
    }
    return found;
  }
  bool is_touched(Area area, NodeId node, StringId space = kNone<StringId>,
                  StringId key = kNone<StringId>) const {
    return accesses(area, node, space, key) != 0;
  }
  static constexpr std::uint8_t bit(Access access) {
    return static_cast<std::uint8_t>(1U << static_cast<std::uint32_t>(access));
  }

 private:
  // What the catalog learns of while a step is performed was in nobody's way.
  std::uint8_t accesses(NodeId node, ObjectId object) const {
    const auto& of_node = node == kNone<NodeId> ? nodes_.back() : nodes_[index_of(node)];
    return index_of(object) < of_node.size() ? of_node[index_of(object)] : later(node, object);
  }
  std::uint8_t later(NodeId node, ObjectId object) const {
    std::uint8_t found = 0;
    for (const Touch& touch : touches_.all()) {
      if (covers(touch, node, catalog_.key(object))) found |= bit(touch.access);
    }
    return found;
  }

  const Catalog& catalog_;
  const Touches& touches_;
  std::vector<std::vector<std::uint8_t>> nodes_;
};

// What is in one state and not in the other, said of its objects.
template <typename Visit>
void for_each_changed(const Catalog& catalog, const State& before, const State& after,
                      Visit&& visit) {
  for_each_difference(before.objects, after.objects, [&](std::uint32_t object, bool is_new) {
    visit(static_cast<ObjectId>(object), is_new);
  });
  for_each_difference(before.facts, after.facts, [&](std::uint32_t fact, bool) {
    visit(catalog.owner(static_cast<FactId>(fact)), false);
  });
  for (const auto& [from, to] : {std::pair{&before, &after}, std::pair{&after, &before}}) {
    for (const Scalar& scalar : from->scalars) {
      if (to->scalar(scalar.object, scalar.kind) != scalar.value) visit(scalar.object, false);
    }
  }
}

// Everything that isn't touched becomes another: it goes, or it is all there.
class Disturbance {
 public:
  Disturbance(const Reach& reach, bool present) : reach_(reach), present_(present) {}

  void disturb(World& world) const {
    for (std::size_t i = 0; i < world.nodes.size(); ++i) {
      const auto id = static_cast<NodeId>(i);
      Node& node = world.nodes[i];
      disturb(world.catalog(), id, node.state, kNone<StringId>);
      if (reach_.is_touched(Area::kDaemon, id)) continue;
      node.dirty += 3;
      node.content_flagged = !node.content_flagged;
      node.scheduler.mutations += 70;
      node.scheduler.deletions += 7;
    }
    for (Registry& registry : world.registries) {
      disturb(world.catalog(), kNone<NodeId>, registry.state, registry.host);
      if (!reach_.is_touched(Area::kAvailability, kNone<NodeId>, registry.host)) {
        registry.available = !registry.available;
      }
      disturb_cache(world.catalog(), registry);
    }
    for (Archive& archive : world.archives) {
      if (reach_.is_touched(Area::kArchive, kNone<NodeId>, kNone<StringId>, archive.name)) continue;
      archive.members.clear();
      archive.complete = !archive.complete;
      archive.size_bytes += 512;
    }
    if (!reach_.is_touched(Area::kClock, kNone<NodeId>)) world.now += 25 * kHour;
  }

 private:
  // Of a registry the host's own objects; of a node, all that are no registry's.
  void disturb(const Catalog& catalog, NodeId node, State& state, StringId host) const {
    for (std::uint32_t object = 0; object < catalog.object_count(); ++object) {
      const auto id = static_cast<ObjectId>(object);
      const bool in_registry = catalog.kind(id) >= ObjectKind::kRegistryBlob;
      if (in_registry != (host != kNone<StringId>)) continue;
      if (in_registry && catalog.key(id).space != host) continue;
      if (reach_.is_touched(node, id)) continue;
      if (!present_) {
        if (state.has(id)) drop_object(catalog, state, id);
        continue;
      }
      state.objects.set(object);
      catalog.for_each_owned(id, [&](FactId fact) { state.facts.set(index_of(fact)); });
      state.set_scalar(id, ScalarKind::kExpiry, 1);
      state.set_scalar(id, ScalarKind::kWritten, 1);
    }
  }

  void disturb_cache(const Catalog& catalog, Registry& registry) const {
    catalog.of_kind(ObjectKind::kRegistryBlob).for_each([&](std::uint32_t object) {
      const ObjectKey& key = catalog.key(static_cast<ObjectId>(object));
      if (key.space != registry.host) return;
      if (reach_.is_touched(Area::kCache, kNone<NodeId>, key.space, key.key)) return;
      if (present_) {
        registry.cached.set(object);
      } else {
        registry.cached.reset(object);
      }
    });
  }

  const Reach& reach_;
  const bool present_;
};

class TouchesWatcher : public StepWatcher {
 public:
  void before_begin(World& world, const Request& request) override {
    what_ = "begin of " + std::string(request.type->name);
    const Touches touches = touches_of_begin(world, request);
    const Reach reach(world, touches);
    World plain = world;
    const Operation expected = begin(plain, request);
    check_changes(world, plain, reach, touches);
    for (const bool present : {false, true}) {
      World disturbed = world;
      Disturbance(reach, present).disturb(disturbed);
      const Operation operation = begin(disturbed, request);
      if (!(operation == expected)) complain("another begin", world, touches);
    }
  }

  void before_step(World& world, Operation& operation) override {
    ++step_count;
    what_ = next_step(world, operation) + " of " + std::string(operation.request.type->name);
    const Touches touches = touches_of_next(world, operation);
    const Reach reach(world, touches);
    World plain = world;
    Operation expected = operation;
    perform(plain, expected);
    check_changes(world, plain, reach, touches);
    for (const bool present : {false, true}) {
      World before = world;
      Disturbance(reach, present).disturb(before);
      World after = before;
      Operation copy = operation;
      perform(after, copy);
      check_changes(before, after, reach, touches);
      if (!(copy == expected)) {
        complain("another operation, " + failure_text(world.catalog(), copy.failure), world,
                 touches);
      }
      check_same(plain, after, reach, touches);
    }
  }

  std::uint64_t step_count = 0;

 private:
  void check_changes(const World& before, const World& after, const Reach& reach,
                     const Touches& touches) {
    const Catalog& catalog = before.catalog();
    for (std::size_t i = 0; i < before.nodes.size(); ++i) {
      const auto id = static_cast<NodeId>(i);
      for_each_changed(catalog, before.nodes[i].state, after.nodes[i].state,
                       [&](ObjectId object, bool added) {
                         if (added ? reach.may_change(id, object) : reach.may_drop(id, object)) {
                           return;
                         }
                         complain("changes " + catalog.describe(object), before, touches);
                       });
      check_daemon(before.nodes[i], after.nodes[i],
                   reach.accesses(Area::kDaemon, id, kNone<StringId>, kNone<StringId>), before,
                   touches);
    }
    for (std::size_t i = 0; i < before.registries.size(); ++i) {
      const Registry& old = before.registries[i];
      const Registry& now = after.registries[i];
      for_each_changed(catalog, old.state, now.state, [&](ObjectId object, bool added) {
        if (added ? reach.may_change(kNone<NodeId>, object)
                  : reach.may_drop(kNone<NodeId>, object)) {
          return;
        }
        complain("changes " + catalog.describe(object), before, touches);
      });
      const auto changes = [&](Area area) {
        return reach.accesses(area, kNone<NodeId>, old.host, kNone<StringId>) >
               Reach::bit(Access::kRead);
      };
      if (old.available != now.available && !changes(Area::kAvailability)) {
        complain("changes whether a registry answers", before, touches);
      }
      for_each_difference(old.cached, now.cached, [&](std::uint32_t object, bool) {
        const ObjectKey& key = catalog.key(static_cast<ObjectId>(object));
        if (reach.accesses(Area::kCache, kNone<NodeId>, old.host, key.key) >
            Reach::bit(Access::kRead)) {
          return;
        }
        complain("changes a registry's cache", before, touches);
      });
    }
    for (const Archive& archive : after.archives) {
      const auto old = std::find(before.archives.begin(), before.archives.end(), archive);
      if (old != before.archives.end()) continue;
      if (reach.accesses(Area::kArchive, kNone<NodeId>, kNone<StringId>, archive.name) <=
          Reach::bit(Access::kRead)) {
        complain("changes an archive", before, touches);
      }
    }
    if (before.now != after.now) complain("moves the clock", before, touches);
  }

  void check_daemon(const Node& before, const Node& after, std::uint8_t accesses,
                    const World& world, const Touches& touches) {
    const bool same = before.dirty == after.dirty && before.scheduler == after.scheduler &&
                      before.content_flagged == after.content_flagged &&
                      before.snapshotters_flagged == after.snapshotters_flagged;
    if (same || accesses >= Reach::bit(Access::kWrite)) return;
    const bool only_counts = before.dirty == after.dirty &&
                             before.content_flagged == after.content_flagged &&
                             before.snapshotters_flagged == after.snapshotters_flagged &&
                             before.scheduler.next == after.scheduler.next;
    if ((accesses & Reach::bit(Access::kAdd)) != 0 && only_counts) return;
    complain("changes the daemon's memory", world, touches);
  }

  // Whatever is declared ends alike, however it was around it.
  void check_same(const World& plain, const World& disturbed, const Reach& reach,
                  const Touches& touches) {
    const Catalog& catalog = plain.catalog();
    for (std::size_t i = 0; i < plain.nodes.size(); ++i) {
      const auto id = static_cast<NodeId>(i);
      for_each_changed(catalog, plain.nodes[i].state, disturbed.nodes[i].state,
                       [&](ObjectId object, bool) {
                         if (!reach.is_touched(id, object)) return;
                         complain("depends on more, and leaves another " + catalog.describe(object),
                                  plain, touches);
                       });
      if (!reach.is_touched(Area::kDaemon, id)) continue;
      const Node& one = plain.nodes[i];
      const Node& other = disturbed.nodes[i];
      if (one.dirty != other.dirty || !(one.scheduler == other.scheduler) ||
          one.content_flagged != other.content_flagged ||
          one.snapshotters_flagged != other.snapshotters_flagged) {
        complain("depends on more, and counts otherwise", plain, touches);
      }
    }
    for (std::size_t i = 0; i < plain.registries.size(); ++i) {
      for_each_changed(catalog, plain.registries[i].state, disturbed.registries[i].state,
                       [&](ObjectId object, bool) {
                         if (!reach.is_touched(kNone<NodeId>, object)) return;
                         complain("depends on more, and leaves another " + catalog.describe(object),
                                  plain, touches);
                       });
    }
    for (std::size_t i = 0; i < plain.archives.size(); ++i) {
      const Archive& archive = plain.archives[i];
      if (!reach.is_touched(Area::kArchive, kNone<NodeId>, kNone<StringId>, archive.name)) continue;
      if (!(archive == disturbed.archives[i])) complain("writes another archive", plain, touches);
    }
  }

  void complain(const std::string& why, const World& world, const Touches& touches) {
    if (++complaint_count_ > 20) return;
    ADD_FAILURE() << what_ << ": " << why
                  << "\n  declared: " << touches_text(world.catalog(), touches);
  }

  std::string what_;
  int complaint_count_ = 0;
};

TEST(Touches, AreAllThatTheStepsOfTheLibraryTouch) {
  TouchesWatcher watcher;
  walk_library(watcher);
  EXPECT_GT(watcher.step_count, 10'000U);
}

TEST(Touches, AreAllThatTheStepsOfDrawnHistoriesTouch) {
  TouchesWatcher watcher;
  walk_histories(200, watcher);
  EXPECT_GT(watcher.step_count, 10'000U);
}

}  // namespace
}  // namespace sweepcheck
