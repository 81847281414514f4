// All types of steps, by the file that defines them. A type's place in the list is its number.
#pragma once

#include <cstdint>
#include <type_traits>

#include "model/step.hpp"

namespace sweepcheck {

namespace steps {

// operation_lease.cpp
struct CreateLease;
struct DeleteLease;
struct EndLease;
// fetch.cpp
struct Resolve;
struct OpenContent;
struct GetContent;
struct WriteContent;
struct CommitContent;
struct LabelSource;
struct LabelChildren;
struct FetchTree;
// schema1.cpp
struct GetSchema1;
struct LabelLayer;
struct OpenDocument;
struct CommitDocument;
struct TakeConverted;
// unpack.cpp
struct StatLayer;
struct PrepareLayer;
struct DeferRemoval;
struct ApplyLayer;
struct CommitLayer;
struct LabelUncompressed;
struct LabelConfig;
struct RemoveExtraction;
struct UnpackLayer;
struct StatStored;
struct PrepareStored;
struct UnpackStored;
struct UnpackImage;
struct PrepareAttestation;
struct ApplyAttestation;
// records.cpp
struct StoreImage;
struct StorePulledImage;
struct StoreExtraReference;
struct StoreCriRecord;
struct StoreCriRecords;
struct CriEvent;
struct CollectGarbage;
struct CleanBackend;
// pull.cpp
struct FetchTarget;
struct UnpackTarget;
struct UnpackConverted;
struct CheckUnpacker;
struct StoreExtraReferences;
// import.cpp
struct OpenMember;
struct OpenCutMember;
struct WriteMember;
struct CommitMember;
struct StoreIndex;
struct WalkIndex;
struct WalkImported;
struct NameImages;
struct UnpackImages;
struct OwnLease;
// export.cpp
struct ListMembers;
struct ExportMember;
struct FinishArchive;
// push.cpp
struct WalkImage;
struct HeadBlob;
struct PostUpload;
struct PutBlob;
struct HeadManifest;
struct PutManifest;
// image.cpp
struct TagImage;
struct DeleteImage;
struct LabelImage;
struct CheckImage;
struct MeasureImage;
// convert.cpp
struct FindToConvert;
struct ConvertLayer;
struct WriteConverted;
struct LabelConverted;
struct ConvertDocuments;
struct ReplaceRecord;
// mount.cpp
struct CreateMountLease;
struct FindToMount;
struct ViewMounted;
struct DeleteMountLease;
struct RemoveMounted;
// content.cpp
struct OpenIngest;
struct WriteIngest;
struct CommitIngest;
struct LabelContent;
struct DeleteContent;
struct StripLayerLabels;
struct Synchronize;
struct RemoveFile;
struct AddFile;
// snapshot.cpp
struct PrepareSnapshot;
struct ViewSnapshot;
struct CommitSnapshot;
struct RemoveSnapshot;
struct LabelSnapshot;
struct RemoveDirectories;
struct FindToUnpack;
// lease.cpp
struct CreateNamedLease;
struct DeleteNamedLease;
struct AddResource;
struct RemoveResource;
// container.cpp
struct FindContainerImage;
struct PrepareRootfs;
struct CreateContainer;
struct StartTask;
struct StopTask;
struct RemoveRootfs;
struct DeleteContainer;
struct LabelContainer;
struct CreateSandbox;
struct CreateSandboxLease;
struct DeleteSandbox;
struct DeleteSandboxLease;
struct EnsureImage;
// namespace.cpp
struct LabelNamespace;
struct DeleteNamespace;
// registry_steps.cpp
struct SeedRegistry;
struct DeleteTag;
struct DeleteManifest;
struct DeleteRepository;
struct CollectRegistry;
struct StopRegistry;
struct StartRegistry;

}  // namespace steps

template <typename... Types>
struct TypeList {};

namespace steps {

// clang-format off
using All = TypeList<
    CreateLease, DeleteLease, EndLease, Resolve, OpenContent, GetContent, WriteContent,
    CommitContent, LabelSource, LabelChildren, FetchTree,
    GetSchema1, LabelLayer, OpenDocument, CommitDocument, TakeConverted,
    StatLayer, PrepareLayer, DeferRemoval, ApplyLayer, CommitLayer, LabelUncompressed, LabelConfig,
    RemoveExtraction, UnpackLayer, StatStored, PrepareStored, UnpackStored, UnpackImage,
    PrepareAttestation, ApplyAttestation,
    StoreImage, StorePulledImage, StoreExtraReference, StoreCriRecord, StoreCriRecords, CriEvent,
    CollectGarbage, CleanBackend,
    FetchTarget, UnpackTarget, UnpackConverted, CheckUnpacker, StoreExtraReferences,
    OpenMember, OpenCutMember, WriteMember, CommitMember, StoreIndex, WalkIndex, WalkImported,
    NameImages, UnpackImages, OwnLease,
    ListMembers, ExportMember, FinishArchive,
    WalkImage, HeadBlob, PostUpload, PutBlob, HeadManifest, PutManifest,
    TagImage, DeleteImage, LabelImage, CheckImage, MeasureImage,
    FindToConvert, ConvertLayer, WriteConverted, LabelConverted, ConvertDocuments, ReplaceRecord,
    CreateMountLease, FindToMount, ViewMounted, DeleteMountLease, RemoveMounted,
    OpenIngest, WriteIngest, CommitIngest, LabelContent, DeleteContent, StripLayerLabels,
    Synchronize, RemoveFile, AddFile,
    PrepareSnapshot, ViewSnapshot, CommitSnapshot, RemoveSnapshot, LabelSnapshot,
    RemoveDirectories, FindToUnpack,
    CreateNamedLease, DeleteNamedLease, AddResource, RemoveResource,
    FindContainerImage, PrepareRootfs, CreateContainer, StartTask, StopTask, RemoveRootfs,
    DeleteContainer, LabelContainer, CreateSandbox, CreateSandboxLease, DeleteSandbox,
    DeleteSandboxLease, EnsureImage,
    LabelNamespace, DeleteNamespace,
    SeedRegistry, DeleteTag, DeleteManifest, DeleteRepository, CollectRegistry, StopRegistry,
    StartRegistry>;
// clang-format on

/// The row of one type; define_step.hpp has its value.
template <typename Data>
struct DefinedStep {
  static const StepType kType;
};

}  // namespace steps

template <typename Data, typename... Types>
consteval std::uint32_t place_in(TypeList<Types...>) {
  constexpr bool kSame[] = {std::is_same_v<Data, Types>...};
  for (std::uint32_t i = 0; i < sizeof...(Types); ++i) {
    if (kSame[i]) return i;
  }
  throw "not in steps::All";
}

template <typename Data>
consteval std::uint32_t step_number() {
  return place_in<Data>(steps::All{});
}

}  // namespace sweepcheck
