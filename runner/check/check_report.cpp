#include "runner/check/check_report.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sweepcheck {
namespace {

constexpr std::size_t kGroup = 8;
// The widest label but properties' names is "called, scheduled".
constexpr std::size_t kLabelWidthMin = 18;

// One character a cell: holds, refuted as known, surprise, not come to.
char sign_of(const CheckOutcome& outcome, const Cell& cell) {
  if (cell.is_surprise()) return cell.refuted_by ? '!' : '?';
  if (outcome.is_unanswered(cell)) return '-';
  return cell.refuted_by ? 'x' : '.';
}

std::size_t label_width(const CheckOptions& options) {
  std::size_t width = kLabelWidthMin;
  for (const Property* property : options.search.properties) {
    width = std::max(width, property->name.size() + 2);
  }
  return width;
}

std::string with_groups(const std::string& signs) {
  std::string out;
  for (std::size_t i = 0; i < signs.size(); ++i) {
    if (i > 0 && i % kGroup == 0) out += ' ';
    out += signs[i];
  }
  return out;
}

// The profiles' names, each above the first of its columns: where they are narrower than a name,
// the next one's stands a line below.
std::string profile_lines(const CheckOptions& options) {
  const auto& policies = options.search.policies;
  const std::size_t width = label_width(options);
  std::vector<std::string> lines;
  std::string_view last;
  for (std::size_t i = 0; i < policies.size(); ++i) {
    const std::string_view profile = settings_of(policies[i].name).front();
    if (profile == last) continue;
    last = profile;
    const std::size_t column = width + i + i / kGroup;
    auto line = std::find_if(lines.begin(), lines.end(),
                             [&](const std::string& each) { return each.size() < column; });
    if (line == lines.end()) line = lines.insert(line, std::string());
    line->resize(column, ' ');
    const std::size_t dash = profile.rfind('-');
    *line += profile.substr(dash == std::string::npos ? 0 : dash + 1);
  }
  return fmt::format("{}\n", fmt::join(lines, "\n"));
}

void add_header(const CheckOptions& options, std::string& out) {
  const auto& policies = options.search.policies;
  const std::size_t width = label_width(options);
  out += profile_lines(options);
  for (std::size_t setting = 1; setting <= 3; ++setting) {
    static constexpr std::array<const char*, 4> kNames{"", "keep, discard", "called, scheduled",
                                                       "shared, isolated"};
    std::string letters;
    for (const PolicyCase& policy : policies) {
      const auto settings = settings_of(policy.name);
      letters += setting < settings.size() ? settings[setting].front() : '-';
    }
    out += fmt::format("{:<{}}{}\n", kNames[setting], width, with_groups(letters));
  }
}

void add_matrix(const CheckOptions& options, const CheckOutcome& outcome, std::string& out) {
  const std::size_t rows = options.search.properties.size();
  const std::size_t width = label_width(options);
  for (std::size_t row = 0; row < rows; ++row) {
    std::string signs;
    for (std::size_t policy = 0; policy < options.search.policies.size(); ++policy) {
      signs += sign_of(outcome, outcome.result.cells[policy * rows + row]);
    }
    out +=
        fmt::format("{:<{}}{}\n", options.search.properties[row]->name, width, with_groups(signs));
  }
  out +=
      ". holds   x refuted, as is known   ! claimed and refuted   ? known to be refuted, and no "
      "counterexample found\n";
  if (outcome.unanswered_count() > 0) out += "- time was up before the first history\n";
}

void add_finding(const CheckOptions& options, const CheckOutcome& outcome,
                 const CheckFinding& finding, std::string& out) {
  const Cell& cell = outcome.result.cells[finding.cells.front()];
  const std::string& policy = options.search.policies[cell.policy].name;
  const std::size_t more = finding.cells.size() - 1;
  out += fmt::format("\n{}{}: {}\n", cell.is_surprise() ? "REFUTED " : "refuted, as is known: ",
                     finding.property->name, finding.property->statement);
  out += fmt::format("  under {}{}: {}\n", policy,
                     more == 0 ? "" : fmt::format(" and {} more", more), finding.message);
  for (const StepResult& step : finding.counterexample.replayed.steps) {
    out += fmt::format("  {}. {}{}\n", step.number, step.text,
                       step.error_class.empty() ? "" : "  (fails: " + step.error_text + ")");
  }
  if (!finding.file.empty()) out += "  saved: " + finding.file + "\n";
  out += "  again: " + reproduce_line(options, cell) + "\n";
}

PlayStats totals(const SearchResult& result) {
  PlayStats all;
  for (const PlayStats& stats : result.stats) all.add(stats);
  return all;
}

// What was drawn: kinds of operations with their failures, how deep they went, what was there.
void add_distribution(const PlayStats& all, std::string& out) {
  if (all.operation_count == 0) return;
  const auto share = [](std::uint64_t part, std::uint64_t whole) {
    return 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  };
  const auto mean = [](std::uint64_t count, std::uint64_t among) {
    return static_cast<double>(count) / static_cast<double>(among);
  };
  std::vector<std::size_t> verbs;
  for (std::size_t i = 0; i < all.by_verb.size(); ++i) {
    if (all.by_verb[i] > 0) verbs.push_back(i);
  }
  std::stable_sort(verbs.begin(), verbs.end(),
                   [&](std::size_t a, std::size_t b) { return all.by_verb[a] > all.by_verb[b]; });
  std::string line;
  const auto flush = [&] {
    out += line.empty() ? "" : "  " + line + "\n";
    line.clear();
  };
  out += "\ndrawn (in brackets: of these fail):\n";
  for (const std::size_t verb : verbs) {
    const double failed = share(all.failed_by_verb[verb], all.by_verb[verb]);
    const std::string item = fmt::format("{} {:.1f} %{}", verb_name(static_cast<HistoryVerb>(verb)),
                                         share(all.by_verb[verb], all.performed_count),
                                         failed < 0.5 ? "" : fmt::format(" ({:.0f} %)", failed));
    if (line.size() + item.size() > 96) flush();
    line += (line.empty() ? "" : ", ") + item;
  }
  flush();
  out += fmt::format(
      "  a history: {:.1f} operations of {:.1f} steps, {:.1f} stopped in between, {:.1f} "
      "collections; {:.0f} objects in the end\n",
      mean(all.operation_count, all.history_count), mean(all.step_count, all.operation_count),
      mean(all.interrupted_count, all.history_count), mean(all.collection_count, all.history_count),
      mean(all.object_count, all.history_count));
}

}  // namespace

