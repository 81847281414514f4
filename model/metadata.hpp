// The metadata store of one node: each function is one of containerd's write transactions, or one
// read (metadata/{content,snapshot,images,leases,containers,sandbox,namespaces}.go; core/metadata
// from 2.0 on). A transaction that fails changes nothing, but for what its docstring says. One that
// succeeds is a mutation: it counts for the scheduler, and deletions also raise the dirty counter
// and flag the backend for clean-up.
//
// The lease in context, if any, takes up what a transaction creates or finds. Where its record is
// gone, the transactions that would add to it fail with kNotFound, "lease does not exist"; they are
// marked (L).
#pragma once

#include <string_view>
#include <vector>

#include "model/catalog/catalog.hpp"
#include "model/failure.hpp"
#include "model/node.hpp"

namespace sweepcheck {

/// What opening a content writer led to.
enum class Opened : std::uint8_t {
  kExists,  ///< the namespace has the digest; the lease in context has it now, too
  kShared,  ///< adopted on commit: no bytes are needed
  kNew,
  kResumed,  ///< an ingest of this ref exists, with the bytes written so far
};

/// What can be asked of one namespace of a node's metadata store. Asking changes nothing: what the
/// catalog doesn't know was never there, so its name is kNone, and kNone is nowhere.
class MetadataReader {
 public:
  /// Catalog and node must outlive the reader.
  MetadataReader(const Catalog& catalog, const Node& node, StringId space)
      : asked_(catalog), read_(node), space_(space) {}

  // Names of records of this namespace; kNone if there never was one of that name on any node.
  ObjectId content(StringId digest) const { return find(ObjectKind::kContent, digest); }
  ObjectId image(StringId name) const { return find(ObjectKind::kImage, name); }
  ObjectId lease(StringId id) const { return find(ObjectKind::kLease, id); }
  ObjectId snapshot(StringId snapshotter, StringId key) const {
    return find(ObjectKind::kSnapshot, key, snapshotter);
  }
  ObjectId container(StringId id) const { return find(ObjectKind::kContainer, id); }
  ObjectId sandbox(StringId id) const { return find(ObjectKind::kSandbox, id); }
  ObjectId ingest(StringId ref) const { return find(ObjectKind::kIngest, ref); }
  /// False of kNone.
  bool has(ObjectId object) const { return read_.state.has(object); }

  /// Bytes that the ingest's file holds; 0 if there is none.
  std::int64_t written(StringId ref) const;
  /// True unless the directory of this snapshot was removed behind the daemon's back.
  bool has_directory(ObjectId snapshot) const;
  /// True if the snapshot is there and committed: a parent can be nothing else.
  bool is_committed(ObjectId snapshot) const;
  /// The value of a label, or kNone.
  StringId label(ObjectId object, StringId key) const;
  /// The target's digest of an image record; kNone if there is no such record.
  StringId image_target(StringId name) const;

 protected:
  StringId space() const { return space_; }
  ObjectId find(ObjectKind kind, StringId key, StringId scope = kNone<StringId>) const {
    return asked_.find_object({kind, space_, scope, key});
  }
  /// True if the namespace may adopt a blob of another one. `file`: the blob's in the backend.
  bool may_share(StringId digest, ObjectId file) const;
  /// The fact of this meaning that the object has now, or kNone.
  FactId present_fact(ObjectId owner, Meaning meaning) const;

 private:
  const Catalog& asked_;
  const Node& read_;
  const StringId space_;
};

class Metadata : public MetadataReader {
 public:
  /// Works in one namespace at one time, under the lease of that record, or none. Catalog and node
  /// must outlive it.
  Metadata(Catalog& catalog, Node& node, Time now, StringId space, ObjectId lease = kNone<ObjectId>)
      : MetadataReader(catalog, node, space),
        catalog_(catalog),
        node_(node),
        now_(now),
        lease_(lease) {}

  // Names of records that may yet come to be: whoever can write interns them.
  using MetadataReader::container;
  using MetadataReader::content;
  using MetadataReader::image;
  using MetadataReader::ingest;
  using MetadataReader::lease;
  using MetadataReader::sandbox;
  using MetadataReader::snapshot;
  ObjectId content(StringId digest) { return object(ObjectKind::kContent, digest); }
  ObjectId image(StringId name) { return object(ObjectKind::kImage, name); }
  ObjectId lease(StringId id) { return object(ObjectKind::kLease, id); }
  ObjectId snapshot(StringId snapshotter, StringId key) {
    return object(ObjectKind::kSnapshot, key, snapshotter);
  }
  ObjectId container(StringId id) { return object(ObjectKind::kContainer, id); }
  ObjectId sandbox(StringId id) { return object(ObjectKind::kSandbox, id); }
  ObjectId ingest(StringId ref) { return object(ObjectKind::kIngest, ref); }

