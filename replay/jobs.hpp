// Many independent jobs on several threads: replays, searches, performances on real daemons.
#pragma once

#include <cstddef>
#include <functional>

namespace sweepcheck {

/// Does the jobs 0 to `job_count` - 1, each once and in any order, on so many threads; the caller's
/// is one of them.
void for_each_job(std::size_t job_count, std::size_t thread_count,
                  const std::function<void(std::size_t job)>& perform);

}  // namespace sweepcheck
