// Daemons whose collector runs by itself: what their clock has to do with a scenario's.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "conformance/daemon/daemon.hpp"
#include "input/scenario/scenario.hpp"
#include "model/time.hpp"

namespace sweepcheck {

/// Whether a collector of the scenario runs by itself at any time.
bool needs_real_time(const Scenario& scenario);

/// Go's notation of a duration: "10.263991ms", "548.938µs", "1m2.5s". Nothing if it is none.
std::optional<Duration> parse_go_duration(std::string_view text);

/// How long a daemon may take until it has collected what is due now. Its pause between collections
/// follows from how long they took, which its log tells; delays of its configuration come on top,
/// but for those above `delay_max`. 0 if the pause is too long to be waited for.
Duration longest_pause(const Daemon& daemon, Duration delay_max);

/// Counts how far a real daemon is ahead of simulated time.
class LeadClock {
 public:
  /// From here on both begin anew.
  void restart();
  /// Waits as long as a scenario's `advance` says. False: it had waited for too long already.
  bool advance(Duration duration);
  /// Real time minus simulated time.
  Duration lead() const;

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  Duration simulated_ = 0;
  Duration waited_ = 0;
};

/// All that one scenario may wait for.
inline constexpr Duration kWaitMax = 15 * kSecond;

}  // namespace sweepcheck
