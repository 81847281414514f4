#include "tests/bench/synthetic.hpp"

#include <algorithm>
#include <random>
#include <string>

namespace sweepcheck::bench {
namespace {

constexpr std::uint32_t kObjectsPerImage = 9;

struct Label {
  ObjectId owner;
  std::string key;
  StringId value;
};

}  // namespace

std::size_t bytes_of(const State& state) {
  return sizeof(State) + state.objects.words().size_bytes() + state.facts.words().size_bytes() +
         state.scalars.size() * sizeof(Scalar);
}

Store make_store(std::uint32_t object_count, Order order) {
  Store store;
  store.catalog = std::make_unique<Catalog>();
  Catalog& catalog = *store.catalog;
  const StringId space = catalog.intern("default");
  const StringId overlayfs = catalog.intern("overlayfs");
  const std::uint32_t image_count = object_count / kObjectsPerImage;

  const auto content = [&](const std::string& name) {
    return ObjectKey{ObjectKind::kContent, space, kNone<StringId>, catalog.intern(name)};
  };
  const auto snapshot = [&](const std::string& name) {
    return ObjectKey{ObjectKind::kSnapshot, space, overlayfs, catalog.intern(name)};
  };
  std::vector<ObjectKey> keys;
  for (std::uint32_t i = 0; i < image_count; ++i) {
    const std::string n = std::to_string(i);
    keys.push_back({ObjectKind::kImage, space, kNone<StringId>, catalog.intern("image" + n)});
    keys.push_back(content("manifest" + n));
    keys.push_back(content("config" + n));
    for (int layer = 0; layer < 3; ++layer) {
      keys.push_back(content("layer" + n + "." + std::to_string(layer)));
    }
    for (int layer = 0; layer < 3; ++layer) {
      keys.push_back(snapshot("chain" + n + "." + std::to_string(layer)));
    }
  }
  std::vector<ObjectKey> created = keys;
  std::mt19937_64 random(42);
  if (order == Order::kShuffled) std::shuffle(created.begin(), created.end(), random);
  for (const ObjectKey& key : created) store.state.objects.set(index_of(catalog.object(key)));

  std::vector<std::uint32_t> images(image_count);
  for (std::uint32_t i = 0; i < image_count; ++i) images[i] = i;
  if (order == Order::kShuffled) std::shuffle(images.begin(), images.end(), random);
  for (const std::uint32_t i : images) {
    const ObjectKey* const part = &keys[std::size_t{i} * kObjectsPerImage];
    const auto object = [&](int place) { return catalog.object(part[place]); };
    const auto label = [&](int owner, std::string_view key, int value) {
      store.state.facts.set(
          index_of(catalog.label(object(owner), catalog.intern(key), part[value].key)));
    };
    const auto field = [&](Meaning meaning, int owner, int target) {
      store.state.facts.set(index_of(catalog.field(meaning, object(owner), object(target))));
    };
    field(Meaning::kTarget, 0, 1);
    label(1, "containerd.io/gc.ref.content.config", 2);
    label(1, "containerd.io/gc.ref.content.l.0", 3);
    label(1, "containerd.io/gc.ref.content.l.1", 4);
    label(1, "containerd.io/gc.ref.content.l.2", 5);
    label(2, "containerd.io/gc.ref.snapshot.overlayfs", 8);
    field(Meaning::kParent, 7, 6);
    field(Meaning::kParent, 8, 7);
    if (i % 2 == 0) {
      // Without its record, the rest of the image is garbage.
      store.state.objects.reset(index_of(object(0)));
      store.garbage_count += kObjectsPerImage - 1;
    }
  }
  return store;
}

}  // namespace sweepcheck::bench
