// What is written in a notation reads back as the same: durations, times, references, label keys.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "model/catalog/catalog.hpp"
#include "model/catalog/label.hpp"
#include "model/time.hpp"
#include "tests/unit/rapid.hpp"

namespace sweepcheck {
namespace {

// Of every magnitude alike: most 64-bit numbers are centuries.
rc::Gen<Duration> duration_gen() {
  return rc::gen::map(rc::gen::pair(rc::gen::resize(1'000, rc::gen::arbitrary<std::int64_t>()),
                                    rc::gen::inRange(1, 63)),
                      [](const std::pair<std::int64_t, int>& drawn) {
                        constexpr Duration kLongest = 9'200'000'000'000'000'000;
                        return std::clamp(drawn.first >> drawn.second, -kLongest, kLongest);
                      });
}

TEST(RoundTrips, Durations) {
  test::expect_holds("parse_duration reads what format_duration writes", [] {
    const Duration duration = *duration_gen();
    RC_ASSERT(parse_duration(format_duration(duration)) == std::optional(duration));
  });
}

// From 1701 to 2249; nanoseconds do not reach much further.
rc::Gen<Time> whole_second_gen() {
  return rc::gen::map(rc::gen::inRange<std::int64_t>(-8'488'800'000, 8'804'419'200),
                      [](std::int64_t seconds) { return seconds * kSecond; });
}

TEST(RoundTrips, Times) {
  test::expect_holds("parse_rfc3339 reads what format_rfc3339 writes", [] {
    const Time time = *whole_second_gen();
    RC_ASSERT(parse_rfc3339(format_rfc3339(time)) == std::optional(time));
  });
}

TEST(RoundTrips, TimesElsewhereAndBetweenSeconds) {
  test::expect_holds("parse_rfc3339 reads offsets and fractions", [] {
    const Time time = *whole_second_gen();
    const int minutes = *rc::gen::inRange(-24 * 60 + 1, 24 * 60);
    const auto nanoseconds = *rc::gen::inRange<std::int64_t>(0, kSecond);
    std::string there = format_rfc3339(time + minutes * 60 * kSecond);
    std::array<char, 32> rest{};
    std::snprintf(rest.data(), rest.size(), ".%09d%c%02d:%02d", static_cast<int>(nanoseconds),
                  minutes < 0 ? '-' : '+', std::abs(minutes) / 60, std::abs(minutes) % 60);
    there.pop_back();
    RC_ASSERT(parse_rfc3339(there + rest.data()) == std::optional(time + nanoseconds));
  });
}

// A word of a repository, a tag or a host.
rc::Gen<std::string> word_gen() {
  return rc::gen::map(rc::gen::container<std::string>(5, rc::gen::elementOf(std::string("abz019"))),
                      [](const std::string& word) { return word + "x"; });
}

struct Parts {
  std::string host, repository, tag, digest;
  std::string joined() const {
    return host + "/" + repository + (tag.empty() ? "" : ":" + tag) +
           (digest.empty() ? "" : "@" + digest);
  }
};

rc::Gen<Parts> parts_gen() {
  return rc::gen::exec([] {
    Parts parts;
    parts.host = *word_gen() + *rc::gen::element<std::string>(".example", ":5000", ".example:80");
    parts.repository = *word_gen();
    if (*rc::gen::arbitrary<bool>()) parts.repository += "/" + *word_gen();
    if (*rc::gen::arbitrary<bool>()) parts.tag = *word_gen();
    if (*rc::gen::arbitrary<bool>()) parts.digest = "sha256:" + *word_gen();
    return parts;
  });
}

TEST(RoundTrips, References) {
  test::expect_holds("a reference has the parts that it was joined of", [] {
    const Parts parts = *parts_gen();
    Catalog catalog;
    const ReferenceParts split = catalog.reference(catalog.intern(parts.joined()));
    const auto text = [&](StringId id) {
      return id == kNone<StringId> ? std::string() : catalog.text(id);
    };
    RC_ASSERT(text(split.host) == parts.host);
    RC_ASSERT(text(split.repository) == parts.repository);
    RC_ASSERT(text(split.tag) == parts.tag);
    RC_ASSERT(text(split.digest) == parts.digest);
  });
}

struct Key {
  std::string text;
  Meaning meaning;
  std::string snapshotter = {};
  ObjectKind owner = ObjectKind::kContent;
};

// A key of each meaning, with what may follow it, on an owner whose label it can be.
rc::Gen<Key> key_gen() {
  return rc::gen::exec([] {
    const std::string snapshotter = *word_gen();
    const std::string end = *rc::gen::element<std::string>("", ".", ".l.0", "/", "/x/y");
    const std::string slash = *rc::gen::element<std::string>("", "/", "/x/y");
    const std::string more = *word_gen();
    const Key key = *rc::gen::element<Key>(
        Key{"gc.root", Meaning::kRoot}, Key{"gc.root" + more, Meaning::kRootPrefix},
        Key{"gc.flat", Meaning::kFlat, "", ObjectKind::kLease},
        Key{"gc.flat" + more, Meaning::kInert, "", ObjectKind::kLease},
        Key{"gc.ref.content" + end, Meaning::kRefContent},
        Key{"gc.ref.content" + more, Meaning::kInert},
        Key{"gc.ref.image" + end, Meaning::kRefImage}, Key{"gc.ref.image" + more, Meaning::kInert},
        Key{"gc.ref.snapshot." + snapshotter + slash, Meaning::kRefSnapshot, snapshotter},
        Key{"gc.bref.content" + end, Meaning::kBackContent},
        Key{"gc.bref.image" + end, Meaning::kBackImage},
        Key{"gc.bref.container" + end, Meaning::kBackContainer},
        Key{"gc.bref.snapshot." + snapshotter + slash, Meaning::kBackSnapshot, snapshotter},
        Key{"gc.bref." + more, Meaning::kInert},
        Key{"gc.cond.snapshot." + snapshotter + slash, Meaning::kCondition, snapshotter},
        Key{"gc.cond.snapshot/" + snapshotter + slash, Meaning::kCondition, snapshotter},
        Key{"gc.cond.value-usedat" + slash, Meaning::kUsedAt, "", ObjectKind::kSnapshot},
        Key{more, Meaning::kInert});
    return Key{"containerd.io/" + key.text, key.meaning, key.snapshotter, key.owner};
  });
}

TEST(RoundTrips, LabelKeys) {
  test::expect_holds("a key is parsed into the meaning that it was made of", [] {
    const Key key = *key_gen();
    RC_LOG() << key.text;
    const LabelKey parsed = parse_label_key(key.owner, key.text);
    RC_ASSERT(static_cast<int>(parsed.meaning) == static_cast<int>(key.meaning));
    RC_ASSERT(std::string(parsed.snapshotter) == key.snapshotter);
  });
}

}  // namespace
}  // namespace sweepcheck
