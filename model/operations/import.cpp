// Import (client/import.go, images/archive/importer.go, core/transfer/local/import.go).
// The whole tar is written to the content store first; then the index is walked, labelled and
// named.
#include <algorithm>

#include "model/image_graph.hpp"
#include "model/mutant.hpp"
#include "model/operations/define_step.hpp"
#include "model/operations/steps.hpp"
#include "model/operations/types.hpp"

namespace sweepcheck {

namespace steps {

struct CommitMember {
  static constexpr StepName kName = atomic("commit member");
  BlobId member;
  StringId ref;

  Failure perform(Machine& machine) const {
    return machine.metadata().commit(ref, machine.blob(member).digest);
  }
  void touches(StepTouches& touches) const {
    touches.commit(ref, touches.machine().blob(member).digest);
  }
};
template struct DefinedStep<CommitMember>;

// Half of a member comes when it is opened, the rest now: a kill in between leaves a part of it.
struct WriteMember {
  static constexpr StepName kName = atomic("write member");
  BlobId member;
  StringId ref;

  Failure perform(Machine& machine) const {
    machine.metadata().write(ref, machine.blob(member).size_bytes);
    return {};
  }
  void touches(StepTouches& touches) const { touches.write_bytes(ref); }
};
template struct DefinedStep<WriteMember>;

// "tar-blobs/sha256/<hex>": a member's name, as an OCI archive has it.
static StringId member_ref(Catalog& catalog, BlobId member) {
  const StringId digest = catalog.blob(member).digest;
  return catalog.derived(Derived::kMemberRef, index_of(digest), 0, [&] {
    std::string name = "tar-blobs/" + catalog.text(digest);
    std::replace(name.begin(), name.end(), ':', '/');
    return name;
  });
}

// A tar member's digest is not known before its bytes: nothing is shared, everything is written.
struct OpenMember {
  static constexpr StepName kName = atomic("open member");
  BlobId member;

  Failure perform(Machine& machine) const {
    const StringId ref = member_ref(machine.catalog(), member);
    Opened opened = Opened::kNew;
    Metadata metadata = machine.metadata();
    if (Failure failure = metadata.open_writer(ref, kNone<StringId>, opened)) return failure;
    const std::int64_t bytes = machine.blob(member).size_bytes;
    metadata.write(ref, std::max(metadata.written(ref), bytes / 2));
    machine.then({WriteMember{member, ref}, CommitMember{member, ref}});
    return {};
  }
  void touches(StepTouches& touches) const {
    touches.open_writer(member_ref(touches.machine().catalog(), member), kNone<StringId>);
  }
};
template struct DefinedStep<OpenMember>;

// The header says how much is to come, and nothing comes.
struct OpenCutMember {
  static constexpr StepName kName = atomic("open member");
  BlobId member;

  Failure perform(Machine& machine) const {
    const StringId ref = member_ref(machine.catalog(), member);
    Opened opened = Opened::kNew;
    if (Failure failure = machine.metadata().open_writer(ref, kNone<StringId>, opened)) {
      return failure;
    }
    return {ErrorClass::kUnknown, Message::kTruncatedArchive};
  }
  void touches(StepTouches& touches) const {
    touches.open_writer(member_ref(touches.machine().catalog(), member), kNone<StringId>);
  }
};
template struct DefinedStep<OpenCutMember>;

namespace {

BlobId make_index(Catalog& catalog, const Archive& archive, const std::vector<BlobId>& targets) {
  const bool docker = archive.format == ArchiveFormat::kDocker;
  std::string bytes = archive.exported ? "exported index.json" : "index.json";
  Blob index;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const BlobId target = targets[i];
    const StringId name = archive.images[i].first;
    if (name != kNone<StringId>) bytes += ' ' + catalog.text(name);
    bytes += ' ' + catalog.text(catalog.blob(target).digest);
    // index.json need not say a platform; the index that is made for a docker archive does.
    const BlobId config = docker ? config_of(catalog, target) : kNone<BlobId>;
    index.children.push_back(
        {target, config == kNone<BlobId> ? kNone<StringId> : catalog.blob(config).platform});
  }
  index.digest = catalog.digest_of(bytes);
  if (const BlobId known = catalog.find_blob(index.digest); known != kNone<BlobId>) return known;
  index.media_type = kOciIndex.id();
  index.media = MediaClass::kIndex;
  index.size_bytes = 64 + 256 * static_cast<std::int64_t>(targets.size());
  catalog.set_alias(index.digest, "index:" + catalog.text(archive.name));
  return catalog.add_blob(std::move(index));
}

// A blob of this namespace whose uncompressed label names the layer, else the layer itself
// (images/archive/importer.go resolveLayers).
BlobId resolve_layer(Machine& machine, BlobId layer) {
  Catalog& catalog = machine.catalog();
  const Metadata metadata = machine.metadata();
  const StringId key = machine.text(kUncompressed);
  BlobId found = layer;
  catalog.of_kind(ObjectKind::kContent).for_each([&](std::uint32_t index) {
    const auto record = static_cast<ObjectId>(index);
    if (found != layer || !metadata.has(record)) return;
    if (catalog.key(record).space != machine.request().space) return;
    if (metadata.label(record, key) == catalog.blob(layer).digest) {
      found = catalog.blob_of(record);
    }
  });
  return found == kNone<BlobId> ? layer : found;
}

// A docker archive has no manifest of its own: one is generated, from the compressed twins that the
// namespace happens to have. So its digest depends on what was discarded before.
BlobId generate_manifest(Machine& machine, BlobId manifest) {
  Catalog& catalog = machine.catalog();
  Blob generated = catalog.blob(manifest);
  std::string bytes = "docker manifest";
  bool changed = false;
  for (BlobChild& child : generated.children) {
    if (is_layer(catalog.blob(child.blob).media, machine.profile())) {
      const BlobId twin = resolve_layer(machine, child.blob);
      changed = changed || twin != child.blob;
      child.blob = twin;
    }
    bytes += ' ' + catalog.text(catalog.blob(child.blob).digest);
  }
  if (!changed) return manifest;
  const std::string alias = catalog.display(generated.digest) + "+twins";
  generated.digest = catalog.digest_of(bytes);
  catalog.set_alias(generated.digest, alias);
  return catalog.add_blob(std::move(generated));
}

}  // namespace

// What the archive's index.json lists becomes a blob of its own; of a docker archive, the
// manifests, too.
struct StoreIndex {
  static constexpr StepName kName = expands("store index");

