// Aim: an archive whose digests are right, whatever its documents say, is read without a crash, and
// the image that comes of it can be imported and collected under every profile.
// Method: libFuzzer over the choices that make an archive, not over its bytes: media types of the
// config and the layers, how many diff IDs the config names, what is left out. So no input is
// wasted on digests that don't match.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "input/digest.hpp"
#include "input/image/image_archive.hpp"
#include "model/assert.hpp"
#include "model/operation.hpp"
#include "tests/unit/input/archive_fixture.hpp"

namespace {

using namespace sweepcheck;
using test::LayoutWriter;

constexpr std::array kTypes{
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.oci.image.layer.v1.tar+encrypted",
    "application/vnd.oci.image.layer.nondistributable.v1.tar",
    "application/vnd.docker.image.rootfs.diff.tar",
    "application/vnd.docker.image.rootfs.diff.tar.zstd",
    "application/vnd.docker.image.rootfs.foreign.diff.tar",
    "application/vnd.erofs.layer.v1",
    "application/vnd.in-toto+json",
    "application/vnd.oci.empty.v1+json",
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "x",
};

// The input as choices; at its end, all are the first.
class Choices {
 public:
  Choices(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  std::size_t below(std::size_t count) { return at_ < size_ ? data_[at_++] % count : 0; }
  std::string type(std::string_view usual) {
    return below(3) == 0 ? kTypes[below(kTypes.size())] : std::string(usual);
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

std::string make_manifest(Choices& choices, LayoutWriter& layout, const std::string& more) {
  std::vector<std::string> tars;
  std::vector<std::string> layers;
  for (std::size_t count = choices.below(4); count > 0; --count) {
    tars.push_back(test::layer(std::string(1, static_cast<char>('a' + choices.below(4)))));
    const std::string type = choices.type(LayoutWriter::kLayerType);
    layers.push_back(choices.below(8) == 1 ? LayoutWriter::descriptor(type, tars.back())
                                           : layout.blob(type, tars.back()));
  }
  if (choices.below(8) == 1) tars.push_back(test::layer("z"));
  if (choices.below(8) == 1 && !tars.empty()) tars.pop_back();
  const std::string config_type = choices.type(LayoutWriter::kConfigType);
  const std::string config = LayoutWriter::config(tars);
  const std::string named = choices.below(8) == 1 ? LayoutWriter::descriptor(config_type, config)
                                                  : layout.blob(config_type, config);
  return layout.blob(choices.type(LayoutWriter::kManifestType),
                     LayoutWriter::manifest(named, layers), more);
}

std::string make_archive(Choices& choices) {
  LayoutWriter layout;
  const std::string name = LayoutWriter::name("registry.example/app:1");
  if (choices.below(2) == 0) return layout.tar({make_manifest(choices, layout, name)}).finish();
  std::vector<std::string> members;
  for (std::size_t count = choices.below(4); count > 0; --count) {
    const char* architecture = choices.below(2) == 0 ? "amd64" : "arm64";
    members.push_back(
        make_manifest(choices, layout, LayoutWriter::platform("linux", architecture)));
  }
  const std::string index =
      layout.blob(LayoutWriter::kIndexType, LayoutWriter::index(members), name);
  return layout.tar({index}).finish();
}

void import_image(const ImageDescription& image, const Profile& profile, bool local) {
  Catalog catalog([](std::string_view bytes) { return sha256_digest(bytes); });
  World world(catalog);
  catalog.add_image(image);
  const Policy policy;
  Node node;
  node.profile = &profile;
  node.policy = &policy;
  world.nodes.push_back(node);
  world.node_names.push_back(catalog.intern("node"));
  Archive archive;
  archive.name = catalog.intern("image");
  archive.size_bytes = 1;
  for (const ImageBlob& blob : image.blobs) {
    if (blob.present) archive.members.push_back(catalog.find_blob(catalog.intern(blob.digest)));
  }
  archive.images.emplace_back(catalog.intern("registry.example/app:1"),
                              catalog.find_blob(catalog.intern(image.target().digest)));
  world.archives.push_back(std::move(archive));
  Request request;
  request.type = find_operation_type("import");
  request.node = static_cast<NodeId>(0);
  request.space = catalog.intern("default");
  request.name = catalog.intern("image");
  request.local = local && profile.ctr_engine_selectable;
  Operation operation = begin(world, request);
  finish(world, operation);
  world.collect(static_cast<NodeId>(0));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Choices choices(data, size);
  const ImageArchiveResult result = read_image_archive_bytes(make_archive(choices), "fuzz.tar");
  SWEEPCHECK_BELIEVE(result.archive.has_value() != has_errors(result.diagnostics),
                     "an archive is read if, and only if, nothing is an error");
  if (!result.archive) return 0;
  for (const ImageDescription& image : result.archive->images) {
    for (const Profile& profile : profiles()) {
      import_image(image, profile, false);
      import_image(image, profile, true);
    }
  }
  return 0;
}
