#include "reports/output/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sweepcheck {
namespace {

constexpr int kNameAttemptsMax = 100;
constexpr mode_t kPermissionBits = 07777;

std::string failure(std::string_view what, const std::filesystem::path& path, int error) {
  return fmt::format("{}: {}: {}", path.string(), what, std::strerror(error));
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::optional<std::string> write_directly(const std::filesystem::path& path,
                                          std::string_view bytes) {
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return failure("can't open", path, errno);
  const int error = write_all(file, bytes) ? 0 : errno;
  close(file);
  if (error != 0) return failure("can't write", path, error);
  return std::nullopt;
}

/// A new file beside `path`, and its name; -1 with errno set if there can be none.
int open_temporary(const std::filesystem::path& path, std::filesystem::path& temporary) {
  for (int attempt = 0; attempt < kNameAttemptsMax; ++attempt) {
    temporary = path;
    temporary.replace_filename(
        fmt::format(".{}.{}.{}.tmp", path.filename().string(), getpid(), attempt));
    const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file >= 0 || errno != EEXIST) return file;
  }
  return -1;
}

}  // namespace

std::optional<std::string> write_file_atomically(const std::filesystem::path& path,
                                                 std::string_view bytes) {
  struct stat status {};
  const bool exists = stat(path.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) return failure("can't write", path, EISDIR);
  if (exists && !S_ISREG(status.st_mode)) return write_directly(path, bytes);

  std::error_code ignored;
  std::filesystem::path target = exists ? std::filesystem::canonical(path, ignored) : path;
  if (target.empty()) target = path;
  std::filesystem::path temporary;
  const int file = open_temporary(target, temporary);
  if (file < 0) return failure("can't write in its folder", path, errno);

  bool good = !exists || fchmod(file, status.st_mode & kPermissionBits) == 0;
  good = good && write_all(file, bytes) && fsync(file) == 0;
  int error = good ? 0 : errno;
  if (close(file) != 0 && error == 0) error = errno;
  if (error == 0 && rename(temporary.c_str(), target.c_str()) != 0) error = errno;
  if (error == 0) return std::nullopt;
  unlink(temporary.c_str());
  return failure("can't write", path, error);
}

}  // namespace sweepcheck
