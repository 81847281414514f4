// Schema 1 manifests, Docker's first format (remotes/docker/schema1/converter.go). What is served
// names layers and nothing else, so a pull fetches them all, whatever snapshots there are, and
// writes a manifest and a config of its own. Their labels are plain numbered references, not the
// child labels of other pulls: discarding leaves such images alone, pruning references does not.
#include "model/image_graph.hpp"
#include "model/operations/define_step.hpp"
#include "model/operations/steps.hpp"

namespace sweepcheck::steps {

constexpr std::string_view kEmptyLayer = "containerd.io/docker.schema1.empty-layer";

struct GetSchema1 {
  static constexpr StepName kName = atomic("get content");
  BlobId manifest;

  Failure perform(Machine& machine) const {
    const FetchPlan& plan = machine.operation().plan;
    const StringId digest = machine.blob(manifest).digest;
    Registry* registry = machine.world().find_registry(plan.host);
    if (!registry || !registry->available) {
      return {ErrorClass::kUnavailable, Message::kRegistryDown, plan.host};
    }
    RegistryApi api(machine.catalog(), *registry);
    if (api.manifest("GET", plan.repository, digest) != kNone<BlobId>) return {};
    return {ErrorClass::kNotFound, Message::kRegistryBlobUnknown, digest};
  }
  void touches(StepTouches& touches) const {
    const FetchPlan& plan = touches.machine().operation().plan;
    touches.manifest(plan.host, plan.repository, touches.machine().blob(manifest).digest);
  }
};
template struct DefinedStep<GetSchema1>;

// The diff ID is known as soon as the bytes are.
struct LabelLayer {
  static constexpr StepName kName = atomic("label uncompressed");
  BlobId layer;

  Failure perform(Machine& machine) const {
    Metadata metadata = machine.metadata();
    const Blob& blob = machine.blob(layer);
    const ObjectId content = metadata.content(blob.digest);
    const StringId empty_layer = machine.text(kEmptyLayer);
    if (metadata.label(content, empty_layer) != kNone<StringId> &&
        metadata.label(content, machine.text(kUncompressed)) == blob.diff_id) {
      return {};
    }
    if (Failure failure = metadata.set_label(content, empty_layer, machine.text("false"))) {
      return failure;
    }
    metadata.put_label(content, machine.text(kUncompressed), blob.diff_id);
    return {};
  }
  void touches(StepTouches& touches) const {
    touches.label_content(touches.machine().blob(layer).digest);
  }
};
template struct DefinedStep<LabelLayer>;

struct CommitDocument {
  static constexpr StepName kName = atomic("commit content");
  BlobId document;

  Failure perform(Machine& machine) const {
    Catalog& catalog = machine.catalog();
    Metadata metadata = machine.metadata();
    const StringId digest = catalog.blob(document).digest;
    if (Failure failure = metadata.commit(catalog.fetch_ref(document), digest)) return failure;
    int number = 0;
    for (const BlobChild& child : catalog.blob(document).children) {
      metadata.put_label(metadata.content(digest),
                         machine.text("containerd.io/gc.ref.content." + std::to_string(number++)),
                         catalog.blob(child.blob).digest);
    }
    return {};
  }
  void touches(StepTouches& touches) const {
    Catalog& catalog = touches.machine().catalog();
    touches.commit(catalog.fetch_ref(document), catalog.blob(document).digest);
  }
};
template struct DefinedStep<CommitDocument>;

// A document that the client made: its bytes are at hand, and its labels come with the commit.
struct OpenDocument {
  static constexpr StepName kName = atomic("open content");
  BlobId document;

  Failure perform(Machine& machine) const {
    Opened opened = Opened::kExists;
    Metadata metadata = machine.metadata();
    const Blob& blob = machine.blob(document);
    const StringId ref = machine.catalog().fetch_ref(document);
    if (Failure failure = metadata.open_writer(ref, blob.digest, opened)) return failure;
    if (opened == Opened::kExists) return {};
    if (opened != Opened::kShared) metadata.write(ref, blob.size_bytes);
    machine.then({CommitDocument{document}});
    return {};
  }
  void touches(StepTouches& touches) const {
    Catalog& catalog = touches.machine().catalog();
    touches.open_writer(catalog.fetch_ref(document), catalog.blob(document).digest);
  }
};
template struct DefinedStep<OpenDocument>;

struct TakeConverted {
  static constexpr StepName kName = expands("take converted");
  BlobId schema1;
  BlobId converted;

  Failure perform(Machine& machine) const {
    machine.operation().plan.converted_from = machine.blob(schema1).digest;
    machine.operation().target = converted;
    return {};
  }
  void touches(StepTouches&) const {}
};
template struct DefinedStep<TakeConverted>;

Steps convert_schema1(Machine& machine, BlobId schema1) {
  const Catalog& catalog = machine.catalog();
  const Blob& source = catalog.blob(schema1);
  SWEEPCHECK_BELIEVE(source.converted != kNone<BlobId>, "a schema 1 manifest can be converted");
  Steps out{GetSchema1{schema1}};
  std::vector<BlobId> seen;
  for (const BlobChild& layer : source.children) {
    if (std::find(seen.begin(), seen.end(), layer.blob) != seen.end()) continue;
    seen.push_back(layer.blob);
    out.push_back(fetch_blob(layer.blob));
    out.push_back(LabelLayer{layer.blob});
  }
  const BlobId config = config_of(catalog, source.converted);
  for (const BlobId made : {source.converted, config}) out.push_back(OpenDocument{made});
  out.push_back(TakeConverted{.schema1 = schema1, .converted = source.converted});
  return out;
}

}  // namespace sweepcheck::steps
