#include "conformance/random/distribution.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/catalog/label.hpp"
#include "model/operation.hpp"

namespace sweepcheck {
namespace {

std::string step_kind(const ScenarioStep& step) {
  std::string kind = step.verb;
  if (step.kind == ActionKind::kRestart && step.policy) kind += " with another setting";
  if (step.by != Client::kDefault) kind += " by " + std::string(client_name(step.by));
  return kind;
}

std::string plural(ObjectKind kind) {
  std::string name(kind_name(kind));
  return kind == ObjectKind::kContent ? name : name + "s";
}

bool is_reference_label(Meaning meaning) {
  return meaning == Meaning::kRefContent || meaning == Meaning::kRefSnapshot ||
         meaning == Meaning::kRefImage;
}

}  // namespace

void Distribution::add_step(const ScenarioStep& step, bool failed) {
  Steps& steps = steps_[step_kind(step)];
  ++steps.performed_count;
  if (failed) ++steps.failed_count;
}

void Distribution::add_left_out(const ScenarioStep& step) {
  ++steps_[step_kind(step) + " (left out: a race)"].performed_count;
}

template <typename Count>
void Distribution::add_objects(const World& world, Count&& count) {
  const Catalog& catalog = world.catalog();
  const auto add = [&](std::string_view name) {
    auto found = objects_.find(name);
    if (found == objects_.end()) found = objects_.emplace(std::string(name), Objects{}).first;
    count(found->second);
  };
  for (const Node& node : world.nodes) {
    const State& state = node.state;
    state.objects.for_each([&](std::uint32_t index) {
      const auto object = static_cast<ObjectId>(index);
      const ObjectKind kind = catalog.kind(object);
      if (kind < ObjectKind::kImage || kind > ObjectKind::kSandbox) return;
      add(plural(kind));
      if (catalog.key(object).space != kNone<StringId>) {
        add(plural(kind) + " in " + catalog.text(catalog.key(object).space));
      }
      const auto expiry = state.scalar(object, ScalarKind::kExpiry);
      if (expiry) add(plural(kind) + (*expiry < world.now ? " expired" : " that will expire"));
      catalog.for_each_owned(object, [&](FactId fact) {
        if (!state.has(fact)) return;
        const Meaning meaning = catalog.meaning(fact);
        if (meaning == Meaning::kFlat) add("leases that are flat");
        if (meaning == Meaning::kRoot) add(plural(kind) + " with a root label");
        const bool resource = meaning == Meaning::kLeaseResource;
        if (!resource && !is_reference_label(meaning)) return;
        const bool dangling = !state.has(catalog.target(fact));
        add(fmt::format("{} to {}", resource ? "lease resources" : "reference labels",
                        dangling ? "nothing" : "something"));
      });
    });
  }
}

void Distribution::add_before_collection(const World& world) {
  add_objects(world, [](Objects& objects) { ++objects.before_count; });
}

void Distribution::add_after_collection(const World& world) {
  add_objects(world, [](Objects& objects) { ++objects.after_count; });
}

void Distribution::merge(const Distribution& other) {
  for (const auto& [name, from] : other.steps_) {
    Steps& to = steps_[name];
    to.performed_count += from.performed_count;
    to.failed_count += from.failed_count;
  }
  for (const auto& [name, from] : other.objects_) {
    Objects& to = objects_[name];
    to.before_count += from.before_count;
    to.after_count += from.after_count;
  }
}

std::vector<DistributionEvent> Distribution::events() const {
  DistributionEvent steps{.title = "steps",
                          .count_name = "performed",
                          .part_name = "failed",
                          .rows = {},
                          .averages = {}};
  for (const auto& [name, row] : steps_) {
    steps.rows.push_back({name, row.performed_count, row.failed_count});
  }
  DistributionEvent objects{.title = "at collections",
                            .count_name = "before",
                            .part_name = "after",
                            .rows = {},
                            .averages = {}};
  for (const auto& [name, row] : objects_) {
    objects.rows.push_back({name, row.before_count, row.after_count});
  }
  std::vector<DistributionEvent> out;
  for (DistributionEvent* event : {&steps, &objects}) {
    if (!event->rows.empty()) out.push_back(std::move(*event));
  }
  return out;
}

}  // namespace sweepcheck
