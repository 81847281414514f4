// Decides what an archive is, and has it read.
#include "input/image/image_archive.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "input/image/archive_formats.hpp"

namespace sweepcheck {
namespace {

ImageArchiveResult read_members(const ArchiveMembers& members, const std::string& path,
                                bool is_folder, const ArchiveLimits& limits,
                                ArchiveComplaints& complaints) {
  using Format = ImageArchive::Format;
  ImageArchive archive;
  // After a failure, what is missing was probably behind it; saying so would only distract.
  if (!complaints.has_errors()) {
    if (is_folder || members.files.contains("oci-layout")) {
      archive.format = is_folder ? Format::kOciLayout : Format::kOciArchive;
      archive.images = read_oci_layout(members, ImageNames(path), limits, complaints);
    } else if (members.files.contains("manifest.json")) {
      archive.format = Format::kDockerArchive;
      archive.images = read_docker_archive(members, ImageNames(path), limits, complaints);
    } else {
      complaints.error("not-an-image", "",
                       "neither an OCI layout (no oci-layout) nor a docker archive (no "
                       "manifest.json)");
    }
  }
  ImageArchiveResult result;
  if (!complaints.has_errors()) result.archive = std::move(archive);
  result.diagnostics = complaints.take();
  return result;
}

ImageArchiveResult read_tar(ByteSource& bytes, const std::string& name,
                            const ArchiveLimits& limits) {
  ArchiveComplaints complaints(name);
  const ArchiveMembers members = read_archive_members(bytes, limits, complaints);
  return read_members(members, name, false, limits, complaints);
}

std::string stem_of(const std::string& path) {
  std::filesystem::path whole(path);
  if (!whole.has_filename()) whole = whole.parent_path();
  std::string stem = whole.filename().string();
  for (bool cut = true; cut;) {
    cut = false;
    for (const std::string_view ending : {".tar", ".gz", ".zst", ".tgz", ".oci"}) {
      if (!stem.ends_with(ending)) continue;
      stem.resize(stem.size() - ending.size());
      cut = true;
    }
  }
  return stem.empty() || stem == "." || stem == ".." ? "image" : stem;
}

}  // namespace

ImageNames::ImageNames(const std::string& path) : stem_(stem_of(path)) {}

std::string ImageNames::next_unnamed() {
  return ++count_ == 1 ? stem_ : fmt::format("{}-{}", stem_, count_);
}

void add_image(ImageDescription image, std::vector<ImageDescription>& images,
               ArchiveComplaints& complaints) {
  const auto before =
      std::find_if(images.begin(), images.end(),
                   [&](const ImageDescription& other) { return other.name == image.name; });
  if (before != images.end()) {
    complaints.warning(
        "duplicate-name", "",
        fmt::format("two images are named \"{}\"; the later one counts", image.name));
    images.erase(before);
  }
  images.push_back(std::move(image));
}

ImageArchiveResult read_image_archive(const std::string& path, const ArchiveLimits& limits) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (std::filesystem::is_directory(status)) {
    ArchiveComplaints complaints(path);
    const ArchiveMembers members = read_folder_members(path, limits, complaints);
    return read_members(members, path, true, limits, complaints);
  }
  if (!std::filesystem::is_regular_file(status)) {
    ArchiveComplaints complaints(path);
    complaints.error("unreadable", "", error ? error.message() : "neither a file nor a folder");
    return {std::nullopt, complaints.take()};
  }
  FileSource file(path);
  return read_tar(file, path, limits);
}

ImageArchiveResult read_image_archive_bytes(std::string_view bytes, const std::string& name,
                                            const ArchiveLimits& limits) {
  MemorySource memory(bytes);
  return read_tar(memory, name, limits);
}

}  // namespace sweepcheck
