#include "tests/mutants/mutant_table.hpp"

#include <array>

namespace sweepcheck {
namespace {

template <Meaning meaning>
void without_meaning(Profile& profile) {
  profile.followed &= ~meaning_bit(meaning);
}
template <ObjectKind kind>
void without_root(Profile& profile) {
  profile.roots &= ~kind_bit(kind);
}
template <ObjectKind kind>
void uncollected(Profile& profile) {
  profile.collectable &= ~kind_bit(kind);
}
void without_root_labels(Profile& profile) {
  profile.followed &= ~(meaning_bit(Meaning::kRoot) | meaning_bit(Meaning::kRootPrefix));
}

constexpr std::array kTable{
    MutantSpec{Mutant::kNone, "content-reference-ignored", "gc.ref.content labels are not followed",
               "", without_meaning<Meaning::kRefContent>},
    MutantSpec{Mutant::kNone, "snapshot-reference-ignored",
               "gc.ref.snapshot labels are not followed", "",
               without_meaning<Meaning::kRefSnapshot>},
    MutantSpec{Mutant::kNone, "image-target-ignored", "an image record does not keep its target",
               "", without_meaning<Meaning::kTarget>},
    MutantSpec{Mutant::kNone, "parent-ignored", "a snapshot does not keep its parent", "",
               without_meaning<Meaning::kParent>},
    MutantSpec{Mutant::kNone, "container-snapshot-ignored",
               "a container does not keep its snapshot", "",
               without_meaning<Meaning::kContainerSnapshot>},
    MutantSpec{Mutant::kNone, "ingest-expected-ignored",
               "an ingest does not keep the blob that it waits for", "",
               without_meaning<Meaning::kIngestExpected>},
    MutantSpec{Mutant::kNone, "flat-is-full", "a flat lease is treated as a full one", "",
               without_meaning<Meaning::kFlat>},
    MutantSpec{Mutant::kFullIsFlat, "full-is-flat", "every lease is treated as a flat one", ""},
    MutantSpec{Mutant::kNone, "lease-resource-ignored", "a lease keeps nothing", "",
               without_meaning<Meaning::kLeaseResource>},
    MutantSpec{Mutant::kNone, "flat-without-parents",
               "a flat lease on a snapshot does not keep its parents", "",
               [](Profile& profile) { profile.followed_flat &= ~meaning_bit(Meaning::kParent); }},
    MutantSpec{Mutant::kMarkDependsOnOrder, "mark-depends-on-order",
               "the mark follows references to older objects only", ""},
    MutantSpec{Mutant::kMarkForgetsGray, "mark-forgets-gray",
               "the mark forgets what it has yet to visit", ""},
    MutantSpec{Mutant::kExpiryReversed, "expiry-reversed", "expiry is compared the wrong way", ""},
    MutantSpec{Mutant::kNone, "expired-lease-is-root", "a lease that has expired is a root", "",
               without_meaning<Meaning::kLeaseExpiry>},
    MutantSpec{Mutant::kNone, "image-is-no-root", "an image record is not a root", "",
               without_root<ObjectKind::kImage>},
    MutantSpec{Mutant::kNone, "expired-image-is-root", "an image that has expired is a root", "",
               without_meaning<Meaning::kImageExpiry>},
    MutantSpec{Mutant::kNone, "ingest-is-no-root", "an ingest without a lease is not a root", "",
               without_root<ObjectKind::kIngest>},
    MutantSpec{Mutant::kNone, "expired-ingest-is-root", "an ingest stays for ever", "",
               without_meaning<Meaning::kIngestExpiry>},
    MutantSpec{Mutant::kNone, "container-is-no-root", "a container is not a root", "",
               without_root<ObjectKind::kContainer>},
    MutantSpec{Mutant::kNone, "root-label-ignored", "gc.root labels are ignored", "",
               without_root_labels},
    MutantSpec{Mutant::kNone, "leases-not-swept", "leases are not swept", "",
               uncollected<ObjectKind::kLease>},
    MutantSpec{Mutant::kNone, "snapshots-not-swept", "snapshots are not swept", "",
               uncollected<ObjectKind::kSnapshot>},
    MutantSpec{Mutant::kNone, "content-not-swept", "content is not swept", "",
               uncollected<ObjectKind::kContent>},
    MutantSpec{Mutant::kNone, "ingests-not-swept", "ingests are not swept", "",
               uncollected<ObjectKind::kIngest>},
    MutantSpec{Mutant::kSweepLeavesFacts, "sweep-leaves-facts",
               "what was removed leaves its labels behind", ""},
    MutantSpec{Mutant::kSweepStopsAtFirst, "sweep-stops-at-first", "a collection sweeps one object",
               ""},
    MutantSpec{Mutant::kLabelSuffixIgnored, "label-suffix-ignored",
               "a reference label with a suffix is none", ""},
    MutantSpec{Mutant::kConditionOnAnyOwner, "condition-on-any-owner",
               "a condition is read from whatever has the label", "a fault of this model"},
    MutantSpec{Mutant::kBackReferenceOnLease, "back-reference-on-lease",
               "a lease's back references are read", "a fault of this model"},
    MutantSpec{Mutant::kNoOperationLease, "no-operation-lease", "a pull works without its lease",
               ""},
    MutantSpec{Mutant::kLeaseExpiresAtOnce, "lease-expires-at-once",
               "a pull's lease expires at once", ""},
    MutantSpec{Mutant::kLeaseNeverExpires, "lease-never-expires", "a pull's lease never expires",
               "moby#48909"},
    MutantSpec{Mutant::kLeaseNotDeleted, "lease-not-deleted", "a pull leaves its lease behind", ""},
    MutantSpec{Mutant::kDiscardIgnored, "discard-ignored",
               "discarding labels the layers all the same", ""},
    MutantSpec{Mutant::kLayersUnlabelled, "layers-unlabelled", "layers are never labelled", ""},
    MutantSpec{Mutant::kConfigUnlabelled, "config-unlabelled", "the config is not labelled", ""},
    MutantSpec{Mutant::kManifestsUnlabelled, "manifests-unlabelled",
               "the members of an index are not labelled", ""},
    MutantSpec{Mutant::kLabelNumbersRepeat, "label-numbers-repeat",
               "all children of one kind get the same label", ""},
    MutantSpec{Mutant::kLabelsReplaced, "labels-replaced",
               "labelling children removes the other labels", ""},
    MutantSpec{Mutant::kPullRootsContent, "pull-roots-content", "a pull makes roots of its content",
               "containerd#1398"},
    MutantSpec{Mutant::kNoLeaseOnExistingContent, "no-lease-on-existing-content",
               "content that is there already is not added to the lease", "buildkit PR#1013"},
    MutantSpec{Mutant::kNoLeaseOnIngest, "no-lease-on-ingest",
               "an ingest is not added to the lease", ""},
    MutantSpec{Mutant::kCommitMovesNoFile, "commit-moves-no-file",
               "a commit writes the record and not the file", ""},
    MutantSpec{Mutant::kNoLeaseOnNewContent, "no-lease-on-new-content",
               "new content is not added to the lease", "soci-snapshotter PR#694"},
    MutantSpec{Mutant::kSharesWithoutFile, "shares-without-file",
               "content is shared whose file is gone", ""},
    MutantSpec{Mutant::kIsolationIgnored, "isolation-ignored", "isolated namespaces share content",
               ""},
    MutantSpec{Mutant::kRemovalFlagsNoContent, "removal-flags-no-content",
               "removing content asks for no clean-up", ""},
    MutantSpec{Mutant::kNone, "no-lease-on-existing-snapshot",
               "a snapshot that is there already is not added to the lease", "containerd PR#10723",
               [](Profile& profile) { profile.lease_on_existing_snapshot = false; }},
    MutantSpec{Mutant::kNoLeaseOnNewSnapshot, "no-lease-on-new-snapshot",
               "a prepared snapshot is not added to the lease", ""},
    MutantSpec{Mutant::kNoLeaseOnCommit, "no-lease-on-commit",
               "a committed snapshot is not added to the lease", ""},
    MutantSpec{Mutant::kCommitForgetsParent, "commit-forgets-parent",
               "a committed snapshot has no parent", ""},
    MutantSpec{Mutant::kCommitLeavesDirectory, "commit-leaves-directory",
               "a commit leaves the active snapshot's directory", ""},
    MutantSpec{Mutant::kRemovesParents, "removes-parents",
               "a snapshot can be removed under its children", ""},
    MutantSpec{Mutant::kUpdateLosesTarget, "update-loses-target",
               "an updated image record points nowhere", ""},
    MutantSpec{Mutant::kConfigWithoutSnapshot, "config-without-snapshot",
               "the config does not refer to the snapshot", ""},
    MutantSpec{Mutant::kNoLabelOnExistingChain, "no-label-on-existing-chain",
               "a config whose chain exists does not refer to it", "containerd PR#2876"},
    MutantSpec{Mutant::kLastLayerNotUnpacked, "last-layer-not-unpacked",
               "an unpack succeeds without its last snapshot", "containerd PR#13902"},
    MutantSpec{Mutant::kNone, "unpacker-stats-first",
               "the unpacker looks for a chain before it leases it", "containerd#3787",
               [](Profile& profile) { profile.unpacker_stats_first = true; }},
    MutantSpec{Mutant::kActiveSnapshotKept, "active-snapshot-kept",
               "an unpack that fails leaves its active snapshot", ""},
    MutantSpec{Mutant::kPullStoresNoRecord, "pull-stores-no-record",
               "a pull stores no image record", ""},
    MutantSpec{Mutant::kRecordNeedsOwnSource, "record-needs-own-source",
               "a pull of an image that another source brought stores no record",
               "containerd#13881"},
    MutantSpec{Mutant::kSyncRemovalDoesNotCollect, "sync-removal-does-not-collect",
               "a synchronous removal does not collect", ""},
    MutantSpec{Mutant::kSweepFlagsNoContent, "sweep-flags-no-content",
               "swept content asks for no clean-up", ""},
    MutantSpec{Mutant::kSweepFlagsNoSnapshots, "sweep-flags-no-snapshots",
               "swept snapshots ask for no clean-up", ""},
    MutantSpec{Mutant::kRestartLosesLeases, "restart-loses-leases", "a restart forgets the leases",
               ""},
    MutantSpec{Mutant::kCleanUpForgetsNamespaces, "clean-up-forgets-namespaces",
               "a clean-up looks at the records of one namespace", ""},
    MutantSpec{Mutant::kCleanUpForgetsIngests, "clean-up-forgets-ingests",
               "a clean-up takes the file that an ingest waits for", ""},
    MutantSpec{Mutant::kCleanUpLeavesIngests, "clean-up-leaves-ingests",
               "a clean-up leaves the files of ingests that are gone", ""},
    MutantSpec{Mutant::kCleanUpTakesActive, "clean-up-takes-active",
               "a clean-up takes the directories of active snapshots", "containerd#3369"},
    MutantSpec{Mutant::kCleanUpStopsAtFirst, "clean-up-stops-at-first",
               "a clean-up of snapshots stops after one", "containerd PR#9482"},
    MutantSpec{Mutant::kExportSkipsMissing, "export-skips-missing",
               "an export leaves out what is missing", "containerd 61a7c4999"},
    MutantSpec{Mutant::kExportReadsNoFile, "export-reads-no-file",
               "an export writes blobs whose files are gone", ""},
    MutantSpec{Mutant::kCutOffLooksComplete, "cut-off-looks-complete",
               "an archive that is cut off looks complete", ""},
    MutantSpec{Mutant::kExportForgetsConfig, "export-forgets-config",
               "an export leaves out the config", ""},
    MutantSpec{Mutant::kImportForgetsMember, "import-forgets-member",
               "an import leaves out the first blob", ""},
    MutantSpec{Mutant::kHeadFindsAll, "head-finds-all",
               "the registry says of every blob that it is there", ""},
    MutantSpec{Mutant::kHeadFindsNone, "head-finds-none",
               "the registry says of every blob that it is missing", ""},
    MutantSpec{Mutant::kUploadLost, "upload-lost", "an upload is accepted and lost", ""},
    MutantSpec{Mutant::kManifestNotPut, "manifest-not-put", "a push ends before the manifest", ""},
    MutantSpec{Mutant::kPushNeedsAllLayers, "push-needs-all-layers",
               "a push needs every layer locally", ""},
    MutantSpec{Mutant::kMountRefused, "mount-refused", "the registry mounts nothing", ""},
    MutantSpec{Mutant::kMountLost, "mount-lost", "the registry says that it mounted, and does not",
               ""},
    MutantSpec{Mutant::kManifestUnchecked, "manifest-unchecked",
               "the registry takes manifests whose blobs are missing", ""},
    MutantSpec{Mutant::kRegistrySweepsLayers, "registry-sweeps-layers",
               "the registry collects the layers of manifests that it keeps", ""},
    MutantSpec{Mutant::kUsageCountsTwice, "usage-counts-twice", "an ingest counts as content, too",
               ""},
    MutantSpec{Mutant::kUsageForgetsSnapshots, "usage-forgets-snapshots", "snapshots count nothing",
               ""},
    MutantSpec{Mutant::kSyncLeaseDoesNotCollect, "sync-lease-does-not-collect",
               "a synchronous deletion of a lease does not collect", "moby PR#42020"},
    MutantSpec{Mutant::kPruneDeletesLeases, "prune-deletes-leases",
               "pruning images deletes the leases of running pulls", "moby#53321"},
    MutantSpec{Mutant::kHostNotGranted, "host-not-granted",
               "CRI does not take docker.io for granted", ""},
    MutantSpec{Mutant::kLatestNotGranted, "latest-not-granted",
               "CRI does not take the tag latest for granted", ""},
};

// Those that are code are all of Mutant but kNone, in its order; the others change a profile.
constexpr bool is_complete() {
  int last = 0;
  for (const MutantSpec& spec : kTable) {
    if (spec.mutant == Mutant::kNone) {
      if (spec.edit == nullptr) return false;
      continue;
    }
    if (static_cast<int>(spec.mutant) != ++last) return false;
  }
  return last + 1 == static_cast<int>(Mutant::kCount_);
}
static_assert(is_complete());

}  // namespace

std::span<const MutantSpec> mutants() { return kTable; }

}  // namespace sweepcheck
