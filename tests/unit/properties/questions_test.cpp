// The tables by which a judge finds what to ask, held against the rule for one property.
#include "properties/questions.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "properties/search/generator.hpp"

namespace sweepcheck {
namespace {

// A moment made up of numbers that a generator draws.
class MadeUp {
 public:
  explicit MadeUp(std::uint64_t seed) : world_(catalog_), random_(seed, 1) {
    world_.nodes.resize(1);
  }

  Moment draw() {
    change_.clear();
    change_.removed = kinds();
    change_.added = kinds();
    past_.tampered = coin();
    request_.type =
        operation_types()[random_.below(static_cast<std::uint32_t>(operation_types().size()))];
    operation_.request = request_;
    operation_.status = static_cast<OperationStatus>(random_.below(4));
    Moment moment{.world = world_,
                  .past = past_,
                  .before = {},
                  .registries_before = {},
                  .changes = {&change_, 1}};
    moment.registries_changed = coin();
    moment.action = static_cast<ActionKind>(random_.below(kActionKindCount));
    moment.operation = coin() ? &operation_ : nullptr;
    moment.world_at_begin = coin() ? &world_ : nullptr;
    moment.node = coin() ? static_cast<NodeId>(0) : kNone<NodeId>;
    return moment;
  }

  /// The same as a collection.
  Moment draw_collection() {
    Moment moment = draw();
    moment.operation = nullptr;
    moment.collected = &world_.nodes[0].state;
    moment.cleaned = coin();
    if (coin()) moment.swept = swept_;
    return moment;
  }

 private:
  bool coin() { return random_.below(2) == 1; }
  // One kind in four.
  std::uint32_t kinds() {
    const auto draw = [&] {
      return static_cast<std::uint32_t>(random_.next()) & ((1U << kObjectKindCount) - 1);
    };
    const std::uint32_t some = draw();
    return some & draw();
  }

  Catalog catalog_;
  World world_;
  Random random_;
  Change change_;
  Past past_;
  Request request_;
  Operation operation_;
  std::vector<ObjectId> swept_{ObjectId{0}};
};

std::vector<const Property*> those_that_concern(std::span<const Property* const> properties,
                                                const Moment& moment,
                                                std::initializer_list<Occasion> occasions,
                                                bool costly) {
  std::vector<const Property*> out;
  for (const Property* property : properties) {
    const bool is_time =
        std::find(occasions.begin(), occasions.end(), property->occasion) != occasions.end();
    if (is_time && (costly || !property->costly) && concerns(*property, moment)) {
      out.push_back(property);
    }
  }
  return out;
}

void expect_the_same(std::span<const Property* const> properties, const Questions& questions) {
  MadeUp made_up(7);
  std::size_t asked_in_all = 0;
  std::vector<const Property*> asked;
  for (int i = 0; i < 3000; ++i) {
    const bool costly = i % 2 == 0;
    const Moment step = made_up.draw();
    questions.after_step(step, costly, asked);
    const bool over = step.operation && !step.operation->running();
    EXPECT_EQ(asked, over ? those_that_concern(properties, step,
                                               {Occasion::kStep, Occasion::kOperation}, costly)
                          : those_that_concern(properties, step, {Occasion::kStep}, costly));
    asked_in_all += asked.size();
    const Moment collection = made_up.draw_collection();
    questions.at_collection(collection, costly, asked);
    EXPECT_EQ(asked, those_that_concern(properties, collection, {Occasion::kCollection}, costly));
    asked_in_all += asked.size();
    questions.at_end(step, costly, asked);
    EXPECT_EQ(asked, those_that_concern(properties, step, {Occasion::kEnd}, costly));
  }
  EXPECT_GT(asked_in_all, 3000U);
}

TEST(Questions, FindTheBuiltInPropertiesThatAMomentConcerns) {
  expect_the_same(properties(), Questions(properties()));
}

TEST(Questions, HoldMoreThanOneBlock) {
  std::deque<Property> copies;
  std::vector<const Property*> many;
  for (int i = 0; i < 3; ++i) {
    for (const Property* property : properties()) many.push_back(&copies.emplace_back(*property));
  }
  ASSERT_GT(many.size(), 128U);
  expect_the_same(many, Questions(many));
}

TEST(Questions, NoLongerAskWhatWasDropped) {
  Questions questions(properties());
  std::vector<const Property*> kept;
  for (const Property* property : properties()) {
    if (property->name.size() % 2 == 0) {
      questions.drop(*property);
    } else {
      kept.push_back(property);
    }
  }
  expect_the_same(kept, questions);
}

TEST(Questions, AskOnceWhatNamesAnOperationTwice) {
  static constexpr std::array<std::string_view, 2> kTwice{"pull", "pull"};
  const Property property{.name = "twice", .operations = kTwice};
  const std::array<const Property*, 1> one{&property};
  Catalog catalog;
  World world(catalog);
  Request request;
  request.type = find_operation_type("pull");
  Operation operation;
  operation.request = request;
  const Past past;
  Moment moment{.world = world, .past = past, .before = {}, .registries_before = {}, .changes = {}};
  moment.operation = &operation;
  std::vector<const Property*> asked;
  Questions(one).after_step(moment, true, asked);
  EXPECT_EQ(asked.size(), 1U);
}

}  // namespace
}  // namespace sweepcheck
