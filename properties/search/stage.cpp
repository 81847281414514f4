#include "properties/search/stage.hpp"

#include <algorithm>

#include "model/assert.hpp"
#include "properties/search/history_options.hpp"

namespace sweepcheck {
namespace {

Archive make_archive(const Catalog& catalog, StringId name, StringId record, BlobId target,
                     const ImageDescription& image) {
  Archive archive;
  archive.name = name;
  archive.size_bytes = 1;
  for (const ImageBlob& blob : image.blobs) {
    archive.members.push_back(catalog.find_blob(catalog.find(blob.digest)));
    archive.size_bytes += blob.size_bytes;
  }
  std::sort(archive.members.begin(), archive.members.end(), [&](BlobId a, BlobId b) {
    return catalog.text(catalog.blob(a).digest) < catalog.text(catalog.blob(b).digest);
  });
  archive.images.emplace_back(record, target);
  return archive;
}

// Interns what the declaration will intern, the last first.
void intern_reversed(Catalog& catalog, const Declaration& declaration) {
  auto images = describe_images(declaration);
  for (auto image = images.rbegin(); image != images.rend(); ++image) {
    for (auto blob = image->blobs.rbegin(); blob != image->blobs.rend(); ++blob) {
      const StringId digest = catalog.intern(blob->digest);
      for (std::uint8_t i = kNamespaceCount; i-- > 0;) {
        const StringId space = catalog.intern(space_name(i));
        catalog.object({ObjectKind::kContent, space, kNone<StringId>, digest});
      }
      catalog.object({ObjectKind::kBlobFile, kNone<StringId>, kNone<StringId>, digest});
      for (auto chain = blob->chain_ids.rbegin(); chain != blob->chain_ids.rend(); ++chain) {
        catalog.object({ObjectKind::kSnapshot, catalog.intern("default"),
                        catalog.intern("overlayfs"), catalog.intern(*chain)});
      }
    }
  }
}

// Names are interned with the first object that needs them, so what comes before them is a part of
// making them.
HistoryNames make_names(Catalog& catalog, const Declaration& declaration, bool reversed) {
  if (reversed) intern_reversed(catalog, declaration);
  return {catalog, declaration};
}

}  // namespace

void PlayStats::add(const PlayStats& other) {
  history_count += other.history_count;
  performed_count += other.performed_count;
  operation_count += other.operation_count;
  step_count += other.step_count;
  collection_count += other.collection_count;
  object_count += other.object_count;
  interrupted_count += other.interrupted_count;
  for (std::size_t i = 0; i < by_verb.size(); ++i) {
    by_verb[i] += other.by_verb[i];
    failed_by_verb[i] += other.failed_by_verb[i];
  }
}

DeclaredWorld::DeclaredWorld(const Declaration& declaration, bool reversed)
    : node_count_(declaration.node_count),
      names_(make_names(catalog_, declaration, reversed)),
      world_(catalog_) {
  Registry registry;
  registry.host = catalog_.intern(kRegistryHost);
  registry.records = false;
  Registry other = registry;
  other.host = catalog_.intern(kOtherRegistryHost);
  RegistryApi api(catalog_, registry);
  const auto images = describe_images(declaration);
  for (std::uint8_t i = 0; i < images.size(); ++i) {
    const StringId record = catalog_.intern(record_name(i));
    const ReferenceParts parts = split_reference(catalog_, record);
    api.seed(parts.repository, parts.tag, names_.target(i));
    world_.archives.push_back(make_archive(catalog_, catalog_.intern(archive_name(i)), record,
                                           names_.target(i), images[i]));
  }
  world_.registries.push_back(std::move(registry));
  world_.registries.push_back(std::move(other));
}

Stage::Stage(const Declaration& declaration, const PolicyCase& policy_case, bool reversed)
    : Stage(std::make_unique<DeclaredWorld>(declaration, reversed), policy_case) {}

Stage::Stage(std::unique_ptr<DeclaredWorld> own, const PolicyCase& policy_case)
    : Stage(*own, policy_case) {
  own_ = std::move(own);
}

Stage::Stage(DeclaredWorld& declared, const PolicyCase& policy_case)
    : names_(declared.names()),
      profile_(*policy_case.profile),
      policy_(policy_case.policy),
      flipped_(policy_case.flipped()),
      pristine_(declared.world()),
      world_(declared.catalog()) {
  Catalog& catalog = declared.catalog();
  catalog.intern(policy_.platform);
  catalog.intern(policy_.cri.snapshotter);
  for (std::uint8_t i = 0; i < declared.node_count(); ++i) {
    Node node;
    node.profile = &profile_;
    node.policy = &policy_;
    pristine_.nodes.push_back(std::move(node));
    pristine_.node_names.push_back(catalog.intern(node_name(i)));
    pristine_.start_daemon(static_cast<NodeId>(i));
  }
}

void Stage::play(std::span<const HistoryStep> steps, Judge* judge, const Stage* twin) {
  begin(judge, twin);
  for (const HistoryStep& step : steps) {
    perform(step, judge);
    judge_step(judge);
  }
  end(judge, twin);
}

void Stage::begin(Judge* judge, const Stage* twin) {
  world_ = pristine_;
  flights_.clear();
  happened_.reset();
  passing_.reset();
  if (judge) judge->begin(world_, names_.targets(), twin != nullptr);
}

void Stage::judge_step(Judge* judge) {
  if (judge && happened_) judge->after_step(happened_->happening, happened_->operation);
  happened_.reset();
  passing_.reset();
}

void Stage::end(Judge* judge, const Stage* twin) {
  if (judge) judge->end(twin ? &twin->world() : nullptr);
  ++stats_.history_count;
  stats_.collection_count += world_.collection_count;
  for (const Node& node : world_.nodes) stats_.object_count += node.state.objects.count();
}

std::vector<Stage::Stop> Stage::find_stops(std::span<const HistoryStep> steps) {
  std::vector<Stop> stops;
  stops_ = &stops;
  begin(nullptr);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    stops.push_back({i, {}});
    perform(steps[i], nullptr);
    judge_step(nullptr);
    const Flight* flight = find_flight(steps[i].handle);
    const bool stopped = steps[i].stop > 0 && flight && flight->operation.running();
    if (!stopped) stops.pop_back();
  }
  stops_ = nullptr;
  return stops;
}

