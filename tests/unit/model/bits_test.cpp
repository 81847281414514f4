// Sets of ids say the same as std::set, whatever was drawn: small and large ids, sets that have
// room for others than they hold, and the sparse form.
#include "model/catalog/bits.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>
#include <vector>

namespace sweepcheck {
namespace {

using Ids = std::set<std::uint32_t>;

// Few words, so that two sets meet in one.
rc::Gen<Ids> ids() { return rc::gen::container<Ids>(rc::gen::inRange<std::uint32_t>(0, 300)); }

// A set with room for more than it holds.
Bits bits_of(const Ids& ids, std::uint32_t room) {
  Bits out;
  out.clear(room);
  for (const std::uint32_t id : ids) out.set(id);
  return out;
}

SparseBits sparse_of(const Ids& ids) {
  SparseBits out;
  for (const std::uint32_t id : ids) out.append(id);
  return out;
}

std::vector<std::uint32_t> listed(const Bits& bits) {
  std::vector<std::uint32_t> out;
  bits.for_each([&](std::uint32_t id) { out.push_back(id); });
  return out;
}

std::vector<std::uint32_t> list(const Ids& ids) { return {ids.begin(), ids.end()}; }

Ids without(const Ids& a, const Ids& b) {
  Ids out;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::inserter(out, out.end()));
  return out;
}

Ids in_both(const Ids& a, const Ids& b) {
  Ids out;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::inserter(out, out.end()));
  return out;
}

std::uint32_t room() { return *rc::gen::inRange<std::uint32_t>(0, 600); }

TEST(Bits, HoldWhatWasSetAndNotReset) {
  EXPECT_TRUE(rc::check([] {
    const Ids added = *ids();
    const Ids removed = *ids();
    Bits bits;
    for (const std::uint32_t id : added) RC_ASSERT(bits.set(id));
    for (const std::uint32_t id : added) RC_ASSERT(!bits.set(id));
    for (const std::uint32_t id : removed) RC_ASSERT(bits.reset(id) == (added.count(id) != 0));
    const Ids left = without(added, removed);
    RC_ASSERT(listed(bits) == list(left));
    RC_ASSERT(bits.count() == left.size());
    for (std::uint32_t id = 0; id < 400; ++id) RC_ASSERT(bits.test(id) == (left.count(id) != 0));
  }));
}

TEST(Bits, AreEqualWhateverTheirRoom) {
  EXPECT_TRUE(rc::check([] {
    const Ids a = *ids();
    const Ids b = *rc::gen::oneOf(ids(), rc::gen::just(a));
    const Bits one = bits_of(a, room());
    const Bits other = bits_of(b, room());
    RC_ASSERT((one == other) == (a == b));
    if (a == b) RC_ASSERT(one.hash(7) == other.hash(7));
  }));
}

TEST(Bits, ADifferenceNamesEachIdThatOneOfThemHas) {
  EXPECT_TRUE(rc::check([] {
    const Ids before = *ids();
    const Ids after = *ids();
    const Bits old_bits = bits_of(before, room());
    const Bits new_bits = bits_of(after, room());
    std::vector<std::pair<std::uint32_t, bool>> expected;
    for (const std::uint32_t id : without(before, after)) expected.emplace_back(id, false);
    for (const std::uint32_t id : without(after, before)) expected.emplace_back(id, true);
    std::sort(expected.begin(), expected.end());
    std::vector<std::pair<std::uint32_t, bool>> differences;
    for_each_difference(old_bits, new_bits,
                        [&](std::uint32_t id, bool added) { differences.emplace_back(id, added); });
    RC_ASSERT(differences == expected);
    std::vector<std::uint32_t> added;
    for_each_added(old_bits, new_bits, [&](std::uint32_t id) { added.push_back(id); });
    RC_ASSERT(added == list(without(after, before)));
  }));
}

TEST(SparseBits, SayWhatTheSameIdsSayInFull) {
  EXPECT_TRUE(rc::check([] {
    const Ids few = *ids();
    const Ids many = *ids();
    const SparseBits sparse = sparse_of(few);
    const Bits full = bits_of(few, room());
    const Bits others = bits_of(many, room());
    std::vector<std::uint32_t> in_sparse;
    std::vector<std::uint32_t> in_full;
    for_each_in(sparse, others, [&](std::uint32_t id) { in_sparse.push_back(id); });
    for_each_in(full, others, [&](std::uint32_t id) { in_full.push_back(id); });
    RC_ASSERT(in_sparse == list(in_both(few, many)));
    RC_ASSERT(in_full == in_sparse);
    Bits less_sparse = others;
    Bits less_full = others;
    less_sparse.remove(sparse);
    less_full.remove(full);
    RC_ASSERT(listed(less_sparse) == list(without(many, few)));
    RC_ASSERT(less_full == less_sparse);
    std::uint32_t words = 0;
    sparse.for_each_word([&](std::uint32_t, std::uint64_t word) {
      RC_ASSERT(word != 0);
      ++words;
    });
    RC_ASSERT(words <= few.size());
  }));
}

}  // namespace
}  // namespace sweepcheck
