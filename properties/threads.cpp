#include "properties/threads.hpp"

#include <exception>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

namespace sweepcheck {

void work_on_threads(std::size_t thread_count, const std::function<void()>& work,
                     const std::function<void()>& give_up) {
  std::mutex mutex;
  std::exception_ptr thrown;
  const auto guarded = [&] {
    try {
      work();
    } catch (...) {
      const std::scoped_lock lock(mutex);
      if (!thrown) thrown = std::current_exception();
      give_up();
    }
  };
  std::vector<std::thread> threads;
  try {
    threads.reserve(thread_count);
    for (std::size_t i = 1; i < thread_count; ++i) threads.emplace_back(guarded);
  } catch (const std::system_error&) {
    // A limit on threads, or no memory for one's stack: those that run do the work.
  } catch (const std::bad_alloc&) {
  }
  guarded();
  for (std::thread& thread : threads) thread.join();
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace sweepcheck
