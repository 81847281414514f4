#include "conformance/host/contained_path.hpp"

#include <fmt/format.h>

#include "input/scenario/file_names.hpp"

namespace sweepcheck {
namespace {

namespace fs = std::filesystem;

// Diagnostics are one line, and a name may be anything.
std::string shown(std::string_view name) {
  constexpr std::size_t kShownBytesMax = 200;
  std::string out(name.substr(0, kShownBytesMax));
  for (char& character : out) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte < 0x20 || byte == 0x7f) character = '?';
  }
  return out;
}

PathOrReason refused(std::string_view name, std::string_view why) {
  return {std::nullopt, fmt::format("\"{}\" leads to no file of this run: {}", shown(name), why)};
}

}  // namespace

PathOrReason contained_file(const fs::path& folder, std::string_view name) {
  if (const std::string fault = fault_of_file_name(name); !fault.empty()) {
    return refused(name, fault);
  }
  return contained_path(folder, name);
}

PathOrReason contained_path(const fs::path& folder, std::string_view path) {
  if (const std::string fault = fault_of_path_below(path); !fault.empty()) {
    return refused(path, fault);
  }
  fs::path out = folder;
  for (const fs::path& part : fs::path(path)) {
    out /= part;
    std::error_code error;
    const fs::file_status status = fs::symlink_status(out, error);
    if (fs::is_symlink(status)) return refused(path, "a symbolic link is on the way");
    if (fs::exists(status) || status.type() == fs::file_type::not_found) continue;
    return refused(path, error.message());
  }
  return {std::move(out), {}};
}

}  // namespace sweepcheck
