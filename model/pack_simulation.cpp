// What a simulation is made of, as bytes or as a hash: its world, then the operations under way in
// it.
#include <string>
#include <utility>

#include "model/pack_visitors.hpp"
#include "model/simulation.hpp"

namespace sweepcheck {
namespace packing {
namespace {

// Sets of ids below `count`, word by word; words that are empty at the end are left out.
template <typename Visitor, typename Set>
bool visit_bits(Visitor& visitor, Set& set, std::uint32_t count) {
  auto words = set.words();
  while (!words.empty() && words.back() == 0) words = words.first(words.size() - 1);
  std::uint64_t word_count = words.size();
  if (!visit_number(visitor, word_count, (std::uint64_t{count} + 63) / 64)) return false;
  if constexpr (kReads<Visitor>) {
    if (word_count > visitor.rest().size()) return visitor.fail(UnpackError::kTorn);
    set.clear(static_cast<std::uint32_t>(word_count * 64));
    words = set.words();
  }
  for (auto& word : words) {
    if (!visit_number(visitor, word)) return false;
  }
  if constexpr (kReads<Visitor>) {
    const std::uint32_t used = count % 64;
    const bool reaches_end = word_count * 64 > count;
    if (reaches_end && words.back() >> used != 0) return visitor.fail(UnpackError::kOutOfRange);
  }
  return true;
}

// A state's numbers come in the order in which they are looked up.
bool is_before(const Scalar& a, const Scalar& b) {
  return a.object != b.object ? a.object < b.object : a.kind < b.kind;
}

template <typename Visitor, typename Value>
bool visit_scalars(Visitor& visitor, Value& scalars) {
  const bool read = visit_list(visitor, scalars, {}, [&](auto& scalar) {
    auto& [object, kind, value] = scalar;
    return visit_ids(visitor, object) &&
           visit_number(visitor, kind, static_cast<std::uint64_t>(ScalarKind::kBytes)) &&
           visit_signed(visitor, value);
  });
  if (!read) return false;
  if constexpr (kReads<Visitor>) {
    for (std::size_t i = 0; i < scalars.size(); ++i) {
      const bool in_order = i == 0 || is_before(scalars[i - 1], scalars[i]);
      if (scalars[i].object == kNone<ObjectId> || !in_order) {
        return visitor.fail(UnpackError::kOutOfRange);
      }
    }
  }
  return true;
}

template <typename Visitor, typename Value>
bool visit_state(Visitor& visitor, Value& state, const Catalog& catalog) {
  auto& [objects, facts, scalars] = state;
  return visit_bits(visitor, objects, catalog.object_count()) &&
         visit_bits(visitor, facts, catalog.fact_count()) && visit_scalars(visitor, scalars);
}

template <typename Visitor, typename Value>
bool visit_scheduler(Visitor& visitor, Value& scheduler) {
  auto& [next, last, interval, deletions, mutations, triggered, total_duration, collection_count] =
      scheduler;
  return visit_signed(visitor, next) && visit_signed(visitor, last) &&
         visit_signed(visitor, interval) && visit_signed(visitor, deletions) &&
         visit_signed(visitor, mutations) && visit_flags(visitor, triggered) &&
         visit_signed(visitor, total_duration) && visit_signed(visitor, collection_count);
}

// By name: where a profile lies says nothing.
template <typename Visitor, typename Value>
bool visit_profile(Visitor& visitor, Value& profile, std::span<const Node> known) {
  std::string name;
  if constexpr (!kReads<Visitor>) name = profile->name;
  if (!visit_list(visitor, name, '\0', [&](auto& c) {
        auto byte = static_cast<unsigned char>(c);
        if (!visit_number(visitor, byte, 255)) return false;
        c = static_cast<char>(byte);
        return true;
      })) {
    return false;
  }
  if constexpr (kReads<Visitor>) {
    profile = nullptr;
    for (const Node& node : known) {
      if (node.profile->name == name) profile = node.profile;
    }
    if (profile == nullptr) profile = find_profile(name);
    if (profile == nullptr) return visitor.fail(UnpackError::kUnknownProfile);
  }
  return true;
}

// By its place in the catalog, which has all that nodes have.
template <typename Visitor, typename Value>
bool visit_policy(Visitor& visitor, Value& policy, const Catalog& catalog) {
  std::uint32_t place = 0;
  if constexpr (!kReads<Visitor>) place = catalog.policy_index(policy);
  if (!visit_number(visitor, place, 0xffffffffU)) return false;
  if constexpr (kReads<Visitor>) {
    policy = catalog.policy_at(place);
    if (policy == nullptr) return visitor.fail(UnpackError::kOutOfRange);
  }
  return true;
}

template <typename Visitor, typename Value>
bool visit_node(Visitor& visitor, Value& node, const World& known) {
  auto& [profile, policy, state, running, dirty, content_flagged, snapshotters_flagged, scheduler] =
      node;
  const Catalog& catalog = known.catalog();
  return visit_profile(visitor, profile, known.nodes) && visit_policy(visitor, policy, catalog) &&
         visit_state(visitor, state, catalog) && visit_flags(visitor, running, content_flagged) &&
         visit_signed(visitor, dirty) && visit_names(visitor, snapshotters_flagged) &&
         visit_scheduler(visitor, scheduler);
}

template <typename Visitor, typename Value>
bool visit_registry(Visitor& visitor, Value& registry, const Catalog& catalog) {
  auto& [host, state, available, descriptor_cache, cached, log, records] = registry;
  static_cast<void>(log);
  return visit_ids(visitor, host) && visit_state(visitor, state, catalog) &&
         visit_flags(visitor, available, descriptor_cache, records) &&
         visit_bits(visitor, cached, catalog.object_count());
}

template <typename Visitor, typename Value>
bool visit_archive(Visitor& visitor, Value& archive) {
  auto& [name, format, members, images, complete, last_header, exported, size_bytes] = archive;
  return visit_ids(visitor, name) &&
         visit_number(visitor, format, static_cast<std::uint64_t>(ArchiveFormat::kDocker)) &&
         visit_list(visitor, members, kNone<BlobId>,
                    [&](auto& member) { return visit_id(visitor, member); }) &&
         visit_list(visitor, images, {kNone<StringId>, kNone<BlobId>},
                    [&](auto& image) { return visit_ids(visitor, image.first, image.second); }) &&
         visit_flags(visitor, complete, exported) && visit_ids(visitor, last_header) &&
         visit_signed(visitor, size_bytes);
}

// `known` has the catalog, and the profiles that are found by name.
template <typename Visitor, typename Value>
bool visit_world(Visitor& visitor, Value& world, const World& known) {
  const Catalog& catalog = known.catalog();
  return visit_signed(visitor, world.now) && visit_signed(visitor, world.collection_duration) &&
         visit_list(visitor, world.nodes, {},
                    [&](auto& node) { return visit_node(visitor, node, known); }) &&
         visit_names(visitor, world.node_names) &&
         visit_list(visitor, world.registries, {},
                    [&](auto& registry) { return visit_registry(visitor, registry, catalog); }) &&
         visit_list(visitor, world.archives, {},
                    [&](auto& archive) { return visit_archive(visitor, archive); });
}

template <typename Visitor, typename Value>
bool visit_flights(Visitor& visitor, Value& flights) {
  return visit_list(visitor, flights, {}, [&](auto& flight) {
    auto& [id, operation] = flight;
    return visit_number(visitor, id, 0xffffffffU) && visit_operation(visitor, operation);
  });
}

// What an operation looks up by its number is there.
bool is_in(const Operation& operation, const World& world) {
  const Request& request = operation.request;
  if (request.type == nullptr) return false;
  const bool on_node = request.type->place == Place::kNode;
  if (on_node && index_of(request.node) >= world.nodes.size()) return false;
  return operation.archive == index_of(kNone<StringId>) ||
         operation.archive < world.archives.size();
}

}  // namespace
}  // namespace packing

void pack(const Simulation& simulation, std::vector<std::byte>& bytes) {
  packing::Writer writer(bytes);
  packing::visit_world(writer, simulation.world_, simulation.world_);
  packing::visit_flights(writer, simulation.flights_);
}

std::uint64_t Simulation::hash() const {
  packing::Hasher hasher;
  packing::visit_world(hasher, world_, world_);
  packing::visit_flights(hasher, flights_);
  return hasher.hash();
}

UnpackError unpack(std::span<const std::byte>& bytes, Simulation& simulation) {
  World& world = simulation.world_;
  packing::Reader reader(bytes, world.catalog());
  World read(world.catalog());
  std::vector<Simulation::Flight> flights;
  if (!packing::visit_world(reader, read, world)) return reader.error();
  if (!packing::visit_flights(reader, flights)) return reader.error();
  if (read.node_names.size() != read.nodes.size()) return UnpackError::kOutOfRange;
  for (const Simulation::Flight& flight : flights) {
    if (!packing::is_in(flight.operation, read)) return UnpackError::kOutOfRange;
  }
  read.records_collections = world.records_collections;
  read.collections = std::move(world.collections);
  read.collection_count = world.collection_count;
  read.removal_count = world.removal_count;
  world = std::move(read);
  simulation.flights_ = std::move(flights);
  simulation.passing_.operation.reset();
  bytes = reader.rest();
  return UnpackError::kNone;
}

}  // namespace sweepcheck