std::size_t CheckOutcome::surprise_count() const {
  const auto& cells = result.cells;
  const auto count = static_cast<std::size_t>(std::count_if(
      cells.begin(), cells.end(), [](const Cell& cell) { return cell.is_surprise(); }));
  const auto failed = static_cast<std::size_t>(
      std::count_if(saved.begin(), saved.end(),
                    [](const ScenarioResult& r) { return r.verdict == Verdict::kFailed; }));
  return count + failed;
}

bool CheckOutcome::is_unanswered(const Cell& cell) const {
  return !cell.refuted_by && !cell.is_surprise() && result.stats[cell.policy].history_count == 0;
}

std::size_t CheckOutcome::unanswered_count() const {
  return static_cast<std::size_t>(
      std::count_if(result.cells.begin(), result.cells.end(),
                    [this](const Cell& cell) { return is_unanswered(cell); }));
}

std::string reproduce_line(const CheckOptions& options, const Cell& cell) {
  std::string out =
      fmt::format("sweepcheck check --seed {} --property {} --policy {}", options.search.seed,
                  cell.property->name, options.search.policies[cell.policy].name);
  const std::uint64_t needed = cell.refuted_by.value_or(options.search.history_count - 1) + 1;
  if (options.time_limit == 0 || cell.refuted_by) out += fmt::format(" --histories {}", needed);
  const GeneratorOptions usual;
  if (options.search.generator.length != usual.length) {
    out += fmt::format(" --length {}", options.search.generator.length);
  }
  return out;
}

