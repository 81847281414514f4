#include "conformance/daemon/tools.hpp"

#include <charconv>
#include <sstream>
#include <utility>

#include "conformance/host/process.hpp"

namespace sweepcheck {
namespace {

using Generation = std::pair<int, int>;

// "v1.7.24~ds1" and "containerd-1.7" are both (1, 7).
std::optional<Generation> generation_of(std::string_view text) {
  const std::size_t start = text.find_first_of("0123456789");
  if (start == std::string_view::npos) return std::nullopt;
  Generation out;
  const char* end = text.data() + text.size();
  const auto major = std::from_chars(text.data() + start, end, out.first);
  if (major.ptr == end || *major.ptr != '.') return std::nullopt;
  const auto minor = std::from_chars(major.ptr + 1, end, out.second);
  if (minor.ec != std::errc()) return std::nullopt;
  return out;
}

}  // namespace

const Profile* profile_of_version(const std::string& version, bool& exact) {
  const auto wanted = generation_of(version);
  if (!wanted) return nullptr;
  const Profile* nearest = &profiles().front();
  for (const Profile& profile : profiles()) {
    if (generation_of(profile.name) <= wanted) nearest = &profile;
  }
  exact = generation_of(nearest->name) == wanted;
  return nearest;
}

ContainerdOrReason find_containerd(const std::string& daemon, const std::string& ctr) {
  Containerd found;
  found.daemon = find_program(daemon);
  if (found.daemon.empty()) return {std::nullopt, daemon + " is not a program that can be run"};
  const std::filesystem::path beside = found.daemon.parent_path() / "ctr";
  found.ctr = find_program(ctr.empty() ? beside.string() : ctr);
  if (found.ctr.empty()) {
    return {std::nullopt, (ctr.empty() ? beside.string() : ctr) +
                              " is not a program that can be run; --ctr names another"};
  }
  // "containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1"
  const ProcessResult answer =
      run_process({found.daemon.string(), "--version"}, std::chrono::seconds(20));
  std::istringstream words(answer.out);
  std::string name;
  std::string package;
  words >> name >> package >> found.version;
  if (answer.exit_code != 0 || name != "containerd") {
    return {std::nullopt, found.daemon.string() + " --version does not answer as containerd does"};
  }
  found.profile = profile_of_version(found.version, found.exact);
  if (!found.profile) {
    return {std::nullopt, found.daemon.string() + " reports no version: " + found.version};
  }
  return {std::move(found), {}};
}

}  // namespace sweepcheck