  /// Opens a writer (L); `opened` says what that led to. `digest` may be kNone: a tar member's
  /// digest is not known before its bytes. Without a lease an ingest expires after 24 hours.
  Failure open_writer(StringId ref, StringId digest, Opened& opened);
  /// Writes bytes up to an offset, if the ingest's file is there. No transaction.
  void write(StringId ref, std::int64_t offset);
  /// Commits what was written as this blob (L); fine if the namespace already has it. kUnknown: the
  /// ingest's file is gone. The file moves before the transaction ends, and a failure for want of
  /// the lease leaves it moved.
  Failure commit(StringId ref, StringId digest);
  /// Removes an ingest and its file. kNotFound: there is none of that ref.
  Failure abort(StringId ref);
  /// Removes a content record, whoever refers to it; its file stays until the clean-up, for which
  /// the store is flagged. kNotFound: there is none.
  Failure delete_content(StringId digest);

  /// Creates an active snapshot ("active") or a view ("view"). `target` is the chain ID of a
  /// snapshot.ref label, or kNone. `parent` may be kNone. (L)
  /// kAlreadyExists: the key or the target is a snapshot; from 1.7.17 and 1.6.32 on the lease gets
  /// it. kNotFound: there is no such parent. kInvalidArgument: the parent is not committed.
  /// kUnknown: its directory is gone. The backend is asked between two transactions, so that the
  /// first counts as a mutation even where one of the last two, or the missing lease, makes the
  /// whole fail.
  Failure prepare(StringId snapshotter, StringId key, StringId parent, std::string_view kind,
                  StringId target);
  /// Makes the active snapshot `key` the committed snapshot `name`, of so many bytes (L).
  /// kAlreadyExists: as in prepare(). kNotFound: there is no such key. kFailedPrecondition: it is
  /// not active. kUnknown: its directory is gone.
  Failure commit_snapshot(StringId snapshotter, StringId name, StringId key, std::int64_t bytes,
                          StringId target);
  /// kNotFound: there is none. kFailedPrecondition: it has children, or lists one that a collection
  /// swept. Its directory stays until the clean-up, for which the snapshotter is flagged.
  Failure remove_snapshot(StringId snapshotter, StringId key);

  /// kAlreadyExists: the name is taken. (L)
  Failure create_image(StringId name, StringId digest);
  /// Replaces the target; labels are replaced by none unless they are kept by a field mask.
  /// kNotFound: there is no such record.
  Failure update_image(StringId name, StringId digest, bool keep_labels);
  /// update_image() if there is a record of that name, else create_image().
  Failure put_image(StringId name, StringId digest, bool keep_labels);
  /// kNotFound: there is no such record.
  Failure delete_image(StringId name);

  /// Without labels: it never expires until one is put. kAlreadyExists: the id is taken.
  Failure create_lease(StringId id);
  /// Removes the record and what it holds. kNotFound: there is none.
  Failure delete_lease(StringId id);
  /// The resource need not exist. kNotFound: there is no such lease. kUnimplemented: an image,
  /// before 2.0.
  Failure add_resource(StringId lease_id, ObjectId resource);
  /// Fine if the lease doesn't hold it; fails as add_resource() does.
  Failure remove_resource(StringId lease_id, ObjectId resource);

  /// Neither the image nor the snapshot need exist. kAlreadyExists: the id is taken.
  Failure create_container(StringId id, StringId image, StringId snapshotter, StringId key);
  /// kNotFound: there is none.
  Failure delete_container(StringId id);
  /// kAlreadyExists: the id is taken.
  Failure create_sandbox(StringId id);
  /// kNotFound: there is none.
  Failure delete_sandbox(StringId id);

  /// Sets one label of an object, or removes it if the value is empty. One transaction. kNotFound:
  /// the object is not there.
  Failure set_label(ObjectId object, StringId key, StringId value);
  /// Sets a label as part of a transaction that the caller ends with mutated().
  void put_label(ObjectId object, StringId key, StringId value);
  /// Removes all labels, as part of a transaction too.
  void clear_labels(ObjectId object);
  /// Removes the namespace with its leases, ingests, sandboxes and labels. kNotFound: there is
  /// none. kFailedPrecondition: it has images, content, containers or snapshots; the text names
  /// them.
  Failure delete_namespace(StringId name);

  /// Ends a transaction that changed something.
  void mutated();

 private:
  ObjectId object(ObjectKind kind, StringId key, StringId scope = kNone<StringId>) {
    return catalog_.object({kind, space(), scope, key});
  }
  void add(ObjectId object);
  void add_fact(FactId fact) { node_.state.facts.set(index_of(fact)); }
  void drop_fact(FactId fact) { node_.state.facts.reset(index_of(fact)); }
  bool lease_is_missing() const;
  void lease_add(ObjectId object);
  void lease_drop(ObjectId object);
  void raise_dirty() { ++node_.dirty; }
  /// Makes the backend's directory of a snapshot.
  ObjectId make_directory(StringId snapshotter, StringId key, std::int64_t bytes);

  Catalog& catalog_;
  Node& node_;
  const Time now_;
  const ObjectId lease_;
};

}  // namespace sweepcheck
