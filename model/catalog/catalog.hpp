// The append-only table of everything that can exist: strings, blobs, objects and the facts about
// objects, each with a dense id. States hold only which of the ids are present, so one catalog
// serves any number of nodes and states.
//
// Interning (intern, object, label, field, ...) gives the id of a thing, and adds it if it is new.
// Asking (find, find_object, ...) never adds, and is all that a const catalog allows. A catalog
// that is closed adds nothing any more, so operations over it allocate nothing here; what they may
// name must have been interned before, by set-up or by a first play of the same history.
//
// Bytes per object: 24 of identity, 8 of list heads; per fact: 8 of edge, 8 of ownership, 8 of
// text, 1 of meaning, and a bit in the set of its meaning. The mark loop touches list heads, edges
// and meanings only, and facts interned together lie together, so a walk in creation order reads
// memory forwards.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/assert.hpp"
#include "model/catalog/answer_cache.hpp"
#include "model/catalog/bits.hpp"
#include "model/catalog/ids.hpp"
#include "model/catalog/image.hpp"
#include "model/catalog/label.hpp"
#include "model/catalog/meanings.hpp"
#include "model/catalog/media_type.hpp"
#include "model/catalog/object_kind.hpp"
#include "model/policy.hpp"

namespace sweepcheck {

/// What identifies an object. `space` is the namespace (or the registry), `scope` the snapshotter
/// (or the repository) where the kind has one, `key` the digest, name or id.
struct ObjectKey {
  ObjectKind kind = ObjectKind::kContent;
  StringId space = kNone<StringId>;
  StringId scope = kNone<StringId>;
  StringId key = kNone<StringId>;

  bool operator==(const ObjectKey&) const = default;
};

struct BlobChild {
  BlobId blob = kNone<BlobId>;
  /// os/arch[/variant] that the descriptor names, or kNone.
  StringId platform = kNone<StringId>;
};

/// A blob, wherever it lies. Everything follows from its bytes, so it never changes.
struct Blob {
  StringId digest = kNone<StringId>;
  StringId media_type = kNone<StringId>;
  MediaClass media = MediaClass::kOther;
  /// A manifest whose descriptor says that it refers to another (io.containerd.manifest.subject).
  bool is_referrer = false;
  std::int64_t size_bytes = 0;
  /// Index: manifests. Manifest: config, then layers.
  std::vector<BlobChild> children;
  /// Layer: its diff ID and the bytes of its unpacked files.
  StringId diff_id = kNone<StringId>;
  std::int64_t unpacked_bytes = 0;
  /// Schema 1 manifest: what it becomes when it is pulled. Its children are its layers.
  BlobId converted = kNone<BlobId>;
  /// Config: chain IDs by layer, diff IDs by layer, platform, labels that containers inherit.
  std::vector<StringId> chain_ids;
  std::vector<StringId> diff_ids;
  StringId platform = kNone<StringId>;
  std::vector<std::pair<StringId, StringId>> config_labels;
};

/// A reference's parts: "host/repository:tag", "host/repository@digest".
struct ReferenceParts {
  StringId host = kNone<StringId>;
  StringId repository = kNone<StringId>;
  StringId tag = kNone<StringId>;
  StringId digest = kNone<StringId>;

  /// What a registry is asked for: the digest if there is one.
  StringId object() const { return digest != kNone<StringId> ? digest : tag; }
};

/// Names that operations make of others, by what they are made of (Catalog::derived).
enum class Derived : std::uint32_t {
  kMemberRef,      ///< digest: the ingest ref of a tar member
  kExtractKey,     ///< number, chain ID: the key of an extraction
  kSnapshotLabel,  ///< snapshotter: the label key of a snapshot reference
  kSourceLabel,    ///< host: the key of its distribution.source label
  kChildLabel,     ///< number of the base word, number of the child: a child label's key
  kDigest,         ///< made-up bytes: their digest
  kHostName,       ///< host: without its port
  kNumbered,       ///< prefix, number: a name that is given back (Catalog::numbered)
  kDirectory,      ///< key, number: the directory of a snapshot whose own name is taken
  kIngestRef,      ///< name: the ref of what `ctr content ingest` writes
  kIngestDigest,   ///< name: the digest of what is made up for it
  kCriReference,   ///< reference: as CRI takes it
  kFullName,       ///< name: with a host and a path, as docker writes it
  kByDigest,       ///< reference, digest: its repository, and the digest for a tag
  kAtDigest,       ///< reference, digest: both, joined by '@'
  kUnpackPrefix,   ///< name: how an unpack of it begins its failures
  kExtractPrefix,  ///< prefix, diff ID: how a failed extraction begins
  kSources,        ///< source label, repository: the label with the repository added
  kReferrerLabel,  ///< digest: a referrer's label key
  kPodName,        ///< sandbox id: the pod's name
  kTime,           ///< seconds since 1970, in two halves: as RFC 3339 writes them
};

/// One reference of the graph: from the object that lists it to the object that it keeps.
struct Edge {
  std::uint32_t next;
  std::uint32_t target;
};

class Catalog {
 public:
  /// Digest of bytes that the simulation makes up (a generated manifest), as "sha256:<hex>".
  using DigestFunction = std::string (*)(std::string_view bytes);

