// The table of commands and flags: what a user can ask for, in words. Nothing but data.
#include <algorithm>
#include <array>

#include "model/profile.hpp"
#include "properties/property.hpp"
#include "properties/search/policy_case.hpp"
#include "reports/reporter.hpp"
#include "runner/cli/command_line.hpp"
#include "runner/cli/options.hpp"

namespace sweepcheck {

std::vector<std::string> profile_names() {
  std::vector<std::string> names;
  for (const Profile& profile : profiles()) names.emplace_back(profile.name);
  return names;
}

namespace {

std::vector<std::string> dump_formats() { return {"json", "dot"}; }

std::vector<std::string> report_names() {
  std::vector<std::string> names;
  for (const ReportKind& kind : report_kinds()) names.emplace_back(kind.name);
  return names;
}

std::vector<std::string> property_names() {
  std::vector<std::string> names;
  for (const Property* property : properties()) names.emplace_back(property->name);
  return names;
}

std::vector<std::string> list_topics() {
  return {"operations", "profiles",    "properties", "reports",  "expectations", "settings",
          "scenarios",  "media-types", "kinds",      "meanings", "behaviours"};
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const CommandSpec& command : commands()) names.emplace_back(command.name);
  return names;
}

constexpr FlagSpec kConfigFlag{.name = "config",
                               .value_name = "FILE",
                               .help = "take every node's policy from this containerd config.toml",
                               .shape = ValueShape::kFile};

constexpr FlagSpec kProfileFlag{
    .name = "profile",
    .short_name = 'p',
    .value_name = "NAME",
    .help = "replay only as this containerd: a name of 'list profiles', or a release, '1.7.15'",
    .repeatable = true,
    .shape = ValueShape::kProfile,
    .choices = profile_names};

constexpr FlagSpec kSetFlag{
    .name = "set",
    .value_name = "KEY=VALUE",
    .help =
        "set one key of every node's policy (see 'list settings'), after the scenario and "
        "--config",
    .repeatable = true,
    .shape = ValueShape::kAssignment};

constexpr FlagSpec kImageFlag{
    .name = "image",
    .value_name = "NAME=FILE",
    .help =
        "put a real image (OCI layout, OCI or docker archive) in the place of the declared "
        "image NAME; its layers are called as the declared ones if they are as many",
    .repeatable = true,
    .shape = ValueShape::kFileAssignment};

constexpr FlagSpec kJsonFlag{.name = "json", .help = "print JSON"};

constexpr FlagSpec kFilterFlag{
    .name = "filter",
    .short_name = 'f',
    .value_name = "GLOB",
    .help = "take only scenarios whose path matches; * and ? are wildcards",
    .shape = ValueShape::kText};

constexpr FlagSpec kReportFlag{.name = "report",
                               .short_name = 'r',
                               .value_name = "KIND[:out=FILE]",
                               .help =
                                   "write a report of this kind to a file or standard output "
                                   "(see 'list reports'; default: text)",
                               .repeatable = true,
                               .shape = ValueShape::kReport,
                               .choices = report_names};

constexpr FlagSpec kColourFlag{.name = "no-color", .help = "no colour, even on a terminal"};

constexpr std::array kRunFlags{
    FlagSpec{.name = "trace",
             .short_name = 't',
             .help = "show each step, what it changed in the stores, and why"},
    kProfileFlag,
    kConfigFlag,
    kSetFlag,
    kImageFlag,
    kFilterFlag,
    FlagSpec{.name = "jobs",
             .short_name = 'j',
             .value_name = "N",
             .help = "replay on N threads, 64 at most (default: one a processor); results don't "
                     "depend on it",
             .shape = ValueShape::kCount,
             .count_max = kThreadCountMax},
    kReportFlag,
    kColourFlag,
};

constexpr std::array kRunArguments{
    ArgumentSpec{.name = "PATH",
                 .help = "scenario files, or folders of them (default: the scenario library)",
                 .repeatable = true,
                 .shape = ValueShape::kFile}};

constexpr std::array kRunExamples{
    ExampleSpec{"sweepcheck run", "replay the whole library under every profile"},
    ExampleSpec{"sweepcheck run --trace -p containerd-2.1 scenarios/discard",
                "see what each step does to the stores"},
    ExampleSpec{"sweepcheck run --report text --report junit:out=results.xml",
                "a report for people and one for CI"},
    ExampleSpec{"sweepcheck run --config /etc/containerd/config.toml my-scenario.json",
                "replay under the policy of a real node"},
};

std::vector<std::string> random_kinds() { return {"clients", "metadata"}; }

constexpr std::array kConformFlags{
    FlagSpec{.name = "containerd",
             .value_name = "PROGRAM",
             .help = "the daemon to judge; again for more (default: containerd)",
             .repeatable = true,
             .shape = ValueShape::kFile},
    FlagSpec{.name = "ctr",
             .value_name = "PROGRAM",
             .help = "its client (default: ctr beside the daemon)",
             .shape = ValueShape::kFile},
    FlagSpec{.name = "registry",
             .value_name = "PROGRAM",
             .help = "distribution's registry (default: docker-registry)",
             .shape = ValueShape::kFile},
    kFilterFlag,
    FlagSpec{.name = "random",
             .value_name = "KIND",
             .help = "draw the scenarios: what clients do, or raw metadata of a thousand objects",
             .shape = ValueShape::kName,
             .choices = random_kinds},
    FlagSpec{.name = "seed",
             .short_name = 's',
             .value_name = "N",
             .help = "random: draw from this seed, or from \"random\", which is printed "
                     "(default: 1)",
             .shape = ValueShape::kText},
    FlagSpec{.name = "sequences",
             .short_name = 'n',
             .value_name = "N",
             .help = "random: scenarios for each daemon (default: 100)",
             .shape = ValueShape::kCount},
    FlagSpec{.name = "length",
             .value_name = "N",
             .help = "random: operations of each (default: 12), or objects (default: 1000)",
             .shape = ValueShape::kCount},
    FlagSpec{.name = "failures",
             .value_name = "DIR",
             .help = "random: save here what differs, shrunk (default: conform-failures)",
             .shape = ValueShape::kFile},
    FlagSpec{.name = "jobs",
             .short_name = 'j',
             .value_name = "N",
             .help = "keep N daemons at work, 16 at most (default: one a processor)",
             .shape = ValueShape::kCount,
             .count_max = kDaemonCountMax},
    FlagSpec{.name = "keep", .help = "leave the daemons' folders, and say where they are"},
    kReportFlag,
    kColourFlag,
};
constexpr std::array kConformExamples{
    ExampleSpec{"sweepcheck conform", "the whole library on this machine's containerd"},
    ExampleSpec{"sweepcheck conform --containerd ~/containerd/bin/containerd scenarios/leases",
                "what a build of one's own does to leases"},
    ExampleSpec{"sweepcheck conform --random clients --sequences 50 --seed random",
                "drawn pulls, imports, removals; what differs is shrunk and saved"},
};

constexpr std::array kCheckFlags{
    FlagSpec{.name = "seed",
             .short_name = 's',
             .value_name = "N",
             .help = "draw the histories from this seed, or from \"random\", which is printed "
                     "(default: 1)",
             .shape = ValueShape::kText},
    FlagSpec{.name = "histories",
             .short_name = 'n',
             .value_name = "N",
             .help = "histories under each policy (default: 2000)",
             .shape = ValueShape::kCount},
    FlagSpec{.name = "length",
             .value_name = "N",
             .help = "steps of each history (default: 30, at most 200)",
             .shape = ValueShape::kCount},
    FlagSpec{.name = "time",
             .value_name = "DURATION",
             .help = "search for so long, not for a number of histories; shrinking comes after",
             .shape = ValueShape::kText},
    FlagSpec{.name = "property",
             .value_name = "NAME",
             .help = "judge this property only (see 'list properties')",
             .repeatable = true,
             .shape = ValueShape::kName,
             .choices = property_names},
    FlagSpec{.name = "policy",
             .value_name = "SETTINGS",
             .help =
                 "only policies with these settings, joined by '+': a profile or a release, keep "
                 "or discard, called or scheduled, shared or isolated",
             .repeatable = true,
             .shape = ValueShape::kText,
             .choices = policy_settings},
    FlagSpec{.name = "failures",
             .value_name = "DIR",
             .help = "replay the counterexamples in this folder first, and save new ones there",
             .shape = ValueShape::kFile},
    FlagSpec{.name = "jobs",
             .short_name = 'j',
             .value_name = "N",
             .help = "search on N threads, 64 at most (default: one a processor); results don't "
                     "depend on it",
             .shape = ValueShape::kCount,
             .count_max = kThreadCountMax},
    kReportFlag,
    kColourFlag,
};
constexpr std::array kCheckExamples{
    ExampleSpec{"sweepcheck check", "judge every property under every policy"},
    ExampleSpec{"sweepcheck check --policy containerd-2.1+discard --time 30s --seed random",
                "look for new histories under one policy, for half a minute"},
    ExampleSpec{"sweepcheck check --failures failures --report sarif:out=check.sarif",
                "in CI: what failed once comes first, and a find becomes a code flow"},
};

constexpr std::array kTryArguments{
    ArgumentSpec{.name = "IMAGE",
                 .help = "an OCI layout folder, or an OCI or docker archive",
                 .required = true,
                 .shape = ValueShape::kFile}};
constexpr std::array kTryFlags{kConfigFlag, kProfileFlag, kJsonFlag};
constexpr std::array kTryExamples{ExampleSpec{"sweepcheck try app.tar", "the 10-second answer"}};

constexpr std::array kValidateArguments{ArgumentSpec{.name = "PATH",
                                                     .help = "scenario files, or folders of them",
                                                     .required = true,
                                                     .repeatable = true,
                                                     .shape = ValueShape::kFile}};
constexpr std::array kValidateFlags{kJsonFlag};
constexpr std::array kValidateExamples{
    ExampleSpec{"sweepcheck validate scenarios", "check every scenario of a folder"}};

constexpr std::array kSchemaExamples{
    ExampleSpec{"sweepcheck schema > scenario.schema.json", "give the schema to an editor"}};

constexpr std::array kListArguments{ArgumentSpec{.name = "TOPIC",
                                                 .help = "what to list (default: the topics)",
                                                 .shape = ValueShape::kName,
                                                 .choices = list_topics}};
constexpr std::array kListFlags{kJsonFlag};
constexpr std::array kListExamples{
    ExampleSpec{"sweepcheck list profiles", "the containerd generations that there are"}};

constexpr std::array kDumpArguments{ArgumentSpec{
    .name = "SCENARIO", .help = "one scenario file", .required = true, .shape = ValueShape::kFile}};
constexpr std::array kDumpFlags{
    FlagSpec{.name = "profile",
             .short_name = 'p',
             .value_name = "NAME",
             .help = "replay as this containerd, a profile or a release (default: the scenario's "
                     "newest)",
             .shape = ValueShape::kProfile,
             .choices = profile_names},
    FlagSpec{.name = "after",
             .value_name = "STEP",
             .help = "stop after this step, counted from 1 (default: the last)",
             .shape = ValueShape::kCount},
    FlagSpec{.name = "format",
             .value_name = "FORMAT",
             .help = "json: the stores' state; dot: what keeps what on each node, for Graphviz "
                     "(default: json)",
             .shape = ValueShape::kName,
             .choices = dump_formats},
    FlagSpec{.name = "node",
             .value_name = "NAME",
             .help = "with --format dot: this node only (default: all, one graph after another)",
             .shape = ValueShape::kText},
    kConfigFlag,
    kSetFlag,
    kImageFlag,
};
constexpr std::array kDumpExamples{
    ExampleSpec{"sweepcheck dump --after 2 scenarios/discard/only-new-pulls.json",
                "what the stores hold after the second step"},
    ExampleSpec{"sweepcheck dump --format dot scenarios/discard/only-new-pulls.json > store.dot",
                "what keeps what in the end, as a graph; 'dot -Tsvg store.dot' draws it"}};

constexpr std::array kCompletionsArguments{ArgumentSpec{.name = "SHELL",
                                                        .help = "bash, zsh or fish",
                                                        .required = true,
                                                        .shape = ValueShape::kName,
                                                        .choices = completion_shells}};
constexpr std::array kCompletionsExamples{
    ExampleSpec{"eval \"$(sweepcheck completions bash)\"", "for this shell"},
    ExampleSpec{"sweepcheck completions zsh > ~/.zfunc/_sweepcheck", "for every zsh"},
    ExampleSpec{"sweepcheck completions fish > ~/.config/fish/completions/sweepcheck.fish",
                "for every fish"},
};

constexpr std::array kManExamples{ExampleSpec{"sweepcheck man | man -l -", "read it"}};

constexpr std::array kHelpArguments{ArgumentSpec{.name = "COMMAND",
                                                 .help = "the command to explain",
                                                 .shape = ValueShape::kName,
                                                 .choices = command_names}};

constexpr std::array kCommands{
    CommandSpec{"run", "replay scenarios and check what they promise",
                "Replays each scenario under each containerd profile that it holds for, checks its "
                "expectations and the built-in properties at every step, and prints a summary by "
                "folder.\n\n"
                "The same input gives the same output, whatever the number of threads.",
                kRunArguments, kRunFlags, kRunExamples},
    CommandSpec{
        "conform", "perform scenarios on a real containerd, and compare",
        "Starts real containerd daemons and registries in a private place, performs each "
        "step of the scenarios on them and on the model, and compares outcomes, stores, "
        "files, registries and requests after every step.\n\n"
        "Needs the rights of root, containerd, ctr and docker-registry; the daemons run in "
        "namespaces of their own, so nothing is left when it ends, however it ends.\n\n"
        "With --random the scenarios are drawn. One that differs is shrunk on the daemon to "
        "the fewest steps that still do, and saved as a scenario file.",
        kRunArguments, kConformFlags, kConformExamples},
    CommandSpec{
        "check",
        "look for histories that break a property",
        "Draws random histories of pulls, removals, collections, kills and restarts, judges every "
        "property of 'list properties' after each step, and shrinks what breaks one to the "
        "smallest history that does: a scenario file that 'run' replays.\n\nSome properties are "
        "known to be false under some policies; those are shown with their counterexample. The "
        "exit status is 1 if a property that is claimed to hold is refuted, or if one that is "
        "known to be false is not; 5 if --time was over before a policy had its first history.",
        {},
        kCheckFlags,
        kCheckExamples},
    CommandSpec{"try", "say what discarding unpacked layers does to one real image",
                "Imports an image into a fresh node, with and without discarding unpacked layers, "
                "under each profile, and prints what the stores hold and what can still be "
                "exported, pushed and run.",
                kTryArguments, kTryFlags, kTryExamples},
    CommandSpec{"validate", "check scenario files without replaying them",
                "Reads scenario files and prints all that is wrong with them, by file and line.",
                kValidateArguments, kValidateFlags, kValidateExamples},
    CommandSpec{"schema",
                "print the JSON Schema of scenario files",
                "Prints the JSON Schema that editors can use to check and complete scenarios.",
                {},
                {},
                kSchemaExamples},
    CommandSpec{"list", "list what there is: operations, profiles, ...",
                "Lists operations, profiles, properties, reports, expectations, settings, "
                "scenarios or media types, each with one line of help.",
                kListArguments, kListFlags, kListExamples},
    CommandSpec{"dump", "print the stores' state after a scenario",
                "Replays a scenario, or its first steps, and prints the state of every node and "
                "registry in a canonical order, so that two dumps compare line by line; or, for "
                "Graphviz, the graph of what keeps what on each node.",
                kDumpArguments, kDumpFlags, kDumpExamples},
    CommandSpec{"completions",
                "print completions for a shell",
                "Prints a script that completes this program's commands and flags.",
                kCompletionsArguments,
                {},
                kCompletionsExamples},
    CommandSpec{
        "man", "print the manual page", "Prints the manual page, as troff.", {}, {}, kManExamples},
    CommandSpec{
        "version", "print the version", "Prints the program's name and version.", {}, {}, {}},
    CommandSpec{"help",
                "explain the program, or a command",
                "Prints what the program, or one of its commands, can do.",
                kHelpArguments,
                {},
                {}},
};

constexpr std::array kGlobalFlags{
    FlagSpec{.name = "help", .short_name = 'h', .help = "print help and exit"},
    FlagSpec{.name = "version", .short_name = 'V', .help = "print the version and exit"},
};

constexpr std::array kExitStatuses{
    ExitStatusSpec{exit_status::kHeld, "everything held"},
    ExitStatusSpec{exit_status::kFailed, "a property or an expectation failed"},
    ExitStatusSpec{exit_status::kBadUse, "wrong use, or bad input"},
    ExitStatusSpec{exit_status::kNothingRan, "nothing ran"},
    ExitStatusSpec{exit_status::kOutOfBudget, "a budget ran out before there was an answer"},
    ExitStatusSpec{exit_status::kDiffers, "model and daemon differ"},
    ExitStatusSpec{exit_status::kInternal, "internal error"},
};

}  // namespace

std::span<const CommandSpec> commands() { return kCommands; }

const CommandSpec* find_command(std::string_view name) {
  const auto place = std::find_if(kCommands.begin(), kCommands.end(),
                                  [&](const CommandSpec& spec) { return spec.name == name; });
  return place == kCommands.end() ? nullptr : &*place;
}

std::span<const FlagSpec> global_flags() { return kGlobalFlags; }

std::span<const ExitStatusSpec> exit_statuses() { return kExitStatuses; }

std::string_view program_description() {
  return "Replays what happens to container images in containerd's stores (pulls, imports, labels, "
         "leases, garbage collection) and checks that nothing is lost which is still needed.";
}

}  // namespace sweepcheck
