#include "properties/search/stage.hpp"

#include <algorithm>

#include "model/assert.hpp"
#include "properties/search/history_options.hpp"

namespace sweepcheck {
namespace {

Archive image_archive(const Catalog& catalog, StringId name, StringId record, BlobId target,
                      const ImageDescription& image) {
  std::vector<BlobId> members;
  for (const ImageBlob& blob : image.blobs) {
    members.push_back(catalog.find_blob(catalog.find(blob.digest)));
  }
  Archive archive = make_archive(catalog, name, std::move(members));
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
    world_.archives.push_back(image_archive(catalog_, catalog_.intern(archive_name(i)), record,
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
      policy_(declared.catalog().policy(policy_case.policy)),
      flipped_(declared.catalog().policy(policy_case.flipped())),
      pristine_(declared.world()),
      simulation_(declared.catalog()) {
  Catalog& catalog = declared.catalog();
  catalog.intern(policy_->platform);
  catalog.intern(policy_->cri.snapshotter);
  for (std::uint8_t i = 0; i < declared.node_count(); ++i) {
    pristine_.add_node(node_name(i), profile_, *policy_);
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
  simulation_ = pristine_;
  happened_.reset();
  if (judge) judge->begin(simulation_.world(), names_.targets(), twin != nullptr);
}

void Stage::judge_step(Judge* judge) {
  if (judge && happened_) judge->after_step(happened_->action, happened_->operation);
  happened_.reset();
}

void Stage::end(Judge* judge, const Stage* twin) {
  if (judge) judge->end(twin ? &twin->world() : nullptr);
  ++stats_.history_count;
  stats_.collection_count += world().collection_count;
  for (const Node& node : world().nodes) stats_.object_count += node.state.objects.count();
}

Action Stage::action_of(const HistoryStep& step) {
  Action action{.kind = verb_spec(step.verb).action, .node = static_cast<NodeId>(step.node)};
  switch (action.kind) {
    case ActionKind::kOperation:
      request_ = names_.request(step, profile_);
      action.request = &request_;
      if (step.stop == 0) break;
      [[fallthrough]];
    case ActionKind::kResume:
      action.flight = static_cast<FlightId>(step.handle);
      if (step.stop > 0) action.step_count_max = step.stop - 1U;
      break;
    case ActionKind::kKillClient:
      action.flight = static_cast<FlightId>(step.handle);
      break;
    case ActionKind::kCollect:
      action.metadata_only = step.option == kCollectMetadata;
      break;
    case ActionKind::kAdvance:
      action.duration = advance_of(step);
      break;
    case ActionKind::kRestart:
      if (step.option == kRestartFlipped) {
        action.policy = world().node(action.node).policy == policy_ ? flipped_ : policy_;
      }
      break;
    case ActionKind::kKillDaemon:
      break;
  }
  return action;
}

bool Stage::perform(const HistoryStep& step, SimulationListener* listener) {
  SWEEPCHECK_BELIEVE(!happened_, "each step is judged before the next is performed");
  const Action action = action_of(step);
  const Performed performed = action.kind == ActionKind::kOperation
                                  ? simulation_.perform(action, std::move(request_), listener)
                                  : simulation_.perform(action, listener);
  if (!performed.happened) return false;
  happened_ = {action.kind, performed.operation};
  count(step, performed);
  return true;
}

void Stage::count(const HistoryStep& step, const Performed& performed) {
  const ActionKind action = happened_->action;
  const Operation* const operation = performed.operation;
  ++stats_.performed_count;
  ++stats_.by_verb[static_cast<std::size_t>(step.verb)];
  stats_.step_count += performed.step_count;
  if (!operation || action == ActionKind::kKillClient) return;
  if (operation->status == OperationStatus::kFailed) {
    ++stats_.failed_by_verb[static_cast<std::size_t>(step.verb)];
  }
  if (action != ActionKind::kOperation) return;
  ++stats_.operation_count;
  if (operation->running()) ++stats_.interrupted_count;
}

namespace {

// Writes down the names of the steps that are performed.
class StepNames final : public SimulationListener {
 public:
  explicit StepNames(const World& world) : world_(world) {}
  bool watches_changes() const override { return true; }
  void before_change(const Action&, const Operation* operation) override {
    if (operation) names.push_back(next_step(world_, *operation));
  }

  std::vector<std::string> names;

 private:
  const World& world_;
};

}  // namespace

std::vector<Stage::Stop> Stage::find_stops(std::span<const HistoryStep> steps) {
  std::vector<Stop> stops;
  begin(nullptr);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    StepNames performed(world());
    perform(steps[i], &performed);
    const bool stopped = happened_ && happened_->operation && happened_->operation->running();
    if (stopped && happened_->action == ActionKind::kOperation) {
      performed.names.push_back(next_step(world(), *happened_->operation));
      stops.push_back({i, std::move(performed.names)});
    }
    judge_step(nullptr);
  }
  return stops;
}

}  // namespace sweepcheck