  Catalog();
  /// With a digest function of the caller's; the built-in one is no SHA-256, only well spread.
  explicit Catalog(DigestFunction digest);
  ~Catalog();
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;

  /// Closes the catalog: from now on interning something unknown ends the program, for whoever
  /// closed it believed that nothing new could come.
  void close() { closed_ = true; }
  bool is_closed() const { return closed_; }

  StringId intern(std::string_view text) {
    return recent_strings_.answer(
        hash_of(text), [&](StringId id) { return this->text(id) == text; },
        [&] { return intern_text(text); });
  }
  StringId intern(Word word) { return word.id(); }
  /// The id of a text that is known, or kNone.
  StringId find(std::string_view text) const {
    const StringId known =
        recent_strings_.find(hash_of(text), [&](StringId id) { return this->text(id) == text; });
    return known != kNone<StringId> ? known : look_up_text(text);
  }
  const std::string& text(StringId id) const { return *strings_[index_of(id)]; }
  std::uint32_t string_count() const { return static_cast<std::uint32_t>(strings_.size()); }
  /// The digest of bytes that the simulation makes up.
  StringId digest_of(std::string_view bytes);

  /// A name that follows from others: made once, by `make`, and then found by its parts.
  template <typename Make>
  StringId derived(Derived kind, std::uint32_t a, std::uint32_t b, Make&& make) {
    const StringId known = find_derived(kind, a, b);
    return known != kNone<StringId> ? known : add_derived(kind, a, b, make());
  }
  /// "pod-3" of "pod-" and 3: a name from a row of slots, made once and used again and again. See
  /// free_name() in model/slots.hpp.
  StringId numbered(StringId prefix, std::uint32_t number);
  /// A time in seconds, as labels have it: "2026-01-01T00:00:00Z".
  StringId time_text(Time time);
  /// A reference's parts; a missing host is docker.io, a missing tag "latest" is not added.
  ReferenceParts reference(StringId reference);
  /// The same without interning: what no catalog text says is kNone, as what isn't there at all is.
  ReferenceParts find_reference(std::string_view reference) const;
  /// The record of a namespace.
  ObjectId namespace_object(StringId space);

  /// The policy of these values, with its platform and its snapshotter interned. It stays
  /// where it is as long as the catalog: nodes point to it, and two of them have the same one
  /// exactly if they point to the same place.
  const Policy* policy(const Policy& values);
  /// Its place among the interned policies; their number for one that isn't interned.
  std::uint32_t policy_index(const Policy* policy) const;
  /// The policy of that place, or null.
  const Policy* policy_at(std::uint32_t index) const {
    return index < policies_.size() ? policies_[index].get() : nullptr;
  }

  /// Gives a digest or chain ID the short name that people read. The first name stays.
  void set_alias(StringId name, std::string_view alias);
  /// The text with digests replaced by their aliases, also after '@' and inside keys.
  [[gnu::cold]] std::string display(StringId id) const;
  /// The same of a text that need not be interned.
  [[gnu::cold]] std::string display(std::string_view text) const;
  /// The text that a person's notation means: an alias, or one after '@', becomes its digest.
  std::string resolve(std::string_view notation) const;

  /// The blob of that digest; kNone if no image or ingest ever named it.
  BlobId find_blob(StringId digest) const;
  /// Adds a blob; if the digest is known, the known one is returned and nothing changes.
  BlobId add_blob(Blob blob);
  /// Adds all blobs of an image, with their aliases; returns its target.
  BlobId add_image(const ImageDescription& image);
  const Blob& blob(BlobId id) const { return blobs_[index_of(id)]; }
  /// The ingest ref that a fetch of the blob uses: "layer-<digest>", "manifest-<digest>", ...
  StringId fetch_ref(BlobId id);
  /// The id of a client's temporary lease: "lease-1", "lease-2"; containerd's are random.
  StringId temporary_lease(std::uint32_t number);
  std::uint32_t blob_count() const { return static_cast<std::uint32_t>(blobs_.size()); }

