#include "model/slots.hpp"

#include "model/metadata.hpp"

namespace sweepcheck {

StringId free_name(Catalog& catalog, const Node& node, StringId space, StringId prefix,
                   StringId snapshotter) {
  const MetadataReader store(catalog, node, space);
  for (std::uint32_t number = 1;; ++number) {
    const StringId name = catalog.numbered(prefix, number);
    const bool taken = store.has(store.container(name)) || store.has(store.sandbox(name)) ||
                       store.has(store.lease(name)) || store.has(store.snapshot(snapshotter, name));
    if (!taken) return name;
  }
}

}  // namespace sweepcheck
