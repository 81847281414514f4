// Performs a scenario's steps on real daemons and registries, with the tools that users have: ctr,
// CRI, and containerd's API for what ctr cannot do.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "conformance/host/process.hpp"
#include "conformance/perform/rig.hpp"
#include "conformance/stops/stop_points.hpp"

namespace sweepcheck {

/// How long any client may take: one that takes a tenth of a second did take 20 s where forty
/// others were at work on two processors.
inline constexpr std::chrono::seconds kClientLimit{60};

/// How a step went for real.
struct Outcome {
  /// Why it can't be performed for real; empty: it was.
  std::string obstacle = {};
  /// What this machine lacks for it; empty: nothing.
  std::string lack = {};
  /// It hung, or the machinery itself failed; with the reason.
  std::string fault = {};
  bool failed = false;
  /// It has not ended yet (`until`).
  bool running = false;
  /// containerd's message, with digests by their aliases.
  std::string error = {};
  std::string out = {};
};

/// The values that a step gives to its parameters, by name.
class Arguments {
 public:
  Arguments(const ScenarioStep& step, Catalog& names) : step_(step), names_(names) {}

  /// The verb's own value, with aliases replaced by digests.
  std::string subject() const;
  bool flag(std::string_view name) const;
  std::optional<bool> option(std::string_view name) const;
  std::string text(std::string_view name) const;
  std::int64_t number(std::string_view name) const;
  std::vector<std::string> list(std::string_view name) const;
  TextPairs labels() const;

 private:
  const Argument* find(std::string_view name) const;
  std::string resolved(const Argument& argument, const std::string& text) const;

  const ScenarioStep& step_;
  Catalog& names_;
};

/// What stands between the flags of a program and the names from a scenario, none of which is to be
/// read as a flag; dropped where no name looks like one. For the same reason the value of a flag is
/// in one word with it.
inline constexpr const char* kNamesFollow = "--";

class Performer {
 public:
  explicit Performer(Rig& rig);
  ~Performer();

  /// `stop`: the step, as `--trace` prints it, before which the model's operation stands after
  /// this; empty: at its end.
  Outcome perform(const ScenarioStep& step, const std::string& stop);

  /// True if it knows how an operation of this name is performed.
  static bool knows(std::string_view verb) { return find_verb(verb) != nullptr; }

 private:
  using Words = std::vector<std::string>;
  using Verb = Outcome (Performer::*)(const ScenarioStep&, const Arguments&);
  struct Pending;
  /// What a client does, as a program or a call.
  struct Work {
    /// Of a program: its name, "--address", the daemon's socket, and the rest. Empty: `call`.
    Words words = {};
    std::function<CallStatus(Api&)> call = {};
    /// It is done by the daemon itself: none of its calls can be seen.
    bool in_daemon = false;
    /// Whose registry it asks.
    std::string reference = {};
    std::filesystem::path input = "/dev/null";
    /// What no word of ctr's does, once it has ended well: labels of what it made.
    std::function<CallStatus(Api&)> afterwards = {};
  };

  static Verb find_verb(std::string_view name);
  Outcome operation(const ScenarioStep& step);
  Outcome restart(const ScenarioStep& step);
  Outcome kill_client(const ScenarioStep& step);
  Outcome kill_daemon(const ScenarioStep& step);
  Outcome resume(const ScenarioStep& step);

  // perform_images.cpp
  Outcome pull(const ScenarioStep& step, const Arguments& arguments);
  Outcome pull_by_library(const ScenarioStep& step, const Arguments& arguments);
  Outcome fetch(const ScenarioStep& step, const Arguments& arguments);
  Outcome import(const ScenarioStep& step, const Arguments& arguments);
  Outcome export_images(const ScenarioStep& step, const Arguments& arguments);
  Outcome push(const ScenarioStep& step, const Arguments& arguments);
  Outcome tag(const ScenarioStep& step, const Arguments& arguments);
  Outcome remove_image(const ScenarioStep& step, const Arguments& arguments);
  Outcome label_image(const ScenarioStep& step, const Arguments& arguments);
  Outcome check(const ScenarioStep& step, const Arguments& arguments);
  Outcome usage(const ScenarioStep& step, const Arguments& arguments);
  Outcome prune_images(const ScenarioStep& step, const Arguments& arguments);
  Outcome convert(const ScenarioStep& step, const Arguments& arguments);
  Outcome mount(const ScenarioStep& step, const Arguments& arguments);
  Outcome unmount(const ScenarioStep& step, const Arguments& arguments);
  Outcome unpack(const ScenarioStep& step, const Arguments& arguments);

