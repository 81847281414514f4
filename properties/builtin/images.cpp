// What can be done with an image: export, import, push, run, check. Each operation's outcome is
// held against what its blobs and snapshots say should come of it.
#include <algorithm>

#include "model/catalog/facts.hpp"
#include "model/image_graph.hpp"
#include "properties/builtin/families.hpp"
#include "properties/facts/image_facts.hpp"
#include "properties/facts/shared_facts.hpp"

namespace sweepcheck {
namespace {

const Archive* written_archive(const Moment& moment) {
  const std::uint32_t place = moment.operation->archive;
  return place < moment.world.archives.size() ? &moment.world.archives[place] : nullptr;
}

StringId export_platform(const Moment& moment) {
  return moment.operation->request.all_platforms
             ? kNone<StringId>
             : platform_of(moment.catalog(), moment.world.node(moment.node));
}

bool is_plain_export(const Moment& moment) {
  const Request& request = moment.operation->request;
  return request.platforms.empty() && request.names.empty() && !request.skip_non_distributable &&
         moment.operation->failure.error_class != ErrorClass::kUsage;
}

// What an export that succeeds lists, its archive has.
void judge_discarded(const Moment& moment, Violations& violations) {
  if (!is_plain_export(moment)) return;
  const Catalog& catalog = moment.catalog();
  const Archive* archive = written_archive(moment);
  if (!archive) return;
  for (const auto& [name, target] : archive->images) {
    const StringId space = moment.operation->request.space;
    if (is_whole(catalog, *moment.at_begin, space, target, export_platform(moment))) continue;
    violations.push_back("image " + catalog.display(name) +
                         " lacks blobs, and its export succeeds");
  }
}

void judge_complete(const Moment& moment, Violations& violations) {
  if (!is_plain_export(moment)) return;
  if (moment.operation->failure.error_class == ErrorClass::kUnavailable) return;
  const Catalog& catalog = moment.catalog();
  const Request& request = moment.operation->request;
  const BlobId target = target_of(
      catalog, *moment.at_begin, record_of(catalog, *moment.at_begin, request.space, request.name));
  if (target == kNone<BlobId>) return;
  if (!is_whole(catalog, *moment.at_begin, request.space, target, export_platform(moment))) return;
  violations.push_back("image " + catalog.display(request.name) +
                       " has all its blobs, and its export fails: " +
                       failure_text(catalog, moment.operation->failure));
}

// Runs an import of the archive that was just written on an empty node of a copy of the world.
Operation import_into_empty(const Moment& moment, World& world, Request& request) {
  Node& node = world.node(moment.node);
  node.state = {};
  request.type = find_operation_type("import");
  request.node = moment.node;
  request.space = moment.operation->request.space;
  request.name = moment.operation->request.to;
  request.all_platforms = moment.operation->request.all_platforms;
  request.no_unpack = true;
  Operation operation = begin(world, request);
  finish(world, operation);
  return operation;
}

void judge_round_trip(const Moment& moment, Violations& violations) {
  if (!is_plain_export(moment)) return;
  const Archive* archive = written_archive(moment);
  if (!archive || archive->images.empty() || archive->format != ArchiveFormat::kOci) return;
  World& world = scratch(moment).copy_of(moment.world);
  Request request;
  const Operation imported = import_into_empty(moment, world, request);
  const Catalog& catalog = moment.catalog();
  if (imported.status != OperationStatus::kDone) {
    violations.push_back("what was exported can't be imported: " +
                         failure_text(catalog, imported.failure));
    return;
  }
  const State& state = world.node(moment.node).state;
  for (const auto& [name, target] : archive->images) {
    const ObjectId record = record_of(catalog, state, request.space, name);
    if (target_of(catalog, state, record) != target ||
        !is_whole(catalog, state, request.space, target, export_platform(moment))) {
      violations.push_back("image " + catalog.display(name) +
                           " is not the same after export and import");
    }
  }
}

void judge_failed_export(const Moment& moment, Violations& violations) {
  if (moment.succeeded()) return;
  const Archive* archive = written_archive(moment);
  if (!archive || moment.operation->failure.error_class == ErrorClass::kUsage) return;
  // Another export may have written to the same file meanwhile.
  if ((moment.between & kOthers) != 0) return;
  World& world = scratch(moment).copy_of(moment.world);
  Request request;
  if (import_into_empty(moment, world, request).status != OperationStatus::kDone) return;
  // A client may be killed when its archive is written and only its lease is left: then all that
  // the archive lists is in it.
  const State& state = world.node(moment.node).state;
  const bool whole = std::all_of(archive->images.begin(), archive->images.end(),
                                 [&](const std::pair<StringId, BlobId>& image) {
                                   return is_whole(moment.catalog(), state, request.space,
                                                   image.second, export_platform(moment));
                                 });
  if (!moment.failed() && whole) return;
  violations.push_back("the export failed, and import accepts its archive " +
                       moment.catalog().display(archive->name));
}

// Push: what of the image is neither here, nor at the target, nor elsewhere in that registry.
enum class Whereabouts : std::uint8_t { kHere, kMountable, kElsewhere, kNowhere };

struct PushTarget {
  StringId host = kNone<StringId>;
  StringId repository = kNone<StringId>;
  const State* registry = nullptr;
};

Whereabouts find_blob(const Moment& moment, const PushTarget& target, StringId digest) {
  const Catalog& catalog = moment.catalog();
  const auto held = [&](const State& state, const ObjectKey& key) {
    const ObjectId object = catalog.find_object(key);
    return object != kNone<ObjectId> && state.has(object);
  };
  const StringId space = moment.operation->request.space;
  if (held(*moment.at_begin, {ObjectKind::kContent, space, kNone<StringId>, digest})) {
    return Whereabouts::kHere;
  }
  const ObjectKey at_target{ObjectKind::kRepositoryLayer, target.host, target.repository, digest};
  const ObjectKey bytes{ObjectKind::kRegistryBlob, target.host, kNone<StringId>, digest};
  if (!held(*target.registry, bytes)) return Whereabouts::kNowhere;
  if (held(*target.registry, at_target)) return Whereabouts::kHere;
  bool elsewhere = false;
  target.registry->objects.for_each([&](std::uint32_t index) {
    const ObjectKey& key = catalog.key(static_cast<ObjectId>(index));
    elsewhere = elsewhere || (key.kind == ObjectKind::kRepositoryLayer && key.key == digest);
  });
  return elsewhere ? Whereabouts::kElsewhere : Whereabouts::kNowhere;
}

// A blob that is elsewhere in the registry is mounted if the manifest's label names, other than the
// target's own, only repositories that have it: whichever the pusher chooses.
bool is_mountable(const Moment& moment, const PushTarget& target, StringId manifest,
                  StringId digest) {
  const Catalog& catalog = moment.catalog();
  const StringId space = moment.operation->request.space;
  const ObjectId parent =
      catalog.find_object({ObjectKind::kContent, space, kNone<StringId>, manifest});
  const std::string& host = catalog.text(target.host);
  const StringId key =
      catalog.find(std::string(kDistributionSource) + host.substr(0, host.find(':')));
  bool any = false;
  bool all = true;
  if (parent == kNone<ObjectId> || key == kNone<StringId>) return false;
  for_each_true(catalog, *moment.at_begin, parent, [&](FactId fact) {
    if (catalog.label_key(fact) != key) return;
    std::string_view rest = catalog.text(catalog.value(fact));
    while (!rest.empty()) {
      const std::string_view name = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(name.size() + 1, rest.size()));
      const StringId repository = catalog.find(name);
      if (repository == target.repository) continue;
      any = true;
      const ObjectId layer =
          catalog.find_object({ObjectKind::kRepositoryLayer, target.host, repository, digest});
      const ObjectId bytes =
          catalog.find_object({ObjectKind::kRegistryBlob, target.host, kNone<StringId>, digest});
      all = all && layer != kNone<ObjectId> && target.registry->has(layer) &&
            bytes != kNone<ObjectId> && target.registry->has(bytes);
    }
  });
  return any && all;
}

void judge_push(const Moment& moment, Violations& violations) {
  if (moment.operation->failure.error_class == ErrorClass::kUnavailable) return;
  const Request& request = moment.operation->request;
  if (!request.platforms.empty() || moment.operation->failure.error_class == ErrorClass::kUsage) {
    return;
  }
  const Catalog& catalog = moment.catalog();
  const StringId to = request.to == kNone<StringId> ? request.name : request.to;
  if (catalog.text(to).find('/') == std::string::npos) {
    if (moment.succeeded()) violations.emplace_back("a push succeeds to a name without a host");
    return;
  }
  const ReferenceParts parts = catalog.find_reference(catalog.text(to));
  PushTarget target{parts.host, parts.repository, nullptr};
  for (std::size_t i = 0; i < moment.world.registries.size(); ++i) {
    const Registry& registry = moment.world.registries[i];
    if (registry.host != parts.host) continue;
    if (!registry.available || registry.descriptor_cache) return;
    target.registry = &moment.registries_before[i];
  }
  const BlobId image = target_of(catalog, *moment.at_begin,
                                 record_of(catalog, *moment.at_begin, request.space, request.name));
  if (!target.registry || image == kNone<BlobId>) return;
  std::vector<BlobId> needed;
  needed_blobs(catalog, image, kNone<StringId>, needed);
  bool here = true;
  StringId manifest = kNone<StringId>;
  for (const BlobId id : needed) {
    const Blob& blob = catalog.blob(id);
    if (blob.media == MediaClass::kForeignLayer) return;
    if (blob.media == MediaClass::kManifest) manifest = blob.digest;
    Whereabouts where = find_blob(moment, target, blob.digest);
    if (where == Whereabouts::kElsewhere && is_mountable(moment, target, manifest, blob.digest)) {
      where = Whereabouts::kMountable;
    }
    if (has_children(blob.media) || moment.profile().push_requires_local_children) {
      const bool held = holds(catalog, *moment.at_begin, request.space, id);
      where = held ? Whereabouts::kHere : Whereabouts::kNowhere;
    }
    if (where == Whereabouts::kNowhere && moment.succeeded()) {
      violations.push_back("a push succeeds although nobody has " + catalog.display(blob.digest));
    }
    here = here && (where == Whereabouts::kHere || where == Whereabouts::kMountable);
  }
  if (here && moment.failed()) {
    violations.push_back("a push fails although each blob is here, at the target or mountable: " +
                         failure_text(catalog, moment.operation->failure));
  }
}

bool names_host(std::string_view name) {
  const std::string_view first = name.substr(0, name.find('/'));
  const bool has_capital =
      std::any_of(first.begin(), first.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  return first.size() < name.size() && (first == "localhost" || has_capital ||
                                        first.find_first_of(".:") != std::string_view::npos);
}

// The name that CRI looks for: of docker.io where it has no host, and latest where it says nothing;
// a digest makes a tag superfluous.
std::string name_in_full(std::string name) {
  constexpr std::string_view kHub = "docker.io/";
  if (name.starts_with("index.docker.io/")) name.erase(0, std::string_view("index.").size());
  if (!names_host(name)) name.insert(0, kHub);
  if (name.starts_with(kHub) && name.find('/', kHub.size()) == std::string::npos) {
    name.insert(kHub.size(), "library/");
  }
  const std::size_t place = name.rfind('/');
  const std::size_t tag = name.find_first_of(":@", place);
  const std::size_t digest = name.find('@', place);
  if (tag == std::string::npos) return name + ":latest";
  if (digest != std::string::npos) name.erase(tag, digest - tag);
  return name;
}

// CRI takes a record of a short name for one of its full name, and opens that if it comes first, as
// one without a tag doesn't.
bool has_short_names(const Catalog& catalog, const State& state, StringId space) {
  bool found = false;
  state.objects.for_each([&](std::uint32_t index) {
    const ObjectKey& key = catalog.key(static_cast<ObjectId>(index));
    if (key.kind != ObjectKind::kImage || key.space != space) return;
    const std::string& name = catalog.text(key.key);
    if (name.starts_with("sha256:") || name.find_first_of(":@") == std::string::npos) return;
    found = found || !name_in_full(name).starts_with(name);
  });
  return found;
}

// A container is created if the chain is there, or its blobs are.
void judge_runs(const Moment& moment, Violations& violations) {
  const Request& request = moment.operation->request;
  if (request.snapshotter != kNone<StringId>) return;
  const Catalog& catalog = moment.catalog();
  const State& state = *moment.at_begin;
  const bool by_cri = request.by == Client::kCri;
  if (by_cri && catalog.text(request.image).starts_with("sha256:")) return;
  const StringId name =
      by_cri ? catalog.find(name_in_full(catalog.text(request.image))) : request.image;
  const BlobId target =
      name == kNone<StringId>
          ? kNone<BlobId>
          : target_of(catalog, state, record_of(catalog, state, request.space, name));
  if (target == kNone<BlobId>) {
    if (moment.succeeded()) violations.emplace_back("a container is created without its image");
    return;
  }
  const Node& node = moment.world.node(moment.node);
  const StringId platform = platform_of(catalog, node);
  const StringId snapshotter = catalog.find(node.policy->cri.snapshotter);
  std::vector<BlobId> needed;
  needed_blobs(catalog, target, platform, needed);
  bool blobs = true;
  bool documents = true;
  for (const BlobId id : needed) {
    const bool held = holds(catalog, state, request.space, id);
    blobs = blobs && held;
    documents = documents && (held || is_layer(catalog.blob(id).media, moment.profile()));
  }
  const bool unpacked = is_unpacked(catalog, state, request.space, snapshotter, target, platform);
  if (moment.succeeded() && !(documents && (unpacked || blobs)) &&
      !is_unpacked(catalog, moment.state(), request.space, snapshotter, target, platform)) {
    violations.push_back("a container is created from image " + catalog.display(request.image) +
                         ", which is neither unpacked nor complete");
  }
  const ErrorClass error = moment.operation->failure.error_class;
  if (moment.failed() && error == ErrorClass::kNotFound && documents && unpacked &&
      !(by_cri && has_short_names(catalog, state, request.space)) &&
      !chain_of(catalog, target, platform).empty()) {
    violations.push_back("image " + catalog.display(request.image) +
                         " is unpacked, and no container can be created: " +
                         failure_text(catalog, moment.operation->failure));
  }
}

// `check` says "complete" if and only if config and layers are there.
void judge_check(const Moment& moment, Violations& violations) {
  if (moment.operation->output.empty()) return;
  const Catalog& catalog = moment.catalog();
  const Request& request = moment.operation->request;
  const BlobId target = target_of(catalog, moment.state(),
                                  record_of(catalog, moment.state(), request.space, request.name));
  if (target == kNone<BlobId>) return;
  std::vector<BlobId> needed;
  needed_blobs(catalog, target, platform_of(catalog, moment.world.node(moment.node)), needed);
  bool whole = true;
  for (const BlobId id : needed) {
    whole = whole && holds(catalog, moment.state(), request.space, id);
  }
  const bool said = catalog.text(moment.operation->output.front()).starts_with("complete");
  if (said == whole) return;
  violations.push_back("check says of image " + catalog.display(request.name) + ": " +
                       catalog.text(moment.operation->output.front()));
}

constexpr std::array<std::string_view, 1> kExports{"export"};
constexpr std::array<std::string_view, 1> kPushes{"push"};
constexpr std::array<std::string_view, 1> kCreations{"create-container"};
constexpr std::array<std::string_view, 1> kChecks{"check"};

constexpr Property image_property(std::string_view name, std::string_view statement,
                                  std::string_view why, std::string_view source,
                                  void (*judge)(const Moment&, Violations&),
                                  std::span<const std::string_view> operations,
                                  std::uint32_t needs) {
  return {.name = name,
          .family = "images",
          .statement = statement,
          .why = why,
          .source = source,
          .occasion = Occasion::kOperation,
          .judge = judge,
          .needs = needs,
          .operations = operations};
}

}  // namespace

const Property kDiscardedNotExportable =
    image_property("incomplete-not-exportable",
                   "An image that lacks a blob for the node's platform can't be exported.",
                   "an archive that looks whole and isn't is found out when it is needed",
                   "client/export.go", judge_discarded, kExports, kUninterrupted | kSucceeded);
const Property kCompleteExportable =
    image_property("complete-exportable", "An image that has all its blobs can be exported.",
                   "a node that has everything is a backup", "client/export.go", judge_complete,
                   kExports, kUninterrupted | kFailed);
const Property kExportImport = image_property(
    "export-import", "Export, then import on an empty node, gives the same image.",
    "the way by which air-gapped sites move images", "client/export.go, client/import.go",
    judge_round_trip, kExports, kUninterrupted | kSucceeded);
const Property kFailedExport = image_property(
    "failed-export-not-accepted", "An export that fails leaves no archive that import accepts.",
    "half an archive must not pass for an image", "images/archive/exporter.go", judge_failed_export,
    kExports, 0);
const Property kPushNeeds =
    image_property("push-needs-each-blob",
                   "A push succeeds only if each blob is here, at the target or elsewhere in its "
                   "registry, and fails only if one is neither here, nor at the target, nor in "
                   "each repository that the manifest's label names.",
                   "a discarded image can be pushed back only where it came from",
                   "core/remotes/docker/pusher.go", judge_push, kPushes, kUninterrupted);
const Property kRunnableRuns = image_property(
    "unpacked-runs",
    "With the node's default snapshotter a container can be created of an image that "
    "is unpacked, and of none that is neither unpacked nor complete. CRI finds it by its full "
    "name.",
    "discarding must not stop a node from running what it pulled", "client/container_opts.go",
    judge_runs, kCreations, kUninterrupted);
const Property kCheckIsRight = image_property(
    "check-is-right", "`images check` says complete of complete images, and of no others.",
    "operators trust it before they delete from a registry", "cmd/ctr/commands/images/images.go",
    judge_check, kChecks, kSucceeded);

}  // namespace sweepcheck
