// ctr namespaces.
#include "model/operations/define_step.hpp"
#include "model/operations/types.hpp"

namespace sweepcheck {

namespace steps {

// Namespace labels are written as they are: an empty value deletes (metadata/namespaces.go).
struct LabelNamespace {
  static constexpr StepName kName = atomic("label namespace");
  StringId space;

  Failure perform(Machine& machine) const {
    Catalog& catalog = machine.catalog();
    const ObjectId record =
        catalog.object({ObjectKind::kNamespace, space, kNone<StringId>, kNone<StringId>});
    machine.node().state.objects.set(index_of(record));
    Metadata metadata = machine.metadata(space);
    for (const auto& [key, value] : machine.request().labels) {
      metadata.put_label(record, key, value);
      metadata.mutated();
    }
    return {};
  }
  void touches(StepTouches& touches) const {
    touches.in(space).label(ObjectKind::kNamespace, kNone<StringId>);
  }
};
template struct DefinedStep<LabelNamespace>;

// To ctr, a namespace that is not there is one that was removed.
struct DeleteNamespace {
  static constexpr StepName kName = atomic("delete namespace");
  StringId space;

  Failure perform(Machine& machine) const {
    const Failure failure = machine.metadata(space).delete_namespace(space);
    return failure.error_class == ErrorClass::kNotFound ? Failure{} : failure;
  }
  void touches(StepTouches& touches) const { touches.in(space).delete_namespace(); }
};
template struct DefinedStep<DeleteNamespace>;

}  // namespace steps

namespace {

Failure begin_label(Machine& machine) {
  machine.then({steps::LabelNamespace{machine.request().name}});
  return {};
}

Failure begin_delete(Machine& machine) {
  machine.then({steps::DeleteNamespace{machine.request().name}});
  return {};
}

constexpr std::array kLabelParameters{labels("labels to set; an empty value removes one")};

}  // namespace

const OperationType kLabelNamespace{
    .name = "label-namespace",
    .help = "ctr namespaces label, which also creates the namespace",
    .subject = text("label-namespace", ParameterType::kName, &Request::name, "the namespace"),
    .parameters = kLabelParameters,
    .clients = kCtrOnly,
    .cuts_paths = true,
    .begin = begin_label,
};
const OperationType kDeleteNamespace{
    .name = "delete-namespace",
    .help = "ctr namespaces rm: refused while images, blobs, snapshots or containers are there",
    .subject = text("delete-namespace", ParameterType::kName, &Request::name, "the namespace"),
    .parameters = {},
    .clients = kCtrOnly,
    .begin = begin_delete,
};

}  // namespace sweepcheck
