#include "properties/judge.hpp"

#include <algorithm>

#include "model/assert.hpp"

namespace sweepcheck {
namespace {

// What a step is to the operations that are under way, apart from what was collected in it.
std::uint8_t interference_of(ActionKind action) {
  if (action == ActionKind::kCollect) return 0;
  return action == ActionKind::kAdvance ? kTimePassed : kOthers;
}

std::uint32_t circumstance_of(ActionKind action) {
  switch (action) {
    case ActionKind::kOperation:
    case ActionKind::kResume:
      return kOperationStep;
    case ActionKind::kCollect:
      return kCollectionStep;
    case ActionKind::kAdvance:
      return kTimeStep;
    case ActionKind::kRestart:
      return kRestartStep;
    case ActionKind::kKillClient:
    case ActionKind::kKillDaemon:
      return kKillStep;
  }
  return 0;
}

}  // namespace

void Change::clear() {
  added = removed = meanings_added = meanings_removed = 0;
  scalars = false;
  objects_added.clear();
  objects_removed.clear();
  facts_added.clear();
  facts_removed.clear();
}

void Change::find(const Catalog& catalog, const State& before, const State& after) {
  clear();
  for_each_difference(before.objects, after.objects, [&](std::uint32_t id, bool is_new) {
    const auto object = static_cast<ObjectId>(id);
    (is_new ? added : removed) |= kind_bit(catalog.kind(object));
    (is_new ? objects_added : objects_removed).push_back(object);
  });
  for_each_difference(before.facts, after.facts, [&](std::uint32_t id, bool is_new) {
    const auto fact = static_cast<FactId>(id);
    (is_new ? meanings_added : meanings_removed) |= meaning_bit(catalog.meaning(fact));
    (is_new ? facts_added : facts_removed).push_back(fact);
  });
  scalars = before.scalars != after.scalars;
}

std::uint32_t Moment::circumstances() const {
  std::uint32_t bits = 0;
  const auto add = [&](bool is_true, std::uint32_t bit) { bits |= is_true ? bit : 0; };
  if (collected) {
    add(!cleaned, kSweeping);
    add(cleaned, kCleaning);
    add(!swept.empty(), kSweptSome);
  } else {
    bits |= circumstance_of(action);
  }
  if (operation) {
    add(operation->status == OperationStatus::kDone, kSucceeded);
    add(operation->status == OperationStatus::kFailed, kFailed);
    add(operation->status == OperationStatus::kKilled, kKilled);
    bits |= world_at_begin ? kInterrupted : kUninterrupted;
  }
  add(node != kNone<NodeId>, kOnNode);
  add(registries_changed, kRegistriesChanged);
  add(!past.tampered, kUntampered);
  const auto any_change = [&](bool (*is_it)(const Change&)) {
    return std::any_of(changes.begin(), changes.end(), is_it);
  };
  add(registries_changed || any_change(loses_copies), kCopiesLost);
  add(registries_changed || any_change(gains_copies), kCopiesGained);
  return bits;
}

std::vector<ObjectId> Moment::removed(ObjectKind kind) const {
  std::vector<ObjectId> out;
  for (const Change& change : changes) {
    std::copy_if(change.objects_removed.begin(), change.objects_removed.end(),
                 std::back_inserter(out),
                 [&](ObjectId object) { return catalog().kind(object) == kind; });
  }
  return out;
}

bool Moment::had_label(ObjectId object, std::string_view key) const {
  const StringId id = catalog().find(key);
  bool found = false;
  if (id == kNone<StringId>) return found;
  catalog().for_each_owned(object, [&](FactId fact) {
    if (catalog().label_key(fact) != id) return;
    for (const State& state : before) found = found || state.has(fact);
  });
  return found;
}

Judge::Judge(std::span<const Property* const> properties) : questions_(properties) {}

void Judge::begin(World& world, std::span<const BlobId> images, bool costly) {
  stop_observing();
  world_ = &world;
  costly_ = costly;
  images_ = images;
  past_ = {};
  for (auto& begun : begun_) spare_.push_back(std::move(begun));
  begun_.clear();
  refutations_.clear();
  flight_ = kNoFlight;
  before_.resize(world.nodes.size());
  // All of it is yet to be copied.
  changes_.resize(world.nodes.size());
  for (Change& change : changes_) change.scalars = true;
  registries_changed_ = true;
  shared_.begin(images.size());
  registries_before_.resize(world.registries.size());
  for (const Node& node : world.nodes) {
    past_.discarded = past_.discarded || node.policy->cri.discard_unpacked_layers;
  }
  world.observer.set(questions_.about_collections() ? this : nullptr);
  before_step();
}

void Judge::before_step() {
  flight_ = kNoFlight;
  before_time_ = world_->now;
  collections_before_ = world_->collection_count;
  removals_before_ = world_->removal_count;
  shared_.step_begins();
  for (std::size_t i = 0; i < before_.size(); ++i) {
    if (changes_[i].any()) before_[i] = world_->nodes[i].state;
    changes_[i].clear();
  }
  for (std::size_t i = 0; i < registries_before_.size() && registries_changed_; ++i) {
    registries_before_[i] = world_->registries[i].state;
  }
  registries_changed_ = false;
}

void Judge::operation_begins(FlightId flight) {
  SWEEPCHECK_BELIEVE(flight != kNoFlight, "an operation that is kept has a name");
  if (spare_.empty()) {
    begun_.push_back(std::make_unique<Begun>(Begun{flight, 0, *world_}));
  } else {
    begun_.push_back(std::move(spare_.back()));
    spare_.pop_back();
    Begun& begun = *begun_.back();
    begun.flight = flight;
    begun.between = 0;
    begun.world = *world_;
  }
  flight_ = flight;
}

Moment Judge::moment(NodeId node) {
  return {.world = *world_,
          .past = past_,
          .before = before_,
          .registries_before = registries_before_,
          .changes = changes_,
          .registries_changed = registries_changed_,
          .images = images_,
          .node = node,
          .shared = &shared_};
}

void Judge::note_changes() {
  bool copies_changed = false;
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    changes_[i].find(world_->catalog(), before_[i], world_->nodes[i].state);
    copies_changed = copies_changed || loses_copies(changes_[i]) || gains_copies(changes_[i]);
  }
  for (std::size_t i = 0; i < registries_before_.size() && !registries_changed_; ++i) {
    registries_changed_ = !(registries_before_[i] == world_->registries[i].state);
  }
  if (copies_changed) shared_.copies_changed();
  if (registries_changed_) shared_.registries_changed();
}

