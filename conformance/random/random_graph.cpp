#include "conformance/random/random_graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "properties/search/generator.hpp"

namespace sweepcheck {
namespace {

constexpr std::uint64_t kGraphStream = 0x6772617068ULL << 16;
constexpr int kRoundCount = 3;
constexpr int kChangesOfRound = 12;

// Draws the lines of the steps, which are JSON objects.
// Each draw is a statement of its own: the order of a call's arguments is the compiler's.
class GraphDrawer {
 public:
  GraphDrawer(Random random, std::uint32_t object_count, const Profile& profile)
      : random_(random), object_count_(object_count), profile_(profile) {}

  std::vector<std::string> draw() {
    add(R"("import": "app.tar", "namespace": "default")");
    add(R"("import": "app.tar", "namespace": "team")");
    add(R"("import": "app.tar", "namespace": "spare")");
    while (object_count_made_ < object_count_) draw_object(made_ + 1);
    for (int i = 0; i < 4; ++i) {
      const std::string space = draw_space();
      add(fmt::format(R"("tag": "{}", "to": "example.com/tag:{}", "namespace": "{}")", kImage, i,
                      space));
      add(fmt::format(R"("label-image": "example.com/tag:{}", "namespace": "{}", "labels": {{{}}})",
                      i, space, label(true)));
    }
    add(R"("collect": true)");
    for (int round = 0; round < kRoundCount; ++round) {
      for (int i = 0; i < kChangesOfRound; ++i) change();
      add(R"("collect": true)");
    }
    return std::move(lines_);
  }

 private:
  static constexpr std::string_view kImage = "example.com/app:1";

  std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>(((random_.next() >> 32) * bound) >> 32);
  }
  std::uint32_t below_size(const auto& items) {
    return below(static_cast<std::uint32_t>(items.size()));
  }
  void add(std::string line) { lines_.push_back(std::move(line)); }
  std::string draw_space() {
    return !random_.once_in(4) ? "default" : random_.once_in(3) ? "spare" : "team";
  }

  // Most names stand for something that was made, if maybe in another namespace, or that will be.
  std::uint32_t any_number() { return below(random_.once_in(2) ? 2 * object_count_ : made_ + 1); }
  std::string blob() {
    constexpr std::string_view kOfImage[] = {"manifest:app", "config:app", "layer:base"};
    if (random_.once_in(40)) return std::string(kOfImage[below(3)]);
    const bool known = !blobs_.empty() && !random_.once_in(6);
    return fmt::format("blob:n{}", known ? blobs_[below_size(blobs_)] : any_number());
  }
  std::string snapshot() {
    if (random_.once_in(40)) return "chain:base";
    if (!snapshots_.empty() && !random_.once_in(6)) return snapshots_[below_size(snapshots_)];
    return fmt::format("{}{}", random_.once_in(3) ? "a" : "c", any_number());
  }

  std::string back_reference() {
    switch (below(4)) {
      case 0:
        return fmt::format(R"("containerd.io/gc.bref.content{}": "{}")",
                           random_.once_in(3) ? "/x" : "", blob());
      case 1:
        return fmt::format(R"("containerd.io/gc.bref.snapshot.overlayfs": "{}")", snapshot());
      case 2:
        return fmt::format(R"("containerd.io/gc.bref.image.x": "example.com/tag:{}")", below(5));
      default:
        return fmt::format(R"("containerd.io/gc.bref.container": "k{}")", below(4));
    }
  }

  // Longer ago than an hour, or not: the clock decides nothing between the two.
  std::string condition() {
    const char comparison = random_.once_in(2) ? '<' : '>';
    return fmt::format(R"("containerd.io/gc.cond.snapshot.overlayfs": "usedat{}1h|{}")", comparison,
                       snapshot());
  }

