#include "properties/judge.hpp"

#include <algorithm>

#include "model/assert.hpp"

namespace sweepcheck {
namespace {

bool is_tampering(std::string_view operation) {
  return operation == "label-content" || operation == "remove-content" ||
         operation == "prune-references" || operation == "remove-snapshot" ||
         operation == "remove-file" || operation == "remove-directories" || operation == "add-file";
}

// What a step is to the operations that are under way, apart from what was collected in it.
std::uint8_t interference_of(Happening happening) {
  if (happening == Happening::kCollection) return 0;
  return happening == Happening::kTime ? kTimePassed : kOthers;
}

bool is_registry_deletion(std::string_view operation) {
  return operation == "delete-tag" || operation == "delete-manifest" ||
         operation == "delete-repository" || operation == "collect-registry";
}

bool is_about(const Property& property, const OperationType* operation) {
  const auto& names = property.operations;
  return names.empty() ||
         (operation && std::find(names.begin(), names.end(), operation->name) != names.end());
}

// What decides whether a property is asked at a moment.
struct Circumstances {
  std::uint32_t true_now = 0;
  // Kinds of objects that any node lost or gained; what is asked after any loss is asked after
  // none.
  std::uint32_t losses = 0;
  std::uint32_t gains = 0;

  explicit Circumstances(const Moment& moment) : true_now(moment.circumstances()) {
    for (const Change& change : moment.changes) {
      losses |= change.removed;
      gains |= change.added;
    }
  }
  // Without branches: which of them are asked is as good as random.
  bool concern(std::uint32_t needs, std::uint32_t asked_losses, std::uint32_t asked_gains) const {
    const bool needed = (needs & ~true_now) == 0;
    const bool lost = ((asked_losses & losses) != 0) | (asked_losses == 0);
    const bool gained = ((asked_gains & gains) != 0) | (asked_gains == 0);
    return needed & lost & gained;
  }
};

// Where the questions about a type are, or would be.
template <typename List>
auto find_questions(List& list, const OperationType* type) {
  return std::lower_bound(list.begin(), list.end(), type,
                          [](const auto& known, const OperationType* wanted) {
                            return std::less<>{}(known.type, wanted);
                          });
}

}  // namespace

Change find_change(const Catalog& catalog, const State& before, const State& after) {
  Change change;
  for_each_difference(before.objects, after.objects, [&](std::uint32_t id, bool added) {
    (added ? change.added : change.removed) |= kind_bit(catalog.kind(static_cast<ObjectId>(id)));
  });
  for_each_difference(before.facts, after.facts, [&](std::uint32_t id, bool added) {
    (added ? change.meanings_added : change.meanings_removed) |=
        meaning_bit(catalog.meaning(static_cast<FactId>(id)));
  });
  change.scalars = before.scalars != after.scalars;
  return change;
}

bool concerns(const Property& property, const Moment& moment) {
  return Circumstances(moment).concern(property.needs, property.losses, property.gains) &&
         is_about(property, moment.operation ? moment.operation->request->type : nullptr);
}

std::uint32_t Moment::circumstances() const {
  std::uint32_t bits = 0;
  const auto add = [&](bool is_true, std::uint32_t bit) { bits |= is_true ? bit : 0; };
  if (collected) {
    add(!cleaned, kSweeping);
    add(cleaned, kCleaning);
    add(!swept.empty(), kSweptSome);
  } else {
    bits |= kOperationStep << static_cast<std::uint32_t>(happening);
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
  return bits;
}

std::vector<ObjectId> Moment::removed(ObjectKind kind) const {
  std::vector<ObjectId> out;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if ((changes[i].removed & kind_bit(kind)) == 0) continue;
    for_each_removed_object(i, [&](ObjectId object) {
      if (catalog().kind(object) == kind) out.push_back(object);
    });
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

Judge::Judge(std::span<const Property* const> properties) {
  for (const Property* property : properties) {
    const bool filtered =
        !property->operations.empty() || property->losses != 0 || property->gains != 0;
    const bool of_steps =
        property->occasion == Occasion::kStep || property->occasion == Occasion::kOperation;
    SWEEPCHECK_BELIEVE(!filtered || of_steps, "only steps have operations, losses and gains");
    const Asked asked{property, property->needs, property->losses, property->gains,
                      property->costly};
    if (property->occasion == Occasion::kCollection) at_collections_.push_back(asked);
    if (property->occasion == Occasion::kEnd) at_end_.push_back(asked);
    if (!of_steps) continue;
    const auto add_to = [&](StepQuestions& questions) {
      (property->occasion == Occasion::kStep ? questions.at_step : questions.at_end)
          .push_back(asked);
    };
    if (property->operations.empty()) add_to(any_step_);
    for (const std::string_view name : property->operations) {
      const OperationType* type = find_operation_type(name);
      SWEEPCHECK_BELIEVE(type != nullptr, "a property is about operations that there are");
      add_to(questions_about(type));
    }
  }
}

void Judge::drop(const Property& property) {
  const auto drop_from = [&](Properties& list) {
    std::erase_if(list, [&](const Asked& asked) { return asked.property == &property; });
  };
  drop_from(at_collections_);
  drop_from(at_end_);
  drop_from(any_step_.at_step);
  drop_from(any_step_.at_end);
  for (auto& [type, questions] : by_operation_) {
    drop_from(questions.at_step);
    drop_from(questions.at_end);
  }
}

Judge::StepQuestions& Judge::questions_about(const OperationType* type) {
  const auto place = find_questions(by_operation_, type);
  if (place != by_operation_.end() && place->type == type) return place->questions;
  return by_operation_.insert(place, {type, {}})->questions;
}

void Judge::begin(World& world, std::span<const BlobId> images, bool costly) {
  stop_observing();
  world_ = &world;
  costly_ = costly;
  images_ = images;
  past_ = {};
  for (auto& begun : begun_) spare_.push_back(std::move(begun));
  begun_.clear();
  refutations_.clear();
  handle_ = 0;
  before_.resize(world.nodes.size());
  // All of it is yet to be copied.
  changes_.assign(world.nodes.size(), {.scalars = true});
  registries_changed_ = true;
  shared_.begin(images.size());
  registries_before_.resize(world.registries.size());
  for (const Node& node : world.nodes) {
    past_.discarded = past_.discarded || node.policy->cri.discard_unpacked_layers;
  }
  world.observer.set(at_collections_.empty() ? nullptr : this);
  before_step();
}

void Judge::before_step() {
  handle_ = 0;
  before_time_ = world_->now;
  collections_before_ = world_->collection_count;
  removals_before_ = world_->removal_count;
  shared_.step_begins();
  for (std::size_t i = 0; i < before_.size(); ++i) {
    if (changes_[i].any()) before_[i] = world_->nodes[i].state;
    changes_[i] = {};
  }
  for (std::size_t i = 0; i < registries_before_.size() && registries_changed_; ++i) {
    registries_before_[i] = world_->registries[i].state;
  }
  registries_changed_ = false;
}

void Judge::operation_begins(std::uint32_t handle) {
  SWEEPCHECK_BELIEVE(handle != 0, "0 stands for no operation");
  if (spare_.empty()) {
    begun_.push_back(std::make_unique<Begun>(Begun{handle, 0, *world_}));
  } else {
    begun_.push_back(std::move(spare_.back()));
    spare_.pop_back();
    Begun& begun = *begun_.back();
    begun.handle = handle;
    begun.between = 0;
    begun.world = *world_;
  }
  handle_ = handle;
}

void Judge::operation_resumes(std::uint32_t handle) { handle_ = handle; }

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
    changes_[i] = find_change(world_->catalog(), before_[i], world_->nodes[i].state);
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
  const Request& request = *operation->request;
  past_.discarded = past_.discarded || request.discard_unpacked_layers;
  past_.tampered = past_.tampered || is_tampering(request.type->name);
  past_.files_removed = past_.files_removed || request.type->name == "remove-file";
  past_.registry_deletions = past_.registry_deletions || is_registry_deletion(request.type->name);
}

void Judge::after_step(Happening happening, const Operation* operation) {
  note_past(operation);
  note_changes();
  Begun* begun = nullptr;
  // A scheduler collects while time passes, and while an operation is under way.
  const bool collected = world_->removal_count != removals_before_;
  for (const auto& other : begun_) {
    std::uint8_t between = collected ? kCollections : 0;
    if (other->handle == handle_) {
      begun = other.get();
    } else {
      between = static_cast<std::uint8_t>(between | interference_of(happening));
    }
    other->between = static_cast<std::uint8_t>(other->between | between);
  }
  const bool on_node = operation && operation->request->type->place == Place::kNode;
  Moment what = moment(on_node ? operation->request->node : kNone<NodeId>);
  what.operation = operation;
  what.happening = happening;
  what.collection_count = world_->collection_count - collections_before_;
  if (operation) {
    what.began = begun ? begun->world.now : before_time_;
    what.world_at_begin = begun ? &begun->world : nullptr;
    what.between = begun ? begun->between : std::uint8_t{0};
    if (on_node) {
      what.at_begin = begun ? &begun->world.node(what.node).state : &before_[index_of(what.node)];
    }
  }
  if (!operation) return ask({&any_step_.at_step}, what);
  const bool over = !operation->running();
  const auto place = find_questions(by_operation_, operation->request->type);
  const bool named = place != by_operation_.end() && place->type == operation->request->type;
  const StepQuestions* own = named ? &place->questions : nullptr;
  ask({&any_step_.at_step, own ? &own->at_step : nullptr, over ? &any_step_.at_end : nullptr,
       own && over ? &own->at_end : nullptr},
      what);
  if (!over) return;
  const auto ended = std::find_if(begun_.begin(), begun_.end(),
                                  [&](const auto& other) { return other.get() == begun; });
  if (ended == begun_.end()) return;
  spare_.push_back(std::move(*ended));
  begun_.erase(ended);
}

void Judge::end(const World* twin) {
  changes_.assign(changes_.size(), {});
  Moment what = moment(kNone<NodeId>);
  what.twin = twin;
  ask({&at_end_}, what);
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
  ask({&at_collections_}, what);
}

void Judge::note_refutation(const Property& property) {
  const bool known = std::any_of(refutations_.begin(), refutations_.end(),
                                 [&](const Refutation& r) { return r.property == &property; });
  if (!known) refutations_.push_back({&property, violations_.front()});
  violations_.clear();
}

void Judge::ask(std::initializer_list<const Properties*> lists, const Moment& what) {
  const Circumstances circumstances(what);
  std::size_t count = 0;
  for (const Properties* asked : lists) {
    if (!asked) continue;
    concerned_.resize(count + asked->size());
    for (const auto& [property, needs, losses, gains, costly] : *asked) {
      concerned_[count] = property;
      count += (circumstances.concern(needs, losses, gains) & (costly_ | !costly)) ? 1 : 0;
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    concerned_[i]->judge(what, violations_);
    if (!violations_.empty()) note_refutation(*concerned_[i]);
  }
}

}  // namespace sweepcheck
