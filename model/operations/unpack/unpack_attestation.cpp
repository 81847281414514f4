// Unpacking an attestation: image.Unpack takes it for an image, and fails at its first part.
#include "model/operations/steps.hpp"
#include "model/operations/unpack/unpack_parts.hpp"

namespace sweepcheck::steps {

struct ApplyAttestation {
  static constexpr StepName kName = atomic("apply layer");
  BlobId part;

  Failure perform(Machine& machine) const {
    return {ErrorClass::kUnknown, Message::kPlatformUnknown, machine.blob(part).media_type};
  }
  void touches(StepTouches&) const {}
};
template struct DefinedStep<ApplyAttestation>;

struct PrepareAttestation {
  static constexpr StepName kName = atomic_without_subject("prepare snapshot");
  BlobId manifest;
  StringId snapshotter;

  // Its config comes first; kNone: it has nothing else.
  BlobId first_part(const Catalog& catalog) const {
    const auto& parts = catalog.blob(manifest).children;
    return parts.size() < 2 ? kNone<BlobId> : parts[1].blob;
  }
  Failure perform(Machine& machine) const {
    const BlobId part = first_part(machine.catalog());
    if (part == kNone<BlobId>) return {};
    const StringId key = extract_key(machine, snapshotter, machine.blob(part).digest);
    if (Failure failure = machine.metadata().prepare(snapshotter, key, kNone<StringId>, "active",
                                                     kNone<StringId>)) {
      return failure;
    }
    machine.then({DeferRemoval{key}, ApplyAttestation{part}});
    return {};
  }
  void touches(StepTouches& touches) const {
    Machine& machine = touches.machine();
    const BlobId part = first_part(machine.catalog());
    if (part == kNone<BlobId>) return;
    const StringId digest = machine.blob(part).digest;
    const StringId key = extract_key(machine, snapshotter, digest);
    touches.prepare(snapshotter, key, kNone<StringId>);
    touch_taken_keys(touches, snapshotter, digest, key);
  }
};
template struct DefinedStep<PrepareAttestation>;

Step unpack_attestation(BlobId manifest, StringId snapshotter) {
  return PrepareAttestation{.manifest = manifest, .snapshotter = snapshotter};
}

}  // namespace sweepcheck::steps
