// Fetching an image's tree into the content store: the handler chain of client.Fetch, client.Pull
// and the transfer service (remotes/handlers.go, images/handlers.go, pull.go).
#include <algorithm>
#include <array>

#include "model/image_graph.hpp"
#include "model/mutant.hpp"
#include "model/operations/define_step.hpp"
#include "model/operations/steps.hpp"

namespace sweepcheck::steps {
namespace {

// Requests.

Failure registry_down(StringId host) {
  return {ErrorClass::kUnavailable, Message::kRegistryDown, host};
}

// Only CRI takes a host and a tag for granted where a reference has none.
Failure refuse_incomplete(Machine& machine, StringId reference) {
  Catalog& catalog = machine.catalog();
  const bool transfer = machine.engine() == Engine::kTransfer;
  const bool hostless =
      machine.client() != Client::kCri && catalog.text(reference).find('/') == std::string::npos;
  const StringId port = hostless ? invalid_port(catalog, reference) : kNone<StringId>;
  if (port != kNone<StringId>) {
    return {ErrorClass::kUnknown,
            transfer ? Message::kResolveImageInvalidPort : Message::kResolveInvalidPort, reference,
            port};
  }
  if (!hostless && split_reference(catalog, reference).object() != kNone<StringId>) return {};
  return {ErrorClass::kUnknown,
          transfer ? Message::kResolveImageObjectRequired : Message::kResolveObjectRequired,
          reference};
}

}  // namespace

// HEAD of a reference: sets the operation's target.
struct Resolve {
  static constexpr StepName kName = atomic("resolve");
  StringId reference;

  Failure perform(Machine& machine) const {
    Catalog& catalog = machine.catalog();
    const ReferenceParts parts = split_reference(catalog, reference);
    if (Failure failure = refuse_incomplete(machine, reference)) return failure;
    Registry* registry = machine.world().find_registry(parts.host);
    if (!registry || !registry->available) return registry_down(parts.host);
    RegistryApi api(catalog, *registry);
    BlobId found = api.manifest("HEAD", parts.repository, parts.object());
    // What is named by its digest may be any blob.
    if (found == kNone<BlobId> && parts.digest != kNone<StringId> &&
        api.blob("HEAD", parts.repository, parts.digest)) {
      found = catalog.find_blob(parts.digest);
    }
    if (found == kNone<BlobId>) {
      const bool transfer = machine.engine() == Engine::kTransfer;
      return {ErrorClass::kNotFound,
              transfer ? Message::kResolveImageNotFound : Message::kResolveNotFound, reference};
    }
    machine.operation().target = found;
    machine.operation().plan.host = parts.host;
    machine.operation().plan.repository = parts.repository;
    machine.operation().plan.source_key = source_label(catalog, parts.host);
    return {};
  }
  void touches(StepTouches& touches) const {
    const ReferenceParts parts = split_reference(touches.machine().catalog(), reference);
    if (parts.object() == kNone<StringId>) return;
    touches.manifest(parts.host, parts.repository, parts.object());
    if (parts.digest != kNone<StringId>) touches.blob(parts.host, parts.repository, parts.digest);
  }
};
template struct DefinedStep<Resolve>;

struct CommitContent {
  static constexpr StepName kName = atomic("commit content");
  BlobId blob;

  Failure perform(Machine& machine) const {
    const StringId digest = machine.blob(blob).digest;
    const Failure failure = machine.metadata().commit(machine.catalog().fetch_ref(blob), digest);
    if (is_on(Mutant::kPullRootsContent) && !failure) {
      Metadata metadata = machine.metadata();
      metadata.put_label(metadata.content(digest), machine.text(kGcRoot), machine.text("x"));
    }
    return failure;
  }
  void touches(StepTouches& touches) const {
    Catalog& catalog = touches.machine().catalog();
    touches.commit(catalog.fetch_ref(blob), catalog.blob(blob).digest);
  }
};
template struct DefinedStep<CommitContent>;

struct WriteContent {
  static constexpr StepName kName = atomic("write content");
  BlobId blob;

