// What a label's key means to the collector. Keys are parsed once, when a label is interned; the
// mark loop then sees only the meaning. The keys, and who may bear them, are in meanings.cpp.
#pragma once

#include <string_view>

#include "model/catalog/known_texts.hpp"
#include "model/catalog/meanings.hpp"

namespace sweepcheck {

/// What a label key says, before its value is looked at.
struct LabelKey {
  Meaning meaning = Meaning::kInert;
  /// The snapshotter that the key names; empty if it names none.
  std::string_view snapshotter;
};

/// Parses the key of a label on an object of this kind. What the collector doesn't read there is
/// inert, whatever it means elsewhere, and so is gc.expire, which states hold as a number.
LabelKey parse_label_key(ObjectKind owner, std::string_view key);

/// What the name of a snapshotter, or of a registry's host, follows.
inline constexpr std::string_view kGcRefSnapshot = "containerd.io/gc.ref.snapshot.";
inline constexpr std::string_view kDistributionSource = "containerd.io/distribution.source.";

}  // namespace sweepcheck