void Stage::count(const HistoryStep& step, bool failed) {
  ++stats_.performed_count;
  ++stats_.by_verb[static_cast<std::size_t>(step.verb)];
  if (failed) ++stats_.failed_by_verb[static_cast<std::size_t>(step.verb)];
}

Stage::Flight* Stage::find_flight(std::uint8_t handle) {
  for (const auto& flight : flights_) {
    if (flight->handle == handle) return flight.get();
  }
  return nullptr;
}

// True if the operation has come to its end. `stop` counts from 1; 0: there is no stop.
bool Stage::drive(Operation& operation, std::uint8_t stop) {
  for (std::uint32_t done = 1; operation.running(); ++done) {
    if (stops_) stops_->back().names.push_back(next_step(world_, operation));
    if (stop != 0 && done == stop) return false;
    sweepcheck::perform(world_, operation);
    ++stats_.step_count;
  }
  return true;
}

void Stage::perform(const HistoryStep& step, Judge* judge) {
  SWEEPCHECK_BELIEVE(!happened_, "each step is judged before the next is performed");
  const auto node = static_cast<NodeId>(step.node);
  if (judge) judge->before_step();
  switch (step.verb) {
    case HistoryVerb::kCollect:
      if (!world_.node(node).running) return;
      if (step.option == kCollectMetadata) {
        world_.collect_metadata(node);
      } else {
        world_.collect(node);
      }
      happened_ = {Happening::kCollection, nullptr};
      break;
    case HistoryVerb::kAdvance:
      world_.advance(advance_of(step));
      happened_ = {Happening::kTime, nullptr};
      break;
    case HistoryVerb::kRestart:
      kill_flights(node);
      if (step.option == kRestartFlipped) {
        Node& flipping = world_.node(node);
        flipping.policy = flipping.policy == &policy_ ? &flipped_ : &policy_;
      }
      world_.start_daemon(node);
      happened_ = {Happening::kRestart, nullptr};
      break;
    case HistoryVerb::kKillDaemon:
      kill_flights(node);
      world_.node(node).running = false;
      happened_ = {Happening::kKill, nullptr};
      break;
    case HistoryVerb::kResume:
      resume(step, judge);
      return;
    case HistoryVerb::kKillClient:
      kill_client_of(step, judge);
      return;
    default:
      perform_operation(step, judge);
      return;
  }
  count(step);
}

