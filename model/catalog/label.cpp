#include "model/catalog/label.hpp"

#include "model/mutant.hpp"

namespace sweepcheck {
namespace {

constexpr std::string_view kRefContent = "containerd.io/gc.ref.content";
constexpr std::string_view kRefImage = "containerd.io/gc.ref.image";
constexpr std::string_view kBref = "containerd.io/gc.bref.";
constexpr std::string_view kCond = "containerd.io/gc.cond.snapshot";
constexpr std::string_view kUsedAtKey = "containerd.io/gc.cond.value-usedat";

// True for the base alone, or followed by '.' or '/': "...contentfoo" is not a reference.
bool is_reference_key(std::string_view key, std::string_view base) {
  if (!key.starts_with(base)) return false;
  if (is_on(Mutant::kLabelSuffixIgnored) && key.size() > base.size() && key[base.size()] == '.') {
    return false;
  }
  return key.size() == base.size() || key[base.size()] == '.' || key[base.size()] == '/';
}

std::string_view until_slash(std::string_view text) { return text.substr(0, text.find('/')); }

LabelKey parse_back_reference(std::string_view rest) {
  if (rest.starts_with("snapshot.")) {
    return {Meaning::kBackReference, until_slash(rest.substr(9)), Meaning::kRefSnapshot};
  }
  if (is_reference_key(rest, "content")) {
    return {Meaning::kBackReference, {}, Meaning::kRefContent};
  }
  if (is_reference_key(rest, "image")) return {Meaning::kBackReference, {}, Meaning::kRefImage};
  if (is_reference_key(rest, "container")) {
    return {Meaning::kBackReference, {}, Meaning::kContainerSnapshot};
  }
  return {};
}

}  // namespace

LabelKey parse_label_key(std::string_view key) {
  if (key == kGcRoot) return {Meaning::kRoot, {}, {}};
  if (key.starts_with(kGcRoot)) return {Meaning::kRootPrefix, {}, {}};
  if (key == kGcFlat) return {Meaning::kFlat, {}, {}};
  if (is_reference_key(key, kRefContent)) return {Meaning::kRefContent, {}, {}};
  if (key.starts_with(kGcRefSnapshot)) {
    return {Meaning::kRefSnapshot, until_slash(key.substr(kGcRefSnapshot.size())), {}};
  }
  if (is_reference_key(key, kRefImage)) return {Meaning::kRefImage, {}, {}};
  if (key.starts_with(kBref)) return parse_back_reference(key.substr(kBref.size()));
  if (key.starts_with(kUsedAtKey)) return {Meaning::kUsedAt, {}, {}};
  if (key.starts_with(kCond) && key.size() > kCond.size() + 1 &&
      (key[kCond.size()] == '.' || key[kCond.size()] == '/')) {
    return {Meaning::kCondition, until_slash(key.substr(kCond.size() + 1)), {}};
  }
  return {};
}

}  // namespace sweepcheck
