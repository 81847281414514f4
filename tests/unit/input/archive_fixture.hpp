// What the tests of image archives share: the archives that they begin with.
#pragma once

#include <string>

#include "input/image/image_archive.hpp"
#include "tests/unit/input/tar_writer.hpp"

namespace sweepcheck::test {

/// A layer of two files: one of this name and text, and one of five bytes.
inline std::string layer(const std::string& text) {
  return TarWriter().special("etc/", '5').file("etc/" + text, text).file("x", "12345").finish();
}

/// An OCI archive of one image of two layers.
inline std::string simple_archive() {
  LayoutWriter layout;
  const std::string target =
      layout.image({layer("a"), layer("b")}, LayoutWriter::name("registry:5000/team/app:1"));
  return layout.tar({target}).finish();
}

/// Of a docker archive; `layers`: the members' names, quoted.
inline std::string docker_manifest(const std::string& config, const std::string& layers) {
  return R"([{"Config":")" + config + R"(","RepoTags":["team/app:1","app:2"],"Layers":[)" + layers +
         "]}]";
}

inline std::string lines_of(const ImageArchiveResult& result) {
  std::string out;
  for (const Diagnostic& diagnostic : result.diagnostics) out += to_line(diagnostic) + "\n";
  return out;
}

}  // namespace sweepcheck::test
