#include "properties/search/shrink.hpp"

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "model/assert.hpp"
#include "properties/search/search.hpp"
#include "properties/search/shrink_moves.hpp"

namespace sweepcheck {
namespace {

constexpr std::uint64_t kPlayCountMax = 120'000;
// Longer counterexamples are not searched from below: there are too many histories.
constexpr std::size_t kLengthFromBelowMax = 3;
// No operation of a small world has more steps.
constexpr std::uint8_t kStopMax = 45;

class Shrinker {
 public:
  Shrinker(const History& history, const PolicyCase& policy_case, const Property& property)
      : policy_case_(policy_case),
        property_(property),
        asked_(&property),
        best_(history),
        judge_({&asked_, 1}) {
    message_ = judge(history);
    SWEEPCHECK_BELIEVE(!message_.empty(), "what is shrunk refutes its property");
  }

  Shrunk run() {
    bool changed = true;
    for (int round = 0; changed && round < 20; ++round) {
      changed = drop_steps();
      changed = shrink_world() || changed;
      changed = lower_steps() || changed;
      changed = try_one(renamed_by_first_use(best_)) || changed;
    }
    search_from_below();
    while (drop_pairs() || lower_steps() || shrink_world()) try_one(renamed_by_first_use(best_));
    return {best_, message_, play_count_};
  }

 private:
  std::string judge(const History& history) {
    ++play_count_;
    if (!stage_ || !(stage_world_ == history.declaration)) {
      stage_.emplace(history.declaration, policy_case_);
      twin_.reset();
      if (property_.costly) twin_.emplace(history.declaration, policy_case_, true);
      stage_world_ = history.declaration;
    }
    if (twin_) twin_->play(history.steps, nullptr);
    stage_->play(history.steps, &judge_, twin_ ? &*twin_ : nullptr);
    return judge_.refutations().empty() ? std::string{} : judge_.refutations().front().message;
  }

  // Keeps the candidate if it is smaller and still refutes the property.
  bool try_one(const History& candidate) {
    if (play_count_ > kPlayCountMax || !is_smaller(candidate, best_)) return false;
    std::string message = judge(candidate);
    if (message.empty()) return false;
    best_ = candidate;
    message_ = std::move(message);
    return true;
  }

  // In a smaller history an operation has fewer or more steps of its own: where it stops moves with
  // that.
  bool try_any_stop(const History& candidate) {
    if (try_one(candidate)) return true;
    for (std::size_t at = 0; at < candidate.steps.size(); ++at) {
      if (candidate.steps[at].stop == 0) continue;
      History moved = candidate;
      for (std::uint8_t stop = 1; stop <= kStopMax; ++stop) {
        moved.steps[at].stop = stop;
        if (try_one(moved)) return true;
      }
    }
    return false;
  }

  bool drop_steps() {
    bool any = false;
    for (std::size_t size = std::max<std::size_t>(1, best_.steps.size() / 2);; size /= 2) {
      for (std::size_t at = 0; at + size <= best_.steps.size();) {
        const History candidate = without_steps(best_, at, size);
        if (size == 1 ? try_any_stop(candidate) : try_one(candidate)) {
          any = true;
        } else {
          ++at;
        }
      }
      if (size <= 1) break;
    }
    return drop_pairs() || any;
  }

  // Two that only make sense together: a lease and its resource, a stop and its resume.
  bool drop_pairs() {
    bool any = false;
    for (std::size_t i = 0; i < best_.steps.size(); ++i) {
      for (std::size_t j = i + 1; j < best_.steps.size(); ++j) {
        if (!try_one(without_steps(without_steps(best_, j, 1), i, 1))) continue;
        any = true;
        j = i;
      }
    }
    return any;
  }

  bool shrink_world() {
    bool any = false;
    for (bool changed = true; changed;) {
      changed = false;
      for (const History& candidate : smaller_worlds(best_)) {
        if (!try_any_stop(candidate)) continue;
        changed = any = true;
        break;
      }
    }
    return any;
  }

  bool lower_steps() {
    bool any = false;
    for (std::size_t at = 0; at < best_.steps.size(); ++at) {
      for (bool changed = true; changed && at < best_.steps.size();) {
        changed = false;
        for (const History& candidate : smaller_at(best_, at)) {
          if (!try_any_stop(candidate)) continue;
          changed = any = true;
          break;
        }
      }
    }
    return any;
  }

  // Histories in the order of their size, first in plain worlds, then in the one that is left.
  void search_from_below() {
    if (property_.costly) return;
    // A longer history in a plain world is smaller than a short one in a special world.
    const std::size_t own = best_.steps.size();
    const std::size_t plain = is_plain(best_.declaration) ? own : kLengthFromBelowMax;
    for (std::size_t length = 1; length <= std::min(plain, kLengthFromBelowMax); ++length) {
      for (const Declaration& world : plain_worlds()) {
        if (search_in(world, length)) return;
      }
    }
    for (std::size_t length = 1; length <= std::min(own, kLengthFromBelowMax); ++length) {
      if (search_in(best_.declaration, length)) return;
    }
  }

  // What a property can tell apart: what is there and under way, and what can't be undone.
  std::uint64_t fingerprint() const {
    const Past& past = judge_.past();
    return stage_->simulation().hash() * 16 + (past.discarded ? 1U : 0U) +
           (past.registry_deletions ? 2U : 0U) + (past.tampered ? 4U : 0U) +
           (past.files_removed ? 8U : 0U);
  }

  // All histories of one length in one world; those of shorter ones that lead to a state that was
  // seen before are not gone on from.
  bool search_in(const Declaration& world, std::size_t length) {
    std::vector<std::vector<HistoryStep>> frontier{{}};
    std::unordered_set<std::uint64_t> seen;
    const std::vector<HistoryStep> words = vocabulary({world, best_.steps});
    for (std::size_t size = 1; size <= length; ++size) {
      std::vector<std::vector<HistoryStep>> next;
      for (const auto& prefix : frontier) {
        for (const HistoryStep& word : words) {
          if (play_count_ > kPlayCountMax) return false;
          History candidate{world, prefix};
          candidate.steps.push_back(word);
          if (size == length) {
            if (try_one(candidate)) return true;
            continue;
          }
          if (!judge(candidate).empty()) return try_one(candidate);
          if (seen.insert(fingerprint()).second) next.push_back(std::move(candidate.steps));
        }
      }
      frontier = std::move(next);
    }
    return false;
  }

  const PolicyCase& policy_case_;
  const Property& property_;
  const Property* const asked_;
  History best_;
  std::string message_;
  std::uint64_t play_count_ = 0;
  Declaration stage_world_;
  std::optional<Stage> stage_;
  std::optional<Stage> twin_;
  Judge judge_;
};

}  // namespace

Shrunk shrink(const History& history, const PolicyCase& policy_case, const Property& property) {
  return Shrinker(history, policy_case, property).run();
}

std::vector<History> with_one_thing_less(const History& history) {
  std::vector<History> out;
  for (std::size_t i = 0; i < history.steps.size(); ++i)
    out.push_back(without_steps(history, i, 1));
  for (History& smaller : smaller_worlds(history)) out.push_back(std::move(smaller));
  return out;
}

}  // namespace sweepcheck
