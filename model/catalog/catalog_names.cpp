// Names that follow from others, made once: leases, refs, digests, times. And references taken
// apart.
#include "model/catalog/catalog.hpp"

namespace sweepcheck {
namespace {

// "host/repository:tag@digest" taken apart; `id` gives the id of a part.
template <typename Id>
ReferenceParts parts_of(std::string_view rest, Id&& id) {
  ReferenceParts parts;
  if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
    parts.digest = id(rest.substr(at + 1));
    rest = rest.substr(0, at);
  }
  std::string_view host = "docker.io";
  if (const std::size_t slash = rest.find('/'); slash != std::string_view::npos) {
    host = rest.substr(0, slash);
    rest.remove_prefix(slash + 1);
  }
  if (const std::size_t colon = rest.rfind(':'); colon != std::string_view::npos) {
    if (colon + 1 < rest.size()) parts.tag = id(rest.substr(colon + 1));
    rest = rest.substr(0, colon);
  }
  parts.host = id(host);
  parts.repository = id(rest);
  return parts;
}

}  // namespace

StringId Catalog::temporary_lease(std::uint32_t number) {
  while (temporary_leases_.size() < number) {
    grows();
    temporary_leases_.push_back(intern("lease-" + std::to_string(temporary_leases_.size() + 1)));
  }
  return temporary_leases_[number - 1];
}

StringId Catalog::fetch_ref(BlobId id) {
  StringId& ref = fetch_refs_[index_of(id)];
  if (ref == kNone<StringId>) {
    std::string_view prefix = "unknown-";
    switch (blob(id).media) {
      case MediaClass::kIndex:
        prefix = "index-";
        break;
      case MediaClass::kManifest:
        prefix = "manifest-";
        break;
      case MediaClass::kConfig:
        prefix = "config-";
        break;
      case MediaClass::kOther:
        break;
      default:
        prefix = "layer-";
    }
    ref = intern(std::string(prefix) + text(blob(id).digest));
  }
  return ref;
}

StringId Catalog::digest_of(std::string_view bytes) {
  return derived(Derived::kDigest, index_of(intern(bytes)), 0, [&] { return digest_(bytes); });
}

StringId Catalog::numbered(StringId prefix, std::uint32_t number) {
  return derived(Derived::kNumbered, index_of(prefix), number,
                 [&] { return text(prefix) + std::to_string(number); });
}

StringId Catalog::time_text(Time time) {
  // Rounded down, before 1970 too.
  const auto seconds = static_cast<std::uint64_t>(time / kSecond - (time % kSecond < 0 ? 1 : 0));
  return derived(Derived::kTime, static_cast<std::uint32_t>(seconds >> 32),
                 static_cast<std::uint32_t>(seconds), [&] { return format_rfc3339(time); });
}

ReferenceParts Catalog::reference(StringId reference) {
  if (references_.size() <= index_of(reference)) {
    grows();
    references_.resize(index_of(reference) + 1);
  }
  if (references_[index_of(reference)].host != kNone<StringId>) {
    return references_[index_of(reference)];
  }
  grows();
  // The texts move when others are interned.
  const std::string whole = text(reference);
  const ReferenceParts parts = parts_of(whole, [&](std::string_view part) { return intern(part); });
  references_[index_of(reference)] = parts;
  return parts;
}

ReferenceParts Catalog::find_reference(std::string_view reference) const {
  return parts_of(reference, [&](std::string_view part) { return find(part); });
}

ObjectId Catalog::namespace_object(StringId space) {
  if (namespaces_.size() <= index_of(space)) {
    grows();
    namespaces_.resize(index_of(space) + 1, kNone<ObjectId>);
  }
  ObjectId& record = namespaces_[index_of(space)];
  if (record == kNone<ObjectId>) {
    record = object({ObjectKind::kNamespace, space, kNone<StringId>, kNone<StringId>});
  }
  return record;
}

}  // namespace sweepcheck
