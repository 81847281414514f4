#include "runner/cli/terminal.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace sweepcheck {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : std::string_view{value};
}

}  // namespace

bool is_terminal(int file_descriptor) {
  return isatty(file_descriptor) == 1 && environment("TERM") != "dumb";
}

bool wants_colour(int file_descriptor, const CommandLine& command_line) {
  return !command_line.has("no-color") && environment("NO_COLOR").empty() &&
         is_terminal(file_descriptor);
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