void Stage::perform_operation(const HistoryStep& step, Judge* judge) {
  const bool stops = step.stop > 0;
  if (stops && find_flight(step.handle)) return;
  if (stops && judge) judge->operation_begins(step.handle);
  ++stats_.operation_count;
  Request request = names_.request(step, profile_);
  if (!stops) {
    go_on(passing_.emplace(world_, std::move(request)), step);
    return;
  }
  flights_.push_back(std::make_unique<Flight>(world_, std::move(request), step.handle));
  if (!go_on(*flights_.back(), step)) ++stats_.interrupted_count;
}

void Stage::resume(const HistoryStep& step, Judge* judge) {
  Flight* flight = find_flight(step.handle);
  if (!flight || !flight->operation.running()) return;
  if (judge) judge->operation_resumes(step.handle);
  go_on(*flight, step);
}

// True if the operation has come to its end.
bool Stage::go_on(Flight& flight, const HistoryStep& step) {
  const bool ended = drive(flight.operation, step.stop);
  count(step, ended && flight.operation.status == OperationStatus::kFailed);
  happened_ = {Happening::kOperation, &flight.operation};
  return ended;
}

void Stage::kill_client_of(const HistoryStep& step, Judge* judge) {
  Flight* flight = find_flight(step.handle);
  if (!flight || !flight->operation.running()) return;
  if (judge) judge->operation_resumes(step.handle);
  kill_client(world_, flight->operation);
  count(step);
  happened_ = {Happening::kKill, &flight->operation};
}

void Stage::kill_flights(NodeId node) {
  for (const auto& flight : flights_) {
    if (flight->operation.request.node == node) kill_daemon(flight->operation);
  }
}

std::uint64_t Stage::fingerprint() const {
  std::uint64_t h = static_cast<std::uint64_t>(world_.now);
  const auto mix = [&](std::uint64_t value) {
    h = (h ^ value) * 0xff51afd7ed558ccdULL;
    h ^= h >> 29;
  };
  for (const Node& node : world_.nodes) {
    mix(node.state.hash());
    mix((node.running ? 1U : 0U) + (node.policy == &policy_ ? 2U : 0U) +
        (node.content_flagged ? 4U : 0U) + node.snapshotters_flagged.size() * 8);
    mix(static_cast<std::uint64_t>(node.dirty));
    mix(static_cast<std::uint64_t>(node.scheduler.next));
    mix(static_cast<std::uint64_t>(node.scheduler.mutations));
  }
  for (const Registry& registry : world_.registries) {
    mix(registry.state.hash() + (registry.available ? 1 : 0));
  }
  mix(world_.archives.size());
  for (const Archive& archive : world_.archives) {
    mix(archive.members.size() * 2 + (archive.complete ? 1 : 0));
  }
  for (const auto& flight : flights_) {
    mix(flight->handle + flight->operation.todo.size() * 256 +
        static_cast<std::uint64_t>(flight->operation.status) * 65536);
  }
  return h;
}

}  // namespace sweepcheck
