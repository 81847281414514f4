// Which properties a moment concerns. A judge has dozens of them, a moment concerns few, and which
// ones is as good as random. So that is looked up, in tables of sets, and only the few are visited.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "properties/property.hpp"

namespace sweepcheck {

class Questions {
 public:
  /// The properties must outlive this.
  explicit Questions(std::span<const Property* const> properties);

  /// No longer asks this property.
  void drop(const Property& property);
  /// True if some property is judged at collections.
  bool about_collections() const;

  /// Replaces `asked` by what the moment concerns, in the order in which the properties were given.
  /// `costly`: costly ones, too.
  void after_step(const Moment& moment, bool costly, std::vector<const Property*>& asked) const;
  void at_collection(const Moment& moment, bool costly, std::vector<const Property*>& asked) const;
  void at_end(const Moment& moment, bool costly, std::vector<const Property*>& asked) const;

 private:
  /// A block's properties, by their place in it.
  using Set = std::uint64_t;
  static constexpr std::size_t kBlockSize = 64;

  /// For each of 20 bits a set, and the union of those of several bits in five look-ups.
  class UnionTable {
   public:
    void add(std::uint32_t bits, Set set);
    Set of(std::uint32_t bits) const {
      return by_digit_[0][bits & 15] | by_digit_[1][(bits >> 4) & 15] |
             by_digit_[2][(bits >> 8) & 15] | by_digit_[3][(bits >> 12) & 15] |
             by_digit_[4][(bits >> 16) & 15];
    }

   private:
    std::array<std::array<Set, 16>, 5> by_digit_{};
  };
  static_assert(kCircumstanceCount <= 20 && kObjectKindCount <= 20);

  /// What is asked after a step, and what when an operation has ended.
  struct StepSets {
    Set at_step = 0;
    Set at_end = 0;
  };
  struct Block {
    std::array<const Property*, kBlockSize> properties{};
    std::size_t size = 0;
    Set at_collections = 0, at_ends = 0, costly = 0;
    StepSets any_step;
    /// Of operations that some property names, by their place in `types_`.
    std::vector<StepSets> by_type;
    /// Those that need a circumstance; those that are asked after a loss or a gain of a kind, and
    /// those that are asked without.
    UnionTable needing, losing, gaining;
    Set without_loss = 0, without_gain = 0;
  };

  std::size_t place_of(const OperationType* type) const;
  template <typename Select>
  void collect(const Moment& moment, bool costly, std::vector<const Property*>& asked,
               Select&& select) const;

  std::vector<Block> blocks_;
  /// Sorted by address.
  std::vector<const OperationType*> types_;
};

}  // namespace sweepcheck
