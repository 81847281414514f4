#include "conformance/compare/eager_twin.hpp"

#include "conformance/compare/comparison.hpp"
#include "model/scheduler.hpp"

namespace sweepcheck {
namespace {

bool is_awaited(const Node& node) {
  return node.running && node.policy->scheduler.runs && node.scheduler.next >= 0 && due(node);
}

}  // namespace

EagerTwin::EagerTwin(const Scenario& scenario, const Profile& profile)
    : replay_(scenario, {.profile = &profile,
                         .trace = false,
                         .policy = std::nullopt,
                         .settings = {},
                         .last_step = 0,
                         .properties = {}}) {
  collect_due(0);
}

StepResult EagerTwin::perform(const ScenarioStep& step, int number) {
  StepResult result = replay_.perform(step, number);
  collect_due(number);
  return result;
}

void EagerTwin::collect_due(int number) {
  collected_ = false;
  const World& world = replay_.world();
  for (std::size_t i = 0; i < world.nodes.size(); ++i) {
    const auto id = static_cast<NodeId>(i);
    const Node& node = world.node(id);
    if (!is_awaited(node) || node.scheduler.next - world.now > kLeadMax) continue;
    // A collection that still cleans up is its node's only one, until it has, or its daemon is
    // dead.
    if (replay_.simulation().awaits_step(id, "clean backend")) continue;
    ScenarioStep collection;
    collection.kind = ActionKind::kCollect;
    collection.node = world.catalog().text(world.node_names[i]);
    replay_.perform(collection, number);
    collected_ = true;
  }
}

bool EagerTwin::agrees(const Replay& other, NodeId id) const {
  const auto lines = [&](const Replay& replay) {
    const World& world = replay.world();
    return node_lines(store_of(world.catalog(), world.node(id).state));
  };
  return lines(replay_) == lines(other);
}

bool EagerTwin::awaits_collection(const Replay& other) {
  for (std::size_t i = 0; i < other.world().nodes.size(); ++i) {
    if (is_awaited(other.world().node(static_cast<NodeId>(i)))) return true;
  }
  return false;
}

bool EagerTwin::is_outrun(const Replay& other, Duration lead) {
  const World& world = other.world();
  for (std::size_t i = 0; i < world.nodes.size(); ++i) {
    const Node& node = world.node(static_cast<NodeId>(i));
    const Duration left = node.scheduler.next - world.now;
    if (is_awaited(node) && left > kLeadMax && left <= lead) return true;
  }
  return false;
}

}  // namespace sweepcheck
