// The list of all properties, in the order in which they are printed. A new one is defined in the
// file of its family and gets its line here.
#include <array>

#include "properties/builtin/families.hpp"

namespace sweepcheck {
namespace {

constexpr std::array kAll{
    &kSnapshotParents,
    &kRunningContainers,
    &kSnapshotDirectories,
    &kFactsHaveOwners,
    &kContentFiles,
    &kIsolation,
    &kKeepsReachable,
    &kSweepsUnreachable,
    &kOnePassIsEnough,
    &kCollectionIdempotent,
    &kExpiredLeases,
    &kFlatLeases,
    &kDanglingReferences,
    &kNamespacesApart,
    &kSharedLayers,
    &kBackendFiles,
    &kOrderIndependent,
    &kReferenceAgrees,
    &kDiscardedNotExportable,
    &kCompleteExportable,
    &kExportImport,
    &kFailedExport,
    &kPushNeeds,
    &kRunnableRuns,
    &kCheckIsRight,
    &kPulledRunnable,
    &kPulledExportable,
    &kFreshPullExportable,
    &kDiscardOnlyNew,
    &kPullsAddLabels,
    &kPullKeepsRecordLabels,
    &kLeavesARecord,
    &kPullIsHeld,
    &kSyncCollects,
    &kNoLeftovers,
    &kNoNewRoots,
    &kDiscardLabelsNoLayer,
    &kLeasesAreKept,
    &kRegistryKeepsTagged,
    &kPushIsServed,
    &kRegistryTakesWhole,
    &kInterruptionHarmless,
    &kNoHole,
    &kStoredUnpack,
    &kKilledClientLeaks,
    &kDiskIsSum,
    &kUsageBounds,
    &kDryRun,
    &kRemovalFrees,
    &kRecoverable,
    &kDeletionNeverRecovers,
    &kLossHasCause,
    &kNothingLost,
    &kStaysRecoverable,
};

constexpr std::array kInReplays{&kSnapshotParents, &kRunningContainers, &kSnapshotDirectories,
                                &kFactsHaveOwners, &kReferenceAgrees};

}  // namespace

std::span<const Property* const> properties() { return kAll; }
std::span<const Property* const> replay_properties() { return kInReplays; }

const Property* find_property(std::string_view name) {
  for (const Property* property : kAll) {
    if (property->name == name) return property;
  }
  return nullptr;
}

}  // namespace sweepcheck
