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

Interference interference_of(Happening happening) {
  if (happening == Happening::kCollection) return kCollections;
  return happening == Happening::kTime ? kTimePassed : kOthers;
}

bool is_registry_deletion(std::string_view operation) {
  return operation == "delete-tag" || operation == "delete-manifest" ||
         operation == "delete-repository" || operation == "collect-registry";
}

// Each operation type has a bit; what is no operation has none.
std::uint64_t bit_of(const OperationType* type) {
  static const auto kBits = [] {
    SWEEPCHECK_BELIEVE(operation_types().size() <= 64, "each operation type has a bit of a word");
    std::vector<std::pair<const OperationType*, std::uint64_t>> bits;
    for (const OperationType* known : operation_types()) {
      bits.emplace_back(known, std::uint64_t{1} << bits.size());
    }
    std::sort(bits.begin(), bits.end());
    return bits;
  }();
  const auto found = std::lower_bound(
      kBits.begin(), kBits.end(), type,
      [](const auto& known, const OperationType* wanted) { return known.first < wanted; });
  return found != kBits.end() && found->first == type ? found->second : 0;
}

std::uint32_t losses_of(const Moment& moment) {
  std::uint32_t losses = 0;
  for (const Change& change : moment.changes) losses |= change.removed;
  return losses;
}

}  // namespace

bool concerns(const Property& property, const Moment& moment) {
  if (property.losses != 0 && (property.losses & losses_of(moment)) == 0) return false;
  return property.operations.empty() ||
         std::any_of(property.operations.begin(), property.operations.end(),
                     [&](std::string_view name) { return moment.is(name); });
}

std::vector<ObjectId> Moment::removed(ObjectKind kind) const {
  std::vector<ObjectId> out;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if ((changes[i].removed & kind_bit(kind)) == 0) continue;
    for_each_added(world.nodes[i].state.objects, before[i].objects, [&](std::uint32_t id) {
      const auto object = static_cast<ObjectId>(id);
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
    std::uint64_t operations = 0;
    for (const std::string_view name : property->operations) {
      const OperationType* type = find_operation_type(name);
      SWEEPCHECK_BELIEVE(type != nullptr, "a property is about operations that there are");
      operations |= bit_of(type);
    }
    const bool filtered = operations != 0 || property->losses != 0;
    SWEEPCHECK_BELIEVE(!filtered || property->occasion == Occasion::kStep ||
                           property->occasion == Occasion::kOperation,
                       "only steps have operations and losses");
    by_occasion_[static_cast<std::size_t>(property->occasion)].push_back(
        {property, operations, property->losses});
  }
}

void Judge::drop(const Property& property) {
  for (auto& list : by_occasion_) {
    std::erase_if(list, [&](const Asked& asked) { return asked.property == &property; });
  }
}

void Judge::begin(World& world, std::span<const BlobId> images, bool costly) {
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
  changes_.assign(world.nodes.size(), {.facts = true});
  registries_changed_ = true;
  shared_.begin(images.size());
  registries_before_.resize(world.registries.size());
  for (const Node& node : world.nodes) {
    past_.discarded = past_.discarded || node.policy->cri.discard_unpacked_layers;
  }
  const bool watches = !by_occasion_[static_cast<std::size_t>(Occasion::kCollection)].empty();
  world.observer.set(watches ? this : nullptr);
  before_step();
}

void Judge::before_step() {
  handle_ = 0;
  before_time_ = world_->now;
  collections_before_ = world_->collection_count;
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

void Judge::note_change(std::size_t node) {
  const State& before = before_[node];
  const State& after = world_->nodes[node].state;
  Change& change = changes_[node];
  change = {};
  const auto bit = [&](std::uint32_t id) {
    return kind_bit(world_->catalog().kind(static_cast<ObjectId>(id)));
  };
  for_each_added(before.objects, after.objects, [&](std::uint32_t id) { change.added |= bit(id); });
  for_each_added(after.objects, before.objects,
                 [&](std::uint32_t id) { change.removed |= bit(id); });
  change.facts = !(before.facts == after.facts) || before.scalars != after.scalars;
}

void Judge::note_changes() {
  bool stores_changed = false;
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    note_change(i);
    stores_changed = stores_changed || changes_[i].any();
  }
  for (std::size_t i = 0; i < registries_before_.size() && !registries_changed_; ++i) {
    registries_changed_ = !(registries_before_[i] == world_->registries[i].state);
  }
  if (stores_changed) shared_.stores_changed();
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
  const bool collected = world_->collection_count != collections_before_;
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
  const std::uint64_t bit = operation ? bit_of(operation->request->type) : 0;
  ask(Occasion::kStep, what, bit);
  if (!operation || operation->running()) return;
  ask(Occasion::kOperation, what, bit);
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
  ask(Occasion::kEnd, what, 0);
  world_->observer.set(nullptr);
}

void Judge::collected(const World&, NodeId node, const State& before,
                      std::span<const ObjectId> swept, bool cleaned) {
  if (!cleaned) shared_.collection_begins();
  Moment what = moment(node);
  what.collected = &before;
  what.swept = swept;
  what.cleaned = cleaned;
  ask(Occasion::kCollection, what, 0);
}

void Judge::ask(Occasion occasion, const Moment& what, std::uint64_t operation) {
  const std::uint32_t losses = losses_of(what);
  for (const Asked& asked : by_occasion_[static_cast<std::size_t>(occasion)]) {
    if (asked.operations != 0 && (asked.operations & operation) == 0) continue;
    if (asked.losses != 0 && (asked.losses & losses) == 0) continue;
    const Property* property = asked.property;
    if (property->costly && !costly_) continue;
    violations_.clear();
    property->judge(what, violations_);
    if (violations_.empty()) continue;
    const bool known = std::any_of(refutations_.begin(), refutations_.end(),
                                   [&](const Refutation& r) { return r.property == property; });
    if (!known) refutations_.push_back({property, violations_.front()});
  }
}

}  // namespace sweepcheck