  // perform_stores.cpp
  Outcome ingest(const ScenarioStep& step, const Arguments& arguments);
  Outcome label_content(const ScenarioStep& step, const Arguments& arguments);
  Outcome remove_content(const ScenarioStep& step, const Arguments& arguments);
  Outcome prune_references(const ScenarioStep& step, const Arguments& arguments);
  Outcome remove_file(const ScenarioStep& step, const Arguments& arguments);
  Outcome remove_directories(const ScenarioStep& step, const Arguments& arguments);
  Outcome add_file(const ScenarioStep& step, const Arguments& arguments);
  Outcome prepare_snapshot(const ScenarioStep& step, const Arguments& arguments);
  Outcome view_snapshot(const ScenarioStep& step, const Arguments& arguments);
  Outcome commit_snapshot(const ScenarioStep& step, const Arguments& arguments);
  Outcome remove_snapshot(const ScenarioStep& step, const Arguments& arguments);
  Outcome label_snapshot(const ScenarioStep& step, const Arguments& arguments);
  Outcome create_lease(const ScenarioStep& step, const Arguments& arguments);
  Outcome delete_lease(const ScenarioStep& step, const Arguments& arguments);
  Outcome add_resource(const ScenarioStep& step, const Arguments& arguments);
  Outcome remove_resource(const ScenarioStep& step, const Arguments& arguments);
  Outcome label_container(const ScenarioStep& step, const Arguments& arguments);
  Outcome label_namespace(const ScenarioStep& step, const Arguments& arguments);
  Outcome delete_namespace(const ScenarioStep& step, const Arguments& arguments);
  /// Moves every expiry of leases and images into the past by so much.
  Outcome advance(const ScenarioStep& step);
  std::optional<std::string> shift_expiry(Api& api, const StoreRecord& record, Duration by);
  /// Digest and bytes of the blob that a step writes.
  std::pair<std::string, std::string> bytes_for(const Arguments& arguments);
  SnapshotRequest snapshot_request(const Arguments& arguments);

  // perform_pods.cpp
  Outcome create_container(const ScenarioStep& step, const Arguments& arguments);
  Outcome create_in_pod(const ScenarioStep& step, const Arguments& arguments);
  Outcome start_container(const ScenarioStep& step, const Arguments& arguments);
  Outcome stop_container(const ScenarioStep& step, const Arguments& arguments);
  Outcome remove_container(const ScenarioStep& step, const Arguments& arguments);
  Outcome run_sandbox(const ScenarioStep& step, const Arguments& arguments);
  Outcome remove_sandbox(const ScenarioStep& step, const Arguments& arguments);
  std::string cri_obstacle(const ScenarioStep& step, const Arguments& arguments) const;

  // perform_registry.cpp
  Outcome seed_registry(const ScenarioStep& step, const Arguments& arguments);
  Outcome delete_tag(const ScenarioStep& step, const Arguments& arguments);
  Outcome delete_manifest(const ScenarioStep& step, const Arguments& arguments);
  Outcome delete_repository(const ScenarioStep& step, const Arguments& arguments);
  Outcome collect_registry(const ScenarioStep& step, const Arguments& arguments);
  Outcome stop_registry(const ScenarioStep& step, const Arguments& arguments);
  Outcome start_registry(const ScenarioStep& step, const Arguments& arguments);

  /// `ctr` on the step's node and namespace.
  Words ctr(const ScenarioStep& step, const Words& words);
  /// To its end, or to where the step stops it.
  Outcome run(const ScenarioStep& step, Work work);
  Outcome run_ctr(const ScenarioStep& step, const Words& words,
                  const std::filesystem::path& input = "/dev/null",
                  std::function<CallStatus(Api&)> afterwards = {});
  Outcome completed(const Work& work, const ProcessResult& result, const std::string& node);
  Outcome outcome_of(const CallStatus& status);
  Outcome outcome_of(const ProcessResult& result);
  CallContext context_of(const ScenarioStep& step, const Arguments& arguments);
  std::string snapshotter_of(const Arguments& arguments) const;
  /// Whether the daemon's transfer service does what ctr asks for.
  bool by_transfer(const Arguments& arguments) const;

  // perform_stops.cpp
  /// A collection that ends before its clean-up, as long as the daemon lives.
  Outcome sweep(const ScenarioStep& step);
  bool waits_for_clean_up(const ScenarioStep& step);
  /// Starts a client that stops where the model stands.
  Outcome start(const ScenarioStep& step, Work work);
  Outcome stop_at(const StopPoint& point, Pending& pending);
  Outcome arm(const StopPoint& point, Pending& pending);
  void let_go_elsewhere(const StopPoint& point, Pending& pending);
  static bool is_held_within(const StopPoint& point, Pending& pending, Milliseconds limit);
  std::optional<Outcome> wait_until_held(const StopPoint& point, Pending& pending);
  bool is_held_by_another(const Pending& pending) const;
  void forget(const Pending& pending);
  Outcome ended_before(const StopPoint& point, Pending& pending);
  static bool has_ended(Pending& pending);
  Outcome end_of(Pending& pending);
  void let_go(Pending& pending);
  void drop(Pending& pending);
  void launch(Pending& pending);
  void await_bytes(const StopPoint& point, const Pending& pending);
  std::optional<std::string> feed(const InputPoint& point, Pending& pending);
  Pending* find_pending(const std::string& handle);

  Rig& rig_;
  std::string stop_;
  std::vector<std::unique_ptr<Pending>> pending_;
  /// So many clients that could stop were started.
  int started_ = 0;
};

}  // namespace sweepcheck
