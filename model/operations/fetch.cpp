// Fetching an image's tree into the content store: the handler chain of client.Fetch, client.Pull
// and the transfer service (remotes/handlers.go, images/handlers.go, pull.go; facts 4 and 5).
#include <algorithm>
#include <array>

#include "model/image_graph.hpp"
#include "model/mutant.hpp"
#include "model/operations/steps.hpp"

namespace sweepcheck::steps {
namespace {

constexpr Duration kLeaseLifetime = 24 * kHour;

constexpr Duration kNever = kHour * 24 * 365 * 100;

Duration lease_lifetime() {
  if (is_on(Mutant::kLeaseExpiresAtOnce)) return 0;
  return is_on(Mutant::kLeaseNeverExpires) ? kNever : kLeaseLifetime;
}

Failure perform_delete_lease(Machine& machine, const Step& step) {
  if (is_on(Mutant::kLeaseNotDeleted)) return {};
  machine.work_under(kNone<StringId>);
  return machine.metadata().delete_lease(step.subject);
}
constexpr StepType kDeleteLease{"delete lease", true, perform_delete_lease};

Failure perform_create_lease(Machine& machine, const Step& step) {
  Metadata metadata = machine.metadata();
  // The id is chosen now, as a client's is random: another operation may have come in between.
  StringId id = step.subject;
  for (std::uint32_t number = 1; metadata.has(metadata.lease(id)); ++number) {
    id = machine.catalog().temporary_lease(number);
  }
  if (Failure failure = metadata.create_lease(id)) return failure;
  machine.node().state.set_scalar(metadata.lease(id), ScalarKind::kExpiry,
                                  machine.world().now + lease_lifetime());
  if (!is_on(Mutant::kNoOperationLease)) machine.work_under(id);
  machine.defer(Cleanup::kAlways, machine.client() == Client::kCri, Step{&kDeleteLease, id});
  return {};
}
constexpr StepType kCreateLease{"create lease", true, perform_create_lease};

Failure perform_end_lease(Machine& machine, const Step&) {
  const StringId lease = machine.operation().lease;
  if (lease == kNone<StringId>) return {};
  machine.cancel_deferred(Step{&kDeleteLease, lease});
  machine.then({Step{&kDeleteLease, lease}});
  return {};
}
constexpr StepType kEndLease{"end lease", false, perform_end_lease};

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

Failure perform_resolve(Machine& machine, const Step& step) {
  Catalog& catalog = machine.catalog();
  const ReferenceParts parts = split_reference(catalog, step.subject);
  if (Failure failure = refuse_incomplete(machine, step.subject)) return failure;
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
            transfer ? Message::kResolveImageNotFound : Message::kResolveNotFound, step.subject};
  }
  machine.operation().target = found;
  machine.operation().plan.host = parts.host;
  machine.operation().plan.repository = parts.repository;
  machine.operation().plan.source_key = source_label(catalog, parts.host);
  return {};
}
constexpr StepType kResolve{"resolve", true, perform_resolve};

Failure perform_commit(Machine& machine, const Step& step) {
  const auto id = static_cast<BlobId>(step.a);
  const Failure failure = machine.metadata().commit(machine.catalog().fetch_ref(id), step.subject);
  if (is_on(Mutant::kPullRootsContent) && !failure) {
    Metadata metadata = machine.metadata();
    metadata.put_label(metadata.content(step.subject), machine.text(kGcRoot), machine.text("x"));
  }
  return failure;
}
constexpr StepType kCommit{"commit content", true, perform_commit};

Failure perform_write(Machine& machine, const Step& step) {
  machine.metadata().write(machine.catalog().fetch_ref(static_cast<BlobId>(step.a)),
                           machine.blob(step.a).size_bytes);
  return {};
}
constexpr StepType kWrite{"write content", true, perform_write};

// Half of the bytes arrive with the request, the rest with the next step: a kill in between leaves
// a partial ingest, which a later fetch resumes with a Range request.
Failure perform_get(Machine& machine, const Step& step) {
  Catalog& catalog = machine.catalog();
  const FetchPlan& plan = machine.operation().plan;
  const Blob& blob = machine.blob(step.a);
  Registry* registry = machine.world().find_registry(plan.host);
  if (!registry || !registry->available) return registry_down(plan.host);
  Metadata metadata = machine.metadata();
  const StringId ref = catalog.fetch_ref(static_cast<BlobId>(step.a));
  const std::int64_t offset = metadata.written(ref);
  RegistryApi api(catalog, *registry);
  const bool found = has_children(blob.media) || blob.media == MediaClass::kSchema1
                         ? api.manifest("GET", plan.repository, blob.digest) != kNone<BlobId>
                         : api.blob("GET", plan.repository, blob.digest, offset > 0);
  if (!found) return {ErrorClass::kNotFound, Message::kRegistryBlobUnknown, blob.digest};
  metadata.write(ref, std::max(offset, blob.size_bytes / 2));
  return {};
}
constexpr StepType kGet{"get content", true, perform_get};