  Failure perform(Machine& machine) const {
    machine.metadata().write(machine.catalog().fetch_ref(blob), machine.blob(blob).size_bytes);
    return {};
  }
  void touches(StepTouches& touches) const {
    touches.write_bytes(touches.machine().catalog().fetch_ref(blob));
  }
};
template struct DefinedStep<WriteContent>;

// Half of the bytes arrive with the request, the rest with the next step: a kill in between leaves
// a partial ingest, which a later fetch resumes with a Range request.
struct GetContent {
  static constexpr StepName kName = atomic("get content");
  BlobId blob;

  // Documents are asked for as manifests, all else as blobs.
  static bool is_document(const Blob& bytes) {
    return has_children(bytes.media) || bytes.media == MediaClass::kSchema1;
  }
  Failure perform(Machine& machine) const {
    Catalog& catalog = machine.catalog();
    const FetchPlan& plan = machine.operation().plan;
    const Blob& bytes = machine.blob(blob);
    Registry* registry = machine.world().find_registry(plan.host);
    if (!registry || !registry->available) return registry_down(plan.host);
    Metadata metadata = machine.metadata();
    const StringId ref = catalog.fetch_ref(blob);
    const std::int64_t offset = metadata.written(ref);
    RegistryApi api(catalog, *registry);
    const bool found = is_document(bytes)
                           ? api.manifest("GET", plan.repository, bytes.digest) != kNone<BlobId>
                           : api.blob("GET", plan.repository, bytes.digest, offset > 0);
    if (!found) return {ErrorClass::kNotFound, Message::kRegistryBlobUnknown, bytes.digest};
    metadata.write(ref, std::max(offset, bytes.size_bytes / 2));
    return {};
  }
  void touches(StepTouches& touches) const {
    const FetchPlan& plan = touches.machine().operation().plan;
    const Blob& bytes = touches.machine().blob(blob);
    if (is_document(bytes)) {
      touches.manifest(plan.host, plan.repository, bytes.digest);
    } else {
      touches.blob(plan.host, plan.repository, bytes.digest);
    }
    touches.write_bytes(touches.machine().catalog().fetch_ref(blob));
  }
};
template struct DefinedStep<GetContent>;

struct OpenContent {
  static constexpr StepName kName = atomic("open content");
  BlobId blob;

  Failure perform(Machine& machine) const {
    Opened opened = Opened::kExists;
    Metadata metadata = machine.metadata();
    const Blob& bytes = machine.blob(blob);
    const StringId ref = machine.catalog().fetch_ref(blob);
    if (Failure failure = metadata.open_writer(ref, bytes.digest, opened)) return failure;
    const bool whole = opened == Opened::kResumed && metadata.written(ref) >= bytes.size_bytes;
    if (opened == Opened::kShared || whole) {
      machine.then({CommitContent{blob}});
    } else if (opened != Opened::kExists) {
      machine.then({GetContent{blob}, WriteContent{blob}, CommitContent{blob}});
    }
    return {};
  }
  void touches(StepTouches& touches) const {
    Catalog& catalog = touches.machine().catalog();
    touches.open_writer(catalog.fetch_ref(blob), catalog.blob(blob).digest);
  }
};
template struct DefinedStep<OpenContent>;

// Labels.

// "a,b": the repositories that a source label names, and one more, in order and each once.
static std::string joined_sources(const std::string& known, const std::string& added) {
  std::vector<std::string> repositories{added};
  for (std::size_t at = 0; at <= known.size();) {
    const std::size_t comma = std::min(known.find(',', at), known.size());
    repositories.push_back(known.substr(at, comma - at));
    at = comma + 1;
  }
  std::sort(repositories.begin(), repositories.end());
  repositories.erase(std::unique(repositories.begin(), repositories.end()), repositories.end());
  std::string joined;
  for (const std::string& each : repositories) joined += (joined.empty() ? "" : ",") + each;
  return joined;
}

struct LabelSource {
  static constexpr StepName kName = atomic("label source");
  BlobId blob;

