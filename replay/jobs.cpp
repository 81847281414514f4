#include "replay/jobs.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace sweepcheck {

void for_each_job(std::size_t job_count, std::size_t thread_count,
                  const std::function<void(std::size_t job)>& perform) {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t job = next++; job < job_count; job = next++) perform(job);
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < std::min(thread_count, job_count); ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace sweepcheck
