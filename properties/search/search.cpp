#include "properties/search/search.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <limits>
#include <mutex>

#include "model/assert.hpp"
#include "properties/threads.hpp"

namespace sweepcheck {
namespace {

// Worlds and histories come from streams of their own, so that each can be drawn alone.
constexpr std::uint64_t kWorldStream = 0x776f726c64ULL << 16;
constexpr std::uint64_t kHistoryStream = 0x73746570ULL << 24;
// Every so many histories one is played on two stages: that costs a hundred histories.
constexpr std::uint64_t kTwinOneIn = 64;
// Policies that go side by side and share a catalog, at most: the whole matrix.
constexpr std::size_t kGroupSizeMax = 32;
// A short search is cut into so many items at least, if it can be, for threads to share.
constexpr std::uint64_t kItemCountMin = 8;
constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

Declaration draw_world(std::uint64_t seed, std::uint64_t chunk, const GeneratorOptions& options) {
  return draw_declaration(Random(seed, kWorldStream + chunk), options);
}

class Searcher {
 public:
  /// Histories from `begin` to `end`. `asked`: by cell, whether it is judged, and a policy with
  /// none isn't played; empty: all are.
  Searcher(const SearchOptions& options, std::uint64_t begin, std::uint64_t end,
           std::vector<bool> asked = {})
      : options_(options),
        begin_(begin),
        end_(end),
        first_chunk_(begin / kChunkSize),
        chunk_count_((end + kChunkSize - 1) / kChunkSize - begin / kChunkSize),
        group_size_(std::clamp<std::size_t>(chunk_count_ * options.policies.size() / kItemCountMin,
                                            1, kGroupSizeMax)),
        plays_unjudged_(asked.empty()),
        asked_(std::move(asked)),
        first_(options.policies.size() * options.properties.size()),
        messages_(first_.size()) {
    asked_.resize(first_.size(), plays_unjudged_);
    for (auto& first : first_) first.store(kNever);
    result_.stats.resize(options.policies.size());
  }

  SearchResult run() {
    const std::size_t group_count = (options_.policies.size() + group_size_ - 1) / group_size_;
    const std::uint64_t all = chunk_count_ * options_.policies.size();
    const auto work = [&] {
      for (;;) {
        const std::uint64_t item = next_++;
        if (item >= chunk_count_ * group_count) return;
        if (options_.is_over && options_.is_over()) return;
        // All policies come to their chunk of one number before any comes to the next: a search
        // that ends early has been fair.
        const std::size_t first = item % group_count * group_size_;
        const std::size_t end = std::min(first + group_size_, options_.policies.size());
        play_chunk(first, end, first_chunk_ + item / group_count);
        const std::uint64_t done = done_ += end - first;
        if (options_.progress) options_.progress(done, all);
      }
    };
    work_on_threads(options_.jobs, work, [&] { next_ = chunk_count_ * group_count; });
    fill_cells();
    return std::move(result_);
  }

 private:
  std::size_t cell(std::size_t policy, std::size_t property) const {
    return policy * options_.properties.size() + property;
  }

  // One policy's side of a chunk.
  struct Lane {
    std::size_t policy;
    bool judged;
    Stage stage;
    std::optional<Stage> twin;
    // The last, since its destructor looks at the stage's world.
    Judge judge;

    Lane(std::size_t number, std::span<const Property* const> asked, DeclaredWorld& declared,
         const PolicyCase& policy_case)
        : policy(number), judged(!asked.empty()), stage(declared, policy_case), judge(asked) {}
    Judge* asked() { return judged ? &judge : nullptr; }
    const Stage* twin_if(bool doubled) const { return doubled && twin ? &*twin : nullptr; }
  };

  // Properties that are asked and that no earlier chunk has refuted.
  std::vector<const Property*> open_properties(std::size_t policy, std::uint64_t begin) const {
    std::vector<const Property*> open;
    for (std::size_t i = 0; i < options_.properties.size(); ++i) {
      if (!asked_[cell(policy, i)] || first_[cell(policy, i)].load() < begin) continue;
      open.push_back(options_.properties[i]);
    }
    return open;
  }

  // The policies from `first` to `end_policy` go through each history side by side: one step is
  // performed under all of them, then judged under all. What one has just done, the next mostly
  // does again, and finds its branches foretold and its code near. That doubles the speed.
  void play_chunk(std::size_t first, std::size_t end_policy, std::uint64_t chunk) {
    const std::uint64_t begin = std::max(chunk * kChunkSize, begin_);
    const std::uint64_t end = std::min((chunk + 1) * kChunkSize, end_);
    const Declaration declaration = draw_world(options_.seed, chunk, options_.generator);
    DeclaredWorld declared(declaration);
    std::optional<DeclaredWorld> reversed;
    std::deque<Lane> lanes;
    for (std::size_t policy = first; policy < end_policy; ++policy) {
      const std::vector<const Property*> asked = open_properties(policy, begin);
      if (asked.empty() && !plays_unjudged_) continue;
      const PolicyCase& policy_case = options_.policies[policy];
      Lane& lane = lanes.emplace_back(policy, asked, declared, policy_case);
      if (std::none_of(asked.begin(), asked.end(), [](const auto* each) { return each->costly; })) {
        continue;
      }
      if (!reversed) reversed.emplace(declaration, true);
      lane.twin.emplace(*reversed, policy_case);
    }
    std::vector<HistoryStep> steps;
    for (std::uint64_t number = begin; number < end; ++number) {
      draw_steps(Random(options_.seed, kHistoryStream + number), declaration, options_.generator,
                 steps);
      play_history(lanes, steps, number);
    }
    const std::scoped_lock lock(mutex_);
    for (const Lane& lane : lanes) result_.stats[lane.policy].add(lane.stage.stats());
  }