  ObjectId object(const ObjectKey& key) {
    return recent_objects_.answer(
        hash_of(key), [&](ObjectId id) { return this->key(id) == key; },
        [&] { return intern_object(key); });
  }
  /// The object, or kNone if it was never interned (and so was never present anywhere).
  ObjectId find_object(const ObjectKey& key) const {
    const ObjectId known =
        recent_objects_.find(hash_of(key), [&](ObjectId id) { return this->key(id) == key; });
    return known != kNone<ObjectId> ? known : look_up_object(key);
  }
  const ObjectKey& key(ObjectId id) const { return objects_[index_of(id)].key; }
  ObjectKind kind(ObjectId id) const { return kinds_[index_of(id)]; }
  /// The blob of a content record, a blob file or a registry object; kNone for others.
  BlobId blob_of(ObjectId id) const { return objects_[index_of(id)].blob; }
  /// The usual bytes of a snapshot's directory: those that it was first seen with, in any state. A
  /// state in which they are others says so itself; directory_bytes() reads either.
  std::int64_t usual_bytes(ObjectId id) const { return objects_[index_of(id)].usual_bytes; }
  /// Sets the usual bytes unless they are known, and returns them.
  std::int64_t learn_usual_bytes(ObjectId id, std::int64_t bytes) {
    std::int64_t& known = objects_[index_of(id)].usual_bytes;
    if (known < 0) known = bytes;
    return known;
  }
  std::uint32_t object_count() const { return static_cast<std::uint32_t>(objects_.size()); }
  /// "content k8s.io layer:base", for traces and messages.
  [[gnu::cold]] std::string describe(ObjectId id) const;

  /// A label on an object. The key's meaning, and the object that the value names, are found here.
  FactId label(ObjectId owner, StringId key, StringId value) {
    const auto is_it = [&](FactId id) {
      return this->owner(id) == owner && label_key(id) == key && this->value(id) == value;
    };
    return recent_facts_.answer(hash_of(owner, index_of(key), index_of(value)), is_it,
                                [&] { return intern_label(owner, key, value); });
  }
  /// A record's own field.
  FactId field(Meaning meaning, ObjectId owner, ObjectId target, StringId value = kNone<StringId>) {
    const auto is_it = [&](FactId id) {
      return this->meaning(id) == meaning && this->owner(id) == owner &&
             this->target(id) == target && this->value(id) == value && !is_label(id);
    };
    return recent_facts_.answer(hash_of(owner, index_of(target), index_of(value)), is_it,
                                [&] { return intern_field(meaning, owner, target, value); });
  }
  Meaning meaning(FactId id) const { return meanings_[index_of(id)]; }
  ObjectId owner(FactId id) const { return static_cast<ObjectId>(owned_[index_of(id)].target); }
  /// What the fact refers to, or kNone.
  ObjectId target(FactId id) const { return static_cast<ObjectId>(edges_[index_of(id)].target); }
  StringId label_key(FactId id) const { return fact_texts_[index_of(id)].first; }
  StringId value(FactId id) const { return fact_texts_[index_of(id)].second; }
  std::uint32_t fact_count() const { return static_cast<std::uint32_t>(meanings_.size()); }
  bool is_label(FactId id) const { return label_key(id) != kNone<StringId>; }
  /// "label containerd.io/gc.ref.content.l.0=layer:base", "parent chain:base".
  [[gnu::cold]] std::string describe(FactId id) const;

  /// Calls `visit(FactId)` with every fact that an object ever had.
  template <typename Visit>
  void for_each_owned(ObjectId owner, Visit&& visit) const {
    for (std::uint32_t fact = heads_[index_of(owner)].owned; fact != kEnd;
         fact = owned_[fact].next) {
      visit(static_cast<FactId>(fact));
    }
  }

  /// Calls `visit(FactId, ObjectId target)` with every reference that starts at an object.
  template <typename Visit>
  void for_each_reference(ObjectId from, Visit&& visit) const {
    for (std::uint32_t fact = heads_[index_of(from)].from; fact != kEnd; fact = edges_[fact].next) {
      visit(static_cast<FactId>(fact), static_cast<ObjectId>(edges_[fact].target));
    }
  }

  /// The same one by one, in the same order: the first, and the next after one; kNone at the end.
  FactId first_reference(ObjectId from) const {
    return static_cast<FactId>(heads_[index_of(from)].from);
  }
  FactId next_reference(FactId fact) const {
    return static_cast<FactId>(edges_[index_of(fact)].next);
  }

