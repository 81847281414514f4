#include "input/scenario/file_names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sweepcheck {
namespace {

// NAME_MAX and PATH_MAX of Linux; a run's own folder is in front of a path.
constexpr std::size_t kNameBytesMax = 255;
constexpr std::size_t kPathBytesMax = 2048;

bool is_control(char character) {
  const auto byte = static_cast<unsigned char>(character);
  return byte < 0x20 || byte == 0x7f;
}

}  // namespace

std::string fault_of_file_name(std::string_view name) {
  if (name.empty()) return "it is empty";
  if (name == "." || name == "..") return fmt::format("\"{}\" is a folder's own name", name);
  if (name.find('/') != std::string_view::npos) return "it has a slash";
  if (std::any_of(name.begin(), name.end(), is_control)) return "it has a control character";
  if (name.size() > kNameBytesMax) return fmt::format("it has more than {} bytes", kNameBytesMax);
  return {};
}

std::string fault_of_path_below(std::string_view path) {
  if (path.size() > kPathBytesMax) return fmt::format("it has more than {} bytes", kPathBytesMax);
  while (true) {
    const std::size_t slash = path.find('/');
    std::string fault = fault_of_file_name(path.substr(0, slash));
    if (!fault.empty()) {
      const bool is_empty = slash == 0 || path.empty();
      return is_empty ? "a name between its slashes is empty" : fault;
    }
    if (slash == std::string_view::npos) return {};
    path.remove_prefix(slash + 1);
  }
}

}  // namespace sweepcheck
