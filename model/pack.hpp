// Operations as bytes, and as numbers to look them up by. Packed, an operation under way is some
// dozens of bytes instead of a kilobyte, so that an explorer can keep many.
//
// Names are in it as the catalog's ids: bytes mean something in the process that packed them, to
// who has the same catalog. They are no file format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "model/operation.hpp"

namespace sweepcheck {

/// Why bytes are no operation.
enum class UnpackError : std::uint8_t {
  kNone,
  kTorn,         ///< they end too early
  kOutOfRange,   ///< a number is larger than anything of its kind
  kUnknownType,  ///< of an operation or a step
};
std::string_view unpack_error_text(UnpackError error);

/// Appends the operation to `bytes`: everything that operator== compares, the request too.
void pack(const Operation& operation, std::vector<std::byte>& bytes);

/// Reads the operation that `bytes` begins with, equal to the one that was packed, and takes its
/// bytes off the front. On an error neither `bytes` nor `operation` is changed.
UnpackError unpack(std::span<const std::byte>& bytes, Operation& operation);

/// Of everything that operator== compares: equal operations have equal hashes.
std::uint64_t hash_of(const Operation& operation);

}  // namespace sweepcheck
