// Files that others read while we write: a report is there whole, or as it was before.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace sweepcheck {

/// Writes a temporary file beside `path` and renames it over `path`. A link is followed, an
/// existing file keeps its permissions, and what is not a regular file (/dev/stdout, a pipe) is
/// written to directly. Returns nothing, or one line that says what failed; then `path` is
/// unchanged and the temporary file is gone.
std::optional<std::string> write_file_atomically(const std::filesystem::path& path,
                                                 std::string_view bytes);

}  // namespace sweepcheck
