#include "conformance/daemon/library_client.hpp"

#include <fstream>
#include <iterator>
#include <mutex>
#include <string_view>

#include "conformance/daemon/tools.hpp"
#include "conformance/host/process.hpp"
#include "source.hpp"

namespace sweepcheck {
namespace {

namespace fs = std::filesystem;

// Where Debian's packages of Go libraries are.
constexpr const char* kGoPath = "/usr/share/gocode";
constexpr const char* kLibrary = "src/github.com/containerd/containerd";
// The first build compiles all that it uses; others find that in Go's cache.
constexpr std::chrono::minutes kBuildLimit{5};

// The quoted value of `Version = "1.6.20+unknown"`.
std::string library_version() {
  std::ifstream in(fs::path(kGoPath) / kLibrary / "version/version.go");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  constexpr std::string_view kBefore = "Version = \"";
  const std::size_t at = text.find(kBefore);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + kBefore.size();
  return text.substr(begin, text.find('"', begin) - begin);
}

LibraryClient build(const fs::path& folder) {
  LibraryClient client;
  client.version = library_version();
  bool exact = false;
  client.profile = profile_of_version(client.version, exact);
  if (find_program("go").empty() || !client.profile) {
    client.lack = "needs golang-go and golang-github-containerd-containerd-dev";
    return client;
  }
  const fs::path source = folder / "pull.go";
  std::ofstream(source) << kLibraryClientSource;
  client.program = folder / "library-pull";
  const ProcessResult built =
      run_process({"env", "GO111MODULE=off", std::string("GOPATH=") + kGoPath, "GOFLAGS=", "go",
                   "build", "-o", client.program.string(), source.string()},
                  kBuildLimit);
  if (built.exit_code == 0 && !built.timed_out) return client;
  client.lack = built.timed_out ? "go build did not end within 5 minutes"
                                : "go build fails: " + built.err.substr(0, built.err.find('\n'));
  return client;
}

}  // namespace

std::vector<fs::path> library_client_caches() {
  if (find_program("go").empty() || library_version().empty()) return {};
  ProcessResult answer = run_process({"go", "env", "GOCACHE"}, std::chrono::seconds(20));
  while (answer.out.ends_with('\n')) answer.out.pop_back();
  const fs::path cache = answer.out;
  // "off" and what can't be made is none: then go says itself what it lacks.
  if (answer.exit_code != 0 || !cache.is_absolute()) return {};
  std::error_code error;
  fs::create_directories(cache, error);
  return fs::is_directory(cache, error) ? std::vector{cache} : std::vector<fs::path>{};
}

const LibraryClient& library_client(const fs::path& folder) {
  static std::once_flag once;
  static LibraryClient client;
  std::call_once(once, [&] { client = build(folder); });
  return client;
}

}  // namespace sweepcheck
