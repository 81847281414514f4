// Aim: a stranger's scenario, performed on real daemons with the rights of root, changes nothing of
// the host; and neither does whatever else might run inside. Method: scenarios that a reader would
// refuse are built behind its back and performed in real namespaces, beside a folder of the host
// with canaries in it; then the host is attacked directly from inside. Only as root.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>

#include "conformance/compare/conformance.hpp"
#include "conformance/daemon/daemon.hpp"
#include "conformance/daemon/tools.hpp"
#include "conformance/host/isolation.hpp"

namespace sweepcheck {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class HostileScenarios : public testing::Test {
 protected:
  void SetUp() override {
    const Isolated tried = run_isolated({}, [](const IsolatedPlace&) { return 0; });
    if (!tried.possible) GTEST_SKIP() << tried.reason;
    std::string name = (fs::temp_directory_path() / "hostile-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    host_ = name;
    fs::create_directories(host_ / "victim/snapshots/1");
    for (const char* file : {"canary", "victim/canary", "victim/snapshots/1/canary"}) {
      std::ofstream(host_ / file) << "alive";
    }
    before_ = look();
  }
  void TearDown() override {
    if (host_.empty()) return;
    EXPECT_EQ(look(), before_);
    fs::remove_all(host_);
  }

  // Every file below the host's folder with its text.
  std::map<std::string, std::string> look() const {
    std::map<std::string, std::string> out;
    for (const auto& entry : fs::recursive_directory_iterator(host_)) {
      out[entry.path().string()] = entry.is_regular_file() ? text_of(entry.path()) : "(folder)";
    }
    return out;
  }

  // Up from wherever a run may be, and down to the host's folder.
  std::string way_out(const std::string& below) const {
    std::string out;
    for (int i = 0; i < 20; ++i) out += "../";
    return out + (host_ / below).string().substr(1);
  }

  fs::path host_;
  std::map<std::string, std::string> before_;
};

/// A scenario that the reader takes, with other names put in where it would refuse them.
struct Attack {
  std::string what;
  std::string text;
  std::function<void(Scenario&)> spoil;
};

void set_subject(Scenario& scenario, std::size_t step, const std::string& name) {
  scenario.steps.at(step).arguments.front().value = name;
}

void set_argument(Scenario& scenario, std::size_t step, std::string_view key,
                  const std::string& name) {
  for (Argument& argument : scenario.steps.at(step).arguments) {
    if (argument.parameter->name == key) argument.value = name;
  }
}

constexpr const char* kImages = R"("images": {"app": {"layers": ["base"]}},
  "archives": {"app.tar": {"image": "app", "name": "app:1"}})";

std::string with_steps(const std::string& steps) {
  return std::string(R"({"about": "a", )") + kImages + R"(, "steps": [)" + steps + "]}";
}

class HostileOnDaemons : public HostileScenarios {
 protected:
  void SetUp() override {
    HostileScenarios::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    daemon_ = find_containerd("containerd", "");
    registry_ = find_program("docker-registry");
    if (!daemon_.containerd) GTEST_SKIP() << daemon_.reason;
    if (registry_.empty()) GTEST_SKIP() << "there is no docker-registry";
  }

  // Performs it; the result's faults and findings are texts in `told`.
  void perform(const Attack& attack, std::string& told) {
    ScenarioResultOrDiagnostics read = parse_scenario(attack.text, "attack.json");
    ASSERT_TRUE(read.scenario) << to_line(read.diagnostics.front());
    attack.spoil(*read.scenario);
    const fs::path note = host_.string() + "-told";
    const Isolated isolated = run_isolated({}, [&](const IsolatedPlace& place) {
      Rig rig({.containerd = &*daemon_.containerd,
               .registry_program = registry_,
               .folder = place.folder / "0",
               .first_port = 20000,
               .no_containers = place.no_control_groups});
      const ScenarioResult result = conform(*read.scenario, rig, {});
      std::string text = result.fault;
      for (const Finding& finding : result.findings) text += "\n" + finding.message;
      for (const StepResult& step : result.steps) {
        for (const Finding& finding : step.findings) text += "\n" + finding.message;
      }
      place.outside->perform([&] { std::ofstream(note) << text; });
      return 0;
    });
    EXPECT_TRUE(isolated.possible) << isolated.reason;
    EXPECT_EQ(isolated.status, 0);
    told = text_of(note);
    fs::remove(note);
  }

