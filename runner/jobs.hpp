// Many independent jobs on several threads: what `run` and `check` do with replays and shrinking.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "runner/command_line.hpp"

namespace sweepcheck {

/// The most that --jobs may say of threads that work alone, and of those that each have a daemon.
inline constexpr std::uint32_t kThreadCountMax = 64;
inline constexpr std::uint32_t kDaemonCountMax = 16;

/// What --jobs says, which is `most` at most, or one for each processor so far as that allows.
std::uint32_t thread_count_of(const CommandLine& command_line, std::uint32_t most);

/// Does the jobs 0 to `job_count` - 1, each once and in any order, on so many threads, or on as
/// many as can be started; the caller's is one of them. What a job throws is thrown again here, and
/// the jobs that weren't begun are left.
void for_each_job(std::size_t job_count, std::size_t thread_count,
                  const std::function<void(std::size_t job)>& perform);

}  // namespace sweepcheck
