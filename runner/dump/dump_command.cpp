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
  const bool as_graph = command_line.value("format") == "dot";
  const std::string node = command_line.value("node").value_or("");
  if (!node.empty() && !as_graph) {
    err << "sweepcheck: --node needs --format dot\n";
    return exit_status::kBadUse;
  }
  Replay replay(*read.scenario, {.profile = find_profile(name),
                                 .policy = common.policy,
                                 .settings = common.settings,
                                 .last_step = last});
  replay.run();
  const std::string text = as_graph ? dump_dot(replay.world(), node) : dump_json(replay.world());
  if (text.empty()) {
    err << "sweepcheck: --node " << node << ": the scenario has no such node\n";
    return exit_status::kBadUse;
  }
  out << text;
  return exit_status::kHeld;
}

}  // namespace sweepcheck
