// Schema 1 manifests, Docker's first format (remotes/docker/schema1/converter.go). What is served
// names layers and nothing else, so a pull fetches them all, whatever snapshots there are, and
// writes a manifest and a config of its own. Their labels are plain numbered references, not the
// child labels of other pulls: discarding leaves such images alone, pruning references does not.
#include "model/image_graph.hpp"
#include "model/operations/steps.hpp"

namespace sweepcheck::steps {
namespace {

constexpr std::string_view kEmptyLayer = "containerd.io/docker.schema1.empty-layer";

Failure perform_get_schema1(Machine& machine, const Step& step) {
  const FetchPlan& plan = machine.operation().plan;
  Registry* registry = machine.world().find_registry(plan.host);
  if (!registry || !registry->available) {
    return {ErrorClass::kUnavailable, Message::kRegistryDown, plan.host};
  }
  RegistryApi api(machine.catalog(), *registry);
  if (api.manifest("GET", plan.repository, step.subject) != kNone<BlobId>) return {};
  return {ErrorClass::kNotFound, Message::kRegistryBlobUnknown, step.subject};
}
constexpr StepType kGetSchema1{"get content", true, perform_get_schema1};

// The diff ID is known as soon as the bytes are.
Failure perform_label_layer(Machine& machine, const Step& step) {
  Metadata metadata = machine.metadata();
  const ObjectId content = metadata.content(step.subject);
  const StringId empty_layer = machine.text(kEmptyLayer);
  const StringId diff_id = machine.blob(step.a).diff_id;
  if (metadata.label(content, empty_layer) != kNone<StringId> &&
      metadata.label(content, machine.text(kUncompressed)) == diff_id) {
    return {};
  }
  if (Failure failure = metadata.set_label(content, empty_layer, machine.text("false"))) {
    return failure;
  }
  metadata.put_label(content, machine.text(kUncompressed), diff_id);
  return {};
}
constexpr StepType kLabelLayer{"label uncompressed", true, perform_label_layer};

Failure perform_commit_document(Machine& machine, const Step& step) {
  Catalog& catalog = machine.catalog();
  Metadata metadata = machine.metadata();
  const auto id = static_cast<BlobId>(step.a);
  if (Failure failure = metadata.commit(catalog.fetch_ref(id), step.subject)) return failure;
  int number = 0;
  for (const BlobChild& child : catalog.blob(id).children) {
    metadata.put_label(metadata.content(step.subject),
                       machine.text("containerd.io/gc.ref.content." + std::to_string(number++)),
                       catalog.blob(child.blob).digest);
  }
  return {};
}
constexpr StepType kCommitDocument{"commit content", true, perform_commit_document};

// A document that the client made: its bytes are at hand, and its labels come with the commit.
Failure perform_open_document(Machine& machine, const Step& step) {
  Opened opened = Opened::kExists;
  Metadata metadata = machine.metadata();
  const StringId ref = machine.catalog().fetch_ref(static_cast<BlobId>(step.a));
  if (Failure failure = metadata.open_writer(ref, step.subject, opened)) return failure;
  if (opened == Opened::kExists) return {};
  if (opened != Opened::kShared) metadata.write(ref, machine.blob(step.a).size_bytes);
  machine.then({Step{&kCommitDocument, step.subject, step.a}});
  return {};
}
constexpr StepType kOpenDocument{"open content", true, perform_open_document};

Failure perform_take_converted(Machine& machine, const Step& step) {
  machine.operation().plan.converted_from = step.subject;
  machine.operation().target = static_cast<BlobId>(step.a);
  return {};
}
constexpr StepType kTakeConverted{"take converted", false, perform_take_converted};

}  // namespace

Steps convert_schema1(Machine& machine, BlobId schema1) {
  const Catalog& catalog = machine.catalog();
  const Blob& source = catalog.blob(schema1);
  SWEEPCHECK_BELIEVE(source.converted != kNone<BlobId>, "a schema 1 manifest can be converted");
  Steps out{{&kGetSchema1, source.digest}};
  std::vector<BlobId> seen;
  for (const BlobChild& layer : source.children) {
    if (std::find(seen.begin(), seen.end(), layer.blob) != seen.end()) continue;
    seen.push_back(layer.blob);
    const Steps fetched = fetch_blob(machine, layer.blob);
    out.insert(out.end(), fetched.begin(), fetched.end());
    out.push_back({&kLabelLayer, catalog.blob(layer.blob).digest, index_of(layer.blob)});
  }
  const BlobId config = config_of(catalog, source.converted);
  for (const BlobId made : {source.converted, config}) {
    out.push_back({&kOpenDocument, catalog.blob(made).digest, index_of(made)});
  }
  out.push_back({&kTakeConverted, source.digest, index_of(source.converted)});
  return out;
}

}  // namespace sweepcheck::steps
