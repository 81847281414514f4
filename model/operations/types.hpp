// The table's rows: each operation is defined in the file of its room, and listed in
// operation_types.cpp.
#pragma once

#include <array>

#include "model/operation.hpp"

namespace sweepcheck {

inline constexpr std::array kCtrOnly{Client::kCtr};
inline constexpr std::array kCtrThenCri{Client::kCtr, Client::kCri};
inline constexpr std::array kPullClients{Client::kCtr, Client::kCri, Client::kLibrary};
inline constexpr std::array kCriOnly{Client::kCri};
inline constexpr std::array kLibraryOnly{Client::kLibrary};
inline constexpr std::array kCtrAndLibrary{Client::kCtr, Client::kLibrary};

// Shorthands for the rows of parameter tables.
constexpr Parameter only(std::span<const Client> clients, Parameter parameter) {
  parameter.clients = clients;
  return parameter;
}
constexpr Parameter parsed(Parameter parameter, ReferenceForm form = ReferenceForm::kParsed) {
  parameter.form = form;
  return parameter;
}
constexpr Parameter flag(std::string_view name, bool Request::*field, std::string_view help) {
  return {.name = name, .type = ParameterType::kFlag, .help = help, .flag = field};
}
constexpr Parameter text(std::string_view name, ParameterType type, StringId Request::*field,
                         std::string_view help, bool required = false) {
  return {.name = name, .type = type, .help = help, .text = field, .required = required};
}
constexpr Parameter number(std::string_view name, ParameterType type, std::int64_t Request::*field,
                           std::string_view help, bool required = false) {
  return {.name = name, .type = type, .help = help, .number = field, .required = required};
}
constexpr Parameter list(std::string_view name, ParameterType type,
                         std::vector<StringId> Request::*field, std::string_view help) {
  return {.name = name, .type = type, .help = help, .list = field};
}
constexpr Parameter labels(std::string_view help) {
  return {
      .name = "labels", .type = ParameterType::kLabels, .help = help, .labels = &Request::labels};
}
inline constexpr Parameter kLocal{
    .name = "local",
    .type = ParameterType::kOption,
    .help =
        "true: by the client's own library; false: by the transfer service; default: as ctr "
        "of this version does",
    .option = &Request::local};
inline constexpr Parameter kPlatformList =
    list("platforms", ParameterType::kPlatforms, &Request::platforms,
         "only these platforms, as os/arch[/variant]; default: the node's own");
inline constexpr Parameter kAllPlatforms =
    flag("all_platforms", &Request::all_platforms, "every platform of an index");
inline constexpr Parameter kSnapshotterName =
    text("snapshotter", ParameterType::kName, &Request::snapshotter,
         "the snapshotter; default: overlayfs, or CRI's own");
inline constexpr Parameter kSync =
    flag("sync", &Request::sync, "return after a collection that was asked for");

/// A parameter that a profile's clients don't have: the client refuses its own command line.
inline Failure flag_not_defined(Machine& machine, std::string_view name) {
  return {ErrorClass::kUsage, Message::kFlagNotDefined, machine.text(name)};
}

// pull.cpp
extern const OperationType kPull, kFetchContent;
// import.cpp, export.cpp, push.cpp, convert.cpp
extern const OperationType kImport, kExport, kPush, kConvert;
// image.cpp, cri_images.cpp
extern const OperationType kTag, kRemoveImage, kLabelImage, kCheck, kUsage, kPruneImages;
// mount.cpp
extern const OperationType kMount, kUnmount;
// content.cpp
extern const OperationType kIngestContent, kLabelContent, kRemoveContent, kPruneReferences,
    kRemoveFile, kAddFile;
// snapshot.cpp
extern const OperationType kPrepareSnapshot, kViewSnapshot, kCommitSnapshot, kRemoveSnapshot,
    kLabelSnapshot, kUnpackImage, kRemoveDirectories;
// lease.cpp
extern const OperationType kCreateLease, kDeleteLease, kAddResource, kRemoveResource;
// container.cpp
extern const OperationType kCreateContainer, kStartContainer, kStopContainer, kRemoveContainer,
    kLabelContainer, kRunSandbox, kRemoveSandbox;
// namespace.cpp
extern const OperationType kLabelNamespace, kDeleteNamespace;
// registry_steps.cpp
extern const OperationType kSeedRegistry, kDeleteTag, kDeleteManifest, kDeleteRepository,
    kCollectRegistry, kStopRegistry, kStartRegistry;

}  // namespace sweepcheck
