#include "model/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace sweepcheck {

void belief_failed(const char* belief, const char* file, int line) {
  std::fprintf(stderr, "sweepcheck: internal error at %s:%d: believed that %s\n", file, line,
               belief);
  std::exit(70);
}

}  // namespace sweepcheck
