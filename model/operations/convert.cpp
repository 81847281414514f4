// ctr images convert: reads every layer and writes another in its place (images/converter). The new
// manifest is labelled by the converter itself.
#include <algorithm>

#include "model/catalog/facts.hpp"
#include "model/image_graph.hpp"
#include "model/operations/steps.hpp"
#include "model/operations/types.hpp"

namespace sweepcheck {
namespace {

// Sources are copied with the bytes (images/converter copies a blob's labels but the diff ID).
void copy_sources(Machine& machine, StringId from, StringId to) {
  const Catalog& catalog = machine.catalog();
  Metadata metadata = machine.metadata();
  LabelList sources;
  for_each_true(catalog, machine.node().state, metadata.content(from), [&](FactId fact) {
    if (!catalog.is_label(fact)) return;
    if (!catalog.text(catalog.label_key(fact)).starts_with(kDistributionSource)) return;
    sources.emplace_back(catalog.label_key(fact), catalog.value(fact));
  });
  for (const auto& [key, value] : sources) metadata.put_label(metadata.content(to), key, value);
}

// Writes blob `a`, which blob `b` was converted into.
Failure perform_write(Machine& machine, const Step& step) {
  Catalog& catalog = machine.catalog();
  const StringId ref = catalog.intern("convert-" + catalog.text(step.subject));
  Metadata metadata = machine.metadata();
  Opened opened = Opened::kNew;
  if (Failure failure = metadata.open_writer(ref, step.subject, opened)) return failure;
  if (opened == Opened::kExists) return {};
  if (opened != Opened::kShared) metadata.write(ref, machine.blob(step.a).size_bytes);
  if (Failure failure = metadata.commit(ref, step.subject)) return failure;
  copy_sources(machine, machine.blob(step.b).digest, step.subject);
  return {};
}
constexpr StepType kWrite{"write converted", true, perform_write};

// An uncompressed layer is its own diff ID, and is left as it is, as is what seems uncompressed.
bool is_converted(Machine& machine, const Blob& layer) {
  return layer.diff_id != kNone<StringId> && layer.diff_id != layer.digest &&
         can_be_applied(layer.media, machine.catalog().text(layer.media_type), machine.profile());
}

BlobId uncompressed(Catalog& catalog, BlobId id) {
  Blob twin = catalog.blob(id);
  twin.digest = twin.diff_id;
  twin.size_bytes = twin.unpacked_bytes > 0 ? twin.unpacked_bytes : twin.size_bytes;
  return catalog.add_blob(std::move(twin));
}

Failure perform_convert_layer(Machine& machine, const Step& step) {
  Metadata metadata = machine.metadata();
  const ObjectId layer = metadata.content(step.subject);
  if (!metadata.has(layer)) {
    return {ErrorClass::kNotFound, Message::kContentNotFound, step.subject};
  }
  if (!is_converted(machine, machine.blob(step.a))) return {};
  // The diff ID is looked up, or found out and noted.
  if (const StringId key = machine.text(kUncompressed);
      metadata.label(layer, key) == kNone<StringId>) {
    if (Failure failure = metadata.set_label(layer, key, machine.blob(step.a).diff_id)) {
      return failure;
    }
  }
  const BlobId twin = uncompressed(machine.catalog(), static_cast<BlobId>(step.a));
  machine.then({Step{&kWrite, machine.catalog().blob(twin).digest, index_of(twin), step.a}});
  return {};
}
constexpr StepType kConvertLayer{"convert layer", true, perform_convert_layer};

Failure perform_label(Machine& machine, const Step& step) {
  return steps::label_children(machine, static_cast<BlobId>(step.a), machine.blob(step.a).children,
                               false);
}
constexpr StepType kLabel{"label children", true, perform_label};

// The new record has the labels of the one that was converted.
Failure perform_replace_record(Machine& machine, const Step& step) {
  Metadata metadata = machine.metadata();
  const auto labels = steps::record_labels(machine, machine.request().name);
  static_cast<void>(metadata.delete_image(step.subject));
  const StringId digest = machine.blob(step.a).digest;
  if (Failure failure = metadata.create_image(step.subject, digest)) return failure;
  for (const auto& [key, value] : labels) {
    metadata.put_label(metadata.image(step.subject), key, value);
  }
  if (steps::cri_watches(machine)) machine.then({steps::cri_event(step.subject)});
  return {};
}
constexpr StepType kReplaceRecord{"delete image", true, perform_replace_record};

// The same document with other children; itself, if they are the same.
BlobId rewritten(Catalog& catalog, BlobId id, std::vector<BlobChild> children) {
  const Blob& source = catalog.blob(id);
  const bool same =
      std::equal(children.begin(), children.end(), source.children.begin(), source.children.end(),
                 [](const BlobChild& a, const BlobChild& b) { return a.blob == b.blob; });
  if (same) return id;
  std::string bytes = "converted " + catalog.text(source.digest);
  for (const BlobChild& child : children)
    bytes += " " + catalog.text(catalog.blob(child.blob).digest);
  Blob twin = source;
  twin.digest = catalog.digest_of(bytes);
  twin.children = std::move(children);
  catalog.set_alias(twin.digest, catalog.display(source.digest) + "+converted");
  return catalog.add_blob(std::move(twin));
}

// `a` is the target, `b` the manifest that the node's platform selects: an index keeps that alone.
Failure perform_convert_documents(Machine& machine, const Step& step) {
  Catalog& catalog = machine.catalog();
  const auto target = static_cast<BlobId>(step.a);
  const auto manifest = static_cast<BlobId>(step.b);
  std::vector<BlobChild> parts = catalog.blob(manifest).children;
  for (BlobChild& part : parts) {
    const Blob& blob = catalog.blob(part.blob);
    if (is_layer(blob.media, machine.profile()) && is_converted(machine, blob)) {
      part.blob = uncompressed(catalog, part.blob);
    }
  }
  Steps out;
  const auto write = [&](BlobId made, BlobId source) {
    if (made == source) return;
    const StringId digest = catalog.blob(made).digest;
    out.push_back({&kWrite, digest, index_of(made), index_of(source)});
    out.push_back({&kLabel, digest, index_of(made)});
  };
  BlobId made = rewritten(catalog, manifest, std::move(parts));
  write(made, manifest);
  if (target != manifest) {
    std::vector<BlobChild> members;
    for (const BlobChild& member : catalog.blob(target).children) {
      if (member.blob == manifest) members.push_back({made, member.platform});
    }
    made = rewritten(catalog, target, std::move(members));
    write(made, target);
  }
  out.push_back({&kReplaceRecord, machine.request().to, index_of(made)});
  machine.then(out);
  return {};
}
constexpr StepType kConvertDocuments{"convert manifest", false, perform_convert_documents};

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
  out.push_back(
      {&kConvertDocuments, catalog.blob(manifest).digest, index_of(target), index_of(manifest)});
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
    .help =
        "ctr images convert --uncompress: needs every layer of the node's platform, and keeps no "
        "other",
    .subject = text("convert", ParameterType::kReference, &Request::name, "the image's reference"),
    .parameters = kParameters,
    .clients = kCtrOnly,
    .begin = begin_convert,
};

}  // namespace sweepcheck
