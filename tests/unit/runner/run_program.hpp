// The program as a shell would run it, with what it printed.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "runner/cli/command_line.hpp"
#include "runner/program.hpp"

namespace sweepcheck::test {

struct Ran {
  int status = 0;
  std::string out;
  std::string err;
};

inline Ran run(const std::vector<std::string>& arguments) {
  std::ostringstream out;
  std::ostringstream err;
  const int status = run_program(arguments, out, err);
  return {status, out.str(), err.str()};
}

}  // namespace sweepcheck::test
