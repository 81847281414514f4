// Aim: no configuration file makes the reader crash, loop, or give a policy that can't be.
// Method: libFuzzer over whole files, each read for none and, unless it is no TOML, every profile.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "input/config/config_toml.hpp"
#include "model/assert.hpp"

namespace {

using namespace sweepcheck;

// False if the text is no TOML: it is for no profile, and exceptions are slow with sanitizers.
bool check(std::string_view text, const Profile* profile) {
  const ConfigResult result = parse_config_toml(text, "config.toml", profile);
  SWEEPCHECK_BELIEVE(result.policy.has_value() != has_errors(result.diagnostics),
                     "a policy is read if, and only if, nothing is an error");
  for (const Diagnostic& diagnostic : result.diagnostics) {
    SWEEPCHECK_BELIEVE(to_line(diagnostic).find('\n') == std::string::npos,
                       "a diagnostic is one line");
  }
  if (!result.policy) {
    return result.diagnostics.front().rule != "not-toml";
  }
  const SchedulerPolicy& scheduler = result.policy->scheduler;
  SWEEPCHECK_BELIEVE(scheduler.pause_threshold >= 0 && scheduler.pause_threshold <= 0.5,
                     "the pause threshold is clamped");
  SWEEPCHECK_BELIEVE(scheduler.schedule_delay >= 0 && scheduler.startup_delay >= 0 &&
                         scheduler.deletion_threshold >= 0 && scheduler.mutation_threshold >= 0,
                     "nothing in a policy is negative");
  SWEEPCHECK_BELIEVE(!result.policy->cri.snapshotter.empty(), "a snapshotter has a name");
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!check(text, nullptr)) return 0;
  for (const Profile& profile : profiles()) check(text, &profile);
  return 0;
}
