// ctr namespaces.
#include "model/operations/types.hpp"

namespace sweepcheck {
namespace {

// Namespace labels are written as they are: an empty value deletes (metadata/namespaces.go).
Failure perform_label(Machine& machine, const Step& step) {
  Catalog& catalog = machine.catalog();
  const ObjectId record =
      catalog.object({ObjectKind::kNamespace, step.subject, kNone<StringId>, kNone<StringId>});
  machine.node().state.objects.set(index_of(record));
  Metadata metadata = machine.metadata(step.subject);
  for (const auto& [key, value] : machine.request().labels) {
    metadata.put_label(record, key, value);
    metadata.mutated();
  }
  return {};
}
constexpr StepType kLabelStep{"label namespace", true, perform_label};

Failure begin_label(Machine& machine) {
  machine.then({Step{&kLabelStep, machine.request().name}});
  return {};
}

// To ctr, a namespace that is not there is one that was removed.
Failure perform_delete(Machine& machine, const Step& step) {
  const Failure failure = machine.metadata(step.subject).delete_namespace(step.subject);
  return failure.error_class == ErrorClass::kNotFound ? Failure{} : failure;
}
constexpr StepType kDeleteStep{"delete namespace", true, perform_delete};

Failure begin_delete(Machine& machine) {
  machine.then({Step{&kDeleteStep, machine.request().name}});
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
