// States as histories leave them, with leases on top that hold this and that: what graph algorithms
// are held against brute force on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/metadata.hpp"
#include "properties/search/generator.hpp"
#include "properties/search/policy_case.hpp"
#include "properties/search/stage.hpp"

namespace sweepcheck::test {

/// Lets a lease, flat or not, take up some of what a node stores. Histories do so seldom.
inline void hold_some(Catalog& catalog, Node& node, Time now, Random& random, bool flat) {
  const Bits present = node.state.objects;
  present.for_each([&](std::uint32_t index) {
    const auto object = static_cast<ObjectId>(index);
    const ObjectKind kind = catalog.kind(object);
    const bool held = kind == ObjectKind::kContent || kind == ObjectKind::kSnapshot ||
                      kind == ObjectKind::kIngest || kind == ObjectKind::kImage;
    if (!held || !random.once_in(6)) return;
    Metadata metadata(catalog, node, now, catalog.key(object).space);
    const StringId name = catalog.intern(flat ? "flat" : "full");
    const ObjectId lease = metadata.lease(name);
    if (!metadata.create_lease(name) && flat) {
      static_cast<void>(metadata.set_label(lease, kGcFlat.id(), kTrue.id()));
    }
    // Before 2.0 a lease can't hold an image.
    static_cast<void>(metadata.add_resource(name, object));
  });
}

/// Calls `visit(const Catalog&, const Profile&, const State&, Time now)` with the nodes' states
/// after random histories of up to `length` steps, under one policy of each profile.
template <typename Visit>
void for_each_random_state(std::uint32_t world_count, std::uint32_t length, Visit&& visit) {
  const GeneratorOptions options{.image_count = 3, .length = length};
  for (const PolicyCase& policy : policy_cases()) {
    if (policy.name.find("+keep+called+shared") == std::string::npos) continue;
    for (std::uint32_t number = 0; number < world_count; ++number) {
      const Declaration declaration = draw_declaration(Random(number, 0), options);
      Stage stage(declaration, policy);
      std::vector<HistoryStep> steps;
      draw_steps(Random(number, 1), declaration, options, steps);
      stage.play(steps, nullptr);
      World world = stage.world();
      Random random(number, 2);
      for (Node& node : world.nodes) {
        if (random.once_in(2)) hold_some(world.catalog(), node, world.now, random, true);
        if (random.once_in(4)) hold_some(world.catalog(), node, world.now, random, false);
        visit(world.catalog(), *node.profile, node.state, world.now);
      }
    }
  }
}

}  // namespace sweepcheck::test