std::string check_text(const CheckOptions& options, const CheckOutcome& outcome, bool colour) {
  std::string out = fmt::format("seed {}\n", options.search.seed);
  for (const ScenarioResult& saved : outcome.saved) {
    out += fmt::format("saved {}: {}\n", saved.file,
                       saved.verdict == Verdict::kFailed ? "still refuted" : "no longer refuted");
  }
  out += '\n';
  add_header(options, out);
  add_matrix(options, outcome, out);
  for (const CheckFinding& finding : outcome.findings) {
    add_finding(options, outcome, finding, out);
  }
  for (const Cell& cell : outcome.result.cells) {
    if (!cell.is_surprise() || cell.refuted_by) continue;
    out += fmt::format("\nNOT REFUTED {} under {}: it is known to be false there ({})\n",
                       cell.property->name, options.search.policies[cell.policy].name,
                       cell.property->claimed);
  }
  const PlayStats all = totals(outcome.result);
  add_distribution(all, out);
  std::size_t refuted = 0;
  for (const Cell& cell : outcome.result.cells) refuted += cell.refuted_by && !cell.is_surprise();
  const std::size_t surprises = outcome.surprise_count();
  const std::size_t cells = outcome.result.cells.size();
  const std::size_t unmet = static_cast<std::size_t>(
      std::count_if(outcome.result.cells.begin(), outcome.result.cells.end(),
                    [](const Cell& cell) { return cell.is_surprise(); }));
  const std::size_t unanswered = outcome.unanswered_count();
  const std::string verdict =
      surprises == 0 ? "as claimed" : fmt::format("{} NOT AS CLAIMED", surprises);
  out += fmt::format(
      "\n{} {} under {} {}: {} hold, {} refuted as known, {}{}; {} histories, {} operations\n",
      options.search.properties.size(),
      options.search.properties.size() == 1 ? "property" : "properties",
      options.search.policies.size(), options.search.policies.size() == 1 ? "policy" : "policies",
      cells - refuted - unmet - unanswered, refuted,
      unanswered == 0 ? "" : fmt::format("{} without an answer, ", unanswered),
      colour ? fmt::format("\x1b[{}m{}\x1b[0m", surprises == 0 ? 32 : 31, verdict) : verdict,
      all.history_count, all.operation_count);
  return out;
}

std::vector<ScenarioResult> check_results(const CheckOptions& options,
                                          const CheckOutcome& outcome) {
  std::vector<ScenarioResult> out = outcome.saved;
  const std::size_t rows = options.search.properties.size();
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t policy = 0; policy < options.search.policies.size(); ++policy) {
      const std::size_t place = policy * rows + row;
      const Cell& cell = outcome.result.cells[place];
      ScenarioResult result;
      for (const CheckFinding& finding : outcome.findings) {
        const auto& cells = finding.cells;
        if (std::find(cells.begin(), cells.end(), place) == cells.end()) continue;
        if (!cell.is_surprise()) continue;
        result = finding.counterexample.replayed;
        result.file = finding.file;
      }
      result.folder = cell.property->family;
      result.about = cell.property->statement;
      result.profile = options.search.policies[policy].name;
      if (result.file.empty()) result.file = std::string(cell.property->name);
      result.reproduce = reproduce_line(options, cell);
      result.verdict = cell.is_surprise() ? Verdict::kFailed : Verdict::kHeld;
      if (outcome.is_unanswered(cell)) {
        result.verdict = Verdict::kSkipped;
        result.reason = "time was up before the first history under this policy";
      }
      if (cell.is_surprise() && finding_count(result) == 0) {
        result.findings.push_back(
            {Finding::Kind::kProperty, std::string(cell.property->name),
             cell.refuted_by ? cell.message : "is known to be false here, and no history shows it",
             0, ""});
      }
      out.push_back(std::move(result));
    }
  }
  return out;
}

}  // namespace sweepcheck
