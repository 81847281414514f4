// The built-in properties by family, each defined in the file that judges it. properties.cpp lists
// them.
#pragma once

#include "properties/property.hpp"

namespace sweepcheck {

// states.cpp
extern const Property kSnapshotParents, kRunningContainers, kSnapshotDirectories, kFactsHaveOwners,
    kContentFiles, kIsolation;
// collector.cpp
extern const Property kKeepsReachable, kSweepsUnreachable, kOnePassIsEnough, kCollectionIdempotent,
    kExpiredLeases, kFlatLeases, kDanglingReferences, kNamespacesApart, kSharedLayers,
    kBackendFiles, kReferenceAgrees, kOrderIndependent;
// images.cpp
extern const Property kDiscardedNotExportable, kCompleteExportable, kExportImport, kFailedExport,
    kPushNeeds, kRunnableRuns, kCheckIsRight;
// pulls.cpp
extern const Property kPulledRunnable, kPulledExportable, kFreshPullExportable, kDiscardOnlyNew,
    kPullsAddLabels, kPullKeepsRecordLabels;
// promises.cpp
extern const Property kLeavesARecord, kPullIsHeld, kSyncCollects, kNoLeftovers, kNoNewRoots,
    kDiscardLabelsNoLayer, kLeasesAreKept, kRegistryKeepsTagged, kPushIsServed, kRegistryTakesWhole;
// in_flight.cpp
extern const Property kInterruptionHarmless, kNoHole, kStoredUnpack, kKilledClientLeaks;
// accounting.cpp
extern const Property kDiskIsSum, kUsageBounds, kDryRun, kRemovalFrees;
// fleet.cpp
extern const Property kRecoverable, kDeletionNeverRecovers, kLossHasCause, kNothingLost,
    kStaysRecoverable;

}  // namespace sweepcheck
