#include "model/catalog/object_kind.hpp"

#include <array>

namespace sweepcheck {
namespace {

constexpr std::string_view kScanRoots = "core/metadata/gc.go scanRoots";
constexpr std::string_view kScanAll = "core/metadata/gc.go scanAll";
constexpr Version k20{2, 0, 0};

constexpr std::array<KindRule, kObjectKindCount> kRules{{
    {.kind = ObjectKind::kNamespace, .name = "namespace"},
    {.kind = ObjectKind::kImage,
     .name = "image",
     .root = always(),
     .collected = since(k20),
     .source = kScanRoots,
     .scenario = "roots-and-labels/image-expiry"},
    {.kind = ObjectKind::kContent,
     .name = "content",
     .collected = always(),
     .source = kScanAll,
     .scenario = "roots-and-labels/garbage-is-swept"},
    {.kind = ObjectKind::kIngest,
     .name = "ingest",
     .root = always(),
     .collected = always(),
     .source = kScanRoots,
     .scenario = "crash/abandoned-ingest-lives-a-day"},
    {.kind = ObjectKind::kSnapshot,
     .name = "snapshot",
     .collected = always(),
     .source = kScanAll,
     .scenario = "roots-and-labels/garbage-is-swept"},
    {.kind = ObjectKind::kLease,
     .name = "lease",
     .root = always(),
     .collected = always(),
     .source = kScanRoots,
     .scenario = "leases/expiry-is-strict"},
    {.kind = ObjectKind::kContainer,
     .name = "container",
     .root = always(),
     .source = kScanRoots,
     .scenario = "roots-and-labels/reference-of-a-container"},
    // In 1.7 their records lie where the collector doesn't look.
    {.kind = ObjectKind::kSandbox,
     .name = "sandbox",
     .root = since(k20),
     .source = kScanRoots,
     .scenario = "roots-and-labels/sandbox-labels"},
    {.kind = ObjectKind::kBlobFile, .name = "blob file"},
    {.kind = ObjectKind::kIngestFile, .name = "ingest file"},
    {.kind = ObjectKind::kSnapshotDirectory, .name = "snapshot directory"},
    {.kind = ObjectKind::kRegistryBlob, .name = "registry blob"},
    {.kind = ObjectKind::kRepositoryLayer, .name = "repository layer"},
    {.kind = ObjectKind::kRepositoryManifest, .name = "repository manifest"},
    {.kind = ObjectKind::kTag, .name = "tag"},
}};

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < kRules.size(); ++i) {
    if (kRules[i].kind != static_cast<ObjectKind>(i)) return false;
  }
  return true;
}
static_assert(is_in_order(), "a kind's row is found by its number");

constexpr const KindRule& rule_of(ObjectKind kind) {
  return kRules[static_cast<std::size_t>(kind)];
}

}  // namespace

std::span<const KindRule> kind_rules() { return kRules; }

std::string_view kind_name(ObjectKind kind) { return rule_of(kind).name; }
bool can_be_collected(ObjectKind kind) { return !rule_of(kind).collected.empty(); }
bool can_be_root(ObjectKind kind) { return !rule_of(kind).root.empty(); }

std::uint32_t root_kinds(Version version) {
  std::uint32_t kinds = 0;
  for (const KindRule& rule : kRules) {
    if (rule.root.contains(version)) kinds |= kind_bit(rule.kind);
  }
  return kinds;
}

std::uint32_t collected_kinds(Version version) {
  std::uint32_t kinds = 0;
  for (const KindRule& rule : kRules) {
    if (rule.collected.contains(version)) kinds |= kind_bit(rule.kind);
  }
  return kinds;
}

}  // namespace sweepcheck
