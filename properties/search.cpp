#include "properties/search.hpp"

#include <atomic>
#include <limits>
#include <mutex>
#include <thread>

#include "model/assert.hpp"

namespace sweepcheck {
namespace {

// Worlds and histories come from streams of their own, so that each can be drawn alone.
constexpr std::uint64_t kWorldStream = 0x776f726c64ULL << 16;
constexpr std::uint64_t kHistoryStream = 0x73746570ULL << 24;
// Every so many histories one is played on two stages: that costs a hundred histories.
constexpr std::uint64_t kTwinOneIn = 64;
constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

Declaration draw_world(std::uint64_t seed, std::uint64_t chunk, const GeneratorOptions& options) {
  return draw_declaration(Random(seed, kWorldStream + chunk), options);
}

class Searcher {
 public:
  /// Histories from `begin` to `end`.
  Searcher(const SearchOptions& options, std::uint64_t begin, std::uint64_t end)
      : options_(options),
        begin_(begin),
        end_(end),
        first_chunk_(begin / kChunkSize),
        chunk_count_((end + kChunkSize - 1) / kChunkSize - begin / kChunkSize),
        first_(options.policies.size() * options.properties.size()),
        messages_(first_.size()) {
    for (auto& first : first_) first.store(kNever);
    result_.stats.resize(options.policies.size());
  }

  SearchResult run() {
    const auto work = [this] {
      for (;;) {
        const std::uint64_t item = next_++;
        if (item >= chunk_count_ * options_.policies.size()) return;
        if (options_.is_over && options_.is_over()) return;
        // All policies come to their chunk of one number before any comes to the next: a search
        // that ends early has been fair.
        play_chunk(item % options_.policies.size(), first_chunk_ + item / options_.policies.size());
        const std::uint64_t done = ++done_;
        if (options_.progress) {
          options_.progress(done, chunk_count_ * options_.policies.size());
        }
      }
    };
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < options_.jobs; ++i) threads.emplace_back(work);
    work();
    for (std::thread& thread : threads) thread.join();
    fill_cells();
    return std::move(result_);
  }

 private:
  std::size_t cell(std::size_t policy, std::size_t property) const {
    return policy * options_.properties.size() + property;
  }

  void play_chunk(std::size_t policy, std::uint64_t chunk) {
    const std::uint64_t begin = std::max(chunk * kChunkSize, begin_);
    const std::uint64_t end = std::min((chunk + 1) * kChunkSize, end_);
    std::vector<const Property*> asked;
    bool twins = false;
    for (std::size_t i = 0; i < options_.properties.size(); ++i) {
      if (first_[cell(policy, i)].load() < begin) continue;
      asked.push_back(options_.properties[i]);
      twins = twins || options_.properties[i]->costly;
    }
    const Declaration declaration = draw_world(options_.seed, chunk, options_.generator);
    Stage stage(declaration, options_.policies[policy]);
    std::optional<Stage> twin;
    if (twins) twin.emplace(declaration, options_.policies[policy], true);
    Judge judge(asked);
    std::vector<HistoryStep> steps;
    for (std::uint64_t number = begin; number < end; ++number) {
      draw_steps(Random(options_.seed, kHistoryStream + number), declaration, options_.generator,
                 steps);
      const bool doubled = twin && number % kTwinOneIn == 0;
      if (doubled) twin->play(steps, nullptr);
      stage.play(steps, asked.empty() ? nullptr : &judge, doubled ? &*twin : nullptr);
      for (const Refutation& refutation : judge.refutations()) {
        note(policy, refutation, number);
        judge.drop(*refutation.property);
      }
    }
    const std::scoped_lock lock(mutex_);
    result_.stats[policy].add(stage.stats());
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
  std::atomic<std::uint64_t> next_{0};
  std::atomic<std::uint64_t> done_{0};
  /// By cell: the lowest number of a history that refutes it.
  std::vector<std::atomic<std::uint64_t>> first_;
  std::vector<std::string> messages_;
  std::mutex mutex_;
  SearchResult result_;
};

// One policy after the other, chunk by chunk, until each known refutation is found.
void look_for_known(const SearchOptions& options, SearchResult& result) {
  const std::size_t rows = options.properties.size();
  // Where a search by time has ended differs from policy to policy: it starts again.
  const std::uint64_t first = options.is_over ? 0 : options.history_count;
  for (std::size_t policy = 0; policy < options.policies.size(); ++policy) {
    for (std::uint64_t begin = first; begin < first + options.more_for_known;
         begin += kChunkSize * 16) {
      SearchOptions more;
      more.policies = {options.policies[policy]};
      more.seed = options.seed;
      more.generator = options.generator;
      more.jobs = options.jobs;
      std::vector<std::size_t> rows_of;
      for (std::size_t row = 0; row < rows; ++row) {
        const Cell& cell = result.cells[policy * rows + row];
        if (cell.claim != Claim::kRefuted || cell.refuted_by) continue;
        more.properties.push_back(cell.property);
        rows_of.push_back(policy * rows + row);
      }
      if (rows_of.empty()) break;
      const SearchResult found = Searcher(more, begin, begin + kChunkSize * 16).run();
      for (std::size_t i = 0; i < rows_of.size(); ++i) {
        result.cells[rows_of[i]].refuted_by = found.cells[i].refuted_by;
        result.cells[rows_of[i]].message = found.cells[i].message;
      }
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
