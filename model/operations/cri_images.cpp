// How CRI finds an image: by its id or by any of its references in full; and which of its records
// it then opens (pkg/cri/store/image, pkg/reference/docker normalize.go and sort.go).
#include <algorithm>

#include "model/image_graph.hpp"
#include "model/mutant.hpp"
#include "model/operations/steps.hpp"
#include "model/operations/types.hpp"

namespace sweepcheck::steps {
namespace {

bool is_id(const std::string& name) { return name.starts_with("sha256:"); }

// The order in which CRI keeps an image's references: those with a tag before those with a digest,
// ids last; among equals by their full names.
int rank_of(const std::string& full) {
  if (is_id(full)) return 5;
  const std::size_t at = full.find('@');
  const std::string_view name = std::string_view(full).substr(0, at);
  const bool has_tag = name.find(':', name.rfind('/') + 1) != std::string_view::npos;
  if (has_tag) return at == std::string::npos ? 2 : 1;
  return at == std::string::npos ? 4 : 3;
}

// The full name of the first reference of an image, or kNone.
StringId first_reference(Machine& machine, StringId id) {
  Catalog& catalog = machine.catalog();
  StringId first = kNone<StringId>;
  for (const StringId name : image_records(machine)) {
    if (cri_image_id(machine, name) != id) continue;
    const StringId full = full_name(catalog, name);
    const auto place = [&](StringId reference) {
      const std::string& text = catalog.text(reference);
      return std::pair<int, std::string_view>(rank_of(text), text);
    };
    if (first == kNone<StringId> || place(full) < place(first)) first = full;
  }
  return first;
}

}  // namespace

std::string normalized_reference(const std::string& name) {
  if (is_id(name)) return name;
  const std::size_t slash = name.find('/');
  const std::string first = slash == std::string::npos ? "" : name.substr(0, slash);
  const bool has_capital =
      std::any_of(first.begin(), first.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  const bool is_domain =
      first == "localhost" || has_capital || first.find_first_of(".:") != std::string::npos;
  const bool is_hub = !is_domain || first == "docker.io" || first == "index.docker.io";
  if (!is_hub || (is_on(Mutant::kHostNotGranted) && !is_domain)) return name;
  const std::string path = is_domain ? name.substr(slash + 1) : name;
  return (path.find('/') == std::string::npos ? "docker.io/library/" : "docker.io/") + path;
}

StringId full_name(Catalog& catalog, StringId name) {
  return catalog.derived(Derived::kFullName, index_of(name), 0,
                         [&] { return normalized_reference(catalog.text(name)); });
}

StringId cri_reference(Catalog& catalog, StringId given) {
  return catalog.derived(Derived::kCriReference, index_of(given), 0, [&]() -> std::string {
    const StringId reference = full_name(catalog, given);
    const ReferenceParts parts = split_reference(catalog, reference);
    if (parts.object() == kNone<StringId>) {
      if (is_on(Mutant::kLatestNotGranted)) return catalog.text(reference);
      return catalog.text(reference) + ":latest";
    }
    if (parts.tag == kNone<StringId> || parts.digest == kNone<StringId>) {
      return catalog.text(reference);
    }
    return catalog.text(by_digest(catalog, reference, parts.digest));
  });
}

RecordNames image_records(Machine& machine) {
  const Catalog& catalog = machine.catalog();
  RecordNames names;
  for (const ObjectId candidate : catalog.root_candidates()) {
    const ObjectKey& key = catalog.key(candidate);
    if (key.kind == ObjectKind::kImage && key.space == machine.request().space &&
        machine.node().state.has(candidate)) {
      names.push_back(key.key);
    }
  }
  std::sort(names.begin(), names.end(),
            [&](StringId a, StringId b) { return catalog.text(a) < catalog.text(b); });
  return names;
}

StringId cri_image_id(Machine& machine, StringId name) {
  Catalog& catalog = machine.catalog();
  const BlobId target = target_of(machine, machine.request().space, name);
  if (target == kNone<BlobId>) return kNone<StringId>;
  const BlobId config =
      config_of(catalog, declared_manifest_for(catalog, target, host_platform(machine)));
  return config == kNone<BlobId> ? kNone<StringId> : catalog.blob(config).digest;
}

StringId find_cri_image(Machine& machine, StringId given) {
  Catalog& catalog = machine.catalog();
  if (!is_id(catalog.text(given))) {
    return cri_image_id(machine, cri_reference(catalog, given));
  }
  return first_reference(machine, given) == kNone<StringId> ? kNone<StringId> : given;
}

Failure open_cri_image(Machine& machine, StringId given, StringId& record) {
  const bool checks =
      machine.profile().cri_looks_for_checkpoint && machine.request().type == &kCreateContainer;
  const StringId id = find_cri_image(machine, given);
  if (id == kNone<StringId>) {
    return {ErrorClass::kNotFound,
            checks ? Message::kCheckpointImageUnresolved : Message::kCriImageUnresolved, given};
  }
  record = first_reference(machine, id);
  const Metadata metadata = machine.metadata();
  if (metadata.has(metadata.image(record))) return {};
  // A short name that another client gave the image comes first, and no record has it in full.
  if (checks) {
    return {ErrorClass::kNotFound, Message::kCheckpointImageUnopened, given, record};
  }
  return {ErrorClass::kNotFound, Message::kCriImageUnopened, id, record};
}

}  // namespace sweepcheck::steps
