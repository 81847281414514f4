// What was asked for last, by a hash that is cheap and need not be good: most questions are asked
// again and again, and an answer from here costs a quarter of a hash table's. Each is compared with
// the question.
#pragma once

#include <cstdint>
#include <vector>

#include "model/catalog/ids.hpp"

namespace sweepcheck {

template <typename Id>
class AnswerCache {
 public:
  /// The answer that was given to a question of this hash, if `fits(Id)` says that it was this one;
  /// else kNone.
  template <typename Fits>
  Id find(std::uint32_t hash, Fits&& fits) const {
    const Id recent = answers_[hash >> shift_];
    return recent != kNone<Id> && fits(recent) ? recent : kNone<Id>;
  }
  /// The same, but else what `make()` answers, which is kept. It may make room.
  template <typename Fits, typename Make>
  Id answer(std::uint32_t hash, Fits&& fits, Make&& make) {
    const Id recent = find(hash, fits);
    if (recent != kNone<Id>) return recent;
    const Id made = make();
    return answers_[hash >> shift_] = made;
  }

  /// Grows with the number of answers that there are: few may share a place. Forgets all then.
  void make_room(std::size_t count) {
    while (count * 4 > answers_.size() && answers_.size() < kLimit) {
      shift_ -= 2;
      answers_.assign(answers_.size() * 4, kNone<Id>);
    }
  }

  static std::uint32_t hash(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
    return a * 0x9e3779b1U ^ b * 0x85ebca77U ^ c * 0xc2b2ae3dU;
  }

 private:
  static constexpr std::size_t kFirstSize = 256;
  static constexpr std::size_t kLimit = 1 << 18;

  std::vector<Id> answers_ = std::vector<Id>(kFirstSize, kNone<Id>);
  std::uint32_t shift_ = 24;
};

}  // namespace sweepcheck