  Failure perform(Machine& machine) const {
    Catalog& catalog = machine.catalog();
    const Archive& archive = machine.world().archives[machine.operation().archive];
    if (!archive.complete) return {ErrorClass::kUnknown, Message::kTruncatedArchive};
    std::vector<BlobId> targets;
    Steps out;
    for (const auto& [name, target] : archive.images) {
      const bool docker = archive.format == ArchiveFormat::kDocker;
      targets.push_back(docker ? generate_manifest(machine, target) : target);
      if (docker) out.push_back(OpenMember{targets.back()});
    }
    const BlobId index = make_index(catalog, archive, targets);
    machine.operation().target = index;
    out.push_back(OpenMember{index});
    machine.then(out);
    return {};
  }
  void touches(StepTouches& touches) const {
    touches.read_archive(touches.machine().request().name);
    touches.read_content(kNone<StringId>);
  }
};
template struct DefinedStep<StoreIndex>;

// The walk: label and descend. Local imports filter by platform before they label.
struct WalkImported {
  static constexpr StepName kName = atomic("walk import");
  BlobId blob;

  Failure perform(Machine& machine) const;
  void touches(StepTouches& touches) const {
    touches.label_content(touches.machine().blob(blob).digest);
    // The unpacker begins with its config.
    const BlobId config = config_of(touches.machine().catalog(), blob);
    if (touches.machine().operation().plan.unpacker && config != kNone<BlobId>) {
      touches.read_content(config);
    }
  }
};
template struct DefinedStep<WalkImported>;

Failure WalkImported::perform(Machine& machine) const {
  Catalog& catalog = machine.catalog();
  const Blob& bytes = catalog.blob(blob);
  if (!holds(catalog, machine.node().state, machine.request().space, blob)) {
    return {ErrorClass::kNotFound, Message::kContentNotFound, bytes.digest};
  }
  const FetchPlan& plan = machine.operation().plan;
  const auto wanted = plan.all_platforms ? std::span<const StringId>{} : plan.platforms;
  const auto selected = select_children(
      catalog, bytes, bytes.media == MediaClass::kIndex ? wanted : std::span<const StringId>{},
      false, false);
  const bool transfer = machine.engine() == Engine::kTransfer;
  if (Failure failure = label_children(
          machine, blob, transfer ? std::span<const BlobChild>(bytes.children) : selected,
          plan.discard)) {
    return failure;
  }
  // images.WalkNotEmpty; whatever else is walked has children.
  if (blob == machine.operation().target && selected.empty()) {
    return {ErrorClass::kUnknown, Message::kImageFilteredOut};
  }
  Steps out;
  for (const BlobChild& child : selected) {
    if (has_children(catalog.blob(child.blob).media)) out.push_back(WalkImported{child.blob});
  }
  if (bytes.media == MediaClass::kManifest && plan.unpacker) {
    out.push_back(unpack_while_fetching(blob));
  }
  machine.then(out);
  return {};
}

namespace {

// Names.

struct NamedImage {
  StringId name = kNone<StringId>;
  BlobId target = kNone<BlobId>;
};

// True if the name begins with the base, as a whole path (archive.FilterRefPrefix).
bool has_base(std::string_view name, std::string_view base) {
  if (!name.starts_with(base)) return false;
  return name.size() == base.size() ||
         std::string_view("/:@").find(name[base.size()]) != std::string_view::npos;
}

std::string base_name(Machine& machine) {
  const StringId given = machine.request().base_name;
  if (given != kNone<StringId>) return machine.catalog().text(given);
  return "import-" + format_rfc3339(machine.world().now).substr(0, 10);
}

// The records to store. A tag alone is put behind the base name.
std::vector<NamedImage> imported_images(Machine& machine) {
  Catalog& catalog = machine.catalog();
  const Request& request = machine.request();
  const Archive& archive = machine.world().archives[machine.operation().archive];
  const bool transfer = machine.engine() == Engine::kTransfer;
  const bool has_base_name = request.base_name != kNone<StringId>;
  // The transfer service takes the flag for its opposite.
  const bool skips_named = request.skip_digest_for_named != transfer;
  const BlobId index = machine.operation().target;
  std::vector<NamedImage> out;
  for (std::size_t i = 0; i < archive.images.size(); ++i) {
    StringId name = archive.images[i].first;
    if (name != kNone<StringId> && archive.format == ArchiveFormat::kDocker) {
      name = catalog.intern(normalized_reference(catalog.text(name)));
    }
    const BlobId target = catalog.blob(index).children[i].blob;
    if (name != kNone<StringId>) {
      const std::string& text = catalog.text(name);
      if (text.find_first_of("/:@") == std::string::npos) {
        name = catalog.intern(base_name(machine).append(":").append(text));
      } else if (transfer && has_base_name && !has_base(text, base_name(machine))) {
        name = kNone<StringId>;
      }
    }
    if (name != kNone<StringId>) out.push_back({name, target});
    if (!request.digests || (name != kNone<StringId> && skips_named)) continue;
    const std::string digest = catalog.text(catalog.blob(target).digest);
    out.push_back({catalog.intern(base_name(machine).append("@").append(digest)), target});
  }
  if (request.index_name != kNone<StringId>) out.push_back({request.index_name, index});
  return out;
}

}  // namespace

struct NameImages {
  static constexpr StepName kName = expands("name images");