  Failure perform(Machine& machine) const {
    Catalog& catalog = machine.catalog();
    const FetchPlan& plan = machine.operation().plan;
    Metadata metadata = machine.metadata();
    const ObjectId content = metadata.content(catalog.blob(blob).digest);
    const StringId known = metadata.label(content, plan.source_key);
    if (known == kNone<StringId> || known == plan.repository) {
      return metadata.set_label(content, plan.source_key, plan.repository);
    }
    const StringId sources = catalog.derived(
        Derived::kSources, index_of(known), index_of(plan.repository),
        [&] { return joined_sources(catalog.text(known), catalog.text(plan.repository)); });
    return metadata.set_label(content, plan.source_key, sources);
  }
  void touches(StepTouches& touches) const {
    touches.label_content(touches.machine().blob(blob).digest);
  }
};
template struct DefinedStep<LabelSource>;

struct LabelChildren {
  static constexpr StepName kName = atomic("label children");
  BlobId parent;

  Failure perform(Machine& machine) const {
    return label_children(machine, parent, machine.blob(parent).children,
                          machine.operation().plan.discard);
  }
  void touches(StepTouches& touches) const {
    touches.label_content(touches.machine().blob(parent).digest);
  }
};
template struct DefinedStep<LabelChildren>;

// The tree.

namespace {

bool is_selected(std::span<const BlobChild> selected, const BlobChild& child) {
  return std::any_of(selected.begin(), selected.end(),
                     [&](const BlobChild& other) { return other.blob == child.blob; });
}

SelectedChildren select_manifests(Machine& machine, const Blob& index) {
  const FetchPlan& plan = machine.operation().plan;
  const auto wanted = plan.all_platforms ? std::span<const StringId>{} : plan.platforms;
  return select_children(machine.catalog(), index, wanted, plan.one_manifest, !plan.one_manifest);
}

// Only client.Pull, which wants one manifest, minds that there is none (images.LimitManifests).
bool lacks_wanted_manifest(Machine& machine, const Blob& index) {
  const FetchPlan& plan = machine.operation().plan;
  return index.media == MediaClass::kIndex && plan.one_manifest && !plan.all_metadata &&
         select_manifests(machine, index).empty();
}

}  // namespace

// A blob, and what the plan asks for below it.
struct FetchTree {
  static constexpr StepName kName = expands("fetch tree");
  BlobId blob;
  /// No layers.
  WideBool metadata_only;
  /// The blob is there and labelled, its children are next.
  WideBool stored;

