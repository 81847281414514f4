// Aim: whatever a scenario can say can be performed on real daemons.
// Method: the performer's table is asked for every operation of the model.
#include "conformance/perform/performer.hpp"

#include <gtest/gtest.h>

namespace sweepcheck {
namespace {

TEST(Performer, KnowsEveryOperation) {
  for (const OperationType* type : operation_types()) {
    EXPECT_TRUE(Performer::knows(type->name)) << type->name;
  }
  EXPECT_FALSE(Performer::knows("levitate"));
}

}  // namespace
}  // namespace sweepcheck