  Failure perform(Machine& machine) const {
    const bool keep = machine.engine() == Engine::kLocal;
    Steps out;
    for (const NamedImage& image : imported_images(machine)) {
      out.push_back(store_image(image.name, image.target, keep));
    }
    const Request& request = machine.request();
    const bool extra = !keep && request.digests && request.index_name != kNone<StringId>;
    if (extra && machine.profile().extra_references_bound) {
      Catalog& catalog = machine.catalog();
      const BlobId index = machine.operation().target;
      const std::string name = base_name(machine) + "@" + catalog.text(catalog.blob(index).digest);
      out.push_back(store_extra_reference(catalog.intern(name), index, request.index_name));
    }
    machine.then(out);
    return {};
  }
  void touches(StepTouches& touches) const {
    touches.read_archive(touches.machine().request().name);
    // The day is a part of the names.
    touches.read_clock();
  }
};
template struct DefinedStep<NameImages>;

// image.Unpack of what has a name, for the best of the platforms that were asked for.
struct UnpackImages {
  static constexpr StepName kName = expands("unpack images");

  Failure perform(Machine& machine) const {
    const StringId platform = machine.operation().plan.platforms.front();
    Steps out;
    for (const NamedImage& image : imported_images(machine)) {
      out.push_back(unpack_image(image.name, image.target, platform));
    }
    machine.then(out);
    return {};
  }
  void touches(StepTouches& touches) const {
    touches.read_archive(touches.machine().request().name);
    touches.read_content(kNone<StringId>);
    touches.read_clock();
  }
};
template struct DefinedStep<UnpackImages>;

struct OwnLease {
  static constexpr StepName kName = expands("own lease");

  Failure perform(Machine& machine) const {
    machine.then({create_lease(machine)});
    return {};
  }
  void touches(StepTouches&) const {}
};
template struct DefinedStep<OwnLease>;

// 1.7's transfer service unpacks for its own platform only.
static bool lacks_unpack_platform(Machine& machine) {
  if (machine.profile().ctr_engine != Engine::kLocal) return false;
  const Request& request = machine.request();
  const StringId host = host_platform(machine);
  return request.all_platforms || machine.operation().plan.platforms.front() != host;
}

struct WalkIndex {
  static constexpr StepName kName = expands("walk index");

