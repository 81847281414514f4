// Drawing worlds: images that share layers in every way that has ever mattered.
#include <algorithm>

#include "properties/search/generator.hpp"

namespace sweepcheck {
namespace {

bool is_new(const Declaration& declaration, const std::vector<std::uint8_t>& layers) {
  return std::none_of(declaration.images.begin(), declaration.images.end(),
                      [&](const HistoryImage& image) { return image.layers == layers; });
}

std::uint8_t new_layer(Declaration& declaration) {
  declaration.same_diff_as.push_back(kNobody);
  return static_cast<std::uint8_t>(declaration.same_diff_as.size() - 1);
}

// The layers of an image before, some of them or in another order, and perhaps one on top.
std::vector<std::uint8_t> draw_layers(Random& random, Declaration& declaration) {
  const HistoryImage& other =
      declaration.images[random.below(static_cast<std::uint32_t>(declaration.images.size()))];
  std::vector<std::uint8_t> layers = other.layers;
  if (random.once_in(3)) std::reverse(layers.begin(), layers.end());
  if (layers.size() > 1 && random.once_in(2)) layers.pop_back();
  const bool room = declaration.same_diff_as.size() < kLayerCountMax;
  if (room && (layers.size() < 3 || !is_new(declaration, layers))) {
    layers.push_back(new_layer(declaration));
  }
  return layers;
}

// An image whose lowest layer is another's, compressed otherwise, and which has that one's config.
void add_twin(Random& random, Declaration& declaration) {
  const std::uint8_t other = random.below(static_cast<std::uint32_t>(declaration.images.size()));
  HistoryImage twin = declaration.images[other];
  if (twin.layers.empty() || twin.same_config_as != kNobody ||
      declaration.same_diff_as[twin.layers.front()] != kNobody) {
    return;
  }
  const std::uint8_t layer = new_layer(declaration);
  declaration.same_diff_as[layer] = twin.layers.front();
  twin.layers.front() = layer;
  twin.same_config_as = other;
  declaration.images.push_back(std::move(twin));
}

}  // namespace

Declaration draw_declaration(Random random, const GeneratorOptions& options) {
  Declaration out;
  out.node_count = options.node_count;
  out.images.push_back({{new_layer(out)}, {}, 0, kNobody});
  const bool indexed = options.image_count >= 3 && !random.once_in(3);
  while (out.images.size() < options.image_count) {
    const std::size_t count = out.images.size();
    const bool last = count + 1 == options.image_count;
    // The second member of an index is for another platform.
    const bool second = count + 2 == options.image_count && indexed;
    const bool room = out.same_diff_as.size() < kLayerCountMax;
    if (last && indexed) {
      HistoryImage index;
      index.members = {0, static_cast<std::uint8_t>(count - 1)};
      out.images.push_back(std::move(index));
      break;
    }
    if (room && count >= 2 && !second && random.once_in(5)) add_twin(random, out);
    if (out.images.size() > count) continue;
    HistoryImage image;
    image.layers = draw_layers(random, out);
    if (!is_new(out, image.layers)) {
      // The pool is used up: any order of its layers that no image has.
      do {
        image.layers = {random.below(static_cast<std::uint32_t>(out.same_diff_as.size())),
                        random.below(static_cast<std::uint32_t>(out.same_diff_as.size()))};
      } while (image.layers[0] == image.layers[1] || !is_new(out, image.layers));
    }
    image.platform = second ? 1 : 0;
    out.images.push_back(std::move(image));
  }
  return out;
}

}  // namespace sweepcheck
