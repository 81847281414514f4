// Steps that several operations share, each made here, so that the structs of their types stay in
// their files: the lease around an operation (operation_lease.cpp), fetching an image's tree
// (fetch.cpp, schema1.cpp), unpacking its layers (unpack.cpp), image records and the collection
// that a client waits for (records.cpp); and what several operations ask of images
// (cri_images.cpp).
#pragma once

#include "model/operation.hpp"

namespace sweepcheck::steps {

/// Creates the operation's lease (24 h), works under it and defers its deletion. If the client is
/// CRI, the daemon deletes it even when the operation is killed.
Step create_lease(Machine& machine);
/// Deletes the operation's lease now, if it still has one.
Step delete_lease();

/// HEAD of a reference: sets the operation's target, and where its plan fetches from.
Step resolve(StringId reference);
/// Fetches a blob and what the plan asks for below it. `metadata_only`: no layers.
Step fetch_tree(BlobId blob, bool metadata_only = false);
/// What a pull of a schema 1 manifest does instead: fetches its layers, writes the manifest and the
/// config that they make, and takes that manifest as its target.
Steps convert_schema1(Machine& machine, BlobId schema1);
/// Sets the child labels of a parent for these children (SetChildrenMappedLabels).
Failure label_children(Machine& machine, BlobId parent, std::span<const BlobChild> children,
                       bool discard);
/// open, get, write, commit of one blob, without its children.
Step fetch_blob(BlobId blob);

/// The unpacker on one manifest: from its first missing snapshot on, fetch, apply, commit.
Step unpack_while_fetching(BlobId manifest);
/// image.Unpack on one manifest, into this snapshotter, which becomes the plan's: applies what the
/// content store has. `prefix` goes before "failed to extract layer" in its failure, or is kNone.
Step unpack_stored(Machine& machine, BlobId manifest, StringId snapshotter, StringId prefix);

/// The same of an attestation, which is unpacked as if it were an image: what it is made of can't
/// be applied.
Step unpack_attestation(BlobId manifest, StringId snapshotter);

/// The same for an image record: of its target, the manifest that the platform selects, into the
/// plan's snapshotter.
Step unpack_image(StringId name, BlobId target, StringId platform);
/// How the profile's image.Unpack begins its failures, or kNone.
StringId unpack_prefix(Machine& machine, StringId name);

/// Creates an image record, or updates it if it exists. `keep_labels`: with a field mask, so that
/// an existing record keeps its labels if the request gives none.
Step store_image(StringId name, BlobId target, bool keep_labels);
/// The record of a pull, under its reference, for the target that was resolved.
Step store_pulled_image(StringId name);
/// A further record of the target for the transfer service to store, beside its `primary` one.
Step store_extra_reference(StringId name, BlobId target, StringId primary);
/// CRI's records of a pulled image: by image id, by tag, by digest.
Step store_cri_records(StringId reference);
using RecordLabels = boost::container::small_vector<std::pair<StringId, StringId>, 16>;
/// All labels of an image record, its expiry too.
RecordLabels record_labels(Machine& machine, StringId name);
/// A reference's repository and a digest: "registry.example/lib/app@sha256:...".
StringId by_digest(Catalog& catalog, StringId reference, StringId digest);
/// A name in full, as CRI and docker archives have it: "copy:1" is docker.io/library/copy:1
/// (distribution/reference).
std::string normalized_reference(const std::string& name);
/// The same of an interned name.
StringId full_name(Catalog& catalog, StringId name);
/// What a URL parser takes for the port of a name without a host, and can't read: "latest" of
/// "app:latest". kNone if there is a host, or a number.
StringId invalid_port(Catalog& catalog, StringId reference);
/// A reference as CRI takes it: with a host and a tag; of a tag and a digest the digest alone.
StringId cri_reference(Catalog& catalog, StringId reference);
using RecordNames = boost::container::small_vector<StringId, 16>;
/// The image records of the request's namespace, by name.
RecordNames image_records(Machine& machine);
/// The id by which CRI knows the image of a record, or kNone: the digest of its config. CRI keeps
/// it in memory, so it is known even if the config is no longer stored.
StringId cri_image_id(Machine& machine, StringId name);
/// The id of the image that CRI takes an id or a reference for, or kNone.
StringId find_cri_image(Machine& machine, StringId given);
/// Finds that image, and sets `record` to the record by which CRI opens it: whichever of the
/// image's records has the first reference, not the one that was asked for. Not found: there is no
/// such image, or no record of its first reference.
Failure open_cri_image(Machine& machine, StringId given, StringId& record);
/// All of CRI's PullImage, which plans it, too.
Steps pull_by_cri(Machine& machine, StringId reference);
/// In k8s.io: what CRI's event handler adds for a record that another client made.
Step cri_event(StringId name);
/// True if records of this operation are noticed by CRI's event handler.
bool cri_watches(Machine& machine);

/// A collection that the client waits for, as two steps: metadata, then the backend's files.
Steps synchronous_collection();

StringId snapshotter_or_default(Machine& machine, StringId given);
StringId host_platform(Machine& machine);
/// The key of the distribution.source label of a registry's host.
StringId source_label(Catalog& catalog, StringId host);
/// The blob that an image record points to; kNone if there is no record or the target is unknown.
BlobId target_of(Machine& machine, StringId space, StringId image);

}  // namespace sweepcheck::steps
