#include "replay/library.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace sweepcheck {
namespace {

namespace fs = std::filesystem;

bool is_scenario_file(const fs::path& path) {
  const std::string name = path.filename().string();
  return path.extension() == ".json" && !name.ends_with(".schema.json");
}

void find_below(const fs::path& folder, std::vector<std::string>& files, std::error_code& error) {
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code unreadable;  // of a link that leads nowhere, or to itself
    if (entry->is_directory(unreadable) && entry->path().filename() == "images") {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file(unreadable) && is_scenario_file(entry->path())) {
      files.push_back(entry->path().generic_string());
    }
  }
}

}  // namespace

std::vector<std::string> find_scenarios(const std::vector<std::string>& paths,
                                        Diagnostics& diagnostics) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (fs::is_directory(path, error)) {
      find_below(path, files, error);
    } else if (fs::exists(path, error)) {
      files.push_back(path);
    } else {
      error = std::make_error_code(std::errc::no_such_file_or_directory);
    }
    if (error) {
      diagnostics.push_back({.file = path,
                             .pointer = "",
                             .rule = "unreadable",
                             .message = "can't be read: " + error.message(),
                             .hint = ""});
    }
  }
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

std::string library_path() {
  if (const char* chosen = std::getenv("SWEEPCHECK_SCENARIOS")) return chosen;
  std::error_code error;
  if (fs::is_directory("scenarios", error)) return "scenarios";
  error.clear();
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  for (fs::path folder = program.parent_path(); !error && folder != folder.root_path();
       folder = folder.parent_path()) {
    std::error_code ignored;
    if (fs::is_directory(folder / "scenarios", ignored)) return (folder / "scenarios").string();
    if (fs::is_directory(folder / "share/sweepcheck/scenarios", ignored)) {
      return (folder / "share/sweepcheck/scenarios").string();
    }
  }
  return "scenarios";
}

}  // namespace sweepcheck
