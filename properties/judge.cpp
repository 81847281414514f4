#include "properties/judge.hpp"

#include <algorithm>

#include "model/assert.hpp"

namespace sweepcheck {
namespace {

// Visits the ids in which two sets differ: `visit(id, added)`.
template <typename Visit>
void for_each_difference(const Bits& before, const Bits& after, Visit&& visit) {
  const auto old_words = before.words();
  const auto new_words = after.words();
  const std::size_t size = std::max(old_words.size(), new_words.size());
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint64_t a = i < old_words.size() ? old_words[i] : 0;
    const std::uint64_t b = i < new_words.size() ? new_words[i] : 0;
    for (std::uint64_t word = a ^ b; word != 0; word &= word - 1) {
      const auto place = static_cast<std::uint32_t>(std::countr_zero(word));
      visit(static_cast<std::uint32_t>(i * 64) + place, ((b >> place) & 1U) != 0);
    }
  }
}

bool is_tampering(std::string_view operation) {
  return operation == "label-content" || operation == "remove-content" ||
         operation == "prune-references" || operation == "remove-snapshot" ||
         operation == "remove-file" || operation == "add-file";
}

Interference interference_of(Happening happening) {
  if (happening == Happening::kCollection) return kCollections;
  return happening == Happening::kTime ? kTimePassed : kOthers;
}

bool is_registry_deletion(std::string_view operation) {
  return operation == "delete-tag" || operation == "delete-manifest" ||
         operation == "delete-repository" || operation == "collect-registry";
}

}  // namespace

std::vector<ObjectId> Moment::removed(ObjectKind kind) const {
  std::vector<ObjectId> out;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if ((changes[i].removed & kind_bit(kind)) == 0) continue;
    for_each_difference(before[i].objects, world.nodes[i].state.objects,
                        [&](std::uint32_t id, bool added) {
                          const auto object = static_cast<ObjectId>(id);
                          if (!added && catalog().kind(object) == kind) out.push_back(object);
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
    by_occasion_[static_cast<std::size_t>(property->occasion)].push_back(property);
  }
}

void Judge::drop(const Property& property) {
  for (auto& list : by_occasion_) std::erase(list, &property);
}

void Judge::begin(World& world, std::span<const BlobId> images, bool costly) {
  world_ = &world;
  costly_ = costly;
  images_ = images;
  past_ = {};
  begun_.clear();
  refutations_.clear();
  handle_ = 0;
  before_.resize(world.nodes.size());
  changes_.assign(world.nodes.size(), {});
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
  for (std::size_t i = 0; i < before_.size(); ++i) before_[i] = world_->nodes[i].state;
  for (std::size_t i = 0; i < registries_before_.size(); ++i) {
    registries_before_[i] = world_->registries[i].state;
  }
}

void Judge::operation_begins(std::uint32_t handle) {
  SWEEPCHECK_BELIEVE(handle != 0, "0 stands for no operation");
  begun_.push_back(std::make_unique<Begun>(Begun{handle, 0, *world_}));
  handle_ = handle;
}

void Judge::operation_resumes(std::uint32_t handle) { handle_ = handle; }

Moment Judge::moment(NodeId node) const {
  return {.world = *world_,
          .past = past_,
          .before = before_,
          .registries_before = registries_before_,
          .changes = changes_,
          .images = images_,
          .node = node};
}

void Judge::note_change(std::size_t node) {
  const State& before = before_[node];
  const State& after = world_->nodes[node].state;
  Change& change = changes_[node];
  change = {};
  for_each_difference(before.objects, after.objects, [&](std::uint32_t id, bool added) {
    const std::uint32_t bit = kind_bit(world_->catalog().kind(static_cast<ObjectId>(id)));
    (added ? change.added : change.removed) |= bit;
  });
  change.facts = !(before.facts == after.facts) || before.scalars != after.scalars;
}

void Judge::note_past(const Operation* operation) {
  for (const Node& node : world_->nodes) {
    past_.discarded = past_.discarded || node.policy->cri.discard_unpacked_layers;
  }
  if (!operation) return;
  const Request& request = *operation->request;
  past_.discarded = past_.discarded || request.discard_unpacked_layers;
  past_.tampered = past_.tampered || is_tampering(request.type->name);
  past_.registry_deletions = past_.registry_deletions || is_registry_deletion(request.type->name);
}

void Judge::after_step(Happening happening, const Operation* operation) {
  note_past(operation);
  for (std::size_t i = 0; i < changes_.size(); ++i) note_change(i);
  Begun* begun = nullptr;
  for (const auto& other : begun_) {
    if (other->handle == handle_) {
      begun = other.get();
    } else {
      other->between = static_cast<std::uint8_t>(other->between | interference_of(happening));
    }
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
  ask(Occasion::kStep, what);
  if (!operation || operation->running()) return;
  ask(Occasion::kOperation, what);
  std::erase_if(begun_, [&](const auto& other) { return other.get() == begun; });
}

void Judge::end(const World* twin) {
  changes_.assign(changes_.size(), {});
  Moment what = moment(kNone<NodeId>);
  what.twin = twin;
  ask(Occasion::kEnd, what);
  world_->observer.set(nullptr);
}

void Judge::collected(const World&, NodeId node, const State& before,
                      std::span<const ObjectId> swept, bool cleaned) {
  Moment what = moment(node);
  what.collected = &before;
  what.swept = swept;
  what.cleaned = cleaned;
  ask(Occasion::kCollection, what);
}

void Judge::ask(Occasion occasion, const Moment& what) {
  for (const Property* property : by_occasion_[static_cast<std::size_t>(occasion)]) {
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