  Failure perform(Machine& machine) const;
  void touches(StepTouches&) const {}
};
template struct DefinedStep<FetchTree>;

static Failure expand_index(Machine& machine, const Blob& index, bool metadata_only) {
  if (lacks_wanted_manifest(machine, index)) return {ErrorClass::kNotFound, Message::kNoMatch};
  const FetchPlan& plan = machine.operation().plan;
  const auto selected = select_manifests(machine, index);
  Steps steps;
  for (const BlobChild& child : index.children) {
    const bool chosen = is_selected(selected, child);
    if (!chosen && !plan.all_metadata) continue;
    steps.push_back(fetch_tree(child.blob, metadata_only || !chosen));
  }
  machine.then(steps);
  return {};
}

static void expand_manifest(Machine& machine, BlobId id, bool metadata_only) {
  Catalog& catalog = machine.catalog();
  const FetchPlan& plan = machine.operation().plan;
  Steps steps;
  bool unpacks = false;
  for (const BlobChild& child : catalog.blob(id).children) {
    const MediaClass media = catalog.blob(child.blob).media;
    const bool config = media == MediaClass::kConfig;
    if (!config && metadata_only) continue;
    if (plan.unpacker && is_layer(media, machine.profile())) {
      unpacks = true;
    } else {
      steps.push_back(fetch_tree(child.blob));
    }
  }
  if (unpacks) steps.push_back(unpack_while_fetching(id));
  machine.then(steps);
}

Failure FetchTree::perform(Machine& machine) const {
  const Blob& bytes = machine.blob(blob);
  if (stored) {
    if (bytes.media == MediaClass::kIndex) return expand_index(machine, bytes, metadata_only);
    expand_manifest(machine, blob, metadata_only);
    return {};
  }
  Steps steps{OpenContent{blob}};
  if (has_children(bytes.media)) steps.push_back(LabelChildren{blob});
  if (!lacks_wanted_manifest(machine, bytes)) steps.push_back(LabelSource{blob});
  if (has_children(bytes.media)) {
    steps.push_back(FetchTree{.blob = blob, .metadata_only = metadata_only, .stored = true});
  }
  machine.then(steps);
  return {};
}

Step resolve(StringId reference) { return Resolve{reference}; }

Step fetch_tree(BlobId blob, bool metadata_only) {
  return FetchTree{.blob = blob, .metadata_only = metadata_only, .stored = false};
}

Step fetch_blob(BlobId blob) { return OpenContent{blob}; }

Failure label_children(Machine& machine, BlobId parent, std::span<const BlobChild> children,
                       bool discard) {
  Catalog& catalog = machine.catalog();
  const Profile& profile = machine.profile();
  Metadata metadata = machine.metadata();
  const StringId digest = catalog.blob(parent).digest;
  const ObjectId record = metadata.content(digest);
  if (!metadata.has(record)) return {ErrorClass::kNotFound, Message::kContentNotFound, digest};
  if (children.empty()) return {};
  if (is_on(Mutant::kLabelsReplaced)) metadata.clear_labels(record);
  // One counter for each base key, in the order of the children.
  std::array<std::pair<StringId, std::uint32_t>, 5> counters;
  counters.fill({kNone<StringId>, 0});
  bool labelled = false;
  for (const BlobChild& child : children) {
    const Blob& blob = catalog.blob(child.blob);
    const Word base = child_label_base(blob.media, profile);
    if (discard && is_layer(blob.media, profile) && !is_on(Mutant::kDiscardIgnored)) continue;
    if (is_on(Mutant::kLayersUnlabelled) && is_layer(blob.media, profile)) continue;
    if (is_on(Mutant::kConfigUnlabelled) && blob.media == MediaClass::kConfig) continue;
    if (is_on(Mutant::kManifestsUnlabelled) && blob.media == MediaClass::kManifest) continue;
    StringId key = base.id();
    if (profile.referrer_labels && blob.is_referrer) {
      key = catalog.derived(Derived::kReferrerLabel, index_of(blob.digest), 0, [&] {
        return "containerd.io/gc.ref.content.referrer.sha256." +
               catalog.text(blob.digest).substr(7, 12);
      });
    } else {
      auto counter = std::find_if(counters.begin(), counters.end(), [&](const auto& entry) {
        return entry.first == kNone<StringId> || entry.first == base.id();
      });
      counter->first = base.id();
      const std::uint32_t number = counter->second;
      if (base.text.ends_with('.') || number > 0) {
        key = catalog.derived(Derived::kChildLabel, base.number, number,
                              [&] { return std::string(base.text) + std::to_string(number); });
      }
      if (!is_on(Mutant::kLabelNumbersRepeat)) ++counter->second;
    }
    metadata.put_label(record, key, blob.digest);
    labelled = true;
  }
  // An update without field paths replaces all labels by none (images/handlers.go).
  if (!labelled) metadata.clear_labels(record);
  metadata.mutated();
  return {};
}

StringId snapshotter_or_default(Machine& machine, StringId given) {
  if (given != kNone<StringId>) return given;
  if (machine.client() == Client::kCri) return machine.text(machine.node().policy->cri.snapshotter);
  return machine.text(kDefaultSnapshotter);
}

StringId source_label(Catalog& catalog, StringId host) {
  return catalog.derived(Derived::kSourceLabel, index_of(host), 0, [&] {
    return std::string(kDistributionSource) + catalog.text(host_name(catalog, host));
  });
}

StringId host_platform(Machine& machine) { return machine.text(machine.node().policy->platform); }

BlobId target_of(Machine& machine, StringId space, StringId image) {
  const StringId digest = machine.metadata(space).image_target(image);
  return digest == kNone<StringId> ? kNone<BlobId> : machine.catalog().find_blob(digest);
}

}  // namespace sweepcheck::steps
