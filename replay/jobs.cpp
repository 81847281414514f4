#include "replay/jobs.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "model/assert.hpp"
#include "properties/threads.hpp"
namespace sweepcheck {

void for_each_job(std::size_t job_count, std::size_t thread_count,
                  const std::function<void(std::size_t job)>& perform) {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t job = next++; job < job_count; job = next++) perform(job);
  };
  work_on_threads(std::min(thread_count, job_count), work, [&] { next = job_count; });
}

}  // namespace sweepcheck
