// What a step may read and write. Each type of step declares it in the words in which it is
// performed, transactions and requests: an explorer that knows which steps commute needs to try
// only one of their orders. What is declared holds for the world as it is: an image's documents,
// say, are those of the target that its record has now. While nothing that a step may read has
// changed, its touches stay the same.
//
// Not declared is what belongs to the operation alone (its stack, its plan, its output), what a
// registry's log and a world's counts say of the past, and names that the catalog learns.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <span>
#include <string>

#include "model/catalog/catalog.hpp"
#include "model/request.hpp"

namespace sweepcheck {

class Machine;
class World;
struct Operation;

/// How it is touched. A write may depend on what it finds. An addition makes something true, or
/// counts, and doesn't show what was there: two additions come to the same in either order.
enum class Access : std::uint8_t { kRead, kAdd, kWrite };

/// Where a touch is. Nodes and registries hold objects, with their facts and numbers.
enum class Area : std::uint8_t {
  kNode,          ///< objects of a node
  kDaemon,        ///< what a node's daemon holds in memory: counters, flags, when it collects next
  kRegistry,      ///< objects of a registry
  kAvailability,  ///< whether a registry answers
  kCache,         ///< what a registry's cache would answer for
  kArchive,       ///< an archive, by its name
  kClock,
};

/// One thing, or all things alike: those of the kinds that have the names which are given. kNone is
/// any name.
struct Touch {
  Access access = Access::kRead;
  Area area = Area::kNode;
  /// Of objects: bits by kind_bit.
  std::uint16_t kinds = 0;
  /// Of kNode and kDaemon.
  NodeId node = kNone<NodeId>;
  /// As in ObjectKey: a registry's host is its objects' space, and that of its availability and
  /// cache; an archive's name is a key.
  StringId space = kNone<StringId>;
  StringId scope = kNone<StringId>;
  StringId key = kNone<StringId>;

  bool operator==(const Touch&) const = default;
};

inline constexpr std::uint16_t kAllKinds = (1U << kObjectKindCount) - 1;
constexpr std::uint16_t kinds_of(std::initializer_list<ObjectKind> kinds) {
  std::uint32_t bits = 0;
  for (const ObjectKind kind : kinds) bits |= 1U << static_cast<std::uint32_t>(kind);
  return static_cast<std::uint16_t>(bits);
}

/// True if there may be something that is in both.
bool overlap(const Touch& a, const Touch& b);
/// True if the touch covers this object of a node, or of a registry (`node` is kNone).
bool covers(const Touch& touch, NodeId node, const ObjectKey& key);

/// What one step may touch, or several together.
class Touches {
 public:
  void add(const Touch& touch);
  std::span<const Touch> all() const { return {touches_.data(), touches_.size()}; }
  void clear() { touches_.clear(); }

  /// True if the order of two steps may make a difference: one may write or add what the other may
  /// touch, and not both only add.
  friend bool conflict(const Touches& a, const Touches& b);

 private:
  boost::container::small_vector<Touch, 24> touches_;
};

/// "write content default layer:base; read clock": for tests and for people.
std::string touches_text(const Catalog& catalog, const Touches& touches);

/// What performing the operation's next atomic step may touch: with the steps that only expand
/// and come with it, and with what the node's scheduler may do right after it. Empty if it has
/// ended. Neither is changed.
Touches touches_of_next(World& world, Operation& operation);
/// What beginning an operation may touch, up to its first atomic step, which isn't performed.
Touches touches_of_begin(World& world, const Request& request);

/// What a step's touches() declares them with. Its member functions are called like the
/// transactions of Metadata and the requests of RegistryApi that they stand for, and mean those of
/// the request's node and namespace, under the operation's lease.
class StepTouches {
 public:
  StepTouches(Machine& machine, Touches& touches);

  Machine& machine() const { return machine_; }
  /// The same in another namespace.
  StepTouches in(StringId space) const;

  // Objects of the node. kNone is any name.
  void read(ObjectKind kind, StringId key, StringId scope = kNone<StringId>);
  void write(ObjectKind kind, StringId key, StringId scope = kNone<StringId>);
  void read_content(StringId digest) { read(ObjectKind::kContent, digest); }
  void read_content(BlobId blob);
  void read_image(StringId name) { read(ObjectKind::kImage, name); }
  void read_snapshot(StringId snapshotter, StringId key) {
    read(ObjectKind::kSnapshot, key, snapshotter);
  }
  void read_blob_file(StringId digest);
  void write_blob_file(StringId digest);
  /// A record, and of its target the index and manifests: what finds an image's manifest.
  void read_image_documents(StringId name);
  /// The content records of a target and of all indexes and manifests below it.
  void read_documents(BlobId target);
  /// The snapshot's directory, whatever it is called.
  void read_directory(StringId snapshotter, StringId key);
  void read_clock();

  // Transactions.
  void open_writer(StringId ref, StringId digest);
  void written(StringId ref) { read(ObjectKind::kIngestFile, ref); }
  void write_bytes(StringId ref) { write(ObjectKind::kIngestFile, ref); }
  void commit(StringId ref, StringId digest);
  void delete_content(StringId digest);
  void prepare(StringId snapshotter, StringId key, StringId parent,
               StringId target = kNone<StringId>);
  void commit_snapshot(StringId snapshotter, StringId name, StringId key);
  void remove_snapshot(StringId snapshotter, StringId key);
  /// create_image and update_image, and labels of the record.
  void store_image(StringId name);
  void delete_image(StringId name);
  void create_lease(StringId id);
  void delete_lease(StringId id);
  void add_resource(StringId lease);
  void remove_resource(StringId lease);
  void create_container(StringId id);
  void delete_container(StringId id);
  void create_sandbox(StringId id);
  void delete_sandbox(StringId id);
  void label_content(StringId digest);
  void label_snapshot(StringId snapshotter, StringId key);
  void label(ObjectKind kind, StringId key);
  void delete_namespace();
  /// A transaction that adds to what is there, and counts.
  void mutated();
  /// A mark and sweep of the whole node.
  void collect_metadata();
  void clean_backend();

  // Requests to a registry.
  void ask_registry(StringId host);
  void find_manifest(StringId host, StringId repository, StringId reference);
  void manifest(StringId host, StringId repository, StringId reference);
  void blob(StringId host, StringId repository, StringId digest);
  void mount(StringId host, StringId repository, StringId digest, StringId from);
  void put_blob(StringId host, StringId repository, StringId digest);
  void put_manifest(StringId host, StringId repository, StringId reference, BlobId manifest);
  /// What its operator does in a repository; kNone: in all of them.
  void change_repository(StringId host, StringId repository);
  void switch_registry(StringId host);

  // Archives. kNone is any.
  void read_archive(StringId name);
  void write_archive(StringId name);

 private:
  StepTouches(Machine& machine, Touches& touches, StringId space);
  void object(Access access, Area area, std::uint16_t kinds, StringId space, StringId scope,
              StringId key);
  void registry_object(Access access, ObjectKind kind, StringId host, StringId repository,
                       StringId key);
  void registry_cache(Access access, StringId host, StringId digest);
  void daemon(Access access);
  void under_lease();
  void deletes();
  void make_directory(StringId snapshotter, StringId key);

  Machine& machine_;
  Touches& touches_;
  const StringId space_;
};

}  // namespace sweepcheck
