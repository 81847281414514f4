#include "runner/dump/dump_command.hpp"

#include "replay/dump.hpp"
#include "replay/replay.hpp"
#include "runner/cli/options.hpp"

namespace sweepcheck {

int dump_command(const CommandLine& command_line, std::ostream& out, std::ostream& err) {
  CommonOptions common;
  if (!read_common_options(command_line, common, err)) return exit_status::kBadUse;
  const ScenarioResultOrDiagnostics read =
      read_scenario(command_line.arguments.front(), common.overrides);
  print_diagnostics(read.diagnostics, err);
  if (!read.scenario) return exit_status::kBadUse;
  const std::string name = command_line.value("profile").value_or(read.scenario->profiles.back());
  std::vector<std::string> chosen{name};
  if (!take_profiles(command_line, common, chosen, err)) return exit_status::kBadUse;
  std::size_t last = 0;
  if (const auto after = command_line.value("after")) {
    last = std::stoul(*after);
    if (last > read.scenario->steps.size()) {
      err << "sweepcheck: --after " << last << ": the scenario has " << read.scenario->steps.size()
          << " steps\n";
      return exit_status::kBadUse;
    }
  }
  Replay replay(*read.scenario, {.profile = find_profile(name),
                                 .policy = common.policy,
                                 .settings = common.settings,
                                 .last_step = last});
  replay.run();
  out << dump_json(replay.world());
  return exit_status::kHeld;
}

}  // namespace sweepcheck
