// The rules in which releases of containerd differ: one row a rule, with the releases in which it
// holds. A Profile is this table, and those of kinds and meanings (model/catalog), at one release.
// `sweepcheck list behaviours` prints it, and docs/containerd.md shows it.
#pragma once

#include <span>
#include <string_view>
#include <variant>

#include "model/profile.hpp"
#include "model/version.hpp"

namespace sweepcheck {

/// The field of a profile that a row sets.
using ProfileField = std::variant<bool Profile::*, std::int64_t Profile::*, Engine Profile::*>;

struct Behaviour {
  /// The field's name.
  std::string_view name{};
  ProfileField field{};
  /// Releases in which the rule holds.
  Versions when{};
  /// What the field is then; in all other releases it is as Profile has it.
  std::int64_t value = 1;
  /// The rule in one sentence.
  std::string_view says{};
  /// False: that the rule holds or doesn't was read, or seen, on both sides of a boundary, but not
  /// in which release it began. Then the boundary is the first release of a line.
  bool exact = true;
  /// Where containerd's source says so; metadata/x is core/metadata/x from 2.0 on, and so for
  /// others.
  std::string_view source{};
  /// A scenario of the library that shows it, without ".json".
  std::string_view scenario{};
};

/// All of them, in the order of Profile's fields. Of two rows of one field the later one counts.
std::span<const Behaviour> behaviours();

/// Sets the row's field, if the rule holds in the profile's release.
void apply(const Behaviour& behaviour, Profile& profile);

}  // namespace sweepcheck