void Judge::note_past(const Operation* operation) {
  for (const Node& node : world_->nodes) {
    past_.discarded = past_.discarded || node.policy->cri.discard_unpacked_layers;
  }
  if (!operation) return;
  const Request& request = operation->request;
  const OperationType& type = *request.type;
  past_.discarded = past_.discarded || request.discard_unpacked_layers;
  past_.tampered = past_.tampered || type.by_hand;
  past_.files_removed = past_.files_removed || type.removes_files;
  past_.registry_deletions =
      past_.registry_deletions || (type.place == Place::kRegistry && type.takes_copies);
}

void Judge::after_step(ActionKind action, const Operation* operation) {
  note_past(operation);
  note_changes();
  Begun* begun = nullptr;
  // A scheduler collects while time passes, and while an operation is under way.
  const bool collected = world_->removal_count != removals_before_;
  for (const auto& other : begun_) {
    std::uint8_t between = collected ? kCollections : 0;
    if (other->flight == flight_) {
      begun = other.get();
    } else {
      between = static_cast<std::uint8_t>(between | interference_of(action));
    }
    other->between = static_cast<std::uint8_t>(other->between | between);
  }
  const bool on_node = operation && operation->request.type->place == Place::kNode;
  Moment what = moment(on_node ? operation->request.node : kNone<NodeId>);
  what.operation = operation;
  what.action = action;
  what.collection_count = world_->collection_count - collections_before_;
  if (operation) {
    what.began = begun ? begun->world.now : before_time_;
    what.world_at_begin = begun ? &begun->world : nullptr;
    what.between = begun ? begun->between : std::uint8_t{0};
    if (on_node) {
      what.at_begin = begun ? &begun->world.node(what.node).state : &before_[index_of(what.node)];
    }
  }
  questions_.after_step(what, costly_, asked_);
  ask(what);
  if (!operation || operation->running()) return;
  const auto ended = std::find_if(begun_.begin(), begun_.end(),
                                  [&](const auto& other) { return other.get() == begun; });
  if (ended == begun_.end()) return;
  spare_.push_back(std::move(*ended));
  begun_.erase(ended);
}

void Judge::end(const World* twin) {
  for (Change& change : changes_) change.clear();
  Moment what = moment(kNone<NodeId>);
  what.twin = twin;
  questions_.at_end(what, costly_, asked_);
  ask(what);
  stop_observing();
}

void Judge::stop_observing() {
  if (world_ && world_->observer.get() == this) world_->observer.set(nullptr);
  world_ = nullptr;
}

void Judge::collected(const World&, NodeId node, const State& before,
                      std::span<const ObjectId> swept, bool cleaned) {
  if (!cleaned) shared_.collection_begins();
  Moment what = moment(node);
  what.collected = &before;
  what.swept = swept;
  what.cleaned = cleaned;
  questions_.at_collection(what, costly_, asked_);
  ask(what);
}

void Judge::note_refutation(const Property& property) {
  const bool known = std::any_of(refutations_.begin(), refutations_.end(),
                                 [&](const Refutation& r) { return r.property == &property; });
  if (!known) refutations_.push_back({&property, violations_.front()});
  violations_.clear();
}

void Judge::ask(const Moment& what) {
  for (const Property* property : asked_) {
    property->judge(what, violations_);
    if (!violations_.empty()) note_refutation(*property);
  }
}

}  // namespace sweepcheck
