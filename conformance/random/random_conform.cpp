#include "conformance/random/random_conform.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <mutex>

#include "conformance/compare/conformance.hpp"
#include "model/assert.hpp"
#include "reports/escape.hpp"
#include "reports/output/atomic_file.hpp"

namespace sweepcheck {
namespace {

using Clock = std::chrono::steady_clock;

/// Each attempt starts a daemon: shrinking ends some time, whatever is left.
constexpr std::chrono::seconds kShrinkingTime{120};
/// What differs is first performed again, so often until it does.
constexpr int kAgainMax = 3;

std::vector<bool> all_of(std::size_t size) { return std::vector<bool>(size, true); }

class RandomJob {
 public:
  RandomJob(const RandomOptions& options, const Containerd& containerd, const OutsideView& outside,
            std::uint64_t number)
      : options_(options),
        outside_(outside),
        containerd_(containerd),
        name_(fmt::format("{}-{}-{}-{}", random_kind_name(options.kind), containerd.profile->name,
                          options.seed, number)),
        drawn_(draw_scenario(options.kind, options.seed, number, options.length,
                             *containerd.profile)) {}

  ScenarioResult perform(Rig& rig, const ConformOptions& how) const {
    return perform(rig, all_of(drawn_.step_count), "", how);
  }

  // What differs, as the smallest scenario that does, in a file. A difference that comes and goes
  // is shown as it was first seen, with all its steps.
  ScenarioResult shrink(Rig& rig, const ScenarioResult& whole, std::string& error) const {
    const auto until = Clock::now() + kShrinkingTime;
    const auto differs = [&](const std::vector<bool>& part) {
      return perform(rig, part, "").verdict == Verdict::kFailed;
    };
    std::vector<bool> kept = all_of(drawn_.step_count);
    int again_count = 0;
    while (again_count < kAgainMax && !differs(kept) && Clock::now() < until) ++again_count;
    std::string about =
        fmt::format("{} {}{}; drawn by conform --random {} --seed {}.",
                    whole.fault.empty() ? "The model and containerd" : "Here containerd",
                    containerd_.version, whole.fault.empty() ? " differ" : " died or hung",
                    random_kind_name(options_.kind), options_.seed);
    if (again_count > 0) {
      about += fmt::format(" Seen once, and not in the next {} of the same steps.", again_count);
    } else {
      kept = smallest_part(drawn_.step_count, differs, [&] { return Clock::now() > until; });
    }
    const std::string file = options_.failures + "/" + name_ + ".json";
    ScenarioResult result = perform(rig, kept, about);
    if (result.verdict != Verdict::kFailed) {
      result = whole;
      result.about = about;
    }
    error = save(file, drawn_.text(kept, about));
    result.file = file;
    result.reproduce = "sweepcheck conform --containerd " +
                       shell_word(containerd_.daemon.string()) + " " + shell_word(file);
    return result;
  }

  const std::string& name() const { return name_; }
  std::string folder() const {
    return fmt::format("random {} {}", random_kind_name(options_.kind), containerd_.profile->name);
  }

 private:
  ScenarioResult perform(Rig& rig, const std::vector<bool>& kept, const std::string& about,
                         ConformOptions how = {}) const {
    const std::string text = drawn_.text(kept, about.empty() ? name_ : about);
    const ScenarioResultOrDiagnostics read = parse_scenario(text, name_);
    if (!read.scenario) {
      std::string what = "a drawn scenario reads back:\n";
      for (const Diagnostic& diagnostic : read.diagnostics) what += to_line(diagnostic) + "\n";
      belief_failed(what.c_str(), __FILE__, __LINE__);
    }
    how.leaves_out_undecided = true;
    how.at_collections_only = options_.kind == RandomKind::kMetadata;
    ScenarioResult result = conform(*read.scenario, rig, how);
    // What a daemon can't do ends a drawn scenario; what came before held.
    if (!result.reason.empty()) {
      result.verdict = Verdict::kSkipped;
      result.findings.clear();
    }
    result.file = name_;
    return result;
  }

  // What cannot be saved: why, or nothing.
  std::string save(const std::string& file, const std::string& text) const {
    std::string fault;
    const std::string obstacle = outside_.perform([&] {
      std::error_code ignored;
      std::filesystem::create_directories(options_.failures, ignored);
      fault = write_file_atomically(file, text).value_or("");
    });
    return obstacle.empty() ? fault : file + ": " + obstacle;
  }

  const RandomOptions& options_;
  const OutsideView& outside_;
  const Containerd& containerd_;
  std::string name_;
  RandomScenario drawn_;
};

}  // namespace

std::vector<bool> smallest_part(std::size_t size,
                                const std::function<bool(const std::vector<bool>&)>& differs,
                                const std::function<bool()>& is_over) {
  std::vector<bool> kept = all_of(size);
  // Runs of what is still kept are left out, first long ones; one by one until none can go.
  for (std::size_t run = std::max<std::size_t>(1, size / 2);;) {
    bool smaller = false;
    for (std::size_t end = size; end > 0 && !is_over();) {
      std::vector<bool> part = kept;
      std::size_t begin = end;
      for (std::size_t left = 0; begin > 0 && left < run; --begin) {
        if (!part[begin - 1]) continue;
        part[begin - 1] = false;
        ++left;
      }
      const bool empty = std::find(part.begin(), part.end(), true) == part.end();
      if (part != kept && !empty && differs(part)) {
        kept = part;
        smaller = true;
      }
      end = begin;
    }
    if (is_over() || (run == 1 && !smaller)) return kept;
    if (run > 1) run /= 2;
  }
}

RandomOutcome conform_random(const RandomOptions& options, const std::vector<Containerd>& daemons,
                             const RigPoolSettings& settings, const OutsideView& outside) {
  RandomOutcome outcome;
  const std::size_t job_count = options.sequence_count * daemons.size();
  outcome.results.resize(job_count);
  std::mutex mutex;
  std::vector<std::atomic<int>> fault_counts(daemons.size());
  const auto start = Clock::now();
  Clock::duration shrinking{0};
  perform_on_rigs(
      settings, job_count,
      [&](std::size_t i) -> const Containerd& { return daemons[i % daemons.size()]; },
      [&](std::size_t i, Rig& rig) {
        const RandomJob job(options, daemons[i % daemons.size()], outside, i / daemons.size());
        Distribution distribution;
        ScenarioResult result = job.perform(
            rig, {.distribution = &distribution, .fault_count = &fault_counts[i % daemons.size()]});
        const std::size_t steps = result.steps.size();
        std::string error;
        const auto performed = Clock::now();
        if (result.verdict == Verdict::kFailed) result = job.shrink(rig, result, error);
        result.folder = job.folder();
        // Thousands of steps that held say nothing.
        if (result.verdict == Verdict::kHeld) result.steps.clear();
        const std::scoped_lock lock(mutex);
        shrinking += Clock::now() - performed;
        outcome.step_count += steps;
        outcome.distribution.merge(distribution);
        if (!error.empty()) outcome.errors.push_back(std::move(error));
        outcome.results[i % daemons.size() * options.sequence_count + i / daemons.size()] =
            std::move(result);
      });
  const auto whole = Clock::now() - start;
  const auto share =
      shrinking / static_cast<std::int64_t>(std::max<std::size_t>(1, settings.thread_count));
  outcome.seconds = std::chrono::duration<double>(whole - share).count();
  return outcome;
}

}  // namespace sweepcheck
