// How images enter the catalog, and how its objects and facts are put into words.
#include "model/catalog/catalog.hpp"

namespace sweepcheck {

BlobId Catalog::add_image(const ImageDescription& image) {
  SWEEPCHECK_BELIEVE(!image.blobs.empty(), "an image has a target");
  std::vector<BlobId> ids;
  ids.reserve(image.blobs.size());
  for (const ImageBlob& source : image.blobs) {
    Blob blob;
    blob.digest = intern(source.digest);
    blob.media_type = intern(source.media_type);
    blob.media = classify_media_type(source.media_type);
    blob.is_referrer = source.is_referrer;
    blob.size_bytes = source.size_bytes;
    for (const ImageChild& child : source.children) {
      SWEEPCHECK_BELIEVE(child.blob < ids.size(), "an image's children come before their parents");
      blob.children.push_back(
          {ids[child.blob], child.platform.empty() ? kNone<StringId> : intern(child.platform)});
    }
    if (!source.diff_id.empty()) blob.diff_id = intern(source.diff_id);
    blob.unpacked_bytes = source.unpacked_bytes;
    if (source.converted < ids.size()) blob.converted = ids[source.converted];
    for (const std::string& diff_id : source.diff_ids) blob.diff_ids.push_back(intern(diff_id));
    for (const std::string& chain : source.chain_ids) blob.chain_ids.push_back(intern(chain));
    if (!source.platform.empty()) blob.platform = intern(source.platform);
    for (const auto& [key, value] : source.config_labels) {
      // A label may name another blob by its alias; layers come first.
      blob.config_labels.emplace_back(intern(key), intern(resolve(value)));
    }
    if (!source.alias.empty()) set_alias(blob.digest, source.alias);
    ids.push_back(add_blob(std::move(blob)));
  }
  for (const auto& [name, alias] : image.aliases) set_alias(intern(name), alias);
  return ids.back();
}

std::string Catalog::describe(ObjectId id) const {
  const ObjectKey& object = key(id);
  std::string out(kind_name(object.kind));
  if (object.space != kNone<StringId>) out += " " + text(object.space);
  if (object.scope != kNone<StringId>) out += " " + text(object.scope);
  if (object.key != kNone<StringId>) out += " " + display(object.key);
  return out;
}

std::string Catalog::describe(FactId id) const {
  if (is_label(id)) {
    return "label " + display(label_key(id)) + "=" + display(value(id));
  }
  const ObjectId to = target(id);
  const std::string object = to == kNone<ObjectId> ? "" : " " + display(key(to).key);
  switch (meaning(id)) {
    case Meaning::kTarget:
      return "target" + object;
    case Meaning::kParent:
      return "parent" + object;
    case Meaning::kContainerSnapshot:
      return "snapshot" + object;
    case Meaning::kLeaseResource:
      return "resource " + describe(to);
    case Meaning::kIngestExpected:
      return "expected" + object;
    case Meaning::kChildEntry:
      return "child" + object;
    case Meaning::kDirectory:
      return "directory" + object;
    case Meaning::kSnapshotKind:
      return text(value(id));
    case Meaning::kContainerImage:
      return "image " + display(value(id));
    case Meaning::kRunning:
      return "running";
    default:
      return "fact" + object;
  }
}

}  // namespace sweepcheck