  /// Objects of the kinds that can be roots, and facts that make their owner one.
  std::span<const ObjectId> root_candidates() const { return root_candidates_; }
  const Bits& root_candidate_set() const { return root_candidate_set_; }
  const Bits& root_facts() const { return root_facts_; }
  /// All objects of which can_be_collected is true.
  const Bits& collectable() const { return collectable_; }
  /// All facts of a meaning.
  const Bits& of_meaning(Meaning meaning) const {
    return by_meaning_[static_cast<std::size_t>(meaning)];
  }
  /// All facts that a lease ever had: the more operations use its id, the more they get, and only
  /// few are true at a time.
  const SparseBits& lease_facts(ObjectId lease) const;
  /// All facts that name an object.
  const Bits& facts_with_target() const { return facts_with_target_; }
  /// All objects of a namespace.
  const Bits& of_space(StringId space) const;
  /// All objects of a kind.
  const Bits& of_kind(ObjectKind kind) const { return by_kind_[static_cast<std::size_t>(kind)]; }

 private:
  struct Object {
    ObjectKey key;
    BlobId blob;
    std::int64_t usual_bytes;
  };
  struct Heads {
    std::uint32_t from;
    std::uint32_t owned;
  };
  struct Maps;
  static constexpr std::uint32_t kEnd = index_of(kNone<FactId>);

  /// Nothing is added to a closed catalog.
  void grows() const {
    SWEEPCHECK_BELIEVE(!closed_, "all that a closed catalog's worlds name is in it");
  }

  static std::uint32_t hash_of(const ObjectKey& key) {
    return AnswerCache<ObjectId>::hash(
        index_of(key.key), index_of(key.space) * 16 + static_cast<std::uint32_t>(key.kind),
        index_of(key.scope));
  }
  static std::uint32_t hash_of(ObjectId owner, std::uint32_t a, std::uint32_t b) {
    return AnswerCache<FactId>::hash(index_of(owner), a, b);
  }
  /// By its address: who asks for the same text again has it at the same place.
  static std::uint32_t hash_of(std::string_view text) {
    const auto address = reinterpret_cast<std::uintptr_t>(text.data());
    return AnswerCache<StringId>::hash(static_cast<std::uint32_t>(address),
                                       static_cast<std::uint32_t>(text.size()), 0);
  }
  StringId intern_text(std::string_view text);
  StringId look_up_text(std::string_view text) const;
  ObjectId intern_object(const ObjectKey& key);
  ObjectId look_up_object(const ObjectKey& key) const;
  FactId intern_label(ObjectId owner, StringId key, StringId value);
  FactId intern_field(Meaning meaning, ObjectId owner, ObjectId target, StringId value);

  std::string with_aliases(std::string_view text) const;
  StringId find_derived(Derived kind, std::uint32_t a, std::uint32_t b) const;
  StringId add_derived(Derived kind, std::uint32_t a, std::uint32_t b, std::string_view text);
  FactId add_fact(Meaning meaning, ObjectId owner, ObjectId from, ObjectId target, StringId key,
                  StringId value);
  void link_label(const LabelKey& parsed, ObjectId owner, StringId value, ObjectId& from,
                  ObjectId& target);

  std::unique_ptr<Maps> maps_;
  AnswerCache<StringId> recent_strings_;
  AnswerCache<ObjectId> recent_objects_;
  AnswerCache<FactId> recent_facts_;
  DigestFunction digest_;
  bool closed_ = false;
  std::vector<std::unique_ptr<const Policy>> policies_;
  std::vector<const std::string*> strings_;
  std::vector<Blob> blobs_;
  std::vector<StringId> fetch_refs_;
  std::vector<StringId> temporary_leases_;
  /// By the reference's string; one without a host is not yet taken apart.
  std::vector<ReferenceParts> references_;
  /// By the namespace's string.
  std::vector<ObjectId> namespaces_;
  std::vector<Object> objects_;
  std::vector<ObjectKind> kinds_;
  std::vector<Heads> heads_;
  std::vector<Meaning> meanings_;
  std::vector<Edge> edges_;
  std::vector<Edge> owned_;
  std::vector<std::pair<StringId, StringId>> fact_texts_;
  std::vector<ObjectId> root_candidates_;
  Bits root_candidate_set_;
  Bits root_facts_;
  Bits facts_with_target_;
  Bits collectable_;
  std::vector<Bits> by_kind_;
  std::vector<Bits> by_meaning_;
};

}  // namespace sweepcheck