  void play_history(std::deque<Lane>& lanes, std::span<const HistoryStep> steps,
                    std::uint64_t number) {
    // At another place in each chunk, so that what earlier histories left in a catalog matters.
    const bool doubled = (number + number / kChunkSize) % kTwinOneIn == 0;
    for (Lane& lane : lanes) {
      if (doubled && lane.twin) lane.twin->play(steps, nullptr);
      lane.stage.begin(lane.asked(), lane.twin_if(doubled));
    }
    for (const HistoryStep& step : steps) {
      for (Lane& lane : lanes) lane.stage.perform(step, lane.asked());
      for (Lane& lane : lanes) lane.stage.judge_step(lane.asked());
    }
    for (Lane& lane : lanes) {
      lane.stage.end(lane.asked(), lane.twin_if(doubled));
      for (const Refutation& refutation : lane.judge.refutations()) {
        note(lane.policy, refutation, number);
        lane.judge.drop(*refutation.property);
      }
    }
  }

  void note(std::size_t policy, const Refutation& refutation, std::uint64_t number) {
    for (std::size_t i = 0; i < options_.properties.size(); ++i) {
      if (options_.properties[i] != refutation.property) continue;
      const std::scoped_lock lock(mutex_);
      auto& first = first_[cell(policy, i)];
      if (number >= first.load()) return;
      first.store(number);
      messages_[cell(policy, i)] = refutation.message;
    }
  }

  void fill_cells() {
    for (std::size_t policy = 0; policy < options_.policies.size(); ++policy) {
      const PolicyCase& policy_case = options_.policies[policy];
      for (std::size_t i = 0; i < options_.properties.size(); ++i) {
        Cell out;
        out.property = options_.properties[i];
        out.policy = policy;
        out.claim = claim_of(*out.property, *policy_case.profile, policy_case.policy);
        const std::uint64_t first = first_[cell(policy, i)].load();
        if (first != kNever) out.refuted_by = first;
        out.message = messages_[cell(policy, i)];
        result_.cells.push_back(std::move(out));
      }
    }
  }

  const SearchOptions& options_;
  const std::uint64_t begin_;
  const std::uint64_t end_;
  const std::uint64_t first_chunk_;
  const std::uint64_t chunk_count_;
  const std::size_t group_size_;
  const bool plays_unjudged_;
  std::vector<bool> asked_;
  std::atomic<std::uint64_t> next_{0};
  std::atomic<std::uint64_t> done_{0};
  /// By cell: the lowest number of a history that refutes it.
  std::vector<std::atomic<std::uint64_t>> first_;
  std::vector<std::string> messages_;
  std::mutex mutex_;
  SearchResult result_;
};

// A thousand histories at a time, until each known refutation is found.
void look_for_known(const SearchOptions& options, SearchResult& result) {
  constexpr std::uint64_t kRound = kChunkSize * 16;
  // Where a search by time has ended is not a number that could be said: it starts again.
  const std::uint64_t first = options.is_over ? 0 : options.history_count;
  SearchOptions more = options;
  more.is_over = nullptr;
  more.progress = nullptr;
  for (std::uint64_t begin = first; begin < first + options.more_for_known; begin += kRound) {
    std::vector<bool> missing;
    for (const Cell& cell : result.cells) {
      missing.push_back(cell.claim == Claim::kRefuted && !cell.refuted_by);
    }
    if (std::find(missing.begin(), missing.end(), true) == missing.end()) return;
    SearchResult found = Searcher(more, begin, begin + kRound, missing).run();
    for (std::size_t i = 0; i < missing.size(); ++i) {
      if (missing[i]) result.cells[i] = std::move(found.cells[i]);
    }
  }
}

}  // namespace

SearchResult search(const SearchOptions& options) {
  SWEEPCHECK_BELIEVE(options.jobs >= 1, "a search has a thread");
  SearchResult result = Searcher(options, 0, options.history_count).run();
  look_for_known(options, result);
  return result;
}

History draw_history(std::uint64_t seed, std::uint64_t number, const GeneratorOptions& options) {
  History history;
  history.declaration = draw_world(seed, number / kChunkSize, options);
  draw_steps(Random(seed, kHistoryStream + number), history.declaration, options, history.steps);
  return history;
}

std::string judge_history(const History& history, const PolicyCase& policy_case,
                          const Property& property) {
  Stage stage(history.declaration, policy_case);
  std::optional<Stage> twin;
  if (property.costly) {
    twin.emplace(history.declaration, policy_case, true);
    twin->play(history.steps, nullptr);
  }
  const Property* const asked = &property;
  Judge judge({&asked, 1});
  stage.play(history.steps, &judge, twin ? &*twin : nullptr);
  return judge.refutations().empty() ? std::string{} : judge.refutations().front().message;
}

}  // namespace sweepcheck
