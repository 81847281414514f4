// Aim: no scenario text makes the reader crash or loop, or accept what has no steps or profiles,
// and what it accepts can be replayed. Method: libFuzzer over whole files; files that a scenario
// names are never there. Few of them are scenarios still:
// tests/unit/replay/mutated_scenarios_test.cpp starts from those of the library.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "input/scenario/scenario.hpp"
#include "model/assert.hpp"
#include "replay/replay.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sweepcheck;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const ScenarioResultOrDiagnostics read = parse_scenario(text, "/nonexistent/fuzz/test.json");
  SWEEPCHECK_BELIEVE(read.scenario.has_value() != has_errors(read.diagnostics),
                     "a scenario is read if, and only if, nothing is an error");
  for (const Diagnostic& diagnostic : read.diagnostics) {
    SWEEPCHECK_BELIEVE(to_line(diagnostic).find('\n') == std::string::npos,
                       "a diagnostic is one line");
  }
  if (!read.scenario) return 0;
  SWEEPCHECK_BELIEVE(!read.scenario->steps.empty() && !read.scenario->profiles.empty(),
                     "a scenario has steps and profiles");
  for (const std::string& profile : read.scenario->profiles) {
    Replay(*read.scenario, {.profile = find_profile(profile), .trace = true}).run();
  }
  return 0;
}
