// What the option of a history's step means, for the verbs whose options more than one file
// reads; 0 is the usual way of each. Those of the other verbs mean something to
// HistoryNames::request alone, which makes requests of them all.
#pragma once

#include <cstdint>

namespace sweepcheck {

enum CollectOption : std::uint8_t { kCollectAll, kCollectMetadata };

/// The daemon has the same policy as before, or the one with discarding turned over.
enum RestartOption : std::uint8_t { kRestartUnchanged, kRestartFlipped };

/// Discarding, and not unpacking, are asked of the client library.
enum PullOption : std::uint8_t {
  kPullByCtr,
  kPullByCri,
  kPullByLibrary,
  kPullDiscarding,
  kPullWithoutUnpack,
  kPullAllPlatforms,
};

/// The last: of what was exported before.
enum ImportOption : std::uint8_t {
  kImportUnpacked,
  kImportDiscarding,
  kImportWithoutUnpack,
  kImportExported,
};

/// To the registry that the image is from, to the other, or to where its name says.
enum PushOption : std::uint8_t { kPushBack, kPushElsewhere, kPushByName };

enum AdvanceOption : std::uint8_t { kAdvanceAMinute, kAdvanceTwoHours, kAdvanceADay };

enum RemoveImageOption : std::uint8_t { kRemoveAsync, kRemoveSync, kRemoveByCri };

enum CreateContainerOption : std::uint8_t { kCreateByCtr, kCreateByCri };

enum CreateLeaseOption : std::uint8_t { kLeasePlain, kLeaseFlat, kLeaseForAnHour };

/// Which of the two registries, and whether manifests without a tag go, too.
enum CollectRegistryOption : std::uint8_t {
  kCollectHome,
  kCollectHomeUntagged,
  kCollectOther,
  kCollectOtherUntagged,
};

/// What a link says. The value of an image's, a container's, a lease's or a sandbox's names the
/// step's part of its image, or that image's record; on content and snapshots, which a step names
/// so themselves, it names the step's record, its image's target or that one's whole chain.
enum LinkOption : std::uint8_t {
  kLinkContentReference,
  kLinkSnapshotReference,
  kLinkImageReference,
  kLinkBackToContent,
  kLinkBackToSnapshot,
  kLinkBackToImage,
  kLinkBackToContainer,
  kLinkCondition,
  kLinkUsedAt,
  kLinkOptionCount,
};

/// The number of CRI's namespace among a step's spaces.
inline constexpr std::uint8_t kCriSpace = 1;

}  // namespace sweepcheck