Failure perform_open(Machine& machine, const Step& step) {
  const auto id = static_cast<BlobId>(step.a);
  Opened opened = Opened::kExists;
  Metadata metadata = machine.metadata();
  const StringId ref = machine.catalog().fetch_ref(id);
  if (Failure failure = metadata.open_writer(ref, step.subject, opened)) return failure;
  const Step get{&kGet, step.subject, step.a};
  const Step write{&kWrite, step.subject, step.a};
  const Step commit{&kCommit, step.subject, step.a};
  const bool whole =
      opened == Opened::kResumed && metadata.written(ref) >= machine.blob(step.a).size_bytes;
  if (opened == Opened::kShared || whole) {
    machine.then({commit});
  } else if (opened != Opened::kExists) {
    machine.then({get, write, commit});
  }
  return {};
}
constexpr StepType kOpen{"open content", true, perform_open};

// Labels.

// A source label's repositories with one more, each once, in order.
std::string with_repository(const Catalog& catalog, StringId known, StringId repository) {
  std::vector<std::string> repositories{catalog.text(repository)};
  const std::string& text = catalog.text(known);
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    repositories.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  std::sort(repositories.begin(), repositories.end());
  repositories.erase(std::unique(repositories.begin(), repositories.end()), repositories.end());
  std::string joined;
  for (const std::string& each : repositories) joined += (joined.empty() ? "" : ",") + each;
  return joined;
}

Failure perform_label_source(Machine& machine, const Step& step) {
  Catalog& catalog = machine.catalog();
  const FetchPlan& plan = machine.operation().plan;
  const StringId key = plan.source_key;
  Metadata metadata = machine.metadata();
  const ObjectId content = metadata.content(step.subject);
  const StringId known = metadata.label(content, key);
  if (known == kNone<StringId> || known == plan.repository) {
    return metadata.set_label(content, key, plan.repository);
  }
  const StringId sources =
      catalog.derived(Derived::kSources, index_of(known), index_of(plan.repository),
                      [&] { return with_repository(catalog, known, plan.repository); });
  return metadata.set_label(content, key, sources);
}
constexpr StepType kLabelSource{"label source", true, perform_label_source};

Failure perform_label_children(Machine& machine, const Step& step) {
  return label_children(machine, static_cast<BlobId>(step.a), machine.blob(step.a).children,
                        machine.operation().plan.discard);
}
constexpr StepType kLabelChildren{"label children", true, perform_label_children};

// The tree.

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

Failure expand_index(Machine& machine, const Blob& index, bool metadata_only) {
  if (lacks_wanted_manifest(machine, index)) return {ErrorClass::kNotFound, Message::kNoMatch};
  const FetchPlan& plan = machine.operation().plan;
  const auto selected = select_manifests(machine, index);
  Steps steps;
  for (const BlobChild& child : index.children) {
    const bool chosen = is_selected(selected, child);
    if (!chosen && !plan.all_metadata) continue;
    steps.push_back(fetch_tree(machine, child.blob, metadata_only || !chosen));
  }
  machine.then(steps);
  return {};
}

void expand_manifest(Machine& machine, BlobId id, bool metadata_only) {
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
      steps.push_back(fetch_tree(machine, child.blob));
    }
  }
  if (unpacks) steps.push_back(unpack_while_fetching(machine, id));
  machine.then(steps);
}

Failure perform_fetch_tree(Machine& machine, const Step& step) {
  const auto id = static_cast<BlobId>(step.a);
  const Blob& blob = machine.catalog().blob(id);
  const bool metadata_only = step.b == 1;
  if (step.c == 1) {
    // Second visit: the blob is there and labelled, its children are next.
    if (blob.media == MediaClass::kIndex) return expand_index(machine, blob, metadata_only);
    expand_manifest(machine, id, metadata_only);
    return {};
  }
  Steps steps = fetch_blob(machine, id);
  if (has_children(blob.media)) steps.push_back({&kLabelChildren, blob.digest, step.a});
  if (!lacks_wanted_manifest(machine, blob)) {
    steps.push_back({&kLabelSource, blob.digest, step.a});
  }
  if (has_children(blob.media)) steps.push_back({step.type, step.subject, step.a, step.b, 1});
  machine.then(steps);
  return {};
}
constexpr StepType kFetchTree{"fetch tree", false, perform_fetch_tree};

}  // namespace

Step create_lease(Machine& machine) {
  return {&kCreateLease, machine.catalog().temporary_lease(1)};
}

Step delete_lease(Machine&) { return {&kEndLease}; }
Step resolve(StringId reference) { return {&kResolve, reference}; }

Step fetch_tree(Machine& machine, BlobId blob, bool metadata_only) {
  return {&kFetchTree, machine.catalog().blob(blob).digest, index_of(blob), metadata_only ? 1U : 0U,
          0U};
}

Steps fetch_blob(Machine& machine, BlobId blob) {
  return {{&kOpen, machine.catalog().blob(blob).digest, index_of(blob)}};
}

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
