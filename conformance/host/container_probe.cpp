#include "conformance/host/container_probe.hpp"

#include <fmt/format.h>

#include <fstream>

#include "conformance/host/pause_program.hpp"
#include "conformance/host/process.hpp"

namespace sweepcheck {
namespace {

namespace fs = std::filesystem;

constexpr Milliseconds kLimit{10'000};

// What CRI asks for that a machine may not have: a group with a share of the processors.
constexpr const char* kBundle = R"({{
  "ociVersion": "1.0.2",
  "process": {{"user": {{"uid": 0, "gid": 0}}, "args": ["/{}"], "cwd": "/"}},
  "root": {{"path": "rootfs"}},
  "mounts": [{{"destination": "/proc", "type": "proc", "source": "proc"}}],
  "linux": {{
    "cgroupsPath": "/probe",
    "resources": {{"cpu": {{"shares": 2}}}},
    "namespaces": [{{"type": "pid"}}, {{"type": "mount"}}, {{"type": "ipc"}}, {{"type": "uts"}}]
  }}
}})";

}  // namespace

std::string why_no_containers(const fs::path& folder) {
  if (find_program("runc").empty()) return "there is no runc (Debian's package runc has it)";
  const fs::path bundle = folder / "probe";
  const std::string name = pause_program_name(host_architecture());
  const fs::path program = bundle / "rootfs" / name;
  std::error_code error;
  fs::create_directories(bundle / "rootfs/proc", error);
  std::ofstream(program, std::ios::binary) << pause_program(host_architecture());
  fs::permissions(program, fs::perms::owner_all, error);
  std::ofstream(bundle / "config.json") << fmt::format(kBundle, name);
  const std::string root = (bundle / "state").string();
  // Not by run_process: the container would keep its pipes open.
  auto start = ChildProcess::start(
      {"runc", "--root", root, "run", "--detach", "--bundle", bundle.string(), "probe"},
      bundle / "log");
  const auto code = start ? start->wait(kLimit) : std::nullopt;
  run_process({"runc", "--root", root, "delete", "--force", "probe"}, kLimit);
  std::string reason;
  if (code != 0) reason = "runc can't run a container here: " + last_lines(bundle / "log", 1);
  while (reason.ends_with('\n')) reason.pop_back();
  fs::remove_all(bundle, error);
  return reason;
}

}  // namespace sweepcheck
