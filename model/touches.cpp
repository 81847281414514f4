#include "model/touches.hpp"

#include <algorithm>

#include "model/catalog/facts.hpp"
#include "model/operation.hpp"

namespace sweepcheck {
namespace {

constexpr std::uint16_t kRecordKinds = kinds_of(
    {ObjectKind::kNamespace, ObjectKind::kImage, ObjectKind::kContent, ObjectKind::kIngest,
     ObjectKind::kSnapshot, ObjectKind::kLease, ObjectKind::kContainer, ObjectKind::kSandbox});
constexpr std::uint16_t kFileKinds =
    kinds_of({ObjectKind::kBlobFile, ObjectKind::kIngestFile, ObjectKind::kSnapshotDirectory});

// A name in a touch, and that of something.
bool matches(StringId pattern, StringId name) {
  return pattern == kNone<StringId> || pattern == name;
}

bool may_be_same(StringId a, StringId b) { return matches(a, b) || b == kNone<StringId>; }

bool has_objects(Area area) { return area == Area::kNode || area == Area::kRegistry; }

bool is_of_node(Area area) { return area == Area::kNode || area == Area::kDaemon; }

}  // namespace

bool overlap(const Touch& a, const Touch& b) {
  if (a.area != b.area) return false;
  if (is_of_node(a.area) && a.node != b.node) return false;
  if (has_objects(a.area) && (a.kinds & b.kinds) == 0) return false;
  return may_be_same(a.space, b.space) && may_be_same(a.scope, b.scope) &&
         may_be_same(a.key, b.key);
}

bool covers(const Touch& touch, NodeId node, const ObjectKey& key) {
  const Area area = node == kNone<NodeId> ? Area::kRegistry : Area::kNode;
  if (touch.area != area || touch.node != node) return false;
  if ((touch.kinds & kinds_of({key.kind})) == 0) return false;
  return matches(touch.space, key.space) && matches(touch.scope, key.scope) &&
         matches(touch.key, key.key);
}

void Touches::add(const Touch& touch) {
  if (std::find(touches_.begin(), touches_.end(), touch) == touches_.end()) {
    touches_.push_back(touch);
  }
}

bool conflict(const Touches& a, const Touches& b) {
  for (const Touch& one : a.touches_) {
    for (const Touch& other : b.touches_) {
      if (one.access == other.access && one.access != Access::kWrite) continue;
      if (overlap(one, other)) return true;
    }
  }
  return false;
}

namespace {

// Whatever a scheduler may do when it looks at its node.
void add_scheduled_collection(const World& world, const Request& request, Touches& touches) {
  if (request.type->place != Place::kNode) return;
  if (!world.node(request.node).policy->scheduler.runs) return;
  touches.add(
      {.access = Access::kWrite, .area = Area::kNode, .kinds = kAllKinds, .node = request.node});
  touches.add({.access = Access::kWrite, .area = Area::kDaemon, .node = request.node});
  touches.add({.access = Access::kRead, .area = Area::kClock});
}

}  // namespace

Touches touches_of_next(World& world, Operation& operation) {
  Touches touches;
  if (!operation.running()) return touches;
  Machine machine(world, operation);
  StepTouches declared(machine, touches);
  // The next step, and those under it that expand when it is done.
  for (auto step = operation.todo.rbegin(); step != operation.todo.rend(); ++step) {
    if (step != operation.todo.rbegin() && step->type().name.atomic) break;
    step->type().touches(declared, *step);
  }
  add_scheduled_collection(world, operation.request, touches);
  return touches;
}

Touches touches_of_begin(World& world, const Request& request) {
  Touches touches;
  Operation operation;
  operation.request = request;
  Machine machine(world, operation);
  StepTouches declared(machine, touches);
  if (request.type->begin_touches != nullptr) request.type->begin_touches(declared);
  return touches;
}

StepTouches::StepTouches(Machine& machine, Touches& touches)
    : StepTouches(machine, touches, machine.request().space) {}

StepTouches::StepTouches(Machine& machine, Touches& touches, StringId space)
    : machine_(machine), touches_(touches), space_(space) {}

StepTouches StepTouches::in(StringId space) const { return {machine_, touches_, space}; }

void StepTouches::object(Access access, Area area, std::uint16_t kinds, StringId space,
                         StringId scope, StringId key) {
  touches_.add({.access = access,
                .area = area,
                .kinds = kinds,
                .node = area == Area::kNode ? machine_.request().node : kNone<NodeId>,
                .space = space,
                .scope = scope,
                .key = key});
}

void StepTouches::read(ObjectKind kind, StringId key, StringId scope) {
  object(Access::kRead, Area::kNode, kinds_of({kind}), space_, scope, key);
}

void StepTouches::write(ObjectKind kind, StringId key, StringId scope) {
  object(Access::kWrite, Area::kNode, kinds_of({kind}), space_, scope, key);
}

void StepTouches::read_content(BlobId blob) { read_content(machine_.catalog().blob(blob).digest); }

void StepTouches::read_blob_file(StringId digest) {
  object(Access::kRead, Area::kNode, kinds_of({ObjectKind::kBlobFile}), kNone<StringId>,
         kNone<StringId>, digest);
}

void StepTouches::write_blob_file(StringId digest) {
  object(Access::kWrite, Area::kNode, kinds_of({ObjectKind::kBlobFile}), kNone<StringId>,
         kNone<StringId>, digest);
}

void StepTouches::read_image_documents(StringId name) {
  read_image(name);
  const StringId digest = machine_.metadata(space_).image_target(name);
  if (digest == kNone<StringId>) return;
  const BlobId target = machine_.catalog().find_blob(digest);
  if (target != kNone<BlobId>) read_documents(target);
}

void StepTouches::read_documents(BlobId target) {
  const Blob& blob = machine_.catalog().blob(target);
  read_content(blob.digest);
  if (blob.media != MediaClass::kIndex) return;
  for (const BlobChild& child : blob.children) read_documents(child.blob);
}

void StepTouches::read_directory(StringId snapshotter, StringId key) {
  Catalog& catalog = machine_.catalog();
  const State& state = machine_.node().state;
  const ObjectId record = machine_.metadata(space_).snapshot(snapshotter, key);
  for_each_true(catalog, state, record, [&](FactId fact) {
    if (catalog.meaning(fact) != Meaning::kDirectory) return;
    read(ObjectKind::kSnapshotDirectory, catalog.key(catalog.target(fact)).key, snapshotter);
  });
}

void StepTouches::read_clock() { touches_.add({.access = Access::kRead, .area = Area::kClock}); }

// Transactions.

void StepTouches::daemon(Access access) {
  touches_.add({.access = access, .area = Area::kDaemon, .node = machine_.request().node});
}

void StepTouches::mutated() {
  // Any write in a namespace makes the namespace.
  object(Access::kAdd, Area::kNode, kinds_of({ObjectKind::kNamespace}), space_, kNone<StringId>,
         kNone<StringId>);
  daemon(Access::kAdd);
}

// A deletion counts for those that come after it.
void StepTouches::deletes() { daemon(Access::kWrite); }

void StepTouches::under_lease() {
  const StringId lease = machine_.operation().lease;
  if (lease != kNone<StringId>) write(ObjectKind::kLease, lease);
}

void StepTouches::open_writer(StringId ref, StringId digest) {
  under_lease();
  write(ObjectKind::kIngest, ref);
  write(ObjectKind::kIngestFile, ref);
  if (machine_.operation().lease == kNone<StringId>) read_clock();
  mutated();
  if (digest == kNone<StringId>) return;
  read_content(digest);
  read_blob_file(digest);
  const Node& node = machine_.node();
  if (node.policy->content_sharing == ContentSharing::kShared) return;
  if (!node.profile->shareable_namespaces) return;
  // Whether some namespace that has it shares what it has.
  object(Access::kRead, Area::kNode, kinds_of({ObjectKind::kContent}), kNone<StringId>,
         kNone<StringId>, digest);
  object(Access::kRead, Area::kNode, kinds_of({ObjectKind::kNamespace}), kNone<StringId>,
         kNone<StringId>, kNone<StringId>);
}

void StepTouches::commit(StringId ref, StringId digest) {
  under_lease();
  write(ObjectKind::kIngest, ref);
  write(ObjectKind::kIngestFile, ref);
  write(ObjectKind::kContent, digest);
  write_blob_file(digest);
  mutated();
}

void StepTouches::delete_content(StringId digest) {
  under_lease();
  write(ObjectKind::kContent, digest);
  deletes();
}

// The backend's directory: its name is the first that is free, if the key's own is not.
void StepTouches::make_directory(StringId snapshotter, StringId key) {
  const Catalog& catalog = machine_.catalog();
  const ObjectId own =
      catalog.find_object({ObjectKind::kSnapshotDirectory, space_, snapshotter, key});
  const bool taken = own != kNone<ObjectId> && machine_.node().state.has(own);
  write(ObjectKind::kSnapshotDirectory, taken ? kNone<StringId> : key, snapshotter);
}

void StepTouches::prepare(StringId snapshotter, StringId key, StringId parent, StringId target) {
  under_lease();
  write(ObjectKind::kSnapshot, key, snapshotter);
  if (target != kNone<StringId>) read_snapshot(snapshotter, target);
  if (parent != kNone<StringId>) {
    write(ObjectKind::kSnapshot, parent, snapshotter);
    read_directory(snapshotter, parent);
  }
  make_directory(snapshotter, key);
  mutated();
}

void StepTouches::commit_snapshot(StringId snapshotter, StringId name, StringId key) {
  under_lease();
  write(ObjectKind::kSnapshot, name, snapshotter);
  write(ObjectKind::kSnapshot, key, snapshotter);
  const Catalog& catalog = machine_.catalog();
  const State& state = machine_.node().state;
  const ObjectId active = machine_.metadata(space_).snapshot(snapshotter, key);
  for_each_true(catalog, state, active, [&](FactId fact) {
    if (catalog.meaning(fact) == Meaning::kParent) {
      write(ObjectKind::kSnapshot, catalog.key(catalog.target(fact)).key, snapshotter);
    } else if (catalog.meaning(fact) == Meaning::kDirectory) {
      write(ObjectKind::kSnapshotDirectory, catalog.key(catalog.target(fact)).key, snapshotter);
    }
  });
  make_directory(snapshotter, name);
  mutated();
}

void StepTouches::remove_snapshot(StringId snapshotter, StringId key) {
  under_lease();
  write(ObjectKind::kSnapshot, key, snapshotter);
  const Catalog& catalog = machine_.catalog();
  const ObjectId record = machine_.metadata(space_).snapshot(snapshotter, key);
  for_each_true(catalog, machine_.node().state, record, [&](FactId fact) {
    if (catalog.meaning(fact) != Meaning::kParent) return;
    write(ObjectKind::kSnapshot, catalog.key(catalog.target(fact)).key, snapshotter);
  });
  deletes();
}

void StepTouches::store_image(StringId name) {
  under_lease();
  write(ObjectKind::kImage, name);
  mutated();
}

void StepTouches::delete_image(StringId name) {
  under_lease();
  write(ObjectKind::kImage, name);
  deletes();
}

void StepTouches::create_lease(StringId id) {
  write(ObjectKind::kLease, id);
  mutated();
}

void StepTouches::delete_lease(StringId id) {
  write(ObjectKind::kLease, id);
  deletes();
}

void StepTouches::add_resource(StringId lease) { create_lease(lease); }
void StepTouches::remove_resource(StringId lease) { delete_lease(lease); }

void StepTouches::create_container(StringId id) {
  write(ObjectKind::kContainer, id);
  mutated();
}

void StepTouches::delete_container(StringId id) {
  write(ObjectKind::kContainer, id);
  deletes();
}

void StepTouches::create_sandbox(StringId id) {
  write(ObjectKind::kSandbox, id);
  mutated();
}

void StepTouches::delete_sandbox(StringId id) { create_sandbox(id); }

void StepTouches::label(ObjectKind kind, StringId key) {
  write(kind, key);
  daemon(Access::kAdd);
}

void StepTouches::label_content(StringId digest) { label(ObjectKind::kContent, digest); }

void StepTouches::label_snapshot(StringId snapshotter, StringId key) {
  write(ObjectKind::kSnapshot, key, snapshotter);
  daemon(Access::kAdd);
}

void StepTouches::delete_namespace() {
  object(Access::kWrite, Area::kNode, kAllKinds, space_, kNone<StringId>, kNone<StringId>);
  daemon(Access::kAdd);
}

void StepTouches::collect_metadata() {
  object(Access::kWrite, Area::kNode, kRecordKinds, kNone<StringId>, kNone<StringId>,
         kNone<StringId>);
  daemon(Access::kWrite);
  read_clock();
}

void StepTouches::clean_backend() {
  object(Access::kRead, Area::kNode,
         kinds_of({ObjectKind::kContent, ObjectKind::kIngest, ObjectKind::kSnapshot}),
         kNone<StringId>, kNone<StringId>, kNone<StringId>);
  object(Access::kWrite, Area::kNode, kFileKinds, kNone<StringId>, kNone<StringId>,
         kNone<StringId>);
  daemon(Access::kWrite);
  read_clock();
}

// Registries.

void StepTouches::registry_object(Access access, ObjectKind kind, StringId host,
                                  StringId repository, StringId key) {
  object(access, Area::kRegistry, kinds_of({kind}), host, repository, key);
}

// A registry without cache answers from its storage alone.
void StepTouches::registry_cache(Access access, StringId host, StringId digest) {
  const Registry* registry = machine_.world().find_registry(host);
  if (registry == nullptr || !registry->descriptor_cache) return;
  touches_.add({.access = access, .area = Area::kCache, .space = host, .key = digest});
}

void StepTouches::ask_registry(StringId host) {
  touches_.add({.access = Access::kRead, .area = Area::kAvailability, .space = host});
}

void StepTouches::find_manifest(StringId host, StringId repository, StringId reference) {
  const Catalog& catalog = machine_.catalog();
  StringId digest = reference;
  registry_object(Access::kRead, ObjectKind::kTag, host, repository, reference);
  const ObjectId tag = catalog.find_object({ObjectKind::kTag, host, repository, reference});
  const Registry* registry = machine_.world().find_registry(host);
  if (tag != kNone<ObjectId> && registry != nullptr) {
    for_each_true(catalog, registry->state, tag,
                  [&](FactId fact) { digest = catalog.key(catalog.target(fact)).key; });
  }
  registry_object(Access::kRead, ObjectKind::kRepositoryManifest, host, repository, digest);
  registry_object(Access::kRead, ObjectKind::kRegistryBlob, host, kNone<StringId>, digest);
}

void StepTouches::manifest(StringId host, StringId repository, StringId reference) {
  ask_registry(host);
  find_manifest(host, repository, reference);
  registry_cache(Access::kAdd, host, kNone<StringId>);
}

void StepTouches::blob(StringId host, StringId repository, StringId digest) {
  ask_registry(host);
  registry_object(Access::kRead, ObjectKind::kRepositoryLayer, host, repository, digest);
  registry_object(Access::kRead, ObjectKind::kRegistryBlob, host, kNone<StringId>, digest);
  registry_cache(Access::kWrite, host, digest);
}

void StepTouches::mount(StringId host, StringId repository, StringId digest, StringId from) {
  ask_registry(host);
  if (from == kNone<StringId>) return;
  blob(host, from, digest);
  registry_object(Access::kAdd, ObjectKind::kRepositoryLayer, host, repository, digest);
}

void StepTouches::put_blob(StringId host, StringId repository, StringId digest) {
  ask_registry(host);
  registry_object(Access::kAdd, ObjectKind::kRegistryBlob, host, kNone<StringId>, digest);
  registry_object(Access::kAdd, ObjectKind::kRepositoryLayer, host, repository, digest);
  registry_cache(Access::kAdd, host, digest);
}

void StepTouches::put_manifest(StringId host, StringId repository, StringId reference,
                               BlobId manifest) {
  const Catalog& catalog = machine_.catalog();
  ask_registry(host);
  for (const BlobChild& child : catalog.blob(manifest).children) {
    const Blob& needed = catalog.blob(child.blob);
    if (has_children(needed.media)) {
      find_manifest(host, repository, needed.digest);
    } else {
      blob(host, repository, needed.digest);
    }
  }
  const StringId digest = catalog.blob(manifest).digest;
  registry_object(Access::kAdd, ObjectKind::kRegistryBlob, host, kNone<StringId>, digest);
  registry_object(Access::kAdd, ObjectKind::kRepositoryManifest, host, repository, digest);
  registry_object(Access::kWrite, ObjectKind::kTag, host, repository, reference);
  registry_cache(Access::kRead, host, digest);
}

void StepTouches::change_repository(StringId host, StringId repository) {
  ask_registry(host);
  object(
      Access::kWrite, Area::kRegistry,
      kinds_of({ObjectKind::kTag, ObjectKind::kRepositoryManifest, ObjectKind::kRepositoryLayer}),
      host, repository, kNone<StringId>);
  object(Access::kWrite, Area::kRegistry, kinds_of({ObjectKind::kRegistryBlob}), host,
         kNone<StringId>, kNone<StringId>);
}

void StepTouches::switch_registry(StringId host) {
  touches_.add({.access = Access::kWrite, .area = Area::kAvailability, .space = host});
  touches_.add({.access = Access::kWrite, .area = Area::kCache, .space = host});
}

void StepTouches::read_archive(StringId name) {
  touches_.add({.access = Access::kRead, .area = Area::kArchive, .key = name});
}

void StepTouches::write_archive(StringId name) {
  touches_.add({.access = Access::kWrite, .area = Area::kArchive, .key = name});
}

}  // namespace sweepcheck
