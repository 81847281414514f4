#include "model/catalog/catalog.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>

namespace sweepcheck {
namespace {

constexpr std::uint64_t mix(std::uint64_t h) {
  h ^= h >> 33;
  h *= 0xff51afd7ed558ccdULL;
  h ^= h >> 33;
  h *= 0xc4ceb9fe1a85ec53ULL;
  return h ^ (h >> 33);
}

constexpr std::uint64_t pair_of(std::uint32_t a, std::uint32_t b) {
  return (std::uint64_t{a} << 32) | b;
}

// Two words into one: the halves of their product, folded. Fast, and well spread enough for a table
// that takes its hash as it is.
std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = Wide{a ^ 0x9e3779b97f4a7c15ULL} * (b ^ 0xc4ceb9fe1a85ec53ULL);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

struct ObjectKeyHash {
  using is_avalanching = void;
  std::size_t operator()(const ObjectKey& key) const {
    return fold(pair_of(index_of(key.key), index_of(key.space)),
                pair_of(index_of(key.scope), static_cast<std::uint32_t>(key.kind)));
  }
};

struct FactKey {
  Meaning meaning;
  ObjectId owner;
  ObjectId target;
  StringId key;
  StringId value;
  bool operator==(const FactKey&) const = default;
};

struct FactKeyHash {
  using is_avalanching = void;
  std::size_t operator()(const FactKey& fact) const {
    return fold(fold(pair_of(index_of(fact.owner), index_of(fact.key)),
                     pair_of(index_of(fact.value), index_of(fact.target))),
                static_cast<std::uint64_t>(fact.meaning));
  }
};

struct DerivedKey {
  Derived kind;
  std::uint32_t a;
  std::uint32_t b;
  bool operator==(const DerivedKey&) const = default;
};

struct DerivedKeyHash {
  using is_avalanching = void;
  std::size_t operator()(const DerivedKey& key) const {
    return fold(pair_of(key.a, key.b), static_cast<std::uint64_t>(key.kind));
  }
};

// Well spread, and enough for made-up names; the input room passes SHA-256.
std::string spread_digest(std::string_view bytes) {
  std::string out = "sha256:";
  constexpr std::string_view kHex = "0123456789abcdef";
  for (std::uint64_t lane = 1; lane <= 4; ++lane) {
    std::uint64_t h = mix(lane * 0x9e3779b97f4a7c15ULL);
    for (const char c : bytes) h = mix(h ^ static_cast<unsigned char>(c));
    for (int shift = 60; shift >= 0; shift -= 4) out += kHex[(h >> shift) & 15];
  }
  return out;
}

bool names_blob(ObjectKind kind) {
  return kind == ObjectKind::kContent || kind == ObjectKind::kBlobFile ||
         kind == ObjectKind::kRegistryBlob || kind == ObjectKind::kRepositoryLayer ||
         kind == ObjectKind::kRepositoryManifest;
}

}  // namespace

struct Catalog::Maps {
  std::deque<std::string> texts;
  boost::unordered_flat_map<std::string_view, StringId> strings;
  boost::unordered_flat_map<StringId, BlobId> blobs;
  boost::unordered_flat_map<ObjectKey, ObjectId, ObjectKeyHash> objects;
  boost::unordered_flat_map<FactKey, FactId, FactKeyHash> facts;
  boost::unordered_flat_map<ObjectId, SparseBits> lease_facts;
  boost::unordered_flat_map<StringId, Bits> by_space;
  boost::unordered_flat_map<DerivedKey, StringId, DerivedKeyHash> derived;
  boost::unordered_flat_map<StringId, std::string> alias_of;
  boost::unordered_flat_map<std::string, StringId> aliased;
};

Catalog::Catalog() : Catalog(spread_digest) {}

Catalog::Catalog(DigestFunction digest)
    : maps_(std::make_unique<Maps>()),
      digest_(digest),
      by_kind_(kObjectKindCount),
      by_meaning_(kMeaningCount) {
  for (const Word& word : kWords) {
    const StringId id = intern(word.text);
    SWEEPCHECK_BELIEVE(id == word.id(), "the words are a catalog's first strings");
  }
}

Catalog::~Catalog() = default;

StringId Catalog::intern_text(std::string_view text) {
  if (const auto found = maps_->strings.find(text); found != maps_->strings.end()) {
    return found->second;
  }
  grows();
  const auto id = static_cast<StringId>(strings_.size());
  maps_->texts.emplace_back(text);
  strings_.push_back(&maps_->texts.back());
  maps_->strings.emplace(maps_->texts.back(), id);
  return id;
}

StringId Catalog::look_up_text(std::string_view text) const {
  const auto found = maps_->strings.find(text);
  return found == maps_->strings.end() ? kNone<StringId> : found->second;
}

BlobId Catalog::find_blob(StringId digest) const {
  const auto found = maps_->blobs.find(digest);
  return found == maps_->blobs.end() ? kNone<BlobId> : found->second;
}

BlobId Catalog::add_blob(Blob blob) {
  SWEEPCHECK_BELIEVE(blob.digest != kNone<StringId>, "a blob has a digest");
  if (const BlobId known = find_blob(blob.digest); known != kNone<BlobId>) return known;
  grows();
  const auto id = static_cast<BlobId>(blobs_.size());
  maps_->blobs.emplace(blob.digest, id);
  for (std::size_t kind = 0; kind < kObjectKindCount; ++kind) {
    if (!names_blob(static_cast<ObjectKind>(kind))) continue;
    // A label may have named the digest before the blob itself was known.
    by_kind_[kind].for_each([&](std::uint32_t object) {
      if (objects_[object].key.key == blob.digest) objects_[object].blob = id;
    });
  }
  blobs_.push_back(std::move(blob));
  fetch_refs_.push_back(kNone<StringId>);
  return id;
}

StringId Catalog::find_derived(Derived kind, std::uint32_t a, std::uint32_t b) const {
  const auto found = maps_->derived.find({kind, a, b});
  return found == maps_->derived.end() ? kNone<StringId> : found->second;
}

StringId Catalog::add_derived(Derived kind, std::uint32_t a, std::uint32_t b,
                              std::string_view text) {
  grows();
  const StringId id = intern(text);
  maps_->derived.emplace(DerivedKey{kind, a, b}, id);
  return id;
}

ObjectId Catalog::intern_object(const ObjectKey& key) {
  if (const auto found = maps_->objects.find(key); found != maps_->objects.end()) {
    return found->second;
  }
  grows();
  const auto id = static_cast<ObjectId>(objects_.size());
  const BlobId blob = names_blob(key.kind) ? find_blob(key.key) : kNone<BlobId>;
  objects_.push_back({key, blob, -1});
  recent_objects_.make_room(objects_.size());
  kinds_.push_back(key.kind);
  heads_.push_back({kEnd, kEnd});
  maps_->objects.emplace(key, id);
  if (can_be_root(key.kind)) {
    root_candidates_.push_back(id);
    root_candidate_set_.set(index_of(id));
  }
  if (can_be_collected(key.kind)) collectable_.set(index_of(id));
  by_kind_[static_cast<std::size_t>(key.kind)].set(index_of(id));
  maps_->by_space[key.space].set(index_of(id));
  return id;
}

ObjectId Catalog::look_up_object(const ObjectKey& key) const {
  const auto found = maps_->objects.find(key);
  return found == maps_->objects.end() ? kNone<ObjectId> : found->second;
}

void Catalog::link_label(const LabelKey& parsed, ObjectId owner, StringId value, ObjectId& from,
                         ObjectId& target) {
  const MeaningRule& rule = rule_of(parsed.meaning);
  if (rule.keeps == Keeps::kNothing) return;
  StringId name = value;
  if (rule.form == KeyForm::kCondition) {
    const std::string& whole = text(value);
    const std::size_t bar = whole.find('|');
    if (bar == std::string::npos) return;
    name = intern(whole.substr(bar + 1));
  }
  const bool of_snapshotter = rule.names == kind_bit(ObjectKind::kSnapshot);
  const StringId scope = of_snapshotter ? intern(parsed.snapshotter) : kNone<StringId>;
  const auto kind = static_cast<ObjectKind>(std::countr_zero(rule.names));
  const ObjectId named = object({kind, key(owner).space, scope, name});
  from = rule.keeps == Keeps::kOwner ? named : owner;
  target = rule.keeps == Keeps::kOwner ? owner : named;
}

FactId Catalog::intern_label(ObjectId owner, StringId label_key, StringId value) {
  const FactKey fact{Meaning::kInert, owner, kNone<ObjectId>, label_key, value};
  if (const auto found = maps_->facts.find(fact); found != maps_->facts.end()) {
    return found->second;
  }
  const LabelKey parsed = parse_label_key(kind(owner), text(label_key));
  ObjectId from = kNone<ObjectId>;
  ObjectId target = kNone<ObjectId>;
  link_label(parsed, owner, value, from, target);
  const FactId id = add_fact(parsed.meaning, owner, from, target, label_key, value);
  maps_->facts.emplace(fact, id);
  return id;
}

FactId Catalog::intern_field(Meaning meaning, ObjectId owner, ObjectId target, StringId value) {
  const FactKey fact{meaning, owner, target, kNone<StringId>, value};
  if (const auto found = maps_->facts.find(fact); found != maps_->facts.end()) {
    return found->second;
  }
  // A label's meaning is not a field's: only as a label does it refer to something.
  const MeaningRule& rule = rule_of(meaning);
  const bool is_reference = rule.keeps == Keeps::kNamed && rule.form == KeyForm::kNoLabel;
  const FactId id = add_fact(meaning, owner, is_reference ? owner : kNone<ObjectId>, target,
                             kNone<StringId>, value);
  maps_->facts.emplace(fact, id);
  return id;
}

FactId Catalog::add_fact(Meaning meaning, ObjectId owner, ObjectId from, ObjectId target,
                         StringId key, StringId value) {
  grows();
  const auto id = static_cast<std::uint32_t>(meanings_.size());
  meanings_.push_back(meaning);
  recent_facts_.make_room(meanings_.size());
  fact_texts_.emplace_back(key, value);
  edges_.push_back({kEnd, index_of(target)});
  if (target != kNone<ObjectId>) facts_with_target_.set(id);
  owned_.push_back({heads_[index_of(owner)].owned, index_of(owner)});
  heads_[index_of(owner)].owned = id;
  if (from != kNone<ObjectId> && target != kNone<ObjectId>) {
    edges_[id].next = heads_[index_of(from)].from;
    heads_[index_of(from)].from = id;
  }
  if (meaning == Meaning::kRoot || meaning == Meaning::kRootPrefix) {
    root_facts_.set(id);
  }
  by_meaning_[static_cast<std::size_t>(meaning)].set(id);
  if (kind(owner) == ObjectKind::kLease) maps_->lease_facts[owner].append(id);
  return static_cast<FactId>(id);
}

const SparseBits& Catalog::lease_facts(ObjectId lease) const {
  static const SparseBits kNothing;
  const auto found = maps_->lease_facts.find(lease);
  return found == maps_->lease_facts.end() ? kNothing : found->second;
}

const Bits& Catalog::of_space(StringId space) const {
  static const Bits kNothing;
  const auto found = maps_->by_space.find(space);
  return found == maps_->by_space.end() ? kNothing : found->second;
}

const Policy* Catalog::policy(const Policy& values) {
  for (const auto& known : policies_) {
    if (*known == values) return known.get();
  }
  grows();
  intern(values.platform);
  intern(values.cri.snapshotter);
  policies_.push_back(std::make_unique<const Policy>(values));
  return policies_.back().get();
}

std::uint32_t Catalog::policy_index(const Policy* policy) const {
  const auto found = std::find_if(policies_.begin(), policies_.end(),
                                  [&](const auto& known) { return known.get() == policy; });
  return static_cast<std::uint32_t>(found - policies_.begin());
}

void Catalog::set_alias(StringId name, std::string_view alias) {
  if (maps_->alias_of.contains(name) && maps_->aliased.contains(std::string(alias))) return;
  grows();
  maps_->alias_of.try_emplace(name, alias);
  maps_->aliased.try_emplace(std::string(alias), name);
}

std::string Catalog::display(StringId id) const {
  if (id == kNone<StringId>) return {};
  if (const auto found = maps_->alias_of.find(id); found != maps_->alias_of.end()) {
    return found->second;
  }
  return with_aliases(text(id));
}

std::string Catalog::display(std::string_view text) const {
  const StringId known = find(text);
  return known == kNone<StringId> ? with_aliases(text) : display(known);
}

// Digests inside a longer text: "repo@sha256:...", "extract-1 sha256:...".
std::string Catalog::with_aliases(std::string_view text) const {
  constexpr std::size_t kDigestLength = 7 + 64;
  std::string out(text);
  for (std::size_t at = out.find("sha256:"); at != std::string::npos;
       at = out.find("sha256:", at + 1)) {
    const StringId digest = find(std::string_view(out).substr(at, kDigestLength));
    const auto found =
        digest == kNone<StringId> ? maps_->alias_of.end() : maps_->alias_of.find(digest);
    if (found != maps_->alias_of.end()) out.replace(at, kDigestLength, found->second);
  }
  return out;
}

std::string Catalog::resolve(std::string_view notation) const {
  const auto digest = [&](std::string_view alias) -> const std::string* {
    const auto found = maps_->aliased.find(std::string(alias));
    return found == maps_->aliased.end() ? nullptr : &text(found->second);
  };
  if (const std::string* whole = digest(notation)) return *whole;
  for (const char separator : {'@', ' ', '|', '/'}) {
    const std::size_t at = notation.find(separator);
    if (at == std::string_view::npos) continue;
    if (const std::string* part = digest(notation.substr(at + 1))) {
      return std::string(notation.substr(0, at + 1)) + *part;
    }
  }
  return std::string(notation);
}

}  // namespace sweepcheck
