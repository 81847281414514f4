// What an operation is made of stands here once, in the walks below; the visitors go along them.
#include "model/pack.hpp"

#include <utility>

#include "model/pack_visitors.hpp"

namespace sweepcheck {
namespace packing {
namespace {

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
bool walk_operation(Visitor& visitor, Value& operation) {
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

bool visit_operation(Writer& writer, const Operation& operation) {
  return walk_operation(writer, operation);
}
bool visit_operation(Hasher& hasher, const Operation& operation) {
  return walk_operation(hasher, operation);
}
bool visit_operation(Reader& reader, Operation& operation) {
  return walk_operation(reader, operation);
}

}  // namespace packing

std::string_view unpack_error_text(UnpackError error) {
  switch (error) {
    case UnpackError::kTorn:
      return "the bytes end too early";
    case UnpackError::kOutOfRange:
      return "a number is out of range";
    case UnpackError::kUnknownType:
      return "no operation or step has this number";
    case UnpackError::kUnknownProfile:
      return "no profile has this name";
    case UnpackError::kNone:
      break;
  }
  return "";
}

void pack(const Operation& operation, std::vector<std::byte>& bytes) {
  packing::Writer writer(bytes);
  packing::visit_operation(writer, operation);
}

UnpackError unpack(std::span<const std::byte>& bytes, Operation& operation) {
  packing::Reader reader(bytes);
  Operation read;
  if (!packing::visit_operation(reader, read)) return reader.error();
  operation = std::move(read);
  bytes = reader.rest();
  return UnpackError::kNone;
}

std::uint64_t hash_of(const Operation& operation) {
  packing::Hasher hasher;
  packing::visit_operation(hasher, operation);
  return hasher.hash();
}

}  // namespace sweepcheck
