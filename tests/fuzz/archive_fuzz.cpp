// Aim: no archive makes the reader crash, loop, or break what it promises about its result.
// Method: libFuzzer over archives with small limits, so that what would take a second at full size
// is found as a timeout. Mutated bytes never match their digests, and a reader that stops there is
// hardly tested; so an input that starts with 'L' (OCI layout) or 'D' (docker archive) is a recipe:
//
//   L<blob>\xff<blob>\xff<index.json>      members, each one named by its digest
//   D<file>\xff<file>\xff<manifest.json>   members, named 0, 1, ...
//
// with "@0" to "@9" in a member standing for `"digest":"sha256:...","size":N` of an earlier one,
// and
// "#0" to "#9" for its digest alone. Any other input is the archive itself.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "input/image/image_archive.hpp"
#include "model/assert.hpp"
#include "tests/unit/input/tar_writer.hpp"

namespace {

using namespace sweepcheck;

std::string with_references(std::string_view recipe, const std::vector<std::string>& members) {
  std::string out;
  for (std::size_t at = 0; at < recipe.size(); ++at) {
    const bool reference = (recipe[at] == '@' || recipe[at] == '#') && at + 1 < recipe.size();
    const auto member = reference ? static_cast<std::size_t>(recipe[at + 1] - '0') : SIZE_MAX;
    if (member >= members.size() || member > 9) {
      out += recipe[at];
      continue;
    }
    const std::string digest = sha256_digest(members[member]);
    out += recipe[at] == '#'
               ? digest
               : "\"digest\":\"" + digest + "\",\"size\":" + std::to_string(members[member].size());
    ++at;
  }
  return out;
}

std::string archive_of_recipe(std::string_view recipe) {
  const bool docker = recipe.front() == 'D';
  recipe.remove_prefix(1);
  test::TarWriter tar;
  std::vector<std::string> members;
  while (true) {
    const std::size_t end = recipe.find('\xff');
    const std::string bytes = with_references(recipe.substr(0, end), members);
    if (end == std::string_view::npos) {
      tar.file(docker ? "manifest.json" : "index.json", bytes);
      break;
    }
    tar.file(docker ? std::to_string(members.size())
                    : "blobs/sha256/" + test::hex_of(sha256_digest(bytes)),
             bytes);
    members.push_back(bytes);
    recipe.remove_prefix(end + 1);
  }
  if (!docker) tar.file("oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
  return tar.finish();
}

void check_image(const ImageDescription& image) {
  SWEEPCHECK_BELIEVE(!image.blobs.empty(), "an image has a target");
  SWEEPCHECK_BELIEVE(image.target().present, "an image's target is there");
  for (std::size_t at = 0; at < image.blobs.size(); ++at) {
    SWEEPCHECK_BELIEVE(!image.blobs[at].alias.empty(), "every blob has an alias");
    SWEEPCHECK_BELIEVE(image.blobs[at].unpacked_bytes >= 0, "no size is negative");
    for (const ImageChild& child : image.blobs[at].children) {
      SWEEPCHECK_BELIEVE(child.blob < at, "children come before their parents");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ArchiveLimits limits;
  limits.member_count_max = 1'000;
  limits.decompressed_bytes_max = 8 << 20;
  limits.document_bytes_max = 1 << 20;
  limits.graph_bytes_max = 16 << 20;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.starts_with('L') || bytes.starts_with('D')) bytes = archive_of_recipe(bytes);
  const ImageArchiveResult result = read_image_archive_bytes(bytes, "fuzz.tar", limits);
  SWEEPCHECK_BELIEVE(result.archive.has_value() != has_errors(result.diagnostics),
                     "an archive is read if, and only if, nothing is an error");
  for (const Diagnostic& diagnostic : result.diagnostics) {
    SWEEPCHECK_BELIEVE(to_line(diagnostic).find('\n') == std::string::npos,
                       "a diagnostic is one line");
  }
  if (!result.archive) return 0;
  for (const ImageDescription& image : result.archive->images) check_image(image);
  return 0;
}
