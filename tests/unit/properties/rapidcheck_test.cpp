// Properties through RapidCheck: it draws histories that hold what holds, and finds what is false.
#include "properties/search/rapidcheck.hpp"

#include <gtest/gtest.h>

#include "properties/search/search.hpp"
#include "properties/search/shrink.hpp"
#include "tests/unit/rapid.hpp"

namespace sweepcheck {
namespace {

PolicyCase policy() {
  for (PolicyCase& one : policy_cases()) {
    if (matches_policy(one, "containerd-2.1+keep+called+shared")) return std::move(one);
  }
  return {};
}

TEST(RapidCheck, WhatHoldsHolds) {
  const PolicyCase one = policy();
  const Property& property = *find_property("collector-keeps-reachable");
  test::expect_holds("collector-keeps-reachable", [&] {
    const History history = *history_gen();
    RC_ASSERT(judge_history(history, one, property).empty());
  });
}

TEST(RapidCheck, WhatItFindsShrinksToTheFormThatTheSearchFinds) {
  const PolicyCase one = policy();
  const Property& property = *find_property("pulled-exportable");
  const rc::Gen<History> gen = history_gen();
  std::string form;
  for (std::uint64_t seed = 1; seed < 3'000 && form.empty(); ++seed) {
    const History history = gen(rc::Random(seed), 30).value();
    if (judge_history(history, one, property).empty()) continue;
    form = history_text(shrink(history, one, property).history);
  }
  SearchOptions options;
  options.properties = {&property};
  options.policies = {one};
  const Cell found = search(options).cells.front();
  ASSERT_TRUE(found.refuted_by);
  const History drawn = draw_history(options.seed, *found.refuted_by, options.generator);
  EXPECT_EQ(form, history_text(shrink(drawn, one, property).history));
}

}  // namespace
}  // namespace sweepcheck
