// No mutant of the model is in an ordinary build: its test is false when it is compiled.
#include "model/mutant.hpp"

#include <gtest/gtest.h>

namespace sweepcheck {
namespace {

#ifndef SWEEPCHECK_MUTANTS
constexpr bool none_is_on() {
  for (int i = 0; i < static_cast<int>(Mutant::kCount_); ++i) {
    if (is_on(static_cast<Mutant>(i))) return false;
  }
  return true;
}
static_assert(none_is_on());

TEST(Mutants, AreNotInThisBuild) { EXPECT_TRUE(none_is_on()); }
#endif

}  // namespace
}  // namespace sweepcheck
