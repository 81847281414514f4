// Export (client/export.go, images/archive/exporter.go, core/transfer/archive/exporter.go).
// Everything that the index and the manifests name is listed first; a layer is opened only when its
// turn comes, in the order of digests, so that a missing one leaves a cut-off archive.
#include <algorithm>

#include "model/image_graph.hpp"
#include "model/mutant.hpp"
#include "model/operations/define_step.hpp"
#include "model/operations/steps.hpp"
#include "model/operations/types.hpp"

namespace sweepcheck {

namespace steps {
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

}  // namespace

struct FinishArchive {
  static constexpr StepName kName = atomic("finish archive");
  StringId name;

  Failure perform(Machine& machine) const {
    Archive& archive = archive_of(machine);
    // index.json, manifest.json (if there is an image) and oci-layout each fit one block; two
    // blocks of zeros end a tar.
    const bool empty = archive.members.empty();
    const std::int64_t documents = empty || machine.request().skip_manifest_json ? 2 : 3;
    archive.size_bytes += documents * member_size(kTarBlock) + 2 * kTarBlock;
    archive.complete = true;
    return {};
  }
  void touches(StepTouches& touches) const { touches.write_archive(name); }
};
template struct DefinedStep<FinishArchive>;

struct ExportMember {
  static constexpr StepName kName = atomic("write member");
  BlobId member;

  Failure perform(Machine& machine) const {
    const Blob& blob = machine.blob(member);
    const Metadata metadata = machine.metadata();
    if (!metadata.has(metadata.content(blob.digest))) {
      if (is_on(Mutant::kExportSkipsMissing)) return {};
      return cut_off(machine, Message::kReaderContentNotFound);
    }
    const ObjectId file = machine.catalog().object(
        {ObjectKind::kBlobFile, kNone<StringId>, kNone<StringId>, blob.digest});
    if (!metadata.has(file) && !is_on(Mutant::kExportReadsNoFile)) {
      return cut_off(machine, Message::kBlobFileMissing);
    }
    Archive& archive = archive_of(machine);
    archive.members.push_back(member);
    archive.size_bytes += member_size(blob.size_bytes);
    return {};
  }
  void touches(StepTouches& touches) const {
    touches.read_content(member);
    touches.read_blob_file(touches.machine().blob(member).digest);
    touches.write_archive(touches.machine().request().to);
  }

 private:
  // The archive ends with the member's header.
  Failure cut_off(Machine& machine, Message why) const {
    Archive& archive = archive_of(machine);
    archive.size_bytes += kTarBlock;
    archive.last_header = member;
    return {ErrorClass::kNotFound, why, machine.blob(member).digest};
  }
};
template struct DefinedStep<ExportMember>;

namespace {

// Lists what one target needs. An index or manifest must be readable
// now.
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
    platforms.push_back(host_platform(machine));
  }
  for (const BlobChild& child : select_children(catalog, blob, platforms, false, true)) {
    if (Failure failure = list_members(machine, child.blob, members, found)) return failure;
  }
  return {};
}

// The names that are exported.
std::vector<StringId> exported_names(const Request& request) {
  std::vector<StringId> names{request.name};
  names.insert(names.end(), request.names.begin(), request.names.end());
  return names;
}

// Lists what all targets need, and the images in the archive, up to the first that fails.
Failure list_targets(Machine& machine, Archive& archive, std::vector<BlobId>& members,
                     bool& any_found) {
  const Catalog& catalog = machine.catalog();
  const Request& request = machine.request();
  const Profile& profile = machine.profile();
  const bool needs_manifest = profile.export_needs_manifest || !request.skip_manifest_json;
  for (const StringId name : exported_names(request)) {
    const BlobId target = target_of(machine, request.space, name);
    if (target == kNone<BlobId>) {
      return {ErrorClass::kNotFound, Message::kImageNotFound, name};
    }
    if (profile.export_drops_missing_target &&
        !holds(catalog, machine.node().state, request.space, target)) {
      machine.operation().output.push_back(
          machine.text("failed to copy distribution.source labels"));
      continue;
    }
    bool found = false;
    if (Failure failure = list_members(machine, target, members, found)) return failure;
    if (!found && needs_manifest) {
      return {ErrorClass::kNotFound, Message::kNoManifestForPlatform};
    }
    any_found = any_found || found;
    archive.images.emplace_back(name, target);
  }
  return {};
}

// The output file is made anew.
void create_archive(Machine& machine, Archive archive) {
  World& world = machine.world();
  if (Archive* old = world.find_archive(archive.name)) {
    *old = std::move(archive);
    machine.operation().archive = static_cast<std::uint32_t>(old - world.archives.data());
  } else {
    machine.operation().archive = static_cast<std::uint32_t>(world.archives.size());
    world.archives.push_back(std::move(archive));
  }
}

}  // namespace

struct ListMembers {
  static constexpr StepName kName = atomic("list members");
  StringId image;

  Failure perform(Machine& machine) const {
    const Catalog& catalog = machine.catalog();
    const Request& request = machine.request();
    Archive archive;
    archive.name = request.to;
    archive.exported = true;
    archive.complete = is_on(Mutant::kCutOffLooksComplete);
    std::vector<BlobId> members;
    bool any_found = false;
    const Failure failure = list_targets(machine, archive, members, any_found);
    // The output file is created before anything is looked at.
    create_archive(machine, std::move(archive));
    if (failure) return failure;
    std::sort(members.begin(), members.end(), [&](BlobId a, BlobId b) {
      return catalog.text(catalog.blob(a).digest) < catalog.text(catalog.blob(b).digest);
    });
    members.erase(std::unique(members.begin(), members.end()), members.end());
    if (any_found) archive_of(machine).size_bytes = kDirectoryHeaders;
    Steps out;
    out.reserve(members.size() + 1);
    for (const BlobId member : members) out.push_back(ExportMember{member});
    out.push_back(FinishArchive{request.to});
    machine.then(out);
    return {};
  }
  void touches(StepTouches& touches) const {
    const Request& request = touches.machine().request();
    for (const StringId name : exported_names(request)) touches.read_image_documents(name);
    // Where a new one comes to lie depends on the others.
    const bool known = touches.machine().world().find_archive(request.to) != nullptr;
    touches.write_archive(known ? request.to : kNone<StringId>);
  }
};
template struct DefinedStep<ListMembers>;

}  // namespace steps

namespace {

Failure begin_export(Machine& machine) {
  if (machine.request().local && !machine.profile().ctr_engine_selectable) {
    return flag_not_defined(machine, "local");
  }
  Steps out;
  if (machine.engine() == Engine::kTransfer) out.push_back(steps::create_lease(machine));
  out.push_back(steps::ListMembers{machine.request().name});
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
