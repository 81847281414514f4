// What an operation is made of stands here once, in the walks below; three visitors go along them:
// one writes, one reads, one hashes. Numbers are written seven bits a byte, the lowest first, and
// an id as the next number, so that most of them, and "none", are one byte.
#include "model/pack.hpp"

#include <limits>
#include <type_traits>
#include <utility>

namespace sweepcheck {
namespace {

constexpr std::uint64_t kAnyNumber = std::numeric_limits<std::uint64_t>::max();

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

 private:
  std::span<const std::byte> bytes_;
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
  if constexpr (kReads<Visitor>) id = static_cast<Id>(next - 1);
  return true;
}

template <typename Visitor, typename... Ids>
bool visit_ids(Visitor& visitor, Ids&... ids) {
  return (visit_id(visitor, ids) && ...);
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

// The walks. Each names all members of its struct, so that one that is added is not forgotten here.

template <typename Visitor, typename Type>
bool visit_type(Visitor& visitor, Type& type) {
  const auto types = operation_types();
  std::uint64_t number = type == nullptr ? 0 : place_of(*type) + 1;
  if (!visit_number(visitor, number)) return false;
  if constexpr (kReads<Visitor>) {
    if (number > types.size()) return visitor.fail(UnpackError::kUnknownType);
    type = number == 0 ? nullptr : types[number - 1];
  }
  return true;
}

// Not given, false, true.
template <typename Visitor, typename Option>
bool visit_option(Visitor& visitor, Option& option) {
  std::uint64_t number = option ? 1 + std::uint64_t{*option ? 1U : 0U} : 0;
  if (!visit_number(visitor, number, 2)) return false;
  if constexpr (kReads<Visitor>) {
    option.reset();
    if (number > 0) option = number == 2;
  }
  return true;
}

template <typename Visitor, typename Value>
bool visit_request(Visitor& visitor, Value& request) {
  auto& [type, node, space, by, name, to, snapshotter, parent, key, image, lease, base_name,
         index_name, resource_kind, names, platforms, labels, size_bytes, duration, local,
         all_platforms, all_metadata, skip_metadata, metadata_only, discard_unpacked_layers,
         no_unpack, digests, skip_digest_for_named, skip_non_distributable, skip_manifest_json,
         allow_non_distributable, force, sync, keep_snapshot, delete_untagged, dry_run, quiet,
         async, flat, read_write, remove_snapshot] = request;
  return visit_type(visitor, type) && visit_ids(visitor, node, space) &&
         visit_number(visitor, by, static_cast<std::uint64_t>(Client::kLibrary)) &&
         visit_ids(visitor, name, to, snapshotter, parent, key, image, lease, base_name, index_name,
                   resource_kind) &&
         visit_names(visitor, names) && visit_names(visitor, platforms) &&
         visit_list(visitor, labels, {kNone<StringId>, kNone<StringId>},
                    [&](auto& label) { return visit_ids(visitor, label.first, label.second); }) &&
         visit_number(visitor, size_bytes) && visit_number(visitor, duration) &&
         visit_option(visitor, local) &&
         visit_flags(visitor, all_platforms, all_metadata, skip_metadata, metadata_only,
                     discard_unpacked_layers, no_unpack, digests, skip_digest_for_named,
                     skip_non_distributable, skip_manifest_json, allow_non_distributable, force,
                     sync, keep_snapshot, delete_untagged, dry_run, quiet, async, flat, read_write,
                     remove_snapshot);
}

template <typename Visitor, typename Value>
bool visit_failure(Visitor& visitor, Value& failure) {
  auto& [error_class, message, subject, other] = failure;
  return visit_number(visitor, error_class, static_cast<std::uint64_t>(ErrorClass::kUsage)) &&
         visit_number(visitor, message, static_cast<std::uint64_t>(Message::kCount_) - 1) &&
         visit_ids(visitor, subject, other);
}

template <typename Visitor, typename Value>
bool visit_plan(Visitor& visitor, Value& plan) {
  auto& [platforms, all_platforms, one_manifest, all_metadata, unpacker, discard, snapshotter, host,
         repository, converted_from, source_key] = plan;
  return visit_names(visitor, platforms) &&
         visit_flags(visitor, all_platforms, one_manifest, all_metadata, unpacker, discard) &&
         visit_ids(visitor, snapshotter, host, repository, converted_from, source_key);
}

template <typename Visitor, typename Value>
bool visit_step(Visitor& visitor, Value& step) {
  std::uint32_t number = step.number();
  Step::Words words = step.words();
  if (!visit_number(visitor, number, kAnyNumber)) return false;
  for (std::uint32_t& word : words) {
    if (!visit_id(visitor, word)) return false;
  }
  if constexpr (kReads<Visitor>) {
    if (number >= kStepTypes.count) return visitor.fail(UnpackError::kUnknownType);
    step = Step(number, words);
  }
  return true;
}

template <typename Visitor, typename Value>
bool visit_cleanup(Visitor& visitor, Value& cleanup) {
  auto& [when, in_daemon, step] = cleanup;
  return visit_number(visitor, when, static_cast<std::uint64_t>(Cleanup::kOnFailure)) &&
         visit_flags(visitor, in_daemon) && visit_step(visitor, step);
}

template <typename Visitor, typename Value>
bool visit_operation(Visitor& visitor, Value& operation) {
  auto& [request, status, failure, cleaning, lease, lease_record, target, plan, todo, cleanups,
         output, archive, counter] = operation;
  const Step blank(0, {});
  return visit_request(visitor, request) &&
         visit_number(visitor, status, static_cast<std::uint64_t>(OperationStatus::kKilled)) &&
         visit_failure(visitor, failure) && visit_flags(visitor, cleaning) &&
         visit_ids(visitor, lease, lease_record, target) && visit_plan(visitor, plan) &&
         visit_list(visitor, todo, blank, [&](auto& step) { return visit_step(visitor, step); }) &&
         visit_list(visitor, cleanups, {Cleanup::kAlways, false, blank},
                    [&](auto& cleanup) { return visit_cleanup(visitor, cleanup); }) &&
         visit_names(visitor, output) && visit_ids(visitor, archive) &&
         visit_number(visitor, counter);
}

}  // namespace

std::string_view unpack_error_text(UnpackError error) {
  switch (error) {
    case UnpackError::kTorn:
      return "the bytes end before the operation does";
    case UnpackError::kOutOfRange:
      return "a number is out of range";
    case UnpackError::kUnknownType:
      return "no operation or step has this number";
    case UnpackError::kNone:
      break;
  }
  return "";
}

void pack(const Operation& operation, std::vector<std::byte>& bytes) {
  Writer writer(bytes);
  visit_operation(writer, operation);
}

UnpackError unpack(std::span<const std::byte>& bytes, Operation& operation) {
  Reader reader(bytes);
  Operation read;
  if (!visit_operation(reader, read)) return reader.error();
  operation = std::move(read);
  bytes = reader.rest();
  return UnpackError::kNone;
}

std::uint64_t hash_of(const Operation& operation) {
  Hasher hasher;
  visit_operation(hasher, operation);
  return hasher.hash();
}

}  // namespace sweepcheck
