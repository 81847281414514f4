// Small archives for tests: a ustar writer that can also write what no sane tool would (devices,
// escaping names), compression, and OCI layouts with digests and sizes filled in.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "input/digest.hpp"

namespace sweepcheck::test {

class TarWriter {
 public:
  TarWriter& file(std::string_view name, std::string_view bytes) {
    header(name, '0', bytes.size(), "");
    out_ += bytes;
    out_.append((512 - bytes.size() % 512) % 512, '\0');
    return *this;
  }

  /// '1' hard link, '2' symlink, '3' character device, '5' folder, '6' pipe.
  TarWriter& special(std::string_view name, char type, std::string_view link = "") {
    header(name, type, 0, link);
    return *this;
  }

  std::string finish() const { return out_ + std::string(1024, '\0'); }
  std::string unfinished() const { return out_; }

 private:
  void header(std::string_view name, char type, std::size_t size, std::string_view link) {
    std::string block(512, '\0');
    const auto put = [&](std::size_t at, std::string_view text) {
      block.replace(at, text.size(), text);
    };
    put(0, name.substr(0, 100));
    put(100, "0000644");
    put(108, "0000000");
    put(116, "0000000");
    std::array<char, 16> octal{};
    std::snprintf(octal.data(), octal.size(), "%011zo", size);
    put(124, octal.data());
    put(136, "00000000000");
    put(148, "        ");
    block[156] = type;
    put(157, link.substr(0, 100));
    put(257, std::string_view("ustar\00000", 8));
    unsigned sum = 0;
    for (const char byte : block) sum += static_cast<unsigned char>(byte);
    std::snprintf(octal.data(), octal.size(), "%06o", sum);
    put(148, std::string_view(octal.data(), 7));
    out_ += block;
  }

  std::string out_;
};

/// The bytes compressed with a libarchive filter (ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_ZSTD).
inline std::string compressed(std::string_view bytes, int filter) {
  std::string out;
  archive* writer = archive_write_new();
  archive_write_add_filter(writer, filter);
  archive_write_set_format_raw(writer);
  archive_write_set_bytes_per_block(writer, 0);
  const auto append = [](archive*, void* client, const void* data, std::size_t size) {
    static_cast<std::string*>(client)->append(static_cast<const char*>(data), size);
    return static_cast<la_ssize_t>(size);
  };
  archive_write_open(writer, &out, nullptr, append, nullptr);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_pathname(entry, "data");
  archive_write_header(writer, entry);
  archive_write_data(writer, bytes.data(), bytes.size());
  archive_entry_free(entry);
  archive_write_close(writer);
  archive_write_free(writer);
  return out;
}

inline std::string gzipped(std::string_view bytes) {
  return compressed(bytes, ARCHIVE_FILTER_GZIP);
}

inline std::string hex_of(const std::string& digest) { return digest.substr(7); }

/// An OCI layout under construction: blobs are added bottom up, each giving its descriptor.
class LayoutWriter {
 public:
  static constexpr const char* kIndexType = "application/vnd.oci.image.index.v1+json";
  static constexpr const char* kManifestType = "application/vnd.oci.image.manifest.v1+json";
  static constexpr const char* kConfigType = "application/vnd.oci.image.config.v1+json";
  static constexpr const char* kLayerType = "application/vnd.oci.image.layer.v1.tar";

  /// `more` is appended to the descriptor's object: ",\"platform\":{...}".
  std::string blob(const std::string& media_type, const std::string& bytes,
                   const std::string& more = "") {
    members_["blobs/sha256/" + hex_of(sha256_digest(bytes))] = bytes;
    return descriptor(media_type, bytes, more);
  }

  /// A descriptor of a blob that the layout doesn't have.
  static std::string descriptor(const std::string& media_type, const std::string& bytes,
                                const std::string& more = "") {
    return R"({"mediaType":")" + media_type + R"(","digest":")" + sha256_digest(bytes) +
           R"(","size":)" + std::to_string(bytes.size()) + more + "}";
  }

  static std::string platform(const std::string& os, const std::string& architecture) {
    return R"(,"platform":{"os":")" + os + R"(","architecture":")" + architecture + R"("})";
  }

  static std::string name(const std::string& name) {
    return R"(,"annotations":{"io.containerd.image.name":")" + name + R"("})";
  }

  static std::string config(const std::vector<std::string>& layer_tars) {
    std::string diff_ids;
    for (const std::string& tar : layer_tars) {
      diff_ids += (diff_ids.empty() ? "\"" : ",\"") + sha256_digest(tar) + "\"";
    }
    return R"({"os":"linux","architecture":"amd64","config":{"Labels":{"a":"b"}},)"
           R"("rootfs":{"type":"layers","diff_ids":[)" +
           diff_ids + "]}}";
  }

  static std::string manifest(const std::string& config, const std::vector<std::string>& layers) {
    return R"({"schemaVersion":2,"config":)" + config + R"(,"layers":[)" + joined(layers) + "]}";
  }

  static std::string index(const std::vector<std::string>& manifests) {
    return R"({"schemaVersion":2,"manifests":[)" + joined(manifests) + "]}";
  }

  /// An image with these uncompressed layers; its manifest's descriptor.
  std::string image(const std::vector<std::string>& layer_tars, const std::string& more = "") {
    std::vector<std::string> layers;
    for (const std::string& tar : layer_tars) layers.push_back(blob(kLayerType, tar));
    const std::string config_descriptor = blob(kConfigType, config(layer_tars));
    return blob(kManifestType, manifest(config_descriptor, layers), more);
  }

  void member(const std::string& name, const std::string& bytes) { members_[name] = bytes; }
  void erase_blob(const std::string& bytes) {
    members_.erase("blobs/sha256/" + hex_of(sha256_digest(bytes)));
  }

  /// The members with oci-layout and an index.json of these descriptors.
  std::map<std::string, std::string> members(const std::vector<std::string>& roots) const {
    std::map<std::string, std::string> out = members_;
    out.emplace("oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
    out.emplace("index.json", index(roots));
    return out;
  }

  TarWriter tar(const std::vector<std::string>& roots) const {
    TarWriter out;
    for (const auto& [name, bytes] : members(roots)) out.file(name, bytes);
    return out;
  }

 private:
  static std::string joined(const std::vector<std::string>& parts) {
    std::string out;
    for (const std::string& part : parts) out += (out.empty() ? "" : ",") + part;
    return out;
  }

  std::map<std::string, std::string> members_;
};

}  // namespace sweepcheck::test
