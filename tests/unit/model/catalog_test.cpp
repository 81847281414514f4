// A catalog answers most questions from what it was asked last (model/catalog/answer_cache.hpp).
// That must never show: each answer is the same as without, also of questions that share a place,
// and while it grows.
#include "model/catalog/catalog.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "model/catalog/answer_cache.hpp"

namespace sweepcheck {
namespace {

constexpr std::uint32_t kLargestHash = 0xffffffffU;

// Answers questions from a list, as the catalog does: an id is where the question is in it.
struct Answers {
  std::vector<std::uint32_t> questions;
  AnswerCache<StringId> recent;
  int made = 0;

  StringId answer(std::uint32_t question, std::uint32_t hash) {
    return recent.answer(
        hash, [&](StringId id) { return questions[index_of(id)] == question; },
        [&] {
          ++made;
          for (std::size_t i = 0; i < questions.size(); ++i) {
            if (questions[i] == question) return static_cast<StringId>(i);
          }
          questions.push_back(question);
          recent.make_room(questions.size());
          return static_cast<StringId>(questions.size() - 1);
        });
  }
};

TEST(AnswerCache, AnAnswerIsKeptUntilAnotherNeedsItsPlace) {
  Answers answers;
  const StringId one = answers.answer(1, 7);
  EXPECT_EQ(answers.answer(1, 7), one);
  EXPECT_EQ(answers.made, 1);
  const StringId two = answers.answer(2, 7);
  EXPECT_NE(two, one);
  EXPECT_EQ(answers.made, 2);
  EXPECT_EQ(answers.answer(1, 7), one);
  EXPECT_EQ(answers.made, 3);
}

TEST(AnswerCache, WhatWasNeverAskedIsNotThere) {
  const AnswerCache<StringId> recent;
  EXPECT_EQ(recent.find(kLargestHash, [](StringId) { return true; }), kNone<StringId>);
}

TEST(AnswerCache, GrowingForgetsAndNothingElse) {
  Answers answers;
  // Past the size at which it grows no more.
  for (std::size_t count = 1; count <= std::size_t{1} << 20; count *= 2) {
    answers.recent.make_room(count);
    const StringId last = answers.answer(1, kLargestHash);
    EXPECT_EQ(last, answers.answer(1, kLargestHash));
    EXPECT_EQ(answers.answer(2, 0), answers.answer(2, 0));
    EXPECT_EQ(index_of(last), 0U);
  }
}

TEST(AnswerCache, AnAnswerWhoseMakingMakesRoomIsFoundWhereItBelongsNow) {
  AnswerCache<StringId> recent;
  constexpr auto kId = static_cast<StringId>(3);
  for (const std::uint32_t hash : {kLargestHash, 0x12345678U, 1U << 22}) {
    recent.answer(
        hash, [](StringId) { return false; },
        [&] {
          recent.make_room(1 << 10);
          return kId;
        });
    EXPECT_EQ(recent.find(hash, [](StringId id) { return id == kId; }), kId);
  }
}

TEST(AnswerCache, SharedPlacesGiveNoOtherAnswer) {
  EXPECT_TRUE(rc::check([] {
    Answers answers;
    std::map<std::uint32_t, StringId> first;
    // More questions than hashes: nearly all share theirs.
    for (const std::uint32_t question :
         *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::inRange<std::uint32_t>(0, 40))) {
      const StringId id = answers.answer(question, question % 3 << 30);
      RC_ASSERT(first.emplace(question, id).first->second == id);
    }
    std::set<StringId> ids;
    for (const auto& [question, id] : first) ids.insert(id);
    RC_ASSERT(ids.size() == first.size());
  }));
}

TEST(Catalog, ManyMoreThanAreKeptHaveEachTheirOwnId) {
  Catalog catalog;
  constexpr int kCount = 5'000;
  const auto objects_and_facts = [&](int i) {
    const StringId text = catalog.intern("text " + std::to_string(i));
    const ObjectId object =
        catalog.object({ObjectKind::kImage, catalog.intern("default"), kNone<StringId>, text});
    const FactId label = catalog.label(object, catalog.intern("key"), text);
    const FactId target = catalog.field(Meaning::kTarget, object, object);
    return std::tuple(text, object, label, target);
  };
  std::vector<decltype(objects_and_facts(0))> first;
  for (int i = 0; i < kCount; ++i) first.push_back(objects_and_facts(i));
  const std::uint32_t object_count = catalog.object_count();
  const std::uint32_t fact_count = catalog.fact_count();
  EXPECT_GE(fact_count, 2U * kCount);
  for (int i = 0; i < kCount; ++i) {
    const auto& [text, object, label, target] = first[static_cast<std::size_t>(i)];
    EXPECT_EQ(catalog.text(text), "text " + std::to_string(i));
    EXPECT_EQ(catalog.key(object).key, text);
    EXPECT_EQ(catalog.value(label), text);
    EXPECT_EQ(catalog.owner(target), object);
    EXPECT_EQ(objects_and_facts(i), first[static_cast<std::size_t>(i)]);
  }
  EXPECT_EQ(catalog.object_count(), object_count);
  EXPECT_EQ(catalog.fact_count(), fact_count);
}

TEST(Catalog, ATextIsWhatItSaysWhereverItStands) {
  Catalog catalog;
  std::array<char, 3> place{'o', 'n', 'e'};
  const std::string_view text(place.data(), place.size());
  const StringId one = catalog.intern(text);
  place = {'t', 'w', 'o'};
  EXPECT_EQ(catalog.find(text), kNone<StringId>);
  const StringId two = catalog.intern(text);
  EXPECT_NE(one, two);
  EXPECT_EQ(catalog.intern("one"), one);
  EXPECT_EQ(catalog.intern("two"), two);
}

// A field's target takes the place of a label's key in the hash, and here it is the same number.
TEST(Catalog, ALabelIsNoFieldThoughAllElseIsTheSame) {
  Catalog catalog;
  const auto content = [&](const std::string& digest) {
    return catalog.object(
        {ObjectKind::kContent, catalog.intern("default"), kNone<StringId>, catalog.intern(digest)});
  };
  const ObjectId owner = content("owner");
  const StringId value = catalog.intern("target");
  const StringId key = catalog.intern("containerd.io/gc.ref.content.0");
  for (std::uint32_t i = catalog.object_count(); i < index_of(key); ++i) {
    content("other " + std::to_string(i));
  }
  const ObjectId target = content("target");
  ASSERT_EQ(index_of(target), index_of(key));
  const FactId label = catalog.label(owner, key, value);
  ASSERT_EQ(catalog.meaning(label), Meaning::kRefContent);
  ASSERT_EQ(catalog.target(label), target);
  const FactId field = catalog.field(Meaning::kRefContent, owner, target, value);
  EXPECT_NE(field, label);
  EXPECT_EQ(catalog.label(owner, key, value), label);
  EXPECT_EQ(catalog.field(Meaning::kRefContent, owner, target, value), field);
  EXPECT_TRUE(catalog.is_label(label));
  EXPECT_FALSE(catalog.is_label(field));
}

}  // namespace
}  // namespace sweepcheck
