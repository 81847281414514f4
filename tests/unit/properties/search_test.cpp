// The generator, the search and the shrinker. What is found must not depend on threads; what is
// drawn must be varied enough to find something; what is shrunk must be minimal and canonical.
#include "properties/search/search.hpp"

#include <gtest/gtest.h>

#include <set>

#include "properties/search/shrink.hpp"

namespace sweepcheck {
namespace {

PolicyCase policy_of(std::string_view selection) {
  for (PolicyCase& policy : policy_cases()) {
    if (matches_policy(policy, selection)) return std::move(policy);
  }
  ADD_FAILURE() << selection;
  return {};
}

SearchResult search_for(std::string_view property, const PolicyCase& policy, std::uint64_t seed,
                        unsigned jobs = 1) {
  SearchOptions options;
  options.properties = {find_property(property)};
  options.policies = {policy};
  options.seed = seed;
  options.history_count = 2'000;
  options.jobs = jobs;
  return search(options);
}

// Defects as users have them: a changed profile, under which a property that holds is refuted.
struct Defect {
  std::string name;
  std::string property;
  void (*change)(Profile& profile);
};

const std::vector<Defect>& defects() {
  static const std::vector<Defect> kDefects{
      {"known: skipped layers", "pulled-exportable", [](Profile&) {}},
      {"known: replaced records", "pull-keeps-record-labels", [](Profile&) {}},
      {"known: discarded and deleted", "unpacked-stays-recoverable", [](Profile&) {}},
      {"snapshot labels are not followed", "pulled-runs-after-collection",
       [](Profile& profile) { profile.followed &= ~meaning_bit(Meaning::kRefSnapshot); }},
  };
  return kDefects;
}

// A property of a test's own: after a collection, each record whose manifest is there is unpacked
// if it was before.
const Property kRunsAfterCollection{
    .name = "pulled-runs-after-collection",
    .statement = "A collection leaves the snapshots of each image that has a record.",
    .judge = [](const Moment& moment, Violations& violations) {
      if (moment.action != ActionKind::kCollect) return;
      if (moment.past.tampered) return;
      for (const ObjectId snapshot : moment.removed(ObjectKind::kSnapshot)) {
        const std::string& key = moment.catalog().text(moment.catalog().key(snapshot).key);
        if (!key.starts_with("sha256:")) continue;
        for (const ObjectId config : moment.catalog().root_candidates()) {
          if (moment.catalog().kind(config) == ObjectKind::kImage && moment.before[0].has(config) &&
              moment.world.nodes[0].state.has(config)) {
            violations.push_back(moment.describe(snapshot) + " is gone");
          }
        }
      }
    }};

const Property* property_named(const std::string& name) {
  return name == kRunsAfterCollection.name ? &kRunsAfterCollection : find_property(name);
}

std::string form_of(const History& history) {
  std::string out = std::to_string(history.declaration.node_count) + " nodes\n";
  for (const HistoryImage& image : history.declaration.images) {
    for (const std::uint8_t layer : image.layers) out += layer_name(layer) + " ";
    out += "\n";
  }
  return out + history_text(history);
}

class ShrinkDefect : public ::testing::TestWithParam<std::size_t> {};

TEST_P(ShrinkDefect, TwentySeedsGiveOneHistoryAndItIsMinimal) {
  const Defect& defect = defects()[GetParam()];
  PolicyCase policy = policy_of("containerd-2.1+discard+called+shared");
  Profile profile = *policy.profile;
  defect.change(profile);
  policy.profile = &profile;
  const Property& property = *property_named(defect.property);
  std::set<std::string> forms;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SearchOptions options;
    options.properties = {&property};
    options.policies = {policy};
    options.seed = seed;
    options.history_count = 1'024;
    const SearchResult found = search(options);
    ASSERT_TRUE(found.cells[0].refuted_by) << defect.name << ", seed " << seed;
    const Shrunk shrunk =
        shrink(draw_history(seed, *found.cells[0].refuted_by, options.generator), policy, property);
    forms.insert(form_of(shrunk.history));
    if (seed > 1) continue;
    EXPECT_NE(judge_history(shrunk.history, policy, property), "");
    for (const History& less : with_one_thing_less(shrunk.history)) {
      if (less == shrunk.history) continue;
      EXPECT_EQ(judge_history(less, policy, property), "") << form_of(less);
    }
  }
  EXPECT_EQ(forms.size(), 1U) << defect.name << "\n" << *forms.begin() << "\n" << *forms.rbegin();
}
INSTANTIATE_TEST_SUITE_P(Known, ShrinkDefect, ::testing::Range<std::size_t>(0, 4));

TEST(Shrink, NamesFollowTheirFirstUse) {
  History history;
  history.declaration.images = {
      {{0}, {}, 0, kNobody}, {{0, 1}, {}, 0, kNobody}, {{2}, {}, 0, kNobody}};
  history.declaration.same_diff_as = {kNobody, kNobody, kNobody};
  HistoryStep pull;
  pull.verb = HistoryVerb::kPull;
  pull.image = 2;
  HistoryStep lease;
  lease.verb = HistoryVerb::kCreateLease;
  lease.name = 2;
  history.steps = {pull, lease};
  const History renamed = renamed_by_first_use(history);
  EXPECT_EQ(renamed.declaration.images.size(), 1U);
  EXPECT_EQ(renamed.declaration.images[0].layers, std::vector<std::uint8_t>{0});
  EXPECT_EQ(renamed.steps[0].image, 0);
  EXPECT_EQ(renamed.steps[1].name, 0);
}

TEST(Search, ResultDoesNotDependOnThreads) {
  const PolicyCase policy = policy_of("containerd-1.7+keep+scheduled+shared");
  const SearchResult one = search_for("pulled-exportable", policy, 5, 1);
  const SearchResult three = search_for("pulled-exportable", policy, 5, 3);
  ASSERT_TRUE(one.cells[0].refuted_by);
  EXPECT_EQ(one.cells[0].refuted_by, three.cells[0].refuted_by);
  EXPECT_EQ(one.cells[0].message, three.cells[0].message);
  EXPECT_EQ(one.stats[0].performed_count, three.stats[0].performed_count);
}

void expect_same(const SearchResult& group, std::size_t policy, const SearchResult& alone,
                 std::size_t other) {
  const std::size_t rows = properties().size();
  for (std::size_t row = 0; row < rows; ++row) {
    const Cell& one = group.cells[policy * rows + row];
    const Cell& two = alone.cells[other * rows + row];
    EXPECT_EQ(one.refuted_by, two.refuted_by) << one.property->name << ", policy " << policy;
    EXPECT_EQ(one.message, two.message) << one.property->name << ", policy " << policy;
  }
  EXPECT_EQ(group.stats[policy].performed_count, alone.stats[other].performed_count);
  EXPECT_EQ(group.stats[policy].step_count, alone.stats[other].step_count);
}

// They go side by side and share a catalog: all of the matrix, twice over, against each alone.
TEST(Search, ResultDoesNotDependOnTheOtherPolicies) {
  SearchOptions options;
  options.properties.assign(properties().begin(), properties().end());
  options.history_count = 2 * kChunkSize;
  options.more_for_known = 0;
  const std::vector<PolicyCase> cases = policy_cases();
  options.policies = cases;
  options.policies.insert(options.policies.end(), cases.rbegin(), cases.rend());
  const SearchResult together = search(options);
  for (std::size_t policy = 0; policy < cases.size(); ++policy) {
    options.policies = {cases[policy]};
    const SearchResult alone = search(options);
    expect_same(together, policy, alone, 0);
    expect_same(together, 2 * cases.size() - 1 - policy, alone, 0);
  }
}

TEST(Search, OneHistoryDrawnAloneIsTheOneThatRefutes) {
  const PolicyCase policy = policy_of("containerd-2.1+keep+called+shared");
  const SearchResult found = search_for("pull-keeps-record-labels", policy, 11);
  ASSERT_TRUE(found.cells[0].refuted_by);
  const History history = draw_history(11, *found.cells[0].refuted_by, {});
  EXPECT_EQ(judge_history(history, policy, *find_property("pull-keeps-record-labels")),
            found.cells[0].message);
}

TEST(Search, NothingThatIsClaimedIsRefuted) {
  SearchOptions options;
  options.properties.assign(properties().begin(), properties().end());
  options.policies = policy_cases();
  options.history_count = 256;
  options.more_for_known = 0;
  for (const Cell& cell : search(options).cells) {
    if (cell.claim != Claim::kHolds) continue;
    EXPECT_FALSE(cell.refuted_by) << cell.property->name << " under "
                                  << options.policies[cell.policy].name << ": " << cell.message;
  }
}

// Resuming an operation begins none, nor does a collection or what finds nothing to do.
TEST(Stage, CountsAnOperationOnce) {
  const History history = draw_history(1, 0, {});
  Stage stage(history.declaration, policy_of("containerd-2.1+keep+called+shared"));
  HistoryStep pull;
  pull.verb = HistoryVerb::kPull;
  pull.handle = 1;
  pull.stop = 2;
  HistoryStep resume;
  resume.verb = HistoryVerb::kResume;
  resume.handle = 1;
  const HistoryStep collection;
  const std::vector<HistoryStep> steps{pull, resume, resume, collection};
  stage.play(steps, nullptr);
  EXPECT_EQ(stage.stats().performed_count, 3U);
  EXPECT_EQ(stage.stats().operation_count, 1U);
  EXPECT_EQ(stage.stats().interrupted_count, 1U);
  EXPECT_EQ(stage.stats().collection_count, 1U);
}

// Guards the generator: each verb happens, fails sometimes and succeeds mostly; operations are
// stopped in between; stores fill up.
TEST(Generator, DistributionIsAsMeant) {
  SearchOptions options;
  options.policies = {policy_of("containerd-2.1+keep+called+shared")};
  options.history_count = 4'096;
  const PlayStats stats = search(options).stats[0];
  ASSERT_EQ(stats.history_count, 4'096U);
  EXPECT_GT(stats.performed_count, stats.history_count * 25);
  for (const HistoryVerbSpec& spec : verb_specs()) {
    const std::uint64_t count = stats.by_verb[static_cast<std::size_t>(spec.verb)];
    const std::uint64_t failed = stats.failed_by_verb[static_cast<std::size_t>(spec.verb)];
    HistoryStep step;
    step.verb = spec.verb;
    EXPECT_GT(count, 100U) << step_text(step);
    EXPECT_LT(failed, count) << step_text(step);
  }
  const auto share = [&](HistoryVerb verb) {
    return static_cast<double>(stats.by_verb[static_cast<std::size_t>(verb)]) /
           static_cast<double>(stats.performed_count);
  };
  EXPECT_GT(share(HistoryVerb::kPull), 0.10);
  EXPECT_LT(share(HistoryVerb::kPull), 0.30);
  EXPECT_GT(share(HistoryVerb::kCollect), 0.10);
  EXPECT_LT(share(HistoryVerb::kCollect), 0.35);
  std::uint64_t failed = 0;
  for (const std::uint64_t count : stats.failed_by_verb) failed += count;
  EXPECT_GT(failed * 50, stats.performed_count * 3);    // more than 6 in 100
  EXPECT_LT(failed * 100, stats.performed_count * 35);  // less than 35 in 100
  EXPECT_GT(stats.interrupted_count, stats.history_count);
  EXPECT_GT(stats.collection_count, stats.history_count * 3);
  EXPECT_GT(stats.object_count, stats.history_count * 20);
  EXPECT_GT(stats.step_count, stats.operation_count * 3);
}

TEST(Generator, WorldsHaveWhatMakesThemHard) {
  int indexes = 0;
  int twins = 0;
  int shared = 0;
  for (std::uint64_t number = 0; number < 100; ++number) {
    const Declaration world = draw_declaration(Random(3, number), {});
    ASSERT_EQ(world.images.size(), kImageCountMax);
    std::set<std::uint8_t> layers;
    std::size_t uses = 0;
    for (const HistoryImage& image : world.images) {
      indexes += image.members.empty() ? 0 : 1;
      twins += image.same_config_as == kNobody ? 0 : 1;
      layers.insert(image.layers.begin(), image.layers.end());
      uses += image.layers.size();
    }
    shared += uses > layers.size() ? 1 : 0;
  }
  EXPECT_GT(indexes, 40);
  EXPECT_GT(twins, 30);
  EXPECT_GT(shared, 95);
}

TEST(PolicyCases, SelectionsAreChecked) {
  EXPECT_EQ(policy_cases().size(), 32U);
  EXPECT_FALSE(selection_error("containerd-2.1+discard"));
  const auto expect_error = [](const char* selection, const char* message, const char* hint) {
    const auto error = selection_error(selection);
    ASSERT_TRUE(error) << selection;
    EXPECT_EQ(error->message, message);
    EXPECT_EQ(error->hint, hint);
  };
  expect_error("discrad", "no policy setting is called \"discrad\"", "did you mean \"discard\"?");
  expect_error("keep+discard", "\"keep\" and \"discard\" contradict each other",
               "name one of them, or neither for both");
  expect_error("sometimes", "no policy setting is called \"sometimes\"",
               "known are containerd-1.6, containerd-1.7, containerd-2.1, containerd-2.3, keep, "
               "discard, called, scheduled, shared, isolated");
}

}  // namespace
}  // namespace sweepcheck
