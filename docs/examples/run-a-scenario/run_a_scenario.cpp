// A scenario file replayed in a program of your own: run_a_scenario FILE PROFILE. Exit status 0:
// all that the scenario expects is so; 1: it is not; 2: wrong use, or bad input.
#include <iostream>
#include <sweepcheck/input/scenario/scenario.hpp>
#include <sweepcheck/replay/replay.hpp>
#include <sweepcheck/reports/lines.hpp>

int main(int argc, char** argv) {
  using namespace sweepcheck;
  if (argc != 3) {
    std::cerr << "usage: run_a_scenario FILE PROFILE\n";
    return 2;
  }
  const Profile* profile = find_profile(argv[2]);
  if (profile == nullptr) {
    std::cerr << argv[2] << " is not a known profile; known are:";
    for (const Profile& known : profiles()) std::cerr << ' ' << known.name;
    std::cerr << '\n';
    return 2;
  }
  const ScenarioResultOrDiagnostics read = read_scenario(argv[1]);
  for (const Diagnostic& diagnostic : read.diagnostics) std::cerr << to_line(diagnostic) << '\n';
  if (!read.scenario) return 2;

  Replay replay(*read.scenario, {.profile = profile});
  const ScenarioResult result = replay.run();
  for (const StepResult& step : result.steps) {
    std::cout << step.number << ". " << step.text << ": " << outcome(step) << '\n';
  }
  const bool held = result.verdict == Verdict::kHeld;
  std::cout << (held ? "held" : "failed") << " under " << profile->name << '\n'
            << joined(failure_lines(result));
  return held ? 0 : 1;
}
