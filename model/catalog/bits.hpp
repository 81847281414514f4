// A growing set of dense ids as machine words. Reading past the end is "absent"; setting grows.
// Two sets are equal if they hold the same ids, whatever their capacity.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace sweepcheck {

class SparseBits;

class Bits {
 public:
  bool test(std::uint32_t index) const {
    const std::size_t word = index / 64;
    return word < words_.size() && ((words_[word] >> (index % 64)) & 1U) != 0;
  }

  /// Adds the id; true if it was absent.
  bool set(std::uint32_t index) {
    const std::size_t word = index / 64;
    if (word >= words_.size()) words_.resize(word + 1, 0);
    const std::uint64_t bit = std::uint64_t{1} << (index % 64);
    const bool added = (words_[word] & bit) == 0;
    words_[word] |= bit;
    return added;
  }

  /// Removes the id; true if it was present.
  bool reset(std::uint32_t index) {
    const std::size_t word = index / 64;
    if (word >= words_.size()) return false;
    const std::uint64_t bit = std::uint64_t{1} << (index % 64);
    const bool removed = (words_[word] & bit) != 0;
    words_[word] &= ~bit;
    return removed;
  }

  /// Removes all that the other set has.
  void remove(const Bits& other) {
    const std::size_t size = std::min(words_.size(), other.words_.size());
    for (std::size_t i = 0; i < size; ++i) words_[i] &= ~other.words_[i];
  }
  void remove(const SparseBits& other);

  /// Empties the set and makes room for `size` ids.
  void clear(std::uint32_t size) { words_.assign((size + 63) / 64, 0); }

  std::uint32_t count() const {
    std::uint32_t total = 0;
    for (const std::uint64_t word : words_)
      total += static_cast<std::uint32_t>(std::popcount(word));
    return total;
  }

  std::span<const std::uint64_t> words() const { return words_; }
  std::span<std::uint64_t> words() { return words_; }

  /// Calls `visit` with each id, in ascending order.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      for (std::uint64_t word = words_[i]; word != 0; word &= word - 1) {
        visit(static_cast<std::uint32_t>(i * 64) +
              static_cast<std::uint32_t>(std::countr_zero(word)));
      }
    }
  }

  bool operator==(const Bits& other) const {
    const auto& shorter = words_.size() < other.words_.size() ? words_ : other.words_;
    const auto& longer = words_.size() < other.words_.size() ? other.words_ : words_;
    if (!std::equal(shorter.begin(), shorter.end(), longer.begin())) return false;
    for (std::size_t i = shorter.size(); i < longer.size(); ++i) {
      if (longer[i] != 0) return false;
    }
    return true;
  }

  /// Independent of capacity, as equality is.
  std::uint64_t hash(std::uint64_t seed) const {
    std::size_t size = words_.size();
    while (size > 0 && words_[size - 1] == 0) --size;
    std::uint64_t h = seed ^ (size * 0x9e3779b97f4a7c15ULL);
    for (std::size_t i = 0; i < size; ++i) {
      h = (h ^ words_[i]) * 0xff51afd7ed558ccdULL;
      h ^= h >> 32;
    }
    return h;
  }

 private:
  std::vector<std::uint64_t> words_;
};

/// A set of few ids among many, such as one lease's facts: only the words that are not empty. Ids
/// come in ascending order.
class SparseBits {
 public:
  void append(std::uint32_t index) {
    if (words_.empty() || words_.back().first != index / 64) words_.emplace_back(index / 64, 0);
    words_.back().second |= std::uint64_t{1} << (index % 64);
  }

  /// Calls `visit(place, word)` with each word that is not empty.
  template <typename Visit>
  void for_each_word(Visit&& visit) const {
    for (const auto& [place, word] : words_) visit(place, word);
  }

 private:
  std::vector<std::pair<std::uint32_t, std::uint64_t>> words_;
};

inline void Bits::remove(const SparseBits& other) {
  other.for_each_word([&](std::uint32_t place, std::uint64_t word) {
    if (place < words_.size()) words_[place] &= ~word;
  });
}

/// Calls `visit` with each id that is in both sets, in ascending order.
template <typename Visit>
void for_each_in(const SparseBits& few, const Bits& many, Visit&& visit) {
  const auto many_words = many.words();
  few.for_each_word([&](std::uint32_t i, std::uint64_t few_word) {
    if (i >= many_words.size()) return;
    for (std::uint64_t word = few_word & many_words[i]; word != 0; word &= word - 1) {
      visit(i * 64 + static_cast<std::uint32_t>(std::countr_zero(word)));
    }
  });
}

/// Calls `visit(id, added)` with each id that only one of the sets has, in ascending order;
/// `added`: it is `after` that has it.
template <typename Visit>
void for_each_difference(const Bits& before, const Bits& after, Visit&& visit) {
  // Mostly nothing has changed, and a comparison of the whole is the fastest.
  if (before == after) return;
  const auto old_words = before.words();
  const auto new_words = after.words();
  const std::size_t size = std::max(old_words.size(), new_words.size());
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint64_t old_word = i < old_words.size() ? old_words[i] : 0;
    const std::uint64_t new_word = i < new_words.size() ? new_words[i] : 0;
    for (std::uint64_t word = old_word ^ new_word; word != 0; word &= word - 1) {
      const int bit = std::countr_zero(word);
      visit(static_cast<std::uint32_t>(i * 64) + static_cast<std::uint32_t>(bit),
            ((new_word >> bit) & 1U) != 0);
    }
  }
}

/// Calls `visit` with each id of `after` that `before` lacks, in ascending order.
template <typename Visit>
void for_each_added(const Bits& before, const Bits& after, Visit&& visit) {
  const auto old_words = before.words();
  const auto new_words = after.words();
  for (std::size_t i = 0; i < new_words.size(); ++i) {
    const std::uint64_t old = i < old_words.size() ? old_words[i] : 0;
    for (std::uint64_t word = new_words[i] & ~old; word != 0; word &= word - 1) {
      visit(static_cast<std::uint32_t>(i * 64) +
            static_cast<std::uint32_t>(std::countr_zero(word)));
    }
  }
}

/// Calls `visit` with each id that is in both sets, in ascending order.
template <typename Visit>
void for_each_in(const Bits& a, const Bits& b, Visit&& visit) {
  const auto a_words = a.words();
  const auto b_words = b.words();
  const std::size_t size = a_words.size() < b_words.size() ? a_words.size() : b_words.size();
  for (std::size_t i = 0; i < size; ++i) {
    for (std::uint64_t word = a_words[i] & b_words[i]; word != 0; word &= word - 1) {
      visit(static_cast<std::uint32_t>(i * 64) +
            static_cast<std::uint32_t>(std::countr_zero(word)));
    }
  }
}

}  // namespace sweepcheck
