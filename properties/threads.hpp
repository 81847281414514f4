// Work on several threads, so far as the system gives them.
#pragma once

#include <cstddef>
#include <functional>

namespace sweepcheck {

/// Calls `work` on so many threads, of which the caller's is one, or on as many as can be started,
/// and returns when all calls have. If one throws, `give_up` is called, under a lock, to make the
/// others return soon; what was thrown first is thrown again here.
void work_on_threads(std::size_t thread_count, const std::function<void()>& work,
                     const std::function<void()>& give_up);

}  // namespace sweepcheck