  Failure perform(Machine& machine) const {
    const FetchPlan& plan = machine.operation().plan;
    const bool configured = plan.snapshotter == machine.text(kDefaultSnapshotter);
    if (plan.unpacker && (!configured || lacks_unpack_platform(machine))) {
      return {ErrorClass::kInvalidArgument, Message::kNoUnpackPlatforms};
    }
    machine.then({WalkImported{machine.operation().target}});
    return {};
  }
  void touches(StepTouches&) const {}
};
template struct DefinedStep<WalkIndex>;

}  // namespace steps

namespace {

Failure refuse_flags(Machine& machine) {
  const Request& request = machine.request();
  const Profile& profile = machine.profile();
  if (request.local && !profile.ctr_engine_selectable) return flag_not_defined(machine, "local");
  if (!request.labels.empty() && !profile.import_label_flag) {
    return flag_not_defined(machine, "label");
  }
  if (!request.discard_unpacked_layers) return {};
  if (!profile.import_discard_flag) return flag_not_defined(machine, "discard-unpacked-layers");
  if (machine.engine() == Engine::kTransfer) {
    // 2.x refuses it; 1.7 with --local=false ignores it without a word.
    if (profile.ctr_engine == Engine::kLocal) return {};
    return {ErrorClass::kUsage, Message::kDiscardNeedsLocal};
  }
  if (request.no_unpack) return {ErrorClass::kUsage, Message::kDiscardNoUnpack};
  return {};
}

void touch_archive(StepTouches& touches) { touches.read_archive(touches.machine().request().name); }

Failure begin_import(Machine& machine) {
  const Request& request = machine.request();
  if (Failure failure = refuse_flags(machine)) return failure;
  Archive* archive = machine.world().find_archive(request.name);
  if (!archive) return {ErrorClass::kUnknown, Message::kNoSuchArchive, request.name};
  if (archive->size_bytes == 0) return {ErrorClass::kUnknown, Message::kUnrecognizedFormat};
  Operation& operation = machine.operation();
  operation.archive = static_cast<std::uint32_t>(archive - machine.world().archives.data());
  const bool transfer = machine.engine() == Engine::kTransfer;
  FetchPlan& plan = operation.plan;
  // ctr's import knows one platform: the last that is given.
  plan.platforms.assign(
      1, request.platforms.empty() ? steps::host_platform(machine) : request.platforms.back());
  plan.all_platforms = request.all_platforms;
  plan.discard = request.discard_unpacked_layers && !transfer;
  plan.snapshotter = steps::snapshotter_or_default(machine, request.snapshotter);
  plan.unpacker = transfer && !request.no_unpack;
  Steps out{steps::create_lease(machine)};
  for (const BlobId member : archive->members) {
    if (is_on(Mutant::kImportForgetsMember) && member == archive->members.front()) continue;
    out.push_back(steps::OpenMember{member});
  }
  if (archive->last_header != kNone<BlobId>) {
    out.push_back(steps::OpenCutMember{archive->last_header});
  }
  out.push_back(steps::StoreIndex{});
  out.push_back(steps::WalkIndex{});
  out.push_back(steps::NameImages{});
  if (!transfer && !request.no_unpack) {
    if (!machine.profile().import_lease_spans_unpack) {
      out.push_back(steps::delete_lease());
      out.push_back(steps::OwnLease{});
    }
    out.push_back(steps::UnpackImages{});
  }
  machine.then(out);
  return {};
}

constexpr std::array kParameters{
    kLocal,
    list("platforms", ParameterType::kPlatforms, &Request::platforms,
         "only this platform, as os/arch[/variant], of several the last; default: the node's own"),
    kAllPlatforms,
    kSnapshotterName,
    flag("discard_unpacked_layers", &Request::discard_unpacked_layers,
         "--discard-unpacked-layers: 1.7, and 2.x with local"),
    flag("no_unpack", &Request::no_unpack, "content only, no snapshots"),
    flag("digests", &Request::digests, "also a record BASE@DIGEST for each image"),
    flag("skip_digest_for_named", &Request::skip_digest_for_named,
         "with digests: not for images that have a name"),
    text("base_name", ParameterType::kName, &Request::base_name, "base of digest names"),
    text("index_name", ParameterType::kReference, &Request::index_name,
         "also a record of this name for the archive's index"),
    labels("2.x: labels of the image records, in place of those that they had"),
};

}  // namespace

const OperationType kImport{
    .name = "import",
    .help = "ctr images import: reads an archive into the content store and unpacks it",
    .subject = text("import", ParameterType::kName, &Request::name, "name of the archive"),
    .parameters = kParameters,
    .clients = kCtrOnly,
    .transfers = true,
    .begin = begin_import,
    .begin_touches = touch_archive,
};

}  // namespace sweepcheck
