#include "conformance/perform/archive_files.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "input/digest.hpp"
#include "model/catalog/media_type.hpp"

namespace sweepcheck {
namespace {

using Json = nlohmann::ordered_json;
using Members = std::map<std::string, std::string>;  // a tar's records are sorted by path

std::string hex_of(const std::string& digest) { return digest.substr(digest.find(':') + 1); }

void write_tar(const Members& members, const std::filesystem::path& file) {
  const std::unique_ptr<archive, int (*)(archive*)> writer(archive_write_new(), archive_write_free);
  archive_write_set_format_ustar(writer.get());
  archive_write_open_filename(writer.get(), file.c_str());
  for (const auto& [name, bytes] : members) {
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(),
                                                                         archive_entry_free);
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes.size()));
    archive_write_header(writer.get(), entry.get());
    archive_write_data(writer.get(), bytes.data(), bytes.size());
  }
  archive_write_close(writer.get());
}

bool is_left_out(const ScenarioArchive& archive, const ImageBlob& blob) {
  return !blob.present || std::find(archive.without.begin(), archive.without.end(), blob.alias) !=
                              archive.without.end();
}

// index.json: each image's target, with its name where containerd looks for it.
std::string oci_members(const ScenarioArchive& archive, const RealImages& images,
                        Members& members) {
  Json manifests = Json::array();
  for (const auto& [name, image] : archive.images) {
    const ImageDescription& description = images.images.at(image);
    for (const ImageBlob& blob : description.blobs) {
      if (is_left_out(archive, blob)) continue;
      members["blobs/sha256/" + hex_of(blob.digest)] = images.bytes.at(blob.digest);
    }
    const ImageBlob& target = description.target();
    Json descriptor{
        {"mediaType", target.media_type}, {"digest", target.digest}, {"size", target.size_bytes}};
    if (!name.empty()) descriptor["annotations"] = {{"io.containerd.image.name", name}};
    manifests.push_back(std::move(descriptor));
  }
  members["oci-layout"] = R"({"imageLayoutVersion":"1.0.0"})";
  const std::string index = Json{{"schemaVersion", 2}, {"manifests", std::move(manifests)}}.dump();
  members["index.json"] = index;
  return sha256_digest(index);
}

void docker_members(const ScenarioArchive& archive, const RealImages& images, Members& members) {
  Json manifests = Json::array();
  for (const auto& [name, image] : archive.images) {
    Json entry;
    Json layers = Json::array();
    for (const ImageBlob& blob : images.images.at(image).blobs) {
      if (is_left_out(archive, blob) || !blob.children.empty()) continue;
      if (!blob.diff_ids.empty() || !blob.platform.empty()) {
        entry["Config"] = hex_of(blob.digest) + ".json";
        members[hex_of(blob.digest) + ".json"] = images.bytes.at(blob.digest);
      } else if (!blob.diff_id.empty()) {
        const std::string path = hex_of(blob.diff_id) + "/layer.tar";
        layers.push_back(path);
        members[path] = images.bytes.at(blob.diff_id);
      }
    }
    if (!name.empty()) entry["RepoTags"] = Json::array({name});
    entry["Layers"] = std::move(layers);
    manifests.push_back(std::move(entry));
  }
  members["manifest.json"] = manifests.dump();
}

}  // namespace

std::string write_archive(const ScenarioArchive& archive, const RealImages& images,
                          const std::filesystem::path& file) {
  Members members;
  std::string index_digest;
  if (archive.format == ArchiveFormat::kDocker) {
    docker_members(archive, images, members);
  } else {
    index_digest = oci_members(archive, images, members);
  }
  write_tar(members, file);
  return index_digest;
}

ArchiveContent read_archive(const std::filesystem::path& file) {
  ArchiveContent content;
  const std::unique_ptr<archive, int (*)(archive*)> reader(archive_read_new(), archive_read_free);
  archive_read_support_format_tar(reader.get());
  if (archive_read_open_filename(reader.get(), file.c_str(), 1 << 16) != ARCHIVE_OK) return content;
  archive_entry* entry = nullptr;
  int status = ARCHIVE_OK;
  while ((status = archive_read_next_header(reader.get(), &entry)) == ARCHIVE_OK) {
    const std::string name = archive_entry_pathname(entry);
    std::string bytes(static_cast<std::size_t>(archive_entry_size(entry)), '\0');
    if (archive_read_data(reader.get(), bytes.data(), bytes.size()) !=
        static_cast<la_ssize_t>(bytes.size())) {
      status = ARCHIVE_FATAL;
      break;
    }
    constexpr std::string_view kBlobs = "blobs/sha256/";
    if (name.starts_with(kBlobs) && name.size() == kBlobs.size() + 64) {
      content.members.push_back("sha256:" + name.substr(kBlobs.size()));
    }
    if (name == "index.json") content.index_digest = sha256_digest(bytes);
  }
  // A tar that was cut off between two members has no end either: two blocks of zeroes.
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  std::array<char, 1024> tail{};
  tail.front() = 1;
  if (in.tellg() >= 1024) {
    in.seekg(-1024, std::ios::end);
    in.read(tail.data(), tail.size());
  }
  const bool has_end =
      std::all_of(tail.begin(), tail.end(), [](char byte) { return byte == '\0'; });
  content.complete = status == ARCHIVE_EOF && has_end;
  std::sort(content.members.begin(), content.members.end());
  return content;
}

Part first_half_of_member(const std::string& tar, const std::string& digest) {
  constexpr std::size_t kBlock = 512;
  constexpr std::size_t kSizeField = 124;
  const std::string name = "blobs/sha256/" + digest.substr(digest.find(':') + 1);
  for (std::size_t at = 0; at + kBlock <= tar.size();) {
    const std::size_t size = std::strtoull(tar.c_str() + at + kSizeField, nullptr, 8);
    if (tar.compare(at, name.size() + 1, name + '\0', 0, name.size() + 1) == 0) {
      return {at + kBlock, at + kBlock + size / 2};
    }
    at += kBlock + (size + kBlock - 1) / kBlock * kBlock;
  }
  return {};
}

}  // namespace sweepcheck
