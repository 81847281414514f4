// How images are named.
#include "model/references.hpp"

#include <utility>

#include "model/facts.hpp"
#include "model/image_graph.hpp"

namespace sweepcheck {
namespace {

BlobId target_of(const Catalog& catalog, const State& state, StringId space, StringId name) {
  const ObjectId record = catalog.find_object({ObjectKind::kImage, space, kNone<StringId>, name});
  BlobId target = kNone<BlobId>;
  if (record == kNone<ObjectId> || !state.has(record)) return target;
  for_each_true(catalog, state, record, [&](FactId fact) {
    if (catalog.meaning(fact) == Meaning::kTarget) {
      target = catalog.find_blob(catalog.key(catalog.target(fact)).key);
    }
  });
  return target;
}

// reference.Sort: the more a reference says, the earlier it comes.
int rank_of(const std::string& name) {
  constexpr int kDigestAlone = 5;
  if (name.starts_with("sha256:")) return kDigestAlone;
  const std::size_t at = name.find('@');
  const std::string tagged = name.substr(0, at);
  const bool has_tag = tagged.find(':', tagged.rfind('/') + 1) != std::string::npos;
  const bool has_digest = at != std::string::npos;
  if (has_tag) return has_digest ? 1 : 2;
  return has_digest ? 3 : 4;
}

}  // namespace

std::string normalized_reference(const std::string& name) {
  if (name.starts_with("sha256:")) return name;
  const std::size_t slash = name.find('/');
  const std::string first = slash == std::string::npos ? "" : name.substr(0, slash);
  const bool is_domain = first == "localhost" || first.find_first_of(".:") != std::string::npos;
  const bool is_hub = !is_domain || first == "docker.io" || first == "index.docker.io";
  if (!is_hub) return name;
  const std::string path = is_domain ? name.substr(slash + 1) : name;
  return (path.find('/') == std::string::npos ? "docker.io/library/" : "docker.io/") + path;
}

StringId invalid_port(Catalog& catalog, StringId reference) {
  const std::string& name = catalog.text(reference);
  const std::size_t colon = name.rfind(':');
  if (colon == std::string::npos || name.find('/') != std::string::npos) return kNone<StringId>;
  const std::string port = name.substr(colon + 1);
  const bool is_number = port.find_first_not_of("0123456789") == std::string::npos;
  return is_number ? kNone<StringId> : catalog.intern(port);
}

StringId cri_reference(Catalog& catalog, StringId given) {
  const StringId reference = catalog.intern(normalized_reference(catalog.text(given)));
  const ReferenceParts parts = catalog.reference(reference);
  if (parts.object() == kNone<StringId>) {
    return catalog.intern(catalog.text(reference) + ":latest");
  }
  if (parts.tag == kNone<StringId> || parts.digest == kNone<StringId>) return reference;
  return catalog.intern(catalog.text(parts.host) + "/" + catalog.text(parts.repository) + "@" +
                        catalog.text(parts.digest));
}

StringId cri_image_id(const Catalog& catalog, const State& state, StringId space, StringId platform,
                      StringId record) {
  const BlobId target = target_of(catalog, state, space, record);
  if (target == kNone<BlobId>) return kNone<StringId>;
  const BlobId config = config_of(catalog, declared_manifest_for(catalog, target, platform));
  return config == kNone<BlobId> ? kNone<StringId> : catalog.blob(config).digest;
}

StringId cri_container_image(Catalog& catalog, const State& state, StringId space,
                             StringId platform, StringId given) {
  const StringId wanted = cri_reference(catalog, given);
  const StringId id = cri_image_id(catalog, state, space, platform, wanted);
  if (id == kNone<StringId>) return wanted;
  std::pair<int, std::string> first;
  for (const ObjectId candidate : catalog.root_candidates()) {
    const ObjectKey& key = catalog.key(candidate);
    if (key.kind != ObjectKind::kImage || key.space != space || !state.has(candidate)) continue;
    if (cri_image_id(catalog, state, space, platform, key.key) != id) continue;
    const std::string name = normalized_reference(catalog.text(key.key));
    std::pair other{rank_of(name), name};
    if (first.second.empty() || other < first) first = std::move(other);
  }
  return catalog.intern(first.second);
}

}  // namespace sweepcheck
