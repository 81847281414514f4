// The model's mutants that are code: one rule changed each. A build with SWEEPCHECK_MUTANTS
// switches them on at run time, to ask which property notices; in every other build they are no
// code at all. What each changes stands in tests/mutants/mutant_table.cpp, and so do the mutants of
// rules that are data: those change a profile.
#pragma once

#include <cstdint>

namespace sweepcheck {

enum class Mutant : std::uint8_t {
  kNone,
  kFullIsFlat,
  kMarkDependsOnOrder,
  kMarkForgetsGray,
  kExpiryReversed,
  kSweepLeavesFacts,
  kSweepStopsAtFirst,
  kLabelSuffixIgnored,
  kConditionOnAnyOwner,
  kBackReferenceOnLease,
  kNoOperationLease,
  kLeaseExpiresAtOnce,
  kLeaseNeverExpires,
  kLeaseNotDeleted,
  kDiscardIgnored,
  kLayersUnlabelled,
  kConfigUnlabelled,
  kManifestsUnlabelled,
  kLabelNumbersRepeat,
  kLabelsReplaced,
  kPullRootsContent,
  kNoLeaseOnExistingContent,
  kNoLeaseOnIngest,
  kCommitMovesNoFile,
  kNoLeaseOnNewContent,
  kSharesWithoutFile,
  kIsolationIgnored,
  kRemovalFlagsNoContent,
  kNoLeaseOnNewSnapshot,
  kNoLeaseOnCommit,
  kCommitForgetsParent,
  kCommitLeavesDirectory,
  kRemovesParents,
  kUpdateLosesTarget,
  kConfigWithoutSnapshot,
  kNoLabelOnExistingChain,
  kLastLayerNotUnpacked,
  kActiveSnapshotKept,
  kPullStoresNoRecord,
  kRecordNeedsOwnSource,
  kSyncRemovalDoesNotCollect,
  kSweepFlagsNoContent,
  kSweepFlagsNoSnapshots,
  kRestartLosesLeases,
  kCleanUpForgetsNamespaces,
  kCleanUpForgetsIngests,
  kCleanUpLeavesIngests,
  kCleanUpTakesActive,
  kCleanUpStopsAtFirst,
  kExportSkipsMissing,
  kExportReadsNoFile,
  kCutOffLooksComplete,
  kExportForgetsConfig,
  kImportForgetsMember,
  kHeadFindsAll,
  kHeadFindsNone,
  kUploadLost,
  kManifestNotPut,
  kPushNeedsAllLayers,
  kMountRefused,
  kMountLost,
  kManifestUnchecked,
  kRegistrySweepsLayers,
  kUsageCountsTwice,
  kUsageForgetsSnapshots,
  kSyncLeaseDoesNotCollect,
  kPruneDeletesLeases,
  kHostNotGranted,
  kLatestNotGranted,
  kCount_,
};

#ifdef SWEEPCHECK_MUTANTS
/// Set before the first thread starts; kNone is the model as it is.
inline Mutant active_mutant = Mutant::kNone;
inline bool is_on(Mutant mutant) { return active_mutant == mutant; }
#else
constexpr bool is_on(Mutant) { return false; }
#endif

}  // namespace sweepcheck
