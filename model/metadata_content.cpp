// Content and snapshots of the metadata store.
#include "model/collector.hpp"
#include "model/metadata.hpp"
#include "model/mutant.hpp"

namespace sweepcheck {

namespace {
constexpr Duration kIngestLifetime = 24 * kHour;
}

bool MetadataReader::may_share(StringId digest, ObjectId file) const {
  if (!has(file) && !is_on(Mutant::kSharesWithoutFile)) return false;
  if (is_on(Mutant::kIsolationIgnored)) return true;
  if (read_.policy->content_sharing == ContentSharing::kShared) return true;
  if (!read_.profile->shareable_namespaces) return false;
  bool found = false;
  asked_.of_kind(ObjectKind::kContent).for_each([&](std::uint32_t index) {
    const auto other = static_cast<ObjectId>(index);
    const ObjectKey& key = asked_.key(other);
    if (found || key.key != digest || !has(other)) return;
    const ObjectId record =
        asked_.find_object({ObjectKind::kNamespace, key.space, kNone<StringId>, kNone<StringId>});
    found = label(record, kShareable.id()) == kTrue.id();
  });
  return found;
}

Failure Metadata::open_writer(StringId ref, StringId digest, Opened& opened) {
  if (lease_is_missing()) return {ErrorClass::kNotFound, Message::kLeaseMissing};
  const ObjectId blob = digest == kNone<StringId> ? kNone<ObjectId> : content(digest);
  if (blob != kNone<ObjectId> && has(blob)) {
    if (!is_on(Mutant::kNoLeaseOnExistingContent)) lease_add(blob);
    mutated();
    opened = Opened::kExists;
    return {};
  }
  const ObjectId record = ingest(ref);
  const bool known = has(record);
  const bool adopting = known && present_fact(record, Meaning::kIngestExpected) != kNone<FactId>;
  add(record);
  if (!is_on(Mutant::kNoLeaseOnIngest)) lease_add(record);
  if (lease_ == kNone<ObjectId>) {
    node_.state.set_scalar(record, ScalarKind::kExpiry, now_ + kIngestLifetime);
  } else if (!known) {
    node_.state.drop_scalar(record, ScalarKind::kExpiry);
  }
  const auto file = [&] {
    return catalog_.object({ObjectKind::kBlobFile, kNone<StringId>, kNone<StringId>, digest});
  };
  if (adopting || (digest != kNone<StringId> && may_share(digest, file()))) {
    add_fact(catalog_.field(Meaning::kIngestExpected, record, content(digest)));
    opened = Opened::kShared;
  } else {
    opened = known ? Opened::kResumed : Opened::kNew;
    const ObjectId data = object(ObjectKind::kIngestFile, ref);
    if (node_.state.objects.set(index_of(data))) {
      node_.state.set_scalar(data, ScalarKind::kWritten, 0);
    }
  }
  mutated();
  return {};
}

std::int64_t MetadataReader::written(StringId ref) const {
  return read_.state.scalar(find(ObjectKind::kIngestFile, ref), ScalarKind::kWritten).value_or(0);
}

void Metadata::write(StringId ref, std::int64_t offset) {
  const ObjectId file = object(ObjectKind::kIngestFile, ref);
  if (has(file)) node_.state.set_scalar(file, ScalarKind::kWritten, offset);
}

Failure Metadata::commit(StringId ref, StringId digest) {
  const ObjectId record = ingest(ref);
  const ObjectId blob = content(digest);
  const bool shared = present_fact(record, Meaning::kIngestExpected) != kNone<FactId>;
  if (!shared) {
    const ObjectId data = object(ObjectKind::kIngestFile, ref);
    const ObjectId file =
        catalog_.object({ObjectKind::kBlobFile, kNone<StringId>, kNone<StringId>, digest});
    // The backend moves the file before the transaction ends: what fails after that leaves it.
    if (!has(data)) return {ErrorClass::kUnknown, Message::kIngestDataLost, ref};
    drop_object(catalog_, node_.state, data);
    if (!is_on(Mutant::kCommitMovesNoFile)) node_.state.objects.set(index_of(file));
  }
  if (lease_is_missing()) return {ErrorClass::kNotFound, Message::kLeaseMissing};
  drop_object(catalog_, node_.state, record);
  add(blob);
  lease_drop(record);
  if (!is_on(Mutant::kNoLeaseOnNewContent)) lease_add(blob);
  mutated();
  return {};
}

Failure Metadata::abort(StringId ref) {
  const ObjectId record = ingest(ref);
  if (!has(record)) return {ErrorClass::kNotFound, Message::kIngestNotFound, ref};
  drop_object(catalog_, node_.state, record);
  drop_object(catalog_, node_.state, object(ObjectKind::kIngestFile, ref));
  lease_drop(record);
  mutated();
  return {};
}

Failure Metadata::delete_content(StringId digest) {
  const ObjectId record = content(digest);
  if (!has(record)) return {ErrorClass::kNotFound, Message::kContentNotFound, digest};
  drop_object(catalog_, node_.state, record);
  lease_drop(record);
  node_.content_flagged = !is_on(Mutant::kRemovalFlagsNoContent);
  raise_dirty();
  mutated();
  return {};
}

// The backend's directory of a snapshot; a name that is still taken by a leftover gets a number.
ObjectId Metadata::make_directory(StringId snapshotter, StringId key, std::int64_t bytes) {
  ObjectId directory = object(ObjectKind::kSnapshotDirectory, key, snapshotter);
  for (int generation = 2; has(directory); ++generation) {
    const StringId numbered =
        catalog_.derived(Derived::kDirectory, index_of(key), static_cast<std::uint32_t>(generation),
                         [&] { return catalog_.text(key) + "#" + std::to_string(generation); });
    directory = object(ObjectKind::kSnapshotDirectory, numbered, snapshotter);
  }
  node_.state.objects.set(index_of(directory));
  if (catalog_.learn_usual_bytes(directory, bytes) != bytes) {
    node_.state.set_scalar(directory, ScalarKind::kBytes, bytes);
  }
  return directory;
}

bool MetadataReader::has_directory(ObjectId snapshot) const {
  const FactId directory = present_fact(snapshot, Meaning::kDirectory);
  return directory == kNone<FactId> || has(asked_.target(directory));
}

bool MetadataReader::is_committed(ObjectId snapshot) const {
  return has(snapshot) && present_fact(snapshot, Meaning::kSnapshotKind) == kNone<FactId>;
}

Failure Metadata::prepare(StringId snapshotter, StringId key, StringId parent,
                          std::string_view kind, StringId target) {
  const ObjectId created = snapshot(snapshotter, key);
  for (const StringId name : {key, target}) {
    if (name == kNone<StringId>) continue;
    const ObjectId existing = name == key ? created : snapshot(snapshotter, name);
    if (!has(existing)) continue;
    if (node_.profile->lease_on_existing_snapshot) {
      if (lease_is_missing()) return {ErrorClass::kNotFound, Message::kLeaseMissing};
      lease_add(existing);
      mutated();
    }
    return {ErrorClass::kAlreadyExists, Message::kSnapshotExists, name};
  }
  ObjectId parent_found = kNone<ObjectId>;
  if (parent != kNone<StringId>) {
    const ObjectId parent_record = snapshot(snapshotter, parent);
    if (!has(parent_record)) return {ErrorClass::kNotFound, Message::kParentNotFound, parent};
    parent_found = parent_record;
  }
  // The backend is asked between two transactions. The first has been written and counts, whatever
  // comes of the rest.
  mutated();
  if (parent_found != kNone<ObjectId>) {
    if (present_fact(parent_found, Meaning::kSnapshotKind) != kNone<FactId>) {
      return {ErrorClass::kInvalidArgument, Message::kSnapshotNotActive, catalog_.intern("create"),
              catalog_.intern("parent \"" + catalog_.text(parent) +
                              "\" is not committed snapshot: invalid argument")};
    }
    if (!has_directory(parent_found)) {
      const bool copies = catalog_.text(snapshotter) == "native";
      return {ErrorClass::kUnknown, Message::kParentDirectoryMissing,
              catalog_.intern(copies ? "copying of parent failed" : "failed to stat parent"),
              parent};
    }
  }
  if (lease_is_missing()) {
    // The backend has its snapshot by now, and is told to remove it: overlayfs leaves the directory
    // to its next clean-up.
    if (snapshotter == kDefaultSnapshotter.id()) make_directory(snapshotter, key, 0);
    return {ErrorClass::kNotFound, Message::kLeaseMissing};
  }
  if (parent_found != kNone<ObjectId>) {
    add_fact(catalog_.field(Meaning::kParent, created, parent_found));
    add_fact(catalog_.field(Meaning::kChildEntry, parent_found, created));
  }
  add(created);
  add_fact(catalog_.field(Meaning::kSnapshotKind, created, kNone<ObjectId>, catalog_.intern(kind)));
  if (target != kNone<StringId>) {
    add_fact(catalog_.label(created, kSnapshotRef.id(), target));
  }
  const ObjectId directory = make_directory(snapshotter, key, 0);
  add_fact(catalog_.field(Meaning::kDirectory, created, directory));
  if (!is_on(Mutant::kNoLeaseOnNewSnapshot)) lease_add(created);
  mutated();
  return {};
}

Failure Metadata::commit_snapshot(StringId snapshotter, StringId name, StringId key,
                                  std::int64_t bytes, StringId target) {
  const ObjectId active = snapshot(snapshotter, key);
  const ObjectId committed = snapshot(snapshotter, name);
  if (has(committed)) {
    if (node_.profile->lease_on_existing_snapshot) {
      if (lease_is_missing()) return {ErrorClass::kNotFound, Message::kLeaseMissing};
      lease_add(committed);
      mutated();
    }
    return {ErrorClass::kAlreadyExists, Message::kSnapshotExists, name};
  }
  if (lease_is_missing()) return {ErrorClass::kNotFound, Message::kLeaseMissing};
  if (!has(active)) return {ErrorClass::kNotFound, Message::kSnapshotNotFound, key};
  const FactId kind = present_fact(active, Meaning::kSnapshotKind);
  if (kind == kNone<FactId> || catalog_.value(kind) != kActive.id()) {
    return {ErrorClass::kFailedPrecondition, Message::kSnapshotNotActive, catalog_.intern("commit"),
            catalog_.intern("snapshot \"" + catalog_.text(key) +
                            "\" is not active: failed precondition")};
  }
  if (!has_directory(active)) {
    return {ErrorClass::kUnknown, Message::kDirectoryMissing, key};
  }
  const FactId parent = present_fact(active, Meaning::kParent);
  const FactId directory = present_fact(active, Meaning::kDirectory);
  if (directory != kNone<FactId> && !is_on(Mutant::kCommitLeavesDirectory)) {
    drop_object(catalog_, node_.state, catalog_.target(directory));
  }
  drop_object(catalog_, node_.state, active);
  add(committed);
  if (parent != kNone<FactId> && !is_on(Mutant::kCommitForgetsParent)) {
    const ObjectId parent_record = catalog_.target(parent);
    add_fact(catalog_.field(Meaning::kParent, committed, parent_record));
    drop_fact(catalog_.field(Meaning::kChildEntry, parent_record, active));
    add_fact(catalog_.field(Meaning::kChildEntry, parent_record, committed));
  }
  const ObjectId renamed = make_directory(snapshotter, name, bytes);
  add_fact(catalog_.field(Meaning::kDirectory, committed, renamed));
  if (target != kNone<StringId>) {
    add_fact(catalog_.label(committed, kSnapshotRef.id(), target));
  }
  if (!is_on(Mutant::kNoLeaseOnCommit)) lease_add(committed);
  lease_drop(active);
  mutated();
  return {};
}

Failure Metadata::remove_snapshot(StringId snapshotter, StringId key) {
  const ObjectId removed = snapshot(snapshotter, key);
  if (!has(removed)) return {ErrorClass::kNotFound, Message::kSnapshotNotFound, key};
  // The list may name a child that a collection swept: then removal fails for good.
  if (present_fact(removed, Meaning::kChildEntry) != kNone<FactId> &&
      !is_on(Mutant::kRemovesParents)) {
    return {ErrorClass::kFailedPrecondition, Message::kSnapshotHasChildren};
  }
  const FactId parent = present_fact(removed, Meaning::kParent);
  if (parent != kNone<FactId>) {
    drop_fact(catalog_.field(Meaning::kChildEntry, catalog_.target(parent), removed));
  }
  drop_object(catalog_, node_.state, removed);
  lease_drop(removed);
  auto& flagged = node_.snapshotters_flagged;
  if (std::find(flagged.begin(), flagged.end(), snapshotter) == flagged.end()) {
    flagged.push_back(snapshotter);
  }
  raise_dirty();
  mutated();
  return {};
}

}  // namespace sweepcheck
