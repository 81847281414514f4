#include "model/catalog/meanings.hpp"

#include <array>

namespace sweepcheck {
namespace {

constexpr Version k20{2, 0, 0};
constexpr Version k22{2, 2, 0};
constexpr Version k23{2, 3, 0};

constexpr std::uint32_t kImage = kind_bit(ObjectKind::kImage);
constexpr std::uint32_t kContent = kind_bit(ObjectKind::kContent);
constexpr std::uint32_t kIngest = kind_bit(ObjectKind::kIngest);
constexpr std::uint32_t kSnapshot = kind_bit(ObjectKind::kSnapshot);
constexpr std::uint32_t kLease = kind_bit(ObjectKind::kLease);
constexpr std::uint32_t kContainer = kind_bit(ObjectKind::kContainer);
constexpr std::uint32_t kSandbox = kind_bit(ObjectKind::kSandbox);
/// Whose reference labels are followed. A lease's and a namespace's never are.
constexpr std::uint32_t kReferring = kImage | kContent | kSnapshot | kContainer | kSandbox;
/// Whose back references are looked at: an image's once it has expired, until then it is a root.
constexpr std::uint32_t kReferringBack = kImage | kContent | kSnapshot | kContainer;

constexpr std::string_view kScanRoots = "core/metadata/gc.go scanRoots";
constexpr std::string_view kReferences = "core/metadata/gc.go references";
constexpr std::string_view kReferenceLabels =
    "core/metadata/gc.go startGCContext, references, scanRoots";
constexpr std::string_view kBackReferenceLabels = "core/metadata/gc.go startGCContext, scanRoots";

constexpr std::array<MeaningRule, kMeaningCount> kRules{{
    {.meaning = Meaning::kInert,
     .name = "any other label",
     .says = "The collector never reads it.",
     .scenario = "roots-and-labels/reference-key-other-continuation"},
    {.meaning = Meaning::kRoot,
     .name = "gc.root",
     .says = "The owner is a root, whatever the value is.",
     .form = KeyForm::kWhole,
     .label = "containerd.io/gc.root",
     .owners = kContent | kSnapshot,
     .heeded = always(),
     .source = kScanRoots,
     .scenario = "roots-and-labels/root-label"},
    {.meaning = Meaning::kRootPrefix,
     .name = "gc.root...",
     .says = "A key that only starts with gc.root makes its owner a root, too.",
     .form = KeyForm::kPrefix,
     .label = "containerd.io/gc.root",
     .owners = kContent | kSnapshot,
     .heeded = since(k22),
     .source = "core/metadata/gc.go sendLabelRefs",
     .scenario = "roots-and-labels/root-prefix-from-2.2"},
    {.meaning = Meaning::kFlat,
     .name = "gc.flat",
     .says = "The lease keeps what it holds, and not what that refers to.",
     .form = KeyForm::kWhole,
     .label = "containerd.io/gc.flat",
     .owners = kLease,
     .heeded = always(),
     .source = kScanRoots,
     .scenario = "leases/flat-lease-keeps-its-resource-only"},
    {.meaning = Meaning::kRefContent,
     .name = "gc.ref.content",
     .says = "The owner keeps the content whose digest is the value.",
     .form = KeyForm::kNamed,
     .label = "containerd.io/gc.ref.content",
     .owners = kReferring,
     .keeps = Keeps::kNamed,
     .names = kContent,
     .heeded = always(),
     .source = kReferenceLabels,
     .scenario = "roots-and-labels/reference-key-slash"},
    {.meaning = Meaning::kRefSnapshot,
     .name = "gc.ref.snapshot",
     .says = "The owner keeps the snapshot whose key is the value, of the snapshotter that the "
             "label names.",
     .form = KeyForm::kSnapshotter,
     .label = "containerd.io/gc.ref.snapshot.",
     .owners = kReferring,
     .keeps = Keeps::kNamed,
     .names = kSnapshot,
     .heeded = always(),
     .source = kReferenceLabels,
     .scenario = "roots-and-labels/snapshot-reference-names-a-snapshotter"},
    {.meaning = Meaning::kRefImage,
     .name = "gc.ref.image",
     .says = "The owner keeps the image whose name is the value.",
     .form = KeyForm::kNamed,
     .label = "containerd.io/gc.ref.image",
     .owners = kReferring,
     .keeps = Keeps::kNamed,
     .names = kImage,
     .heeded = since(k20),
     .source = kReferenceLabels,
     .scenario = "roots-and-labels/reference-to-an-image"},
    {.meaning = Meaning::kBackContent,
     .name = "gc.bref.content",
     .says = "While the content that the value names is kept, so is the owner.",
     .form = KeyForm::kNamed,
     .label = "containerd.io/gc.bref.content",
     .owners = kReferringBack,
     .keeps = Keeps::kOwner,
     .names = kContent,
     .heeded = since(k22),
     .source = kBackReferenceLabels,
     .scenario = "roots-and-labels/back-reference"},
    {.meaning = Meaning::kBackSnapshot,
     .name = "gc.bref.snapshot",
     .says = "While the snapshot that the label and the value name is kept, so is the owner.",
     .form = KeyForm::kSnapshotter,
     .label = "containerd.io/gc.bref.snapshot.",
     .owners = kReferringBack,
     .keeps = Keeps::kOwner,
     .names = kSnapshot,
     .heeded = since(k22),
     .source = kBackReferenceLabels,
     .scenario = "roots-and-labels/back-reference-to-a-snapshot"},
    {.meaning = Meaning::kBackImage,
     .name = "gc.bref.image",
     .says = "While the image that the value names is kept, so is the owner.",
     .form = KeyForm::kNamed,
     .label = "containerd.io/gc.bref.image",
     .owners = kReferringBack,
     .keeps = Keeps::kOwner,
     .names = kImage,
     .heeded = since(k22),
     .source = kBackReferenceLabels,
     .scenario = "roots-and-labels/image-bound-to-another-image"},
    {.meaning = Meaning::kBackContainer,
     .name = "gc.bref.container",
     .says = "While there is the container that the value names, the owner is kept.",
     .form = KeyForm::kNamed,
     .label = "containerd.io/gc.bref.container",
     .owners = kReferringBack,
     .keeps = Keeps::kOwner,
     .names = kContainer,
     .heeded = since(k22),
     .source = kBackReferenceLabels,
     .scenario = "roots-and-labels/back-reference-to-a-container"},
    {.meaning = Meaning::kCondition,
     .name = "gc.cond.snapshot",
     .says = "The owner keeps the snapshot while one of the conditions holds.",
     .form = KeyForm::kCondition,
     .label = "containerd.io/gc.cond.snapshot",
     .owners = kImage | kContent,
     .keeps = Keeps::kNamed,
     .names = kSnapshot,
     .heeded = since(k23),
     .source = "core/metadata/gc.go startGCContext, scanRoots (lines 646 to 708)",
     .scenario = "roots-and-labels/condition-of-another-owner"},
    {.meaning = Meaning::kUsedAt,
     .name = "gc.cond.value-usedat",
     .says = "When the snapshot was last used, for conditions to compare.",
     .form = KeyForm::kPrefix,
     .label = "containerd.io/gc.cond.value-usedat",
     .owners = kSnapshot,
     .heeded = since(k23),
     .source = kScanRoots,
     .scenario = "roots-and-labels/conditional-reference"},
    {.meaning = Meaning::kLeaseExpiry,
     .name = "gc.expire of a lease",
     .says = "After that time the lease is not a root.",
     .owners = kLease,
     .heeded = always(),
     .source = kScanRoots,
     .scenario = "leases/expiry-is-strict"},
    {.meaning = Meaning::kImageExpiry,
     .name = "gc.expire of an image",
     .says = "After that time the image is not a root.",
     .owners = kImage,
     .heeded = since(k20),
     .source = "core/metadata/gc.go isExpiredImage",
     .scenario = "roots-and-labels/image-expiry"},
    {.meaning = Meaning::kIngestExpiry,
     .name = "expiry of an ingest",
     .says =
         "After that time the ingest is not a root; one that was opened under a lease has none, "
         "and is none.",
     .owners = kIngest,
     .heeded = always(),
     .source = kScanRoots,
     .scenario = "crash/abandoned-ingest-lives-a-day"},
    {.meaning = Meaning::kTarget,
     .name = "image target",
     .says = "An image keeps the content that it stands for. A registry's tag names a manifest.",
     .owners = kImage | kind_bit(ObjectKind::kTag),
     .keeps = Keeps::kNamed,
     .names = kContent | kind_bit(ObjectKind::kRepositoryManifest),
     .from_flat_lease = true,
     .heeded = always(),
     .source = kReferences,
     .scenario = "roots-and-labels/reference-of-an-image-record"},
    {.meaning = Meaning::kParent,
     .name = "snapshot parent",
     .says = "A snapshot keeps its parent.",
     .owners = kSnapshot,
     .keeps = Keeps::kNamed,
     .names = kSnapshot,
     .from_flat_lease = true,
     .heeded = always(),
     .source = kReferences,
     .scenario = "leases/flat-lease-on-a-snapshot-keeps-its-parents"},
    {.meaning = Meaning::kContainerSnapshot,
     .name = "container snapshot",
     .says = "A container keeps its snapshot.",
     .owners = kContainer,
     .keeps = Keeps::kNamed,
     .names = kSnapshot,
     .heeded = always(),
     .source = kReferences,
     .scenario = "containers/record-keeps-only-its-snapshot"},
    {.meaning = Meaning::kLeaseResource,
     .name = "lease resource",
     .says = "A lease keeps what it holds.",
     .owners = kLease,
     .keeps = Keeps::kNamed,
     .names = kContent | kSnapshot | kIngest | kImage,
     .heeded = always(),
     .source = kScanRoots,
     .scenario = "leases/lease-keeps-a-tree"},
    {.meaning = Meaning::kIngestExpected,
     .name = "ingest expected",
     .says = "An ingest that adopts a blob of another namespace keeps its record, if there is one.",
     .owners = kIngest,
     .keeps = Keeps::kNamed,
     .names = kContent,
     .heeded = always(),
     .source = kReferences,
     .scenario = "namespaces/adopted-in-the-middle-of-a-download"},
    {.meaning = Meaning::kChildEntry,
     .name = "child entry",
     .says = "A snapshot's list of its children, which outlives a swept child.",
     .owners = kSnapshot,
     .names = kSnapshot,
     .source = "core/metadata/snapshot.go",
     .scenario = "roots-and-labels/stale-child-entry"},
    {.meaning = Meaning::kDirectory,
     .name = "snapshot directory",
     .says = "The directory that a snapshot's files are in.",
     .owners = kSnapshot,
     .names = kind_bit(ObjectKind::kSnapshotDirectory),
     .source = "core/metadata/snapshot.go garbageCollect",
     .scenario = "crash/snapshot-directories-lost"},
    {.meaning = Meaning::kSnapshotKind,
     .name = "snapshot kind",
     .says = "Active or view; a committed snapshot has none.",
     .owners = kSnapshot,
     .source = "core/snapshots/snapshotter.go",
     .scenario = "roots-and-labels/only-active-snapshots-are-committed"},
    {.meaning = Meaning::kContainerImage,
     .name = "container image",
     .says = "The name of a container's image, which keeps nothing.",
     .owners = kContainer,
     .source = kReferences,
     .scenario = "containers/record-keeps-only-its-snapshot"},
    {.meaning = Meaning::kRunning,
     .name = "task",
     .says = "The container's task runs, which keeps nothing.",
     .owners = kContainer,
     .source = kReferences,
     .scenario = "containers/running-container-survives-everything"},
    {.meaning = Meaning::kRepositoryContent,
     .name = "repository content",
     .says =
         "A manifest in a registry names its blobs; containerd's collector knows nothing of it.",
     .owners = kind_bit(ObjectKind::kRepositoryManifest),
     .keeps = Keeps::kNamed,
     .names = kind_bit(ObjectKind::kRepositoryLayer) | kind_bit(ObjectKind::kRepositoryManifest),
     .source = "distribution registry/storage/garbagecollect.go",
     .scenario = "push/discarded-after-registry-collection"},
}};

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < kRules.size(); ++i) {
    if (kRules[i].meaning != static_cast<Meaning>(i)) return false;
  }
  return true;
}
static_assert(is_in_order(), "a meaning's row is found by its number");

template <typename Holds>
constexpr std::uint32_t meanings_that(Holds&& holds) {
  std::uint32_t meanings = 0;
  for (const MeaningRule& rule : kRules) {
    if (holds(rule)) meanings |= meaning_bit(rule.meaning);
  }
  return meanings;
}

constexpr std::uint32_t kEdgeMeanings =
    meanings_that([](const MeaningRule& rule) { return rule.keeps != Keeps::kNothing; });

}  // namespace

std::span<const MeaningRule> meaning_rules() { return kRules; }

const MeaningRule& rule_of(Meaning meaning) { return kRules[static_cast<std::size_t>(meaning)]; }

std::uint32_t edge_meanings() { return kEdgeMeanings; }

std::uint32_t heeded_meanings(Version version) {
  return meanings_that([&](const MeaningRule& rule) { return rule.heeded.contains(version); });
}

std::uint32_t flat_meanings(Version version) {
  return meanings_that([&](const MeaningRule& rule) {
    return rule.from_flat_lease && rule.heeded.contains(version);
  });
}

}  // namespace sweepcheck
