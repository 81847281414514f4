#include "conformance/daemon/real_time.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <thread>

namespace sweepcheck {
namespace {

// Longer pauses are not waited for.
constexpr Duration kPauseMax = 5 * kSecond;
// containerd's pause before it has collected, and for ever with a threshold of 0.
constexpr Duration kFirstPause = kSecond;
constexpr Duration kMargin = 250 * kMillisecond;

bool runs(const Policy& policy) { return policy.scheduler.runs; }

std::optional<Duration> unit_of(std::string_view& text) {
  // "m" is a minute only where it is not the beginning of "ms".
  constexpr std::pair<std::string_view, Duration> kUnits[] = {{"ns", 1},
                                                              {"\u00b5s", kSecond / 1'000'000},
                                                              {"us", kSecond / 1'000'000},
                                                              {"ms", kMillisecond},
                                                              {"s", kSecond},
                                                              {"m", 60 * kSecond},
                                                              {"h", kHour}};
  for (const auto& [name, length] : kUnits) {
    if (!text.starts_with(name)) continue;
    text.remove_prefix(name.size());
    return length;
  }
  return std::nullopt;
}

// msg="garbage collected" d=10.263991ms
std::optional<Duration> collection_time(const std::string& line) {
  constexpr std::string_view kMessage = "msg=\"garbage collected\" d=";
  const std::size_t at = line.find(kMessage);
  if (at == std::string::npos) return std::nullopt;
  std::string_view text = std::string_view(line).substr(at + kMessage.size());
  if (text.starts_with('"')) text.remove_prefix(1);
  return parse_go_duration(text.substr(0, text.find_first_of("\" ")));
}

}  // namespace

bool needs_real_time(const Scenario& scenario) {
  return std::any_of(scenario.nodes.begin(), scenario.nodes.end(),
                     [](const ScenarioNode& node) { return runs(node.policy); }) ||
         std::any_of(scenario.steps.begin(), scenario.steps.end(),
                     [](const ScenarioStep& step) { return step.policy && runs(*step.policy); });
}

std::optional<Duration> parse_go_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  double sum = 0;
  while (!text.empty()) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const auto unit = unit_of(text);
    if (!unit) return std::nullopt;
    sum += number * static_cast<double>(*unit);
  }
  return static_cast<Duration>(sum);
}

Duration longest_pause(const Daemon& daemon, Duration delay_max) {
  const SchedulerPolicy& policy = daemon.policy().scheduler;
  if (!policy.runs) return 0;
  Duration delays = kMargin;
  for (const Duration delay : {policy.startup_delay, policy.schedule_delay}) {
    if (delay <= delay_max) delays += delay;
  }
  Duration longest = daemon.containerd().profile->collection_time_floor;
  std::ifstream log(daemon.log());
  for (std::string line; std::getline(log, line);) {
    if (const auto time = collection_time(line)) longest = std::max(longest, *time);
  }
  const double threshold = std::clamp(policy.pause_threshold, 0.0, 0.5);
  const double pause =
      threshold > 0 ? static_cast<double>(longest) / threshold : static_cast<double>(kFirstPause);
  return pause > static_cast<double>(kPauseMax) ? 0 : static_cast<Duration>(pause) + delays;
}

void LeadClock::restart() {
  start_ = std::chrono::steady_clock::now();
  simulated_ = 0;
}

bool LeadClock::advance(Duration duration) {
  waited_ += duration;
  if (waited_ > kWaitMax) return false;
  std::this_thread::sleep_for(std::chrono::nanoseconds(duration));
  simulated_ += duration;
  return true;
}

Duration LeadClock::lead() const {
  const auto real = std::chrono::steady_clock::now() - start_;
  return std::chrono::duration_cast<std::chrono::nanoseconds>(real).count() - simulated_;
}

}  // namespace sweepcheck
