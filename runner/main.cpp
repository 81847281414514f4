#include <signal.h>

#include <exception>
#include <iostream>
#include <new>
#include <string>
#include <system_error>
#include <vector>

#include "runner/commands.hpp"

namespace {

// A file that may grow no more (ulimit -f) shall be an error of its write, as a full disk is. The
// signal is handled, not ignored: programs that we start would go on ignoring it.
void survive_file_size_limits() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  action.sa_flags = SA_RESTART;
  sigaction(SIGXFSZ, &action, nullptr);
}

int report_mistake(const std::exception& error) {
  std::cerr << "sweepcheck: a mistake of ours: " << error.what() << '\n';
  return sweepcheck::exit_status::kInternal;
}

int run(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const int status = sweepcheck::run_program(arguments, std::cout, std::cerr);
  std::cout.flush();
  if (std::cout) return status;
  std::cerr << "sweepcheck: standard output can't be written\n";
  return sweepcheck::exit_status::kBadUse;
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  survive_file_size_limits();
  try {
    return run(argc, argv);
  } catch (const std::bad_alloc&) {
    std::cerr << "sweepcheck: there is not enough memory; allow more, or fewer threads: --jobs 1\n";
    return sweepcheck::exit_status::kBadUse;
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::resource_unavailable_try_again) return report_mistake(error);
    std::cerr << "sweepcheck: the system allows no more threads; allow more, or try --jobs 1\n";
    return sweepcheck::exit_status::kBadUse;
  } catch (const std::exception& error) {
    return report_mistake(error);
  }
}
