#include "model/metadata.hpp"

#include "model/catalog/facts.hpp"
#include "model/collector.hpp"
#include "model/mutant.hpp"

namespace sweepcheck {
namespace {

// Whether a lease of this version can hold such a resource (parseLeaseResource).
Failure check_resource(const Catalog& catalog, const Profile& profile, ObjectId resource) {
  if (catalog.kind(resource) != ObjectKind::kImage || profile.leases_take_images) return {};
  return {ErrorClass::kUnimplemented, Message::kResourceUnsupported, kImages.id()};
}

}  // namespace

void Metadata::add(ObjectId object) {
  node_.state.objects.set(index_of(object));
  // Any write in a namespace creates the namespace's bucket.
  node_.state.objects.set(index_of(catalog_.namespace_object(space())));
}

void Metadata::mutated() {
  SchedulerState& scheduler = node_.scheduler;
  ++scheduler.mutations;
  if (node_.dirty > 0) ++scheduler.deletions;
}

FactId MetadataReader::present_fact(ObjectId owner, Meaning meaning) const {
  FactId found = kNone<FactId>;
  if (owner == kNone<ObjectId>) return found;
  for_each_true(asked_, read_.state, owner, [&](FactId fact) {
    if (asked_.meaning(fact) == meaning) found = fact;
  });
  return found;
}

// Leases.

bool Metadata::lease_is_missing() const { return lease_ != kNone<ObjectId> && !has(lease_); }

void Metadata::lease_add(ObjectId object) {
  if (lease_ != kNone<ObjectId>) add_fact(catalog_.field(Meaning::kLeaseResource, lease_, object));
}

void Metadata::lease_drop(ObjectId object) {
  if (lease_ != kNone<ObjectId>) drop_fact(catalog_.field(Meaning::kLeaseResource, lease_, object));
}

Failure Metadata::create_lease(StringId id) {
  const ObjectId created = lease(id);
  if (has(created)) return {ErrorClass::kAlreadyExists, Message::kLeaseExists, id};
  add(created);
  mutated();
  return {};
}

Failure Metadata::delete_lease(StringId id) {
  const ObjectId deleted = lease(id);
  if (!has(deleted)) return {ErrorClass::kNotFound, Message::kLeaseNotFound, id};
  drop_object(catalog_, node_.state, deleted);
  raise_dirty();
  mutated();
  return {};
}

Failure Metadata::add_resource(StringId lease_id, ObjectId resource) {
  const ObjectId owner = lease(lease_id);
  if (!has(owner)) return {ErrorClass::kNotFound, Message::kLeaseNotFound, lease_id};
  if (Failure failure = check_resource(catalog_, *node_.profile, resource)) return failure;
  add_fact(catalog_.field(Meaning::kLeaseResource, owner, resource));
  mutated();
  return {};
}

Failure Metadata::remove_resource(StringId lease_id, ObjectId resource) {
  const ObjectId owner = lease(lease_id);
  if (!has(owner)) return {ErrorClass::kNotFound, Message::kLeaseNotFound, lease_id};
  if (Failure failure = check_resource(catalog_, *node_.profile, resource)) return failure;
  drop_fact(catalog_.field(Meaning::kLeaseResource, owner, resource));
  raise_dirty();
  mutated();
  return {};
}

// Images.

StringId MetadataReader::image_target(StringId name) const {
  const ObjectId record = image(name);
  if (!has(record)) return kNone<StringId>;
  const FactId target = present_fact(record, Meaning::kTarget);
  return target == kNone<FactId> ? kNone<StringId> : asked_.key(asked_.target(target)).key;
}

Failure Metadata::create_image(StringId name, StringId digest) {
  const ObjectId record = image(name);
  if (has(record)) return {ErrorClass::kAlreadyExists, Message::kImageExists, name};
  if (lease_is_missing()) return {ErrorClass::kNotFound, Message::kLeaseMissing};
  add(record);
  add_fact(catalog_.field(Meaning::kTarget, record, content(digest)));
  mutated();
  return {};
}

Failure Metadata::update_image(StringId name, StringId digest, bool keep_labels) {
  const ObjectId record = image(name);
  if (!has(record)) return {ErrorClass::kNotFound, Message::kImageNotFound, name};
  if (const FactId old = present_fact(record, Meaning::kTarget); old != kNone<FactId>) {
    drop_fact(old);
  }
  if (!keep_labels) clear_labels(record);
  if (is_on(Mutant::kUpdateLosesTarget)) return {};
  add_fact(catalog_.field(Meaning::kTarget, record, content(digest)));
  mutated();
  return {};
}

Failure Metadata::put_image(StringId name, StringId digest, bool keep_labels) {
  return has(image(name)) ? update_image(name, digest, keep_labels) : create_image(name, digest);
}

Failure Metadata::delete_image(StringId name) {
  const ObjectId record = image(name);
  if (!has(record)) return {ErrorClass::kNotFound, Message::kImageNotFound, name};
  drop_object(catalog_, node_.state, record);
  if (node_.profile->leases_take_images) lease_drop(record);
  raise_dirty();
  mutated();
  return {};
}

// Labels.

StringId MetadataReader::label(ObjectId owner, StringId key) const {
  StringId value = kNone<StringId>;
  if (owner == kNone<ObjectId>) return value;
  for_each_true(asked_, read_.state, owner, [&](FactId fact) {
    if (asked_.label_key(fact) == key) value = asked_.value(fact);
  });
  return value;
}

void Metadata::put_label(ObjectId owner, StringId key, StringId value) {
  const std::string& text = catalog_.text(value);
  const auto expiry = key == kGcExpire.id() ? parse_rfc3339(text) : std::nullopt;
  catalog_.for_each_owned(owner, [&](FactId fact) {
    if (catalog_.label_key(fact) == key) drop_fact(fact);
  });
  if (key == kGcExpire.id()) node_.state.drop_scalar(owner, ScalarKind::kExpiry);
  if (!expiry) {
    if (!text.empty()) add_fact(catalog_.label(owner, key, value));
    return;
  }
  node_.state.set_scalar(owner, ScalarKind::kExpiry, *expiry);
  if (catalog_.kind(owner) == ObjectKind::kImage && node_.profile->leases_take_images) {
    lease_add(owner);
  }
}

void Metadata::clear_labels(ObjectId owner) {
  catalog_.for_each_owned(owner, [&](FactId fact) {
    if (catalog_.is_label(fact)) drop_fact(fact);
  });
  node_.state.drop_scalar(owner, ScalarKind::kExpiry);
}

Failure Metadata::set_label(ObjectId owner, StringId key, StringId value) {
  if (!has(owner)) {
    const StringId name = catalog_.key(owner).key;
    switch (catalog_.kind(owner)) {
      case ObjectKind::kContent:
        return {ErrorClass::kNotFound, Message::kContentNotFound, name};
      case ObjectKind::kSnapshot:
        return {ErrorClass::kNotFound, Message::kSnapshotNotFound, name};
      case ObjectKind::kImage:
        return {ErrorClass::kNotFound, Message::kImageNotFound, name};
      case ObjectKind::kContainer:
        return {ErrorClass::kNotFound, Message::kContainerNotFound, name, space()};
      case ObjectKind::kSandbox:
        return {ErrorClass::kNotFound, Message::kSandboxNotFound, name};
      default:
        return {ErrorClass::kNotFound, Message::kLeaseNotFound, name};
    }
  }
  put_label(owner, key, value);
  mutated();
  return {};
}

// Containers, sandboxes, namespaces.

Failure Metadata::create_container(StringId id, StringId image, StringId snapshotter,
                                   StringId key) {
  const ObjectId record = container(id);
  if (has(record)) return {ErrorClass::kAlreadyExists, Message::kContainerExists, id};
  add(record);
  if (image != kNone<StringId>) {
    add_fact(catalog_.field(Meaning::kContainerImage, record, kNone<ObjectId>, image));
  }
  if (snapshotter != kNone<StringId>) {
    add_fact(catalog_.field(Meaning::kContainerSnapshot, record, snapshot(snapshotter, key)));
  }
  mutated();
  return {};
}

Failure Metadata::delete_container(StringId id) {
  const ObjectId record = container(id);
  if (!has(record)) return {ErrorClass::kNotFound, Message::kContainerNotFound, id, space()};
  drop_object(catalog_, node_.state, record);
  raise_dirty();
  mutated();
  return {};
}

Failure Metadata::create_sandbox(StringId id) {
  const ObjectId record = sandbox(id);
  if (has(record)) return {ErrorClass::kAlreadyExists, Message::kSandboxExists, id};
  add(record);
  mutated();
  return {};
}

Failure Metadata::delete_sandbox(StringId id) {
  const ObjectId record = sandbox(id);
  if (!has(record)) return {ErrorClass::kNotFound, Message::kSandboxNotFound, id};
  drop_object(catalog_, node_.state, record);
  mutated();
  return {};
}

Failure Metadata::delete_namespace(StringId name) {
  const ObjectId record =
      catalog_.object({ObjectKind::kNamespace, name, kNone<StringId>, kNone<StringId>});
  if (!has(record)) return {ErrorClass::kNotFound, Message::kNamespaceNotFound, name};
  std::string held;
  std::vector<ObjectId> rest;
  const auto hold = [&](std::string_view what) {
    if (held.find(what) == std::string::npos)
      held += (held.empty() ? "" : ", ") + std::string(what);
  };
  bool images = false, blobs = false, containers = false;
  std::vector<std::string> snapshotters;
  node_.state.objects.for_each([&](std::uint32_t index) {
    const auto id = static_cast<ObjectId>(index);
    const ObjectKey& key = catalog_.key(id);
    if (key.space != name) return;
    images = images || key.kind == ObjectKind::kImage;
    blobs = blobs || key.kind == ObjectKind::kContent;
    containers = containers || key.kind == ObjectKind::kContainer;
    if (key.kind == ObjectKind::kSnapshot) snapshotters.push_back(catalog_.text(key.scope));
    // Files outlive the namespace, until a clean-up.
    if (key.kind != ObjectKind::kIngestFile && key.kind != ObjectKind::kSnapshotDirectory) {
      rest.push_back(id);
    }
  });
  if (images) hold("images");
  if (blobs) hold("blobs");
  if (containers) hold("containers");
  for (const std::string& snapshotter : snapshotters) {
    hold("snapshots on \"" + snapshotter + "\" snapshotter");
  }
  if (!held.empty()) {
    return {ErrorClass::kFailedPrecondition, Message::kNamespaceNotEmpty, name,
            catalog_.intern(held)};
  }
  for (const ObjectId object : rest) drop_object(catalog_, node_.state, object);
  mutated();
  return {};
}

}  // namespace sweepcheck
