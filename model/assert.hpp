// Assertions that stay on in release: a belief of ours that turns out false is our own mistake, and
// the message says what was believed.
#pragma once

namespace sweepcheck {

/// Prints the belief with its place to stderr and ends the process with exit code 70.
[[noreturn]] void belief_failed(const char* belief, const char* file, int line);

}  // namespace sweepcheck

#define SWEEPCHECK_BELIEVE(condition, belief) \
  ((condition) ? void() : ::sweepcheck::belief_failed(belief, __FILE__, __LINE__))
