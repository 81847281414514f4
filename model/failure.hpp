// The failures that a scenario expects: containerd's error class and text, as a value. The text is
// put together only when somebody reads it, so that failing costs a search nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/catalog/ids.hpp"

namespace sweepcheck {

class Catalog;

/// containerd's error classes (errdefs), plus what ctr and registries add.
enum class ErrorClass : std::uint8_t {
  kNone,
  kNotFound,
  kAlreadyExists,
  kFailedPrecondition,
  kInvalidArgument,
  kUnimplemented,
  kUnavailable,
  kCancelled,
  kUnknown,
  kUsage,  ///< the client refuses its own arguments
};

/// "not-found", "already-exists", ...
std::string_view error_class_name(ErrorClass error_class);

/// The class of that name.
std::optional<ErrorClass> find_error_class(std::string_view name);

/// The texts of error messages; {0} and {1} are the subjects. failure.cpp holds them.
enum class Message : std::uint16_t {
  kNone,
  kContentNotFound,
  kReaderContentNotFound,
  kImageNotFound,
  kCriImageUnresolved,
  kCheckpointImageUnresolved,
  kCriImageUnopened,
  kCheckpointImageUnopened,
  kImageExists,
  kLeaseNotFound,
  kLeaseExists,
  kLeaseMissing,
  kSnapshotNotFound,
  kSnapshotExists,
  kSnapshotHasChildren,
  kParentNotFound,
  kSnapshotNotActive,
  kParentDirectoryMissing,
  kDirectoryMissing,
  kNoFile,
  kNoDirectories,
  kContainerNotFound,
  kContainerExists,
  kContainerRunning,
  kSandboxNotFound,
  kSandboxExists,
  kNamespaceNotFound,
  kNamespaceNotEmpty,
  kResolveNotFound,
  kResolveImageNotFound,
  kResolveObjectRequired,
  kResolveImageObjectRequired,
  kInvalidPort,
  kResolveInvalidPort,
  kResolveImageInvalidPort,
  kNoMatch,
  kNoMatchIn,
  kNoConfigMatchIn,
  kNoManifestForPlatform,
  kExtractLayer,
  kUnrecognizedFormat,
  kNoSuchArchive,
  kImageFilteredOut,
  kFlagNotDefined,
  kDiscardNeedsLocal,
  kDiscardNoUnpack,
  kNoUnpackPlatforms,
  kResourceUnsupported,
  kResourceNoDigest,
  kResourceDigestUnsupported,
  kRegistryDown,
  kRegistryBlobUnknown,
  kManifestUnknown,
  kManifestBlobsMissing,
  kUnexpectedStatus,
  kCommandAbsent,
  kNotUnpacked,
  kIngestNotFound,
  kIngestDataLost,
  kDaemonDown,
  kKilled,
  kBlobFileMissing,
  kCheckUnpack,
  kMismatchedLayers,
  kUnpairedLayers,
  kNoProcessor,
  kNoDecoder,
  kPlatformUnknown,
  kTruncatedArchive,
  kSchema1,
  kSchema1Transfer,
  kNoTransferService,
  kUsageNotFound,
  kSyncFails,
  kInvalidSize,
  kInvalidLease,
  kCount_,
};

/// One failure; converts to true if there is one.
struct Failure {
  ErrorClass error_class = ErrorClass::kNone;
  Message message = Message::kNone;
  StringId subject = kNone<StringId>;
  StringId other = kNone<StringId>;

  explicit operator bool() const { return error_class != ErrorClass::kNone; }
  bool operator==(const Failure&) const = default;
};

/// The message as containerd words it, with digests by their aliases.
[[gnu::cold]] std::string failure_text(const Catalog& catalog, const Failure& failure);

}  // namespace sweepcheck
