#include "runner/cli/entry.hpp"

#include <signal.h>

#include <exception>
#include <iostream>
#include <new>
#include <system_error>

#include "runner/cli/command_line.hpp"

namespace sweepcheck {
namespace {

// A file that may grow no more (ulimit -f) shall be an error of its write, as a full disk is. The
// signal is handled, not ignored: programs that we start would go on ignoring it.
void survive_file_size_limits() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  action.sa_flags = SA_RESTART;
  sigaction(SIGXFSZ, &action, nullptr);
}

int report_internal_error(const std::exception& error) {
  std::cerr << "sweepcheck: internal error: " << error.what() << '\n';
  return exit_status::kInternal;
}

}  // namespace

int run_guarded(int argc, char** argv,
                const std::function<int(const std::vector<std::string>& arguments)>& run) {
  std::ios::sync_with_stdio(false);
  survive_file_size_limits();
  try {
    const int status = run(std::vector<std::string>(argv + 1, argv + argc));
    std::cout.flush();
    if (std::cout) return status;
    std::cerr << "sweepcheck: standard output can't be written\n";
    return exit_status::kBadUse;
  } catch (const std::bad_alloc&) {
    std::cerr << "sweepcheck: there is not enough memory; allow more, or fewer threads: --jobs 1\n";
    return exit_status::kBadUse;
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::resource_unavailable_try_again) {
      return report_internal_error(error);
    }
    std::cerr << "sweepcheck: the system allows no more threads; allow more, or try --jobs 1\n";
    return exit_status::kBadUse;
  } catch (const std::exception& error) {
    return report_internal_error(error);
  }
}

}  // namespace sweepcheck