  // It is refused as a fault, and the host is as it was.
  void expect_refused(const Attack& attack) {
    SCOPED_TRACE(attack.what);
    std::string told;
    perform(attack, told);
    EXPECT_NE(told.find("leads to no file of this run"), std::string::npos) << told;
    EXPECT_EQ(look(), before_);
  }

  ContainerdOrReason daemon_;
  fs::path registry_;
};

TEST_F(HostileOnDaemons, NoNameOfAnArchiveLeadsOut) {
  for (const std::string& name : {(host_ / "canary").string(), way_out("canary")}) {
    expect_refused({"declared archive " + name, with_steps(R"({"collect": true})"),
                    [&](Scenario& scenario) { scenario.archives.front().name = name; }});
    expect_refused({"import of " + name, with_steps(R"({"import": "app.tar"})"),
                    [&](Scenario& scenario) { set_subject(scenario, 0, name); }});
    expect_refused({"export to " + name,
                    with_steps(R"({"import": "app.tar"}, {"export": "app:1", "to": "out.tar"})"),
                    [&](Scenario& scenario) { set_argument(scenario, 1, "to", name); }});
  }
}

TEST_F(HostileOnDaemons, NoMountLeadsOut) {
  const std::string name = "/" + way_out("victim");
  expect_refused({"mount", with_steps(R"({"import": "app.tar"}, {"mount": "app:1", "to": "/mnt"})"),
                  [&](Scenario& scenario) { set_argument(scenario, 1, "to", name); }});
  expect_refused({"unmount", with_steps(R"({"unmount": "/mnt"})"),
                  [&](Scenario& scenario) { set_subject(scenario, 0, name); }});
}

TEST_F(HostileOnDaemons, NothingOfTheHostIsRemovedOrAdded) {
  const std::string directories = "overlayfs/" + way_out("victim");
  expect_refused({"remove-directories", with_steps(R"({"remove-directories": "overlayfs"})"),
                  [&](Scenario& scenario) { set_subject(scenario, 0, directories); }});
  const std::string blob = "sha256:" + way_out("canary");
  expect_refused({"remove-file", with_steps(R"({"remove-file": "layer:base"})"),
                  [&](Scenario& scenario) { set_subject(scenario, 0, blob); }});
  expect_refused({"add-file", with_steps(R"({"add-file": "layer:base"})"),
                  [&](Scenario& scenario) { set_subject(scenario, 0, blob); }});
}

TEST_F(HostileOnDaemons, NoRegistryLeadsOut) {
  const std::string text = R"({"about": "a", "images": {"app": {"layers": ["base"]}},
    "registries": {"registry.example": {"images": {"lib/app:1": "app"}}},
    "steps": [{"delete-tag": "registry.example/lib/app:1"}]})";
  expect_refused({"host", text, [&](Scenario& scenario) {
                    scenario.registries.front().host = way_out("victim");
                  }});
  expect_refused({"repository", text, [&](Scenario& scenario) {
                    scenario.registries.front().images.front().first = way_out("victim") + ":1";
                  }});
  expect_refused({"tag", text, [&](Scenario& scenario) {
                    scenario.registries.front().images.front().first =
                        "lib/app:" + way_out("victim");
                  }});
}

// What validation takes harms nothing either: an absolute mount is one of the run's own.
TEST_F(HostileOnDaemons, AMountOnAnAbsolutePathIsBelowTheRunsFolder) {
  const std::string target = (host_ / "victim").string();
  std::string told;
  perform({"mount",
           with_steps(R"({"import": "app.tar"}, {"mount": "app:1", "to": ")" + target +
                      R"("}, {"collect": true}, {"unmount": ")" + target +
                      R"(", "remove_snapshot": true})"),
           [](Scenario&) {}},
          told);
  EXPECT_EQ(told, "");
}

