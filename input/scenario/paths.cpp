// Names in scenarios that a run on real daemons turns into paths. Each is refused here if it could
// lead out of the run's own folder, so that who validates a stranger's scenario knows; the run
// itself asks again where it makes the path.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "input/scenario/decoder.hpp"
#include "input/scenario/file_names.hpp"

namespace sweepcheck {
namespace {

enum class PathUse : std::uint8_t {
  kFile,    ///< a file or folder of that name
  kTarget,  ///< an absolute path, which a run has below its own folder
  kBlob,    ///< the file of a blob: an alias, a made-up blob's name or a digest
};

struct PathKey {
  std::string_view verb;
  std::string_view key;
  PathUse use;
  std::string_view hint;
};

constexpr std::string_view kArchiveHint = "a name without folders, such as \"app.tar\"";
constexpr std::string_view kTargetHint =
    "an absolute path without \"..\", such as \"/mnt\"; a run has it below a folder of its own";
constexpr std::string_view kBlobHint =
    "an alias such as \"layer:base\", or \"sha256:\" and 64 hexadecimal digits";
constexpr std::string_view kIdHint = "containerd makes a folder of that name for it";

constexpr std::array kPathKeys{
    PathKey{"import", "import", PathUse::kFile, kArchiveHint},
    PathKey{"export", "to", PathUse::kFile, kArchiveHint},
    PathKey{"mount", "to", PathUse::kTarget, kTargetHint},
    PathKey{"unmount", "unmount", PathUse::kTarget, kTargetHint},
    PathKey{"remove-directories", "remove-directories", PathUse::kFile,
            "the name of a snapshotter, such as \"overlayfs\""},
    PathKey{"remove-file", "remove-file", PathUse::kBlob, kBlobHint},
    PathKey{"add-file", "add-file", PathUse::kBlob, kBlobHint},
    PathKey{"create-container", "create-container", PathUse::kFile, kIdHint},
    PathKey{"start-container", "start-container", PathUse::kFile, kIdHint},
    PathKey{"run-sandbox", "run-sandbox", PathUse::kFile, kIdHint},
};

std::string fault_of_blob(std::string_view text) {
  constexpr std::string_view kAlgorithm = "sha256:";
  constexpr std::size_t kDigits = 64;
  if (text.starts_with(kAlgorithm)) {
    const std::string_view digits = text.substr(kAlgorithm.size());
    const bool is_digest = digits.size() == kDigits &&
                           digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    return is_digest ? "" : "its digest is not 64 hexadecimal digits";
  }
  return fault_of_file_name(text.substr(text.find(':') + 1));
}

std::string fault_of(std::string_view text, PathUse use) {
  if (use == PathUse::kFile) return fault_of_file_name(text);
  if (use == PathUse::kBlob) return fault_of_blob(text);
  return text.starts_with('/') ? fault_of_path_below(text.substr(1))
                               : "it does not begin with \"/\"";
}

std::string_view noun_of(PathUse use) {
  if (use == PathUse::kBlob) return "a valid blob";
  return use == PathUse::kTarget ? "a valid target of a mount" : "a valid file name";
}

}  // namespace

void check_paths(const JsonValue& step, std::string_view verb, Problems& problems) {
  for (const PathKey& known : kPathKeys) {
    if (known.verb != verb) continue;
    const JsonValue* value = step.find(known.key);
    // An empty text has been complained about.
    if (!value || !value->is(JsonValue::Kind::kString) || value->text.empty()) continue;
    const std::string fault = fault_of(value->text, known.use);
    if (fault.empty()) continue;
    problems.error(*value, "path",
                   fmt::format("{} is not {}: {}", quote(value->text), noun_of(known.use), fault),
                   std::string(known.hint));
  }
  const JsonValue* space = step.find("namespace");
  if (!space || !space->is(JsonValue::Kind::kString) || space->text.empty()) return;
  if (const std::string fault = fault_of_file_name(space->text); !fault.empty()) {
    problems.error(*space, "path",
                   fmt::format("{} is not a valid namespace: {}", quote(space->text), fault),
                   std::string(kIdHint));
  }
}

void check_archive_name(const JsonValue& archive, Problems& problems) {
  // An empty key has been complained about.
  if (archive.key.empty()) return;
  const std::string fault = fault_of_file_name(archive.key);
  if (fault.empty()) return;
  problems.key_error(archive, "path",
                     fmt::format("{} is not a valid archive name: {}", quote(archive.key), fault),
                     std::string(kArchiveHint));
}

}  // namespace sweepcheck
