// What each mutant changes, and whether it was a real defect.
#pragma once

#include <span>
#include <string_view>

#include "model/mutant.hpp"
#include "model/profile.hpp"

namespace sweepcheck {

struct MutantSpec {
  Mutant mutant = Mutant::kNone;
  std::string_view name;
  /// The rule as the mutant has it.
  std::string_view rule;
  /// The issue or change of a defect of the past; empty for one that is made up.
  std::string_view source;
  /// Of a rule that is data: changes it in a profile, and `mutant` is kNone.
  void (*edit)(Profile& profile) = nullptr;
};

/// All of them.
std::span<const MutantSpec> mutants();

}  // namespace sweepcheck
