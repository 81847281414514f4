// The two formats' ways from members to images. Each complains about what it can't read; its images
// count only if nothing was an error.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "input/image/archive_members.hpp"
#include "model/catalog/image.hpp"

namespace sweepcheck {

/// Names an archive's images: the given ones as they are (a name met again moves to the later
/// image, as importing the archive would move it), unnamed ones after the file.
class ImageNames {
 public:
  /// The path of the archive or folder; what is left of its last part without .tar, .gz, .zst, .tgz
  /// and .oci is the unnamed images' name.
  explicit ImageNames(const std::string& path);

  /// "app", then "app-2", ...
  std::string next_unnamed();

 private:
  std::string stem_;
  int count_ = 0;
};

/// Adds an image; one of the same name before it goes, with a warning.
void add_image(ImageDescription image, std::vector<ImageDescription>& images,
               ArchiveComplaints& complaints);

/// An OCI layout: index.json's descriptors are the images.
std::vector<ImageDescription> read_oci_layout(const ArchiveMembers& members, ImageNames names,
                                              const ArchiveLimits& limits,
                                              ArchiveComplaints& complaints);

/// docker save: manifest.json's entries are the images.
std::vector<ImageDescription> read_docker_archive(const ArchiveMembers& members, ImageNames names,
                                                  const ArchiveLimits& limits,
                                                  ArchiveComplaints& complaints);

}  // namespace sweepcheck
