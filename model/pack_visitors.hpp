// The three visitors of model/pack.cpp and model/pack_simulation.cpp: one writes, one reads, one
// hashes. Numbers are written seven bits a byte, the lowest first, and an id as the next number, so
// that most of them, and "none", are one byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

#include "model/catalog/catalog.hpp"
#include "model/pack.hpp"

namespace sweepcheck::packing {

inline constexpr std::uint64_t kAnyNumber = std::numeric_limits<std::uint64_t>::max();

class Writer {
 public:
  explicit Writer(std::vector<std::byte>& bytes) : bytes_(bytes) {}

  bool number(std::uint64_t value, std::uint64_t) {
    while (value >= 128) {
      bytes_.push_back(static_cast<std::byte>(value % 128 + 128));
      value /= 128;
    }
    bytes_.push_back(static_cast<std::byte>(value));
    return true;
  }

 private:
  std::vector<std::byte>& bytes_;
};

class Hasher {
 public:
  bool number(std::uint64_t value, std::uint64_t) {
    hash_ = (hash_ ^ value) * 0xff51afd7ed558ccdULL;
    hash_ ^= hash_ >> 32;
    return true;
  }
  std::uint64_t hash() const { return hash_; }

 private:
  std::uint64_t hash_ = 0x9e3779b97f4a7c15ULL;
};

class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}
  /// Refuses ids that the catalog doesn't have.
  Reader(std::span<const std::byte> bytes, const Catalog& catalog)
      : bytes_(bytes), catalog_(&catalog) {}

  bool number(std::uint64_t& value, std::uint64_t limit) {
    value = 0;
    for (std::uint32_t shift = 0;; shift += 7) {
      if (bytes_.empty()) return fail(UnpackError::kTorn);
      const auto byte = static_cast<std::uint64_t>(bytes_.front());
      bytes_ = bytes_.subspan(1);
      if (shift >= 63 && byte > 1) return fail(UnpackError::kOutOfRange);
      value |= (byte % 128) << shift;
      if (byte < 128) break;
    }
    return value <= limit || fail(UnpackError::kOutOfRange);
  }
  bool fail(UnpackError error) {
    error_ = error;
    return false;
  }
  UnpackError error() const { return error_; }
  std::span<const std::byte> rest() const { return bytes_; }

  /// False: an id that the catalog hasn't given to anything.
  bool knows(StringId id) const { return knows(index_of(id), &Catalog::string_count); }
  bool knows(ObjectId id) const { return knows(index_of(id), &Catalog::object_count); }
  bool knows(BlobId id) const { return knows(index_of(id), &Catalog::blob_count); }
  template <typename Id>
  bool knows(Id) const {
    return true;
  }

 private:
  bool knows(std::uint32_t index, std::uint32_t (Catalog::*count)() const) const {
    return catalog_ == nullptr || index == index_of(kNone<StringId>) ||
           index < (catalog_->*count)();
  }

  std::span<const std::byte> bytes_;
  const Catalog* catalog_ = nullptr;
  UnpackError error_ = UnpackError::kNone;
};

template <typename Visitor>
constexpr bool kReads = std::is_same_v<Visitor, Reader>;

// Numbers, as any of the visitors takes them.

template <typename Visitor, typename Value>
bool visit_number(Visitor& visitor, Value& value, std::uint64_t limit = kAnyNumber) {
  if constexpr (kReads<Visitor>) {
    std::uint64_t number = 0;
    if (!visitor.number(number, limit)) return false;
    value = static_cast<Value>(number);
    return true;
  } else {
    return visitor.number(static_cast<std::uint64_t>(value), limit);
  }
}

// An id, or what is as wide: kNone comes first.
template <typename Visitor, typename Id>
bool visit_id(Visitor& visitor, Id& id) {
  constexpr std::uint32_t kLargest = 0xffffffffU;
  std::uint32_t next = static_cast<std::uint32_t>(id) + 1;
  if (!visit_number(visitor, next, kLargest)) return false;
  if constexpr (kReads<Visitor>) {
    id = static_cast<Id>(next - 1);
    return visitor.knows(id) || visitor.fail(UnpackError::kOutOfRange);
  }
  return true;
}

template <typename Visitor, typename... Ids>
bool visit_ids(Visitor& visitor, Ids&... ids) {
  return (visit_id(visitor, ids) && ...);
}

// A small number, positive or negative, in few bytes.
template <typename Visitor, typename Value>
bool visit_signed(Visitor& visitor, Value& value) {
  const auto sign = [](std::uint64_t bits) { return std::uint64_t{0} - (bits & 1); };
  const auto bits = static_cast<std::uint64_t>(value);
  std::uint64_t folded = (bits << 1) ^ (std::uint64_t{0} - (bits >> 63));
  if (!visit_number(visitor, folded)) return false;
  if constexpr (kReads<Visitor>) value = static_cast<Value>((folded >> 1) ^ sign(folded));
  return true;
}

// All in one number.
template <typename Visitor, typename... Flags>
bool visit_flags(Visitor& visitor, Flags&... flags) {
  std::uint64_t bits = 0;
  std::uint32_t place = 0;
  ((bits |= std::uint64_t{flags ? 1U : 0U} << place++), ...);
  if (!visit_number(visitor, bits, (std::uint64_t{1} << sizeof...(Flags)) - 1)) return false;
  if constexpr (kReads<Visitor>) {
    place = 0;
    ((flags = (bits >> place++ & 1) != 0), ...);
  }
  return true;
}

template <typename Visitor, typename List, typename VisitOne>
bool visit_list(Visitor& visitor, List& list, const typename List::value_type& blank,
                VisitOne&& visit_one) {
  std::uint64_t count = list.size();
  if (!visit_number(visitor, count)) return false;
  if constexpr (kReads<Visitor>) {
    // Each element is a byte at least.
    if (count > visitor.rest().size()) return visitor.fail(UnpackError::kTorn);
    list.assign(count, blank);
  }
  for (auto& element : list) {
    if (!visit_one(element)) return false;
  }
  return true;
}

template <typename Visitor, typename List>
bool visit_names(Visitor& visitor, List& names) {
  return visit_list(visitor, names, kNone<StringId>,
                    [&](auto& name) { return visit_id(visitor, name); });
}

// An operation, as model/pack.cpp walks along it.
bool visit_operation(Writer& writer, const Operation& operation);
bool visit_operation(Hasher& hasher, const Operation& operation);
bool visit_operation(Reader& reader, Operation& operation);

}  // namespace sweepcheck::packing
