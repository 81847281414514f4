#include "runner/check/check_options.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "input/diagnostic.hpp"
#include "model/time.hpp"
#include "runner/cli/options.hpp"

namespace sweepcheck {
namespace {

constexpr std::uint64_t kHistoryCount = 2'000;
constexpr std::uint64_t kHistoryCountMax = 1'000'000'000;
constexpr std::uint64_t kLengthMax = 200;
// A search by time has no count; this one is never reached.
constexpr std::uint64_t kUntilTimeIsUp = std::uint64_t{1} << 40;

bool read_count(const CommandLine& command_line, const std::string& flag, std::uint64_t max,
                std::uint64_t& out, std::ostream& err) {
  const auto text = command_line.value(flag);
  if (!text) return true;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc{} || end != text->data() + text->size() || number == 0 || number > max) {
    return fail(
        err, "--" + flag + " " + *text + ": must be an integer from 1 to " + std::to_string(max));
  }
  out = number;
  return true;
}

bool read_time(const CommandLine& command_line, CheckOptions& options, std::ostream& err) {
  const auto text = command_line.value("time");
  if (!text) return true;
  if (command_line.has("histories")) {
    return fail(err,
                "--time and --histories contradict each other: a search ends by the clock or "
                "by its count");
  }
  const auto limit = text->size() <= 64 ? parse_duration(*text) : std::nullopt;
  if (!limit || *limit <= 0) {
    return fail(err, "--time " + *text + ": must be a duration such as 30s or 5m");
  }
  options.time_limit = *limit;
  options.search.history_count = kUntilTimeIsUp;
  return true;
}

bool read_properties(const CommandLine& command_line, SearchOptions& search, std::ostream& err) {
  for (const std::string& name : command_line.values("property")) {
    const Property* property = find_property(name);
    if (!property) {
      const Diagnostic wrong = unknown_property(name);
      return fail(err, wrong.message + "; " + wrong.hint);
    }
    const auto& chosen = search.properties;
    if (std::find(chosen.begin(), chosen.end(), property) == chosen.end()) {
      search.properties.push_back(property);
    }
  }
  if (search.properties.empty()) {
    search.properties.assign(properties().begin(), properties().end());
  }
  return true;
}

bool read_policies(const CommandLine& command_line, SearchOptions& search, std::ostream& err) {
  const std::vector<std::string> selections = command_line.values("policy");
  for (const std::string& selection : selections) {
    if (const auto wrong = wrong_selection(selection)) {
      return fail(err, "--policy " + selection + ": " + wrong->message + "; " + wrong->hint);
    }
  }
  search.policies = select_policies(selections);
  return true;
}

// The folder is made if it isn't there, so that a typo in its parent is found before the search.
bool prepare_failures(const CommandLine& command_line, CheckOptions& options, std::ostream& err) {
  const auto folder = command_line.value("failures");
  if (!folder) return true;
  options.failures = *folder;
  std::error_code error;
  std::filesystem::create_directories(*folder, error);
  if (!error && std::filesystem::is_directory(*folder)) {
    const std::filesystem::path probe = std::filesystem::path(*folder) / ".sweepcheck-probe";
    std::filesystem::create_directory(probe, error);
    if (!error) {
      std::filesystem::remove(probe, error);
      return true;
    }
  }
  return fail(err, "--failures " + *folder + ": can't be written: " +
                       (error ? error.message() : std::string("it is not a folder")));
}

}  // namespace

Diagnostic unknown_property(const std::string& name) {
  std::vector<std::string> known;
  for (const Property* property : properties()) known.emplace_back(property->name);
  const std::string near = nearest_name(name, known);
  return {.rule = "unknown-property",
          .message = "no property is called \"" + name + "\"",
          .hint = near.empty() ? "'sweepcheck list properties' shows them all"
                               : "did you mean \"" + near + "\"?"};
}

std::optional<Diagnostic> wrong_selection(const std::string& selection) {
  auto error = selection_error(selection);
  if (!error) return std::nullopt;
  return Diagnostic{.rule = "unknown-policy",
                    .message = std::move(error->message),
                    .hint = std::move(error->hint)};
}

bool read_check_options(const CommandLine& command_line, CheckOptions& options, std::ostream& err) {
  SearchOptions& search = options.search;
  search.history_count = kHistoryCount;
  std::uint64_t length = search.generator.length;
  if (!read_seed(command_line, search.seed, err) ||
      !read_count(command_line, "histories", kHistoryCountMax, search.history_count, err) ||
      !read_count(command_line, "length", kLengthMax, length, err) ||
      !read_time(command_line, options, err) || !read_properties(command_line, search, err) ||
      !read_policies(command_line, search, err) || !prepare_failures(command_line, options, err)) {
    return false;
  }
  search.generator.length = static_cast<std::uint32_t>(length);
  search.jobs = thread_count_of(command_line, kThreadCountMax);
  return true;
}

}  // namespace sweepcheck