// `ctr` would take "--force" for a flag of its own, wherever it stands.
TEST_F(HostileOnDaemons, NoNameIsReadAsAFlag) {
  std::string told;
  perform({"flags", with_steps(R"({"import": "app.tar"},
             {"tag": "app:1", "to": "copy:1"},
             {"remove-image": "--sync", "fails": {"text": "*--sync*"}},
             {"create-lease": "--expires"},
             {"delete-lease": "--expires"},
             {"prepare-snapshot": "--mounts"},
             {"remove-snapshot": "--mounts"},
             {"label-image": "app:1", "labels": {"--replace": "x"}})"),
           [](Scenario&) {}},
          told);
  EXPECT_EQ(told, "");
}

TEST_F(HostileOnDaemons, ARegistryThatIsNotDeclaredIsSaidToBeMissing) {
  std::string told;
  perform({"registry", with_steps(R"({"delete-tag": "nowhere.example/a:1", "fails": true})"),
           [](Scenario&) {}},
          told);
  EXPECT_NE(told.find("there is no registry nowhere.example"), std::string::npos) << told;
}

// It would run the program, or write the log, that a container's labels name.
TEST_F(HostileOnDaemons, TheMonitorThatRestartsContainersIsOff) {
  DaemonSettings settings;
  settings.containerd = &*daemon_.containerd;
  settings.folder = "/f";
  settings.hosts_folder = "/f/certs.d";
  const std::string configuration = daemon_configuration(settings);
  EXPECT_NE(configuration.find("\"io.containerd.internal.v1.restart\""), std::string::npos);
}

// Whoever can run a program inside still finds the host read-only.
TEST_F(HostileScenarios, TheHostIsReadOnlyInsideButForTheRunsFolder) {
  const Isolated isolated = run_isolated({}, [&](const IsolatedPlace& place) {
    const auto can_write = [](const fs::path& file) {
      const int opened = ::open(file.c_str(), O_WRONLY | O_CREAT, 0600);
      if (opened >= 0) ::close(opened);
      return opened >= 0;
    };
    if (can_write(host_ / "canary") || can_write(host_ / "new")) return 1;
    if (::unlink((host_ / "canary").c_str()) == 0) return 2;
    if (::mkdir("/sweepcheck-was-here", 0700) == 0) return 3;
    for (const char* folder : {"/tmp", "/etc", "/var", "/root", "/dev", "/sys"}) {
      if (can_write(fs::path(folder) / "sweepcheck-was-here")) return 4;
    }
    if (can_write("/proc/sys/kernel/core_pattern")) return 5;
    if (!can_write(place.folder / "x") || !can_write("/run/x")) return 6;
    if (!can_write(fs::temp_directory_path() / "x")) return 7;
    return 0;
  });
  EXPECT_EQ(isolated.status, 0);
}

TEST_F(HostileScenarios, WhatIsToBeWrittenOutsideIsWrittenWhereTheCallerMeans) {
  const fs::path own = host_.string() + "-own";
  fs::create_directories(own / "cache");
  const fs::path was = fs::current_path();
  fs::current_path(own);
  const Isolated isolated =
      run_isolated({.writable = {own / "cache"}}, [&](const IsolatedPlace& place) {
        const std::string obstacle = place.outside->perform([] { std::ofstream("report") << "r"; });
        if (!obstacle.empty()) return 1;
        std::ofstream(own / "cache/built") << "b";
        std::ofstream(own / "refused") << "x";
        return fs::exists(own / "refused") ? 2 : 0;
      });
  fs::current_path(was);
  EXPECT_EQ(isolated.status, 0);
  EXPECT_EQ(text_of(own / "report"), "r");
  EXPECT_EQ(text_of(own / "cache/built"), "b");
  fs::remove_all(own);
}

}  // namespace
}  // namespace sweepcheck
