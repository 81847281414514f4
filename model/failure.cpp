#include "model/failure.hpp"

#include <array>

#include "model/catalog/catalog.hpp"

namespace sweepcheck {
namespace {

constexpr std::array<std::string_view, 10> kClassNames{"none",
                                                       "not-found",
                                                       "already-exists",
                                                       "failed-precondition",
                                                       "invalid-argument",
                                                       "unimplemented",
                                                       "unavailable",
                                                       "cancelled",
                                                       "unknown",
                                                       "usage"};

struct Template {
  Message message;
  std::string_view text;
};

// The words are containerd's, ctr's and the registry's own: scenarios match on them, and daemons
// are compared with them.
constexpr Template kTemplates[] = {
    {Message::kNone, ""},
    {Message::kContentNotFound, "content digest {0}: not found"},
    {Message::kReaderContentNotFound, "failed to get reader: content digest {0}: not found"},
    {Message::kImageNotFound, "image \"{0}\": not found"},
    {Message::kCriImageUnresolved, "failed to resolve image \"{0}\": not found"},
    {Message::kCheckpointImageUnresolved,
     "failed to check if this is a checkpoint image: failed to resolve image \"{0}\": not found"},
    {Message::kCriImageUnopened,
     "failed to get image from containerd \"{0}\": image \"{1}\": not found"},
    {Message::kCheckpointImageUnopened,
     "failed to check if this is a checkpoint image: failed to get image from containerd \"{0}\": "
     "image \"{1}\": not found"},
    {Message::kImageExists, "image \"{0}\": already exists"},
    {Message::kLeaseNotFound, "lease \"{0}\": not found"},
    {Message::kLeaseExists, "lease \"{0}\": already exists"},
    {Message::kLeaseMissing, "lease does not exist: not found"},
    {Message::kSnapshotNotFound, "snapshot {0} does not exist: not found"},
    {Message::kSnapshotExists, "snapshot \"{0}\": already exists"},
    {Message::kSnapshotHasChildren, "cannot remove snapshot with child: failed precondition"},
    {Message::kParentNotFound, "parent snapshot {0} does not exist: not found"},
    {Message::kSnapshotNotActive, "failed to {0} snapshot: {1}"},
    {Message::kParentDirectoryMissing, "{0}: stat {1}: no such file or directory"},
    {Message::kDirectoryMissing, "{0}: no such file or directory"},
    {Message::kNoFile, "blob {0} has no file"},
    {Message::kNoDirectories, "snapshotter {0} has no directories"},
    {Message::kContainerNotFound, "container \"{0}\" in namespace \"{1}\": not found"},
    {Message::kContainerExists, "container \"{0}\": already exists"},
    {Message::kContainerRunning, "cannot delete a non stopped container: {0}: failed precondition"},
    {Message::kSandboxNotFound, "sandbox \"{0}\": not found"},
    {Message::kSandboxExists, "sandbox \"{0}\": already exists"},
    {Message::kNamespaceNotFound, "namespace \"{0}\": not found"},
    {Message::kNamespaceNotEmpty,
     "namespace \"{0}\" must be empty, but it still has {1}: failed precondition"},
    {Message::kResolveNotFound, "failed to resolve reference \"{0}\": {0}: not found"},
    {Message::kResolveImageNotFound, "failed to resolve image: {0}: not found"},
    {Message::kResolveObjectRequired, "failed to resolve reference \"{0}\": object required"},
    {Message::kResolveImageObjectRequired, "failed to resolve image: object required"},
    {Message::kInvalidPort, "parse \"dummy://{0}\": invalid port \":{1}\" after host"},
    {Message::kResolveInvalidPort,
     "failed to resolve reference \"{0}\": parse \"dummy://{0}\": invalid port \":{1}\" after "
     "host"},
    {Message::kResolveImageInvalidPort,
     "failed to resolve image: parse \"dummy://{0}\": invalid port \":{1}\" after host"},
    {Message::kNoMatch, "no match for platform in manifest: not found"},
    {Message::kNoMatchIn, "no match for platform in manifest {0}: not found"},
    {Message::kNoConfigMatchIn,
     "get image config descriptor: no match for platform in manifest {0}: not found"},
    {Message::kNoManifestForPlatform, "no manifest found for platform: not found"},
    {Message::kExtractLayer,
     "{0}: failed to get reader from content store: content digest {1}: not found"},
    {Message::kUnrecognizedFormat, "unrecognized image format"},
    {Message::kNoSuchArchive, "open {0}: no such file or directory"},
    {Message::kImageFilteredOut, "image might be filtered out"},
    {Message::kFlagNotDefined, "flag provided but not defined: -{0}"},
    {Message::kDiscardNeedsLocal, "\"--discard-unpacked-layers\" requires \"--local\" flag"},
    {Message::kDiscardNoUnpack,
     "--discard-unpacked-layers and --no-unpack are incompatible options"},
    {Message::kNoUnpackPlatforms,
     "unable to initialize unpacker: no unpack platforms defined: invalid argument"},
    {Message::kResourceUnsupported, "resource type {0} not supported yet: not implemented"},
    {Message::kResourceNoDigest,
     "invalid content resource id {0}: invalid checksum digest format: invalid argument"},
    {Message::kResourceDigestUnsupported,
     "invalid content resource id {0}: unsupported digest algorithm: invalid argument"},
    {Message::kRegistryDown, "failed to do request: registry {0} is unavailable"},
    {Message::kRegistryBlobUnknown, "{0}: blob unknown to registry: not found"},
    {Message::kManifestUnknown, "{0}: manifest unknown: not found"},
    {Message::kManifestBlobsMissing,
     "manifest list/index references to blobs and/or manifests are missing in your target "
     "registry: {0}: unexpected status: 400 Bad Request: blob unknown to registry"},
    {Message::kUnexpectedStatus, "unexpected status from {0}"},
    {Message::kCommandAbsent, "this version has no command {0}"},
    {Message::kNotUnpacked, "image {0} isn't unpacked in snapshotter {1}"},
    {Message::kIngestNotFound, "ingest {0}: not found"},
    {Message::kIngestDataLost,
     "failed commit on ref \"{0}\": commit failed: rename ingest data: no such file or directory"},
    {Message::kDaemonDown, "the daemon is not running: unavailable"},
    {Message::kKilled, "killed: {0}"},
    {Message::kBlobFileMissing,
     "failed to get reader: blob {0} expected in the backend: blob not found: not found"},
    {Message::kCheckUnpack, "unable to check unpack for {0}: content digest {1}: not found"},
    {Message::kMismatchedLayers, "mismatched image rootfs and manifest layers"},
    {Message::kUnpairedLayers, "number of layers and diffIDs don't match: {0} != {1}"},
    {Message::kNoProcessor,
     "{0}: failed to get stream processor for {1}: no processor for media-type: unknown"},
    {Message::kNoDecoder,
     "{0}: failed to get stream processor for {1}: exec: \"ctd-decoder\": executable file not "
     "found "
     "in $PATH: unknown"},
    {Message::kPlatformUnknown,
     "failed to get stream processor for {0}: no processor for media-type: unknown"},
    {Message::kTruncatedArchive, "unexpected EOF"},
    {Message::kSchema1,
     "not implemented: media type \"application/vnd.docker.distribution.manifest.v1+prettyjws\" is "
     "no "
     "longer supported since containerd v2.1, please rebuild the image as "
     "\"application/vnd.docker.distribution.manifest.v2+json\" or "
     "\"application/vnd.oci.image.manifest.v1+json\""},
    {Message::kSchema1Transfer,
     "schema 1 image manifests are no longer supported: invalid argument"},
    {Message::kNoTransferService,
     "unknown service containerd.services.transfer.v1.Transfer: not implemented"},
    {Message::kUsageNotFound, "failed to ensure if image {0}: {1}: not found"},
    {Message::kSyncFails, "gc failed"},
    {Message::kInvalidSize, "{0}: size must be greater than zero: invalid argument"},
    {Message::kInvalidLease, "{0}"},
};
static_assert(std::size(kTemplates) == static_cast<std::size_t>(Message::kCount_));

std::string_view template_of(Message message) {
  const Template& found = kTemplates[static_cast<std::size_t>(message)];
  SWEEPCHECK_BELIEVE(found.message == message, "the message templates stand in the enum's order");
  return found.text;
}

}  // namespace

std::string_view error_class_name(ErrorClass error_class) {
  return kClassNames[static_cast<std::size_t>(error_class)];
}

std::optional<ErrorClass> find_error_class(std::string_view name) {
  for (std::size_t i = 1; i < kClassNames.size(); ++i) {
    if (kClassNames[i] == name) return static_cast<ErrorClass>(i);
  }
  return std::nullopt;
}

std::string failure_text(const Catalog& catalog, const Failure& failure) {
  std::string out(template_of(failure.message));
  const auto replace = [&](std::string_view mark, StringId by) {
    const std::string text = catalog.display(by);
    for (std::size_t at = out.find(mark); at != std::string::npos;
         at = out.find(mark, at + text.size())) {
      out.replace(at, mark.size(), text);
    }
  };
  replace("{0}", failure.subject);
  replace("{1}", failure.other);
  return out;
}

}  // namespace sweepcheck
