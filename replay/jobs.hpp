// Many independent jobs on several threads: replays, searches, performances on real daemons.
#pragma once

#include <cstddef>
#include <functional>

namespace sweepcheck {

/// Does the jobs 0 to `job_count` - 1, each once and in any order, on so many threads, or on as
/// many as can be started; the caller's is one of them. What a job throws is thrown again here, and
/// the jobs that weren't begun are left.
void for_each_job(std::size_t job_count, std::size_t thread_count,
                  const std::function<void(std::size_t job)>& perform);

}  // namespace sweepcheck
