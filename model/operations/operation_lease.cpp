// The lease around an operation: made before it stores anything, deleted when it has ended
// (client.WithLease).
#include "model/mutant.hpp"
#include "model/operations/define_step.hpp"
#include "model/operations/steps.hpp"

namespace sweepcheck::steps {
namespace {

constexpr Duration kLeaseLifetime = 24 * kHour;

constexpr Duration kNever = kHour * 24 * 365 * 100;

Duration lease_lifetime() {
  if (is_on(Mutant::kLeaseExpiresAtOnce)) return 0;
  return is_on(Mutant::kLeaseNeverExpires) ? kNever : kLeaseLifetime;
}

}  // namespace

struct DeleteLease {
  static constexpr StepName kName = atomic("delete lease");
  StringId lease;

  Failure perform(Machine& machine) const {
    if (is_on(Mutant::kLeaseNotDeleted)) return {};
    machine.work_under(kNone<StringId>);
    return machine.metadata().delete_lease(lease);
  }
  void touches(StepTouches& touches) const { touches.delete_lease(lease); }
};
template struct DefinedStep<DeleteLease>;

// The id is chosen when the lease is made, as a client's is random: another operation may have come
// in between.
struct CreateLease {
  static constexpr StepName kName = atomic("create lease");
  StringId first_id;

  StringId free_id(Machine& machine) const {
    const Metadata metadata = machine.metadata();
    StringId id = first_id;
    for (std::uint32_t number = 1; metadata.has(metadata.lease(id)); ++number) {
      id = machine.catalog().temporary_lease(number);
    }
    return id;
  }
  Failure perform(Machine& machine) const {
    Metadata metadata = machine.metadata();
    const StringId id = free_id(machine);
    if (Failure failure = metadata.create_lease(id)) return failure;
    machine.node().state.set_scalar(metadata.lease(id), ScalarKind::kExpiry,
                                    machine.world().now + lease_lifetime());
    if (!is_on(Mutant::kNoOperationLease)) machine.work_under(id);
    machine.defer(Cleanup::kAlways, machine.client() == Client::kCri, DeleteLease{id});
    return {};
  }
  void touches(StepTouches& touches) const {
    const StringId id = free_id(touches.machine());
    touches.create_lease(id);
    touches.read_clock();
    for (std::uint32_t number = 1;; ++number) {
      const StringId taken = touches.machine().catalog().temporary_lease(number);
      if (taken == id) break;
      touches.read(ObjectKind::kLease, taken);
    }
  }
};
template struct DefinedStep<CreateLease>;

struct EndLease {
  static constexpr StepName kName = expands("end lease");

  Failure perform(Machine& machine) const {
    const StringId lease = machine.operation().lease;
    if (lease == kNone<StringId>) return {};
    machine.cancel_deferred(DeleteLease{lease});
    machine.then({DeleteLease{lease}});
    return {};
  }
  void touches(StepTouches&) const {}
};
template struct DefinedStep<EndLease>;

Step create_lease(Machine& machine) { return CreateLease{machine.catalog().temporary_lease(1)}; }
Step delete_lease() { return EndLease{}; }

}  // namespace sweepcheck::steps
