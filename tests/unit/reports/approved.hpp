// What a writer writes is compared with a file in tests/data/reports, byte for byte.
// SWEEPCHECK_APPROVE=1 writes those files anew.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/places.hpp"

namespace sweepcheck::test {

inline void expect_approved(const std::string& name, const std::string& actual) {
  const std::string path = std::string(SWEEPCHECK_SOURCE_DIR) + "/tests/data/reports/" + name;
  if (std::getenv("SWEEPCHECK_APPROVE") != nullptr) std::ofstream(path) << actual;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream expected;
  expected << file.rdbuf();
  EXPECT_EQ(actual, expected.str()) << path;
}

}  // namespace sweepcheck::test
