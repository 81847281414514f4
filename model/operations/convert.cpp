// ctr images convert: reads every layer and writes another in its place (images/converter). The new
// manifest is labelled by the converter itself.
#include "model/image_graph.hpp"
#include "model/operations/steps.hpp"
#include "model/operations/types.hpp"

namespace sweepcheck {
namespace {

// The converted twin of a blob: other bytes, the same diff ID.
BlobId twin_of(Catalog& catalog, const Blob& source, std::int64_t size,
               std::vector<BlobChild> children) {
  std::string bytes = "converted " + catalog.text(source.digest);
  Blob twin = source;
  twin.digest = catalog.digest_of(bytes);
  twin.size_bytes = size;
  twin.children = std::move(children);
  catalog.set_alias(twin.digest, catalog.display(source.digest) + "+converted");
  return catalog.add_blob(std::move(twin));
}

Failure perform_write(Machine& machine, const Step& step) {
  Catalog& catalog = machine.catalog();
  const StringId ref = catalog.intern("convert-" + catalog.text(step.subject));
  Metadata metadata = machine.metadata();
  Opened opened = Opened::kNew;
  if (Failure failure = metadata.open_writer(ref, step.subject, opened)) return failure;
  if (opened == Opened::kExists) return {};
  if (opened != Opened::kShared) metadata.write(ref, machine.blob(step.a).size_bytes);
  return metadata.commit(ref, step.subject);
}
constexpr StepType kWrite{"write converted", true, perform_write};

Failure perform_convert_layer(Machine& machine, const Step& step) {
  const Metadata metadata = machine.metadata();
  if (!metadata.has(metadata.content(step.subject))) {
    return {ErrorClass::kNotFound, Message::kContentNotFound, step.subject};
  }
  const Blob& layer = machine.blob(step.a);
  const std::int64_t size = layer.unpacked_bytes > 0 ? layer.unpacked_bytes : layer.size_bytes;
  const BlobId twin = twin_of(machine.catalog(), layer, size, {});
  const StringId digest = machine.catalog().blob(twin).digest;
  machine.then({Step{&kWrite, digest, index_of(twin)}});
  return {};
}
constexpr StepType kConvertLayer{"convert layer", true, perform_convert_layer};

Failure perform_label(Machine& machine, const Step& step) {
  return steps::label_children(machine, static_cast<BlobId>(step.a), machine.blob(step.a).children,
                               false);
}
constexpr StepType kLabel{"label children", true, perform_label};

Failure perform_replace_record(Machine& machine, const Step& step) {
  Metadata metadata = machine.metadata();
  static_cast<void>(metadata.delete_image(step.subject));
  machine.then({steps::store_image(step.subject, static_cast<BlobId>(step.a), false)});
  return {};
}
constexpr StepType kReplaceRecord{"delete image", true, perform_replace_record};

Failure perform_convert_manifest(Machine& machine, const Step& step) {
  Catalog& catalog = machine.catalog();
  const auto id = static_cast<BlobId>(step.a);
  std::vector<BlobChild> children;
  for (const BlobChild& child : catalog.blob(id).children) {
    const Blob& part = catalog.blob(child.blob);
    const StringId twin = catalog.digest_of("converted " + catalog.text(part.digest));
    const bool converted = is_layer(part.media, machine.profile());
    children.push_back({converted ? catalog.find_blob(twin) : child.blob, child.platform});
  }
  const BlobId manifest =
      twin_of(catalog, catalog.blob(id), catalog.blob(id).size_bytes, std::move(children));
  const StringId digest = catalog.blob(manifest).digest;
  machine.then({Step{&kWrite, digest, index_of(manifest)},
                Step{&kLabel, digest, index_of(manifest)},
                Step{&kReplaceRecord, machine.request().to, index_of(manifest)}});
  return {};
}
constexpr StepType kConvertManifest{"convert manifest", false, perform_convert_manifest};

Failure perform_find(Machine& machine, const Step& step) {
  Catalog& catalog = machine.catalog();
  const Request& request = machine.request();
  const BlobId target = steps::target_of(machine, request.space, step.subject);
  if (target == kNone<BlobId>) {
    return {ErrorClass::kNotFound, Message::kImageNotFound, step.subject};
  }
  const BlobId manifest = manifest_for(catalog, machine.node().state, request.space, target,
                                       steps::host_platform(machine));
  if (manifest == kNone<BlobId>) return {ErrorClass::kNotFound, Message::kNoMatch};
  Steps out;
  for (const BlobId layer : layers_of(catalog, machine.profile(), manifest)) {
    out.push_back({&kConvertLayer, catalog.blob(layer).digest, index_of(layer)});
  }
  out.push_back({&kConvertManifest, catalog.blob(manifest).digest, index_of(manifest)});
  machine.then(out);
  return {};
}
constexpr StepType kFind{"find image", true, perform_find};

Failure begin_convert(Machine& machine) {
  machine.then({steps::create_lease(machine), Step{&kFind, machine.request().name}});
  return {};
}

constexpr std::array kParameters{
    text("to", ParameterType::kReference, &Request::to, "the new image's name", true),
};

}  // namespace

const OperationType kConvert{
    .name = "convert",
    .help = "ctr images convert --uncompress: needs every layer of the node's platform",
    .subject = text("convert", ParameterType::kReference, &Request::name, "the image's reference"),
    .parameters = kParameters,
    .clients = kCtrOnly,
    .begin = begin_convert,
};

}  // namespace sweepcheck
