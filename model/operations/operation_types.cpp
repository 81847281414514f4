// The table of all operations. A new one is defined in a file of this folder and listed here, in
// the order of the reference: images, content, snapshots, leases, containers, namespaces,
// registries.
#include "model/operations/types.hpp"

namespace sweepcheck {
namespace {

constexpr std::array kAllTypes{
    &kPull,
    &kFetchContent,
    &kImport,
    &kExport,
    &kPush,
    &kTag,
    &kRemoveImage,
    &kLabelImage,
    &kCheck,
    &kUsage,
    &kPruneImages,
    &kConvert,
    &kMount,
    &kUnmount,
    &kIngestContent,
    &kLabelContent,
    &kRemoveContent,
    &kPruneReferences,
    &kRemoveFile,
    &kRemoveDirectories,
    &kAddFile,
    &kPrepareSnapshot,
    &kViewSnapshot,
    &kCommitSnapshot,
    &kRemoveSnapshot,
    &kLabelSnapshot,
    &kUnpackImage,
    &kCreateLease,
    &kDeleteLease,
    &kAddResource,
    &kRemoveResource,
    &kCreateContainer,
    &kStartContainer,
    &kStopContainer,
    &kRemoveContainer,
    &kLabelContainer,
    &kRunSandbox,
    &kRemoveSandbox,
    &kLabelNamespace,
    &kDeleteNamespace,
    &kSeedRegistry,
    &kDeleteTag,
    &kDeleteManifest,
    &kDeleteRepository,
    &kCollectRegistry,
    &kStopRegistry,
    &kStartRegistry,
};

}  // namespace

std::span<const OperationType* const> operation_types() { return kAllTypes; }

std::uint32_t place_of(const OperationType& type) {
  std::uint32_t place = 0;
  while (place < kAllTypes.size() && kAllTypes[place] != &type) ++place;
  SWEEPCHECK_BELIEVE(place < kAllTypes.size(), "every type of operation is in the table");
  return place;
}

const OperationType* find_operation_type(std::string_view name) {
  for (const OperationType* type : kAllTypes) {
    if (type->name == name) return type;
  }
  return nullptr;
}

}  // namespace sweepcheck
