#include "runner/jobs.hpp"

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>

#include "model/assert.hpp"
#include "properties/threads.hpp"

namespace sweepcheck {

std::uint32_t thread_count_of(const CommandLine& command_line, std::uint32_t most) {
  if (const auto chosen = command_line.value("jobs")) {
    const unsigned long count = std::stoul(*chosen);
    SWEEPCHECK_BELIEVE(count >= 1 && count <= most, "the table of flags has the same range");
    return static_cast<std::uint32_t>(count);
  }
  return std::clamp(std::thread::hardware_concurrency(), 1U, most);
}

void for_each_job(std::size_t job_count, std::size_t thread_count,
                  const std::function<void(std::size_t job)>& perform) {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t job = next++; job < job_count; job = next++) perform(job);
  };
  work_on_threads(std::min(thread_count, job_count), work, [&] { next = job_count; });
}

}  // namespace sweepcheck
