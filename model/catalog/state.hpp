// The state of one containerd instance (or one registry): which of the catalog's objects and facts
// are present, and the few numbers that change. Copying is a memcpy, comparing a memcmp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/catalog/bits.hpp"
#include "model/catalog/ids.hpp"

namespace sweepcheck {

/// Which number of an object.
enum class ScalarKind : std::uint32_t {
  kExpiry,   ///< gc.expire of a lease or an image, expireat of an ingest; Time
  kWritten,  ///< bytes that an ingest's file holds
  kBytes,    ///< bytes of a snapshot's directory, if not those that the catalog knows
};

struct Scalar {
  ObjectId object;
  ScalarKind kind;
  std::int64_t value;

  bool operator==(const Scalar&) const = default;
};

struct State {
  Bits objects;
  Bits facts;
  /// Sorted by object and kind; seldom more than a dozen.
  std::vector<Scalar> scalars;

  bool has(ObjectId object) const { return objects.test(index_of(object)); }
  bool has(FactId fact) const { return facts.test(index_of(fact)); }

  std::optional<std::int64_t> scalar(ObjectId object, ScalarKind kind) const {
    const auto at = place(object, kind);
    if (at == scalars.end() || at->object != object || at->kind != kind) return std::nullopt;
    return at->value;
  }

  void set_scalar(ObjectId object, ScalarKind kind, std::int64_t value) {
    const auto at = scalars.begin() + (place(object, kind) - scalars.cbegin());
    if (at != scalars.end() && at->object == object && at->kind == kind) {
      at->value = value;
    } else {
      scalars.insert(at, {object, kind, value});
    }
  }

  void drop_scalar(ObjectId object, ScalarKind kind) {
    const auto at = place(object, kind);
    if (at != scalars.end() && at->object == object && at->kind == kind) scalars.erase(at);
  }

  void drop_scalars(ObjectId object) {
    if (scalars.empty()) return;
    std::erase_if(scalars, [&](const Scalar& scalar) { return scalar.object == object; });
  }

  bool operator==(const State&) const = default;

  std::uint64_t hash() const {
    std::uint64_t h = facts.hash(objects.hash(0x5eed));
    for (const Scalar& scalar : scalars) {
      h = (h ^ index_of(scalar.object)) * 0xff51afd7ed558ccdULL;
      h = (h ^ static_cast<std::uint64_t>(scalar.kind)) * 0xff51afd7ed558ccdULL;
      h = (h ^ static_cast<std::uint64_t>(scalar.value)) * 0xc4ceb9fe1a85ec53ULL;
    }
    return h ^ (h >> 29);
  }

 private:
  std::vector<Scalar>::const_iterator place(ObjectId object, ScalarKind kind) const {
    return std::lower_bound(scalars.begin(), scalars.end(), Scalar{object, kind, 0},
                            [](const Scalar& a, const Scalar& b) {
                              return a.object != b.object ? a.object < b.object : a.kind < b.kind;
                            });
  }
};

}  // namespace sweepcheck
