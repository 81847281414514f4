#include "reports/output/terminal.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace sweepcheck {

bool is_terminal(int file_descriptor) {
  const char* kind = std::getenv("TERM");
  return isatty(file_descriptor) == 1 && (kind == nullptr || std::string_view(kind) != "dumb");
}

Progress::Progress(std::string label, std::uint64_t total_count)
    : label_(std::move(label)), total_count_(total_count), draws_(is_terminal(STDERR_FILENO)) {}

Progress::~Progress() { clear(); }

void Progress::advance() {
  const std::lock_guard lock(mutex_);
  ++done_count_;
  if (!draws_) return;
  // A hundred times in all is smooth enough, and costs nothing beside the work itself.
  const std::uint64_t stride = total_count_ / 100 + 1;
  if (done_count_ % stride != 0 && done_count_ != total_count_) return;
  fmt::print(stderr, "\r{} {}/{}\x1b[K", label_, done_count_, total_count_);
  std::fflush(stderr);
  drawn_ = true;
}

void Progress::clear() {
  const std::lock_guard lock(mutex_);
  if (!drawn_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace sweepcheck
