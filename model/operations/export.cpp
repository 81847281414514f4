// Export (client/export.go, images/archive/exporter.go, core/transfer/archive/exporter.go; facts
// 7). Everything that the index and the manifests name is listed first; a layer is opened only when
// its turn comes, in the order of digests, so that a missing one leaves a cut-off archive.
#include <algorithm>

#include "model/image_graph.hpp"
#include "model/mutant.hpp"
#include "model/operations/steps.hpp"
#include "model/operations/types.hpp"

namespace sweepcheck {
namespace {

constexpr std::int64_t kTarBlock = 512;
// blobs/ and blobs/sha256/.
constexpr std::int64_t kDirectoryHeaders = 2 * kTarBlock;

std::int64_t member_size(std::int64_t bytes) {
  return kTarBlock + (bytes + kTarBlock - 1) / kTarBlock * kTarBlock;
}

Archive& archive_of(Machine& machine) {
  return machine.world().archives[machine.operation().archive];
}

Failure perform_finish_archive(Machine& machine, const Step&) {
  Archive& archive = archive_of(machine);
  // index.json, manifest.json (if there is an image) and oci-layout each fit one block; two blocks
  // of zeros end a tar.
  const bool empty = archive.members.empty();
  const std::int64_t documents = empty || machine.request().skip_manifest_json ? 2 : 3;
  archive.size_bytes += documents * member_size(kTarBlock) + 2 * kTarBlock;
  archive.complete = true;
  return {};
}
constexpr StepType kFinishArchive{"finish archive", true, perform_finish_archive};

Failure perform_write_member(Machine& machine, const Step& step) {
  Archive& archive = archive_of(machine);
  const Blob& blob = machine.blob(step.a);
  const Metadata metadata = machine.metadata();
  if (is_on(Mutant::kExportSkipsMissing) && !metadata.has(metadata.content(step.subject)))
    return {};
  if (!metadata.has(metadata.content(step.subject))) {
    archive.size_bytes += kTarBlock;
    archive.last_header = static_cast<BlobId>(step.a);
    return {ErrorClass::kNotFound, Message::kReaderContentNotFound, step.subject};
  }
  const ObjectId file = machine.catalog().object(
      {ObjectKind::kBlobFile, kNone<StringId>, kNone<StringId>, step.subject});
  if (!metadata.has(file) && !is_on(Mutant::kExportReadsNoFile)) {
    archive.size_bytes += kTarBlock;
    archive.last_header = static_cast<BlobId>(step.a);
    return {ErrorClass::kNotFound, Message::kBlobFileMissing, step.subject};
  }
  archive.members.push_back(static_cast<BlobId>(step.a));
  archive.size_bytes += member_size(blob.size_bytes);
  return {};
}
constexpr StepType kWriteMember{"write member", true, perform_write_member};

// Lists what one target needs. An index or manifest must be readable now.
Failure list_members(Machine& machine, BlobId id, std::vector<BlobId>& members, bool& found) {
  Catalog& catalog = machine.catalog();
  const Request& request = machine.request();
  const Blob& blob = catalog.blob(id);
  if (has_children(blob.media) && !holds(catalog, machine.node().state, request.space, id)) {
    return {ErrorClass::kNotFound, Message::kContentNotFound, blob.digest};
  }
  members.push_back(id);
  if (blob.media == MediaClass::kManifest) {
    found = true;
    for (const BlobChild& child : blob.children) {
      const MediaClass media = catalog.blob(child.blob).media;
      if (is_on(Mutant::kExportForgetsConfig) && media == MediaClass::kConfig) continue;
      if (request.skip_non_distributable && media == MediaClass::kForeignLayer) continue;
      members.push_back(child.blob);
    }
    return {};
  }
  std::vector<StringId> platforms = request.platforms;
  if (request.all_platforms) {
    platforms.clear();
  } else if (platforms.empty()) {
    platforms.push_back(steps::host_platform(machine));
  }
  for (const BlobChild& child : select_children(catalog, blob, platforms, false, true)) {
    if (Failure failure = list_members(machine, child.blob, members, found)) return failure;
  }
  return {};
}

Failure perform_list(Machine& machine, const Step&) {
  Catalog& catalog = machine.catalog();
  const Request& request = machine.request();
  std::vector<StringId> names{request.name};
  names.insert(names.end(), request.names.begin(), request.names.end());
  Archive archive;
  archive.name = request.to;
  archive.exported = true;
  archive.complete = is_on(Mutant::kCutOffLooksComplete);
  std::vector<BlobId> members;
  const bool needs_manifest =
      machine.profile().export_needs_manifest || !request.skip_manifest_json;
  bool any_found = false;
  Failure failure;
  for (const StringId name : names) {
    const BlobId target = steps::target_of(machine, request.space, name);
    if (target == kNone<BlobId>) {
      failure = {ErrorClass::kNotFound, Message::kImageNotFound, name};
      break;
    }
    if (machine.profile().export_drops_missing_target &&
        !holds(catalog, machine.node().state, request.space, target)) {
      machine.operation().output.push_back(
          machine.text("failed to copy distribution.source labels"));
      continue;
    }
    bool found = false;
    failure = list_members(machine, target, members, found);
    if (!failure && !found && needs_manifest) {
      failure = {ErrorClass::kNotFound, Message::kNoManifestForPlatform};
    }
    if (failure) break;
    any_found = any_found || found;
    archive.images.emplace_back(name, target);
  }
  // The output file is created before anything is looked at.
  World& world = machine.world();
  if (Archive* old = world.find_archive(request.to)) {
    *old = archive;
    machine.operation().archive = static_cast<std::uint32_t>(old - world.archives.data());
  } else {
    machine.operation().archive = static_cast<std::uint32_t>(world.archives.size());
    world.archives.push_back(archive);
  }
  if (failure) return failure;
  std::sort(members.begin(), members.end(), [&](BlobId a, BlobId b) {
    return catalog.text(catalog.blob(a).digest) < catalog.text(catalog.blob(b).digest);
  });
  members.erase(std::unique(members.begin(), members.end()), members.end());
  if (any_found) archive_of(machine).size_bytes = kDirectoryHeaders;
  Steps out;
  out.reserve(members.size() + 1);
  for (const BlobId member : members) {
    out.push_back({&kWriteMember, catalog.blob(member).digest, index_of(member)});
  }
  out.push_back({&kFinishArchive, request.to});
  machine.then(out);
  return {};
}
constexpr StepType kList{"list members", true, perform_list};

Failure begin_export(Machine& machine) {
  if (machine.request().local && !machine.profile().ctr_engine_selectable) {
    return flag_not_defined(machine, "local");
  }
  Steps out;
  if (machine.engine() == Engine::kTransfer) out.push_back(steps::create_lease(machine));
  out.push_back({&kList, machine.request().name});
  machine.then(out);
  return {};
}

constexpr std::array kParameters{
    text("to", ParameterType::kName, &Request::to, "name of the archive to write", true),
    list("and", ParameterType::kReferences, &Request::names, "further images"),
    kLocal,
    kPlatformList,
    kAllPlatforms,
    flag("skip_non_distributable", &Request::skip_non_distributable,
         "leave out non-distributable layers"),
    flag("skip_manifest_json", &Request::skip_manifest_json, "no Docker-compatible manifest.json"),
};

}  // namespace

const OperationType kExport{
    .name = "export",
    .help = "ctr images export: writes an image with all its blobs to an archive",
    .subject = text("export", ParameterType::kReference, &Request::name, "the image's reference"),
    .parameters = kParameters,
    .clients = kCtrOnly,
    .transfers = true,
    .begin = begin_export,
};

}  // namespace sweepcheck