  // A reference, a root, an expiry, a condition, or what means nothing.
  std::string label(bool expires) {
    constexpr std::string_view kContentKeys[] = {
        "containerd.io/gc.ref.content",     "containerd.io/gc.ref.content.0",
        "containerd.io/gc.ref.content.l.1", "containerd.io/gc.ref.content/x",
        "containerd.io/gc.ref.contents",    "containerd.io/gc.ref.content."};
    constexpr std::string_view kSnapshotKeys[] = {
        "containerd.io/gc.ref.snapshot.overlayfs", "containerd.io/gc.ref.snapshot.overlayfs/x",
        "containerd.io/gc.ref.snapshot.overlayfs.1", "containerd.io/gc.ref.snapshot.native",
        "containerd.io/gc.ref.snapshot"};
    constexpr std::string_view kTimes[] = {"2020-01-01T00:00:00Z", "2026-01-01T01:00:00Z",
                                           "2099-01-01T00:00:00Z", "tomorrow"};
    switch (below(expires ? 18 : 16)) {
      case 0:
        return fmt::format(R"("containerd.io/gc.root{}": "yes")", random_.once_in(8) ? ".x" : "");
      case 1:
        return R"("team": "a")";
      case 2:
        return fmt::format(R"("containerd.io/gc.ref.image": "example.com/tag:{}")", below(5));
      case 3:
      case 4:
      case 5: {
        const std::string_view key = kSnapshotKeys[random_.once_in(3) ? below(5) : 0];
        return fmt::format(R"("{}": "{}")", key, snapshot());
      }
      case 12:
      case 13:
        return back_reference();
      case 14:
        return condition();
      case 15:
        return fmt::format(R"("containerd.io/gc.cond.value-usedat": "{}")", kTimes[below(4)]);
      case 16:
      case 17:
        return fmt::format(R"("containerd.io/gc.expire": "{}")", kTimes[below(4)]);
      default: {
        const std::string_view key = kContentKeys[random_.once_in(3) ? below(6) : 1];
        return fmt::format(R"("{}": "{}")", key, blob());
      }
    }
  }

  // Up to three labels of different keys; few objects are roots.
  std::string labels(bool expires, bool rooted = true) {
    const std::uint32_t count = below(4);
    std::vector<std::string> chosen;
    for (std::uint32_t i = 0; i < count; ++i) {
      std::string next = label(expires);
      const std::string key = next.substr(0, next.find(':'));
      const bool known = std::any_of(chosen.begin(), chosen.end(), [&](const std::string& other) {
        return other.starts_with(key + ":");
      });
      const bool root = next.starts_with(R"("containerd.io/gc.root)");
      if (!known && (!root || (rooted && random_.once_in(3)))) chosen.push_back(std::move(next));
    }
    return chosen.empty() ? "" : fmt::format(R"(, "labels": {{{}}})", fmt::join(chosen, ", "));
  }

  void draw_object(std::uint32_t i) {
    const std::string space = draw_space();
    const std::uint32_t kind = below(100);
    if (kind < 60) {
      draw_blob(i, space);
    } else if (kind < 91) {
      draw_snapshot(i, space);
    } else if (kind < 93) {
      draw_holder(space);
    } else {
      draw_lease(space);
    }
    made_ = i;
  }

  // Now and then what is made is put into a lease, mostly one of its namespace.
  std::string in_lease(const std::string& space) {
    if (leases_.empty() || !random_.once_in(12)) return "";
    const auto& [id, of] = leases_[below_size(leases_)];
    return of == space || random_.once_in(8) ? fmt::format(R"(, "lease": "{}")", id) : "";
  }

  void draw_blob(std::uint32_t i, const std::string& space) {
    // Now and then another namespace's blob.
    const std::uint32_t name = random_.once_in(16) ? below(i + 1) : i;
    if (name == i) {
      ++object_count_made_;
      blobs_.push_back(i);
    }
    std::string rest = in_lease(space);
    rest += labels(false);
    add(fmt::format(R"("ingest": "n{}", "by": "library", "size": {}, "namespace": "{}"{})", name,
                    1 + name % 90, space, rest));
  }

  void draw_snapshot(std::uint32_t i, const std::string& space) {
    // Most parents are there.
    std::vector<std::uint32_t>& committed = committed_[space];
    const bool known = !committed.empty() && !random_.once_in(12);
    const auto parent_number = known ? committed[below_size(committed)] : below(i + 1);
    const bool has_parent = known ? !random_.once_in(3) : random_.once_in(12);
    const bool is_view = random_.once_in(8);
    std::string rest = has_parent ? fmt::format(R"(, "parent": "c{}")", parent_number) : "";
    rest += in_lease(space);
    rest += labels(false);
    add(fmt::format(R"("{}-snapshot": "a{}", "by": "library", "namespace": "{}"{})",
                    is_view ? "view" : "prepare", i, space, rest));
    const bool is_made = known || !has_parent;
    if (is_made) ++object_count_made_;
    if (is_view || random_.once_in(3)) {
      if (is_made) snapshots_.push_back(fmt::format("a{}", i));
      return;
    }
    if (is_made) {
      committed.push_back(i);
      snapshots_.push_back(fmt::format("c{}", i));
    }
    rest = in_lease(space);
    rest += labels(false);
    add(fmt::format(
        R"("commit-snapshot": "a{}", "to": "c{}", "by": "library", "namespace": "{}"{})", i, i,
        space, rest));
  }

