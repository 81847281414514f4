// ctr images convert: reads every layer and writes another in its place (images/converter). The new
// manifest is labelled by the converter itself.
#include <algorithm>

#include "model/catalog/facts.hpp"
#include "model/image_graph.hpp"
#include "model/operations/define_step.hpp"
#include "model/operations/steps.hpp"
#include "model/operations/types.hpp"

namespace sweepcheck {

namespace steps {
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

}  // namespace

// Writes a blob that another was converted into.
struct WriteConverted {
  static constexpr StepName kName = atomic("write converted");
  BlobId made;
  BlobId source;

  static StringId ref_of(Catalog& catalog, StringId digest) {
    return catalog.intern("convert-" + catalog.text(digest));
  }
  Failure perform(Machine& machine) const {
    const StringId digest = machine.blob(made).digest;
    const StringId ref = ref_of(machine.catalog(), digest);
    Metadata metadata = machine.metadata();
    Opened opened = Opened::kNew;
    if (Failure failure = metadata.open_writer(ref, digest, opened)) return failure;
    if (opened == Opened::kExists) return {};
    if (opened != Opened::kShared) metadata.write(ref, machine.blob(made).size_bytes);
    if (Failure failure = metadata.commit(ref, digest)) return failure;
    copy_sources(machine, machine.blob(source).digest, digest);
    return {};
  }
  void touches(StepTouches& touches) const {
    const StringId digest = touches.machine().blob(made).digest;
    const StringId ref = ref_of(touches.machine().catalog(), digest);
    touches.open_writer(ref, digest);
    touches.commit(ref, digest);
    touches.read_content(source);
  }
};
template struct DefinedStep<WriteConverted>;

namespace {

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

}  // namespace

struct ConvertLayer {
  static constexpr StepName kName = atomic("convert layer");
  BlobId layer;

  Failure perform(Machine& machine) const {
    Metadata metadata = machine.metadata();
    const StringId digest = machine.blob(layer).digest;
    const ObjectId record = metadata.content(digest);
    if (!metadata.has(record)) return {ErrorClass::kNotFound, Message::kContentNotFound, digest};
    if (!is_converted(machine, machine.blob(layer))) return {};
    // The diff ID is looked up, or found out and noted.
    if (const StringId key = machine.text(kUncompressed);
        metadata.label(record, key) == kNone<StringId>) {
      if (Failure failure = metadata.set_label(record, key, machine.blob(layer).diff_id)) {
        return failure;
      }
    }
    const BlobId twin = uncompressed(machine.catalog(), layer);
    machine.then({WriteConverted{.made = twin, .source = layer}});
    return {};
  }
  void touches(StepTouches& touches) const {
    touches.label_content(touches.machine().blob(layer).digest);
  }
};
template struct DefinedStep<ConvertLayer>;

struct LabelConverted {
  static constexpr StepName kName = atomic("label children");
  BlobId parent;

  Failure perform(Machine& machine) const {
    return label_children(machine, parent, machine.blob(parent).children, false);
  }
  void touches(StepTouches& touches) const {
    touches.label_content(touches.machine().blob(parent).digest);
  }
};
template struct DefinedStep<LabelConverted>;

// The new record has the labels of the one that was converted.
struct ReplaceRecord {
  static constexpr StepName kName = atomic("delete image");
  StringId image;
  BlobId target;

  Failure perform(Machine& machine) const {
    Metadata metadata = machine.metadata();
    const auto labels = record_labels(machine, machine.request().name);
    static_cast<void>(metadata.delete_image(image));
    const StringId digest = machine.blob(target).digest;
    if (Failure failure = metadata.create_image(image, digest)) return failure;
    for (const auto& [key, value] : labels) {
      metadata.put_label(metadata.image(image), key, value);
    }
    if (cri_watches(machine)) machine.then({cri_event(image)});
    return {};
  }
  void touches(StepTouches& touches) const {
    touches.read_image(touches.machine().request().name);
    touches.delete_image(image);
    touches.store_image(image);
  }
};
template struct DefinedStep<ReplaceRecord>;

namespace {

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

}  // namespace

// Of an index that alone is kept which the node's platform selects.
struct ConvertDocuments {
  static constexpr StepName kName = expands("convert manifest");
  BlobId manifest;
  BlobId target;

  Failure perform(Machine& machine) const {
    Catalog& catalog = machine.catalog();
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
      out.push_back(WriteConverted{.made = made, .source = source});
      out.push_back(LabelConverted{made});
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
    out.push_back(ReplaceRecord{.image = machine.request().to, .target = made});
    machine.then(out);
    return {};
  }
  void touches(StepTouches&) const {}
};
template struct DefinedStep<ConvertDocuments>;

struct FindToConvert {
  static constexpr StepName kName = atomic("find image");
  StringId image;

  Failure perform(Machine& machine) const {
    Catalog& catalog = machine.catalog();
    const Request& request = machine.request();
    const BlobId target = target_of(machine, request.space, image);
    if (target == kNone<BlobId>) return {ErrorClass::kNotFound, Message::kImageNotFound, image};
    const BlobId manifest =
        manifest_for(catalog, machine.node().state, request.space, target, host_platform(machine));
    if (manifest == kNone<BlobId>) return {ErrorClass::kNotFound, Message::kNoMatch};
    Steps out;
    for (const BlobId layer : layers_of(catalog, machine.profile(), manifest)) {
      out.push_back(ConvertLayer{layer});
    }
    out.push_back(ConvertDocuments{.manifest = manifest, .target = target});
    machine.then(out);
    return {};
  }
  void touches(StepTouches& touches) const { touches.read_image_documents(image); }
};
template struct DefinedStep<FindToConvert>;

}  // namespace steps

namespace {

Failure begin_convert(Machine& machine) {
  machine.then({steps::create_lease(machine), steps::FindToConvert{machine.request().name}});
  return {};
}

constexpr std::array kParameters{
    parsed(text("to", ParameterType::kReference, &Request::to, "the new image's name", true)),
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
