// Aim: the tables of kinds, meanings and behaviours say what containerd does, and are complete.
// Method: who may bear a label, restated by hand from containerd's gc.go; boundaries of releases,
// asked on both sides; each row's scenario is looked for in the library.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <thread>

#include "model/behaviours.hpp"
#include "model/catalog/label.hpp"
#include "model/profile.hpp"
#include "tests/places.hpp"

namespace sweepcheck {
namespace {

constexpr std::string_view kGc = "containerd.io/gc.";

// Kinds that can have labels at all: what a label means on each of them is decided here.
constexpr ObjectKind kLabelled[] = {
    ObjectKind::kNamespace, ObjectKind::kImage,     ObjectKind::kContent, ObjectKind::kSnapshot,
    ObjectKind::kLease,     ObjectKind::kContainer, ObjectKind::kSandbox};

struct Bearers {
  std::string_view key;
  Meaning meaning;
  std::set<ObjectKind> kinds;
};

const std::set<ObjectKind> kReferring{ObjectKind::kImage, ObjectKind::kContent,
                                      ObjectKind::kSnapshot, ObjectKind::kContainer,
                                      ObjectKind::kSandbox};
const std::set<ObjectKind> kReferringBack{ObjectKind::kImage, ObjectKind::kContent,
                                          ObjectKind::kSnapshot, ObjectKind::kContainer};
const std::set<ObjectKind> kRooted{ObjectKind::kContent, ObjectKind::kSnapshot};

const Bearers kBearers[] = {
    {"root", Meaning::kRoot, kRooted},
    {"rooted", Meaning::kRootPrefix, kRooted},
    {"flat", Meaning::kFlat, {ObjectKind::kLease}},
    {"ref.content", Meaning::kRefContent, kReferring},
    {"ref.content.l.0", Meaning::kRefContent, kReferring},
    {"ref.snapshot.overlayfs", Meaning::kRefSnapshot, kReferring},
    {"ref.image/x", Meaning::kRefImage, kReferring},
    {"bref.content", Meaning::kBackContent, kReferringBack},
    {"bref.snapshot.native/x", Meaning::kBackSnapshot, kReferringBack},
    {"bref.image.x", Meaning::kBackImage, kReferringBack},
    {"bref.container", Meaning::kBackContainer, kReferringBack},
    {"cond.snapshot.overlayfs", Meaning::kCondition, {ObjectKind::kImage, ObjectKind::kContent}},
    {"cond.value-usedat", Meaning::kUsedAt, {ObjectKind::kSnapshot}},
};

TEST(MeaningRules, EachLabelMeansSomethingOnItsOwnersAlone) {
  std::uint32_t tried = 0;
  for (const Bearers& row : kBearers) {
    tried |= meaning_bit(row.meaning);
    for (const ObjectKind kind : kLabelled) {
      const Meaning expected = row.kinds.contains(kind) ? row.meaning : Meaning::kInert;
      EXPECT_EQ(parse_label_key(kind, std::string(kGc) + std::string(row.key)).meaning, expected)
          << row.key << " on " << kind_name(kind);
    }
  }
  for (const MeaningRule& rule : meaning_rules()) {
    const bool is_label = rule.form != KeyForm::kNoLabel;
    EXPECT_EQ((tried & meaning_bit(rule.meaning)) != 0, is_label) << rule.name;
  }
}

TEST(MeaningRules, ExpiryIsNoFactAndOtherKeysMeanNothing) {
  for (const char* key :
       {"expire", "ref", "ref.contents", "ref.snapshot", "bref.contentx", "bref.other",
        "cond.snapshot", "cond.snapshot.", "cond.snapshotter.x", "cond.value", "flat.x"}) {
    for (const ObjectKind kind : kLabelled) {
      EXPECT_EQ(parse_label_key(kind, std::string(kGc) + key).meaning, Meaning::kInert) << key;
    }
  }
  EXPECT_EQ(parse_label_key(ObjectKind::kContent, "xcontainerd.io/gc.root").meaning,
            Meaning::kInert);
}

TEST(MeaningRules, AreComplete) {
  std::set<std::string_view> names;
  for (const MeaningRule& rule : meaning_rules()) {
    EXPECT_TRUE(names.insert(rule.name).second) << rule.name;
    EXPECT_FALSE(rule.says.empty()) << rule.name;
    EXPECT_EQ(rule.form == KeyForm::kNoLabel, rule.label.empty()) << rule.name;
    if (rule.meaning == Meaning::kInert) continue;
    EXPECT_NE(rule.owners, 0U) << rule.name;
    EXPECT_FALSE(rule.source.empty()) << rule.name;
    if (rule.keeps != Keeps::kNothing) {
      EXPECT_NE(rule.names, 0U) << rule.name;
    }
    if (rule.keeps == Keeps::kOwner) {
      EXPECT_NE(rule.form, KeyForm::kNoLabel) << rule.name;
    }
  }
}

// Whoever names a scenario that shows a rule names one that is there.
TEST(Rules, HaveTheirScenarios) {
  const auto exists = [](std::string_view scenario) {
    const std::filesystem::path library =
        std::filesystem::path(SWEEPCHECK_SOURCE_DIR) / "scenarios";
    return std::filesystem::is_regular_file(library / (std::string(scenario) + ".json"));
  };
  for (const MeaningRule& rule : meaning_rules()) EXPECT_TRUE(exists(rule.scenario)) << rule.name;
  for (const Behaviour& row : behaviours()) EXPECT_TRUE(exists(row.scenario)) << row.name;
  for (const KindRule& rule : kind_rules()) {
    const bool decides = can_be_root(rule.kind) || can_be_collected(rule.kind);
    EXPECT_EQ(exists(rule.scenario), decides) << rule.name;
  }
}

TEST(Behaviours, AreComplete) {
  for (const Behaviour& row : behaviours()) {
    EXPECT_FALSE(row.name.empty());
    EXPECT_FALSE(row.when.empty()) << row.name;
    EXPECT_FALSE(row.says.empty()) << row.name;
    EXPECT_FALSE(row.source.empty()) << row.name;
  }
}

// A row changes one field, and no two rows change the same one but by another value.
TEST(Behaviours, EachRowHasAFieldOfItsOwn) {
  std::set<std::string_view> names;
  for (const Behaviour& row : behaviours()) {
    names.insert(row.name);
    for (const Behaviour& other : behaviours()) {
      EXPECT_EQ(row.name == other.name, row.field == other.field) << row.name << other.name;
    }
  }
  EXPECT_GE(names.size(), 40U);
}

TEST(Profiles, HaveTheirReleasesRules) {
  const auto at = [](const char* release) -> const Profile& {
    const Profile* profile = find_profile(release);
    EXPECT_NE(profile, nullptr) << release;
    return *profile;
  };
  EXPECT_FALSE(at("1.6.31").lease_on_existing_snapshot);
  EXPECT_TRUE(at("1.6.32").lease_on_existing_snapshot);
  EXPECT_FALSE(at("1.7.16").lease_on_existing_snapshot);
  EXPECT_TRUE(at("1.7.17").lease_on_existing_snapshot);
  EXPECT_TRUE(at("1.7.22").unpacker_stats_first);
  EXPECT_FALSE(at("1.7.23").unpacker_stats_first);
  EXPECT_FALSE(at("1.7.16").unpacks_any_layer_type);
  EXPECT_EQ(at("1.7.15").collection_time_floor, 0);
  EXPECT_EQ(at("1.7.16").collection_time_floor, 5 * kMillisecond);
  EXPECT_TRUE(at("1.7.5").push_requires_local_children);
  EXPECT_FALSE(at("1.7.6").push_requires_local_children);
  EXPECT_FALSE(at("2.1.9").follows(Meaning::kBackImage));
  EXPECT_TRUE(at("2.2.0").follows(Meaning::kBackImage));
  EXPECT_FALSE(at("2.2.10").follows(Meaning::kCondition));
  EXPECT_TRUE(at("2.3.0").follows(Meaning::kCondition));
  EXPECT_FALSE(at("1.7.36").follows(Meaning::kImageExpiry));
  EXPECT_TRUE(at("2.0.0").follows(Meaning::kImageExpiry));
  EXPECT_EQ(at("1.7.36").collectable & kind_bit(ObjectKind::kImage), 0U);
  EXPECT_NE(at("2.0.0").collectable & kind_bit(ObjectKind::kImage), 0U);
  EXPECT_EQ(at("1.7.0").roots & kind_bit(ObjectKind::kSandbox), 0U);
  EXPECT_NE(at("2.0.0").roots & kind_bit(ObjectKind::kSandbox), 0U);
  EXPECT_EQ(at("2.2.0").highest_config_version, 3);
  EXPECT_EQ(at("2.3.0").highest_config_version, 4);
  EXPECT_TRUE(at("2.3.1").copies_reserved_config_labels);
  EXPECT_FALSE(at("2.3.2").copies_reserved_config_labels);
}

TEST(Profiles, ANameIsAReleaseOfItsLine) {
  for (const Profile& profile : profiles()) {
    const Profile* same = find_profile(profile.release);
    ASSERT_NE(same, nullptr) << profile.name;
    EXPECT_EQ(same->version, profile.version);
    EXPECT_EQ(find_profile(profile.name), &profile);
    for (const Behaviour& row : behaviours()) {
      std::visit([&](auto field) { EXPECT_EQ(same->*field, profile.*field) << row.name; },
                 row.field);
    }
    const std::vector<std::string> names{std::string(profile.name)};
    EXPECT_TRUE(names_profile(names, *same));
    EXPECT_FALSE(names_profile(names, *find_profile("1.7.15")));
  }
}

TEST(Profiles, WhatIsNoReleaseIsNone) {
  for (const char* name : {"1.6.19", "1.6.40", "1.8.0", "2.4.99", "3.0.0", "2.1", "containerd",
                           "containerd-2.2", "v2.1.9", ""}) {
    EXPECT_EQ(find_profile(name), nullptr) << name;
  }
  EXPECT_EQ(nearest_profile({1, 8, 0}).name, "1.7.36");
  EXPECT_EQ(nearest_profile({1, 0, 0}).name, "1.6.20");
  EXPECT_EQ(nearest_profile({9, 0, 0}).version,
            profile_at(nearest_profile({9, 0, 0}).version)->version);
  EXPECT_EQ(profile_at({1, 6, 19}), nullptr);
}

// The same pointer for the same release, whoever asks.
TEST(Profiles, AreTheSameOnEveryThread) {
  const Profile* here = find_profile("1.7.15");
  const Profile* there = nullptr;
  std::thread([&] { there = find_profile("1.7.15"); }).join();
  EXPECT_EQ(here, there);
}

}  // namespace
}  // namespace sweepcheck
