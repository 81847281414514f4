#include "replay/trace.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/collector.hpp"
#include "model/explain.hpp"
#include "model/inspect.hpp"

namespace sweepcheck {
namespace {

bool is_interesting(ObjectKind kind) {
  return kind != ObjectKind::kNamespace && kind != ObjectKind::kIngestFile;
}

std::string bytes_of(const Catalog& catalog, const State& state, ObjectId object) {
  if (catalog.kind(object) == ObjectKind::kSnapshotDirectory) {
    return fmt::format(" ({} bytes)", directory_bytes(catalog, state, object));
  }
  if (catalog.kind(object) != ObjectKind::kBlobFile) return {};
  const BlobId blob = catalog.blob_of(object);
  return blob == kNone<BlobId> ? std::string{}
                               : fmt::format(" ({} bytes)", catalog.blob(blob).size_bytes);
}

std::string reason(ObjectId object, const Cuts& cuts) {
  for (const auto& [cut, why] : cuts) {
    if (cut == object) return why;
  }
  return "nothing ever referred to it";
}

// One line for all labels that an object gained or lost.
void describe_labels(const Catalog& catalog, const State& before, const State& after,
                     std::vector<std::string>& lines) {
  std::vector<std::pair<ObjectId, std::string>> gained, lost;
  const auto add = [&](auto& list, FactId fact) {
    const ObjectId owner = catalog.owner(fact);
    auto at = std::find_if(list.begin(), list.end(),
                           [&](const auto& entry) { return entry.first == owner; });
    if (at == list.end()) at = list.insert(list.end(), {owner, ""});
    at->second += (at->second.empty() ? "" : ", ") + catalog.display(catalog.label_key(fact)) +
                  "=" + catalog.display(catalog.value(fact));
  };
  after.facts.for_each([&](std::uint32_t index) {
    const auto fact = static_cast<FactId>(index);
    if (catalog.is_label(fact) && !before.has(fact)) add(gained, fact);
  });
  before.facts.for_each([&](std::uint32_t index) {
    const auto fact = static_cast<FactId>(index);
    if (catalog.is_label(fact) && !after.has(fact) && after.has(catalog.owner(fact))) {
      add(lost, fact);
    }
  });
  for (const auto& [owner, text] : gained) {
    lines.push_back("labelled " + catalog.describe(owner) + ": " + text);
  }
  for (const auto& [owner, text] : lost) {
    lines.push_back("unlabelled " + catalog.describe(owner) + ": " + text);
  }
}

}  // namespace

void note_cuts(const Catalog& catalog, const Profile& profile, const State& before, Time before_now,
               const State& after, Time after_now, const std::string& cause, Cuts& cuts) {
  Marking was, is;
  mark(catalog, profile, before, before_now, was);
  mark(catalog, profile, after, after_now, is);
  after.objects.for_each([&](std::uint32_t index) {
    const auto object = static_cast<ObjectId>(index);
    if (!is_collectable(catalog.kind(object), profile)) return;
    if (is.keeps(object)) {
      std::erase_if(cuts, [&](const auto& cut) { return cut.first == object; });
      return;
    }
    if (!before.has(object) || !was.keeps(object)) return;
    const std::string lost =
        lost_link(catalog, profile, before, before_now, after, after_now, object);
    cuts.emplace_back(object, cause + ": " + lost);
  });
}

std::vector<std::string> describe_changes(const Catalog& catalog, const State& before,
                                          const State& after, const std::vector<ObjectId>& swept,
                                          const Cuts& cuts) {
  std::vector<std::string> lines;
  after.objects.for_each([&](std::uint32_t index) {
    const auto object = static_cast<ObjectId>(index);
    if (before.has(object) || !is_interesting(catalog.kind(object))) return;
    lines.push_back("added " + catalog.describe(object) + bytes_of(catalog, after, object));
  });
  describe_labels(catalog, before, after, lines);
  for (const ObjectId object : swept) {
    lines.push_back("swept " + catalog.describe(object) + ", unreachable: " + reason(object, cuts));
  }
  before.objects.for_each([&](std::uint32_t index) {
    const auto object = static_cast<ObjectId>(index);
    if (after.has(object) || !is_interesting(catalog.kind(object))) return;
    if (std::find(swept.begin(), swept.end(), object) != swept.end()) return;
    lines.push_back("removed " + catalog.describe(object) + bytes_of(catalog, before, object));
  });
  return lines;
}

}  // namespace sweepcheck
