// Many independent jobs on several threads: what `run` and `check` do with replays and shrinking.
#pragma once

#include <cstddef>
#include <functional>

#include "runner/command_line.hpp"

namespace sweepcheck {

/// What --jobs says, or one for each processor; at most `most`.
std::size_t thread_count_of(const CommandLine& command_line, std::size_t most);

/// Does the jobs 0 to `job_count` - 1, each once and in any order, on so many threads; the caller's
/// is one of them.
void for_each_job(std::size_t job_count, std::size_t thread_count,
                  const std::function<void(std::size_t job)>& perform);

}  // namespace sweepcheck