  // A container or a sandbox: roots that nothing removes here, so there are few.
  void draw_holder(const std::string& space) {
    const std::uint32_t number = below(4);
    const std::string rest = labels(false);
    if (random_.once_in(2)) {
      add(fmt::format(R"("create-container": "k{}", "image": "{}", "namespace": "{}"{})", number,
                      kImage, space, rest));
    } else {
      add(fmt::format(R"("run-sandbox": "p{}", "namespace": "{}"{})", number, space, rest));
    }
  }

  void draw_lease(const std::string& space) {
    ++object_count_made_;
    leases_.push_back({fmt::format("l{}", leases_.size()), space});
    std::string rest = random_.once_in(4) ? R"(, "flat": true)" : "";
    rest += labels(true, false);
    add(fmt::format(R"("create-lease": "{}", "by": "library", "namespace": "{}"{})",
                    leases_.back().first, space, rest));
    for (std::uint32_t i = below(4); i > 0; --i) hold(leases_.back());
  }

  void hold(const std::pair<std::string, std::string>& lease) {
    const std::uint32_t kind = below(profile_.leases_take_images ? 9 : 8);
    const std::string resource =
        kind < 5   ? fmt::format(R"("resource": "{}")", blob())
        : kind < 8 ? fmt::format(R"("resource": "{}", "kind": "snapshot")", snapshot())
                   : fmt::format(R"("resource": "example.com/tag:{}", "kind": "image")", below(5));
    add(fmt::format(R"("add-resource": "{}", {}, "namespace": "{}")", lease.first, resource,
                    lease.second));
  }

  // What a lease's namespace has is likely to be named; failures are compared, too.
  void change() {
    const std::string space = draw_space();
    switch (below(8)) {
      case 0:
      case 1: {
        const bool content = random_.once_in(2);
        const std::string name = content ? blob() : snapshot();
        add(fmt::format(R"("label-{}": "{}", "namespace": "{}", "labels": {{{}}})",
                        content ? "content" : "snapshot", name, space, label(false)));
        break;
      }
      case 2:
        add(fmt::format(R"("remove-content": "{}", "namespace": "{}")", blob(), space));
        break;
      case 3:
        add(fmt::format(R"("remove-snapshot": "{}", "namespace": "{}")", snapshot(), space));
        break;
      case 4:
        if (!leases_.empty()) hold(leases_[below_size(leases_)]);
        break;
      case 5:
        if (!leases_.empty()) {
          const auto& [id, of] = leases_[below_size(leases_)];
          add(fmt::format(R"("delete-lease": "{}", "namespace": "{}"{})", id, of,
                          random_.once_in(4) ? R"(, "sync": true)" : ""));
        }
        break;
      case 6:
        add(R"("advance": "2h")");
        break;
      default:
        draw_object(made_ + 1);
        break;
    }
  }

  Random random_;
  const std::uint32_t object_count_;
  const Profile& profile_;
  /// The number of the last object, and how many were probably made.
  std::uint32_t made_ = 0;
  std::uint32_t object_count_made_ = 0;
  /// Snapshots that can be parents, by namespace.
  std::map<std::string, std::vector<std::uint32_t>> committed_;
  std::vector<std::uint32_t> blobs_;
  std::vector<std::string> snapshots_;
  /// Ids with their namespaces.
  std::vector<std::pair<std::string, std::string>> leases_;
  std::vector<std::string> lines_;
};

}  // namespace

RandomScenario graph_scenario(std::uint64_t seed, std::uint64_t number, std::uint32_t object_count,
                              const Profile& profile) {
  const auto lines = std::make_shared<const std::vector<std::string>>(
      GraphDrawer(Random(seed, kGraphStream + number), object_count, profile).draw());
  const std::string policy = fmt::format(R"({{"node": {{"content_sharing_policy": "{}"}}}})",
                                         number % 2 == 1 ? "isolated" : "shared");
  return {lines->size(), [lines, policy, name = std::string(profile.name)](
                             const std::vector<bool>& kept, const std::string& about) {
            std::string out = fmt::format(
                "{{\n  \"about\": \"{}\",\n  \"profiles\": [\"{}\"],\n"
                "  \"nodes\": {},\n"
                "  \"images\": {{\"app\": {{\"layers\": [\"base\"]}}}},\n"
                "  \"archives\": {{\"app.tar\": {{\"image\": \"app\", \"name\": "
                "\"example.com/app:1\"}}}},\n  \"steps\": [",
                about, name, policy);
            const char* separator = "\n";
            for (std::size_t i = 0; i < lines->size(); ++i) {
              if (!kept[i]) continue;
              out += fmt::format("{}    {{{}}}", std::exchange(separator, ",\n"), (*lines)[i]);
            }
            return out + "\n  ]\n}\n";
          }};
}

}  // namespace sweepcheck
