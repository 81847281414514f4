// Verbs of containers and pods: ctr's containers and tasks, and CRI's.
#include "conformance/host/pause_program.hpp"
#include "conformance/perform/performer.hpp"

namespace sweepcheck {
namespace {

using Words = std::vector<std::string>;

}  // namespace

// Why CRI can't do what the step asks for.
std::string Performer::cri_obstacle(const ScenarioStep& step, const Arguments& arguments) const {
  const std::string snapshotter = arguments.text("snapshotter");
  const std::string& used = rig_.daemon(step.node).policy().cri.snapshotter;
  if (snapshotter.empty() || snapshotter == used) return {};
  if (rig_.profile().runtime_snapshotters && snapshotter == kNativeRuntime) return {};
  return "CRI uses the snapshotter of its configuration, " + used;
}

Outcome Performer::create_in_pod(const ScenarioStep& step, const Arguments& arguments) {
  if (std::string obstacle = cri_obstacle(step, arguments); !obstacle.empty()) {
    return {.obstacle = std::move(obstacle)};
  }
  if (!rig_.no_containers().empty()) return {.lack = rig_.no_containers()};
  Daemon& daemon = rig_.daemon(step.node);
  Api& api = rig_.api(step.node);
  Pods& pods = rig_.pods();
  if (!pods.pod(daemon)) {
    if (api.cri_has(daemon.policy().cri.sandbox_image)) {
      return {.obstacle = "it has the sandbox's image, but runs no sandbox for its containers"};
    }
    if (auto fault = pods.run_beside(daemon, api)) return {.fault = *fault};
  }
  const Pod pod = *pods.pod(daemon);
  std::string id;
  const CallStatus status = api.create_in_pod({.pod_id = pod.id,
                                               .pod = pod.name,
                                               .name = arguments.subject(),
                                               .image = arguments.text("image"),
                                               .labels = rig_.real_labels(arguments.labels())},
                                              id);
  if (status) pods.give_name(id, arguments.subject());
  return outcome_of(status);
}

Outcome Performer::create_container(const ScenarioStep& step, const Arguments& arguments) {
  if (step.by == Client::kCri) return create_in_pod(step, arguments);
  Words words{"containers", "create", "--snapshotter=" + snapshotter_of(arguments)};
  for (const auto& [key, value] : rig_.real_labels(arguments.labels())) {
    words.push_back("--label=" + key + "=" + value);
  }
  words.insert(words.end(), {kNamesFollow, arguments.text("image"), arguments.subject(),
                             "/" + pause_program_name(host_architecture())});
  return run_ctr(step, words);
}

Outcome Performer::start_container(const ScenarioStep& step, const Arguments& arguments) {
  if (!rig_.no_containers().empty()) return {.lack = rig_.no_containers()};
  const std::string id = rig_.pods().id_of(arguments.subject());
  if (step.by == Client::kCri) return outcome_of(rig_.api(step.node).start_in_pod(id));
  return run_ctr(step, {"tasks", "start", "--detach", "--null-io", kNamesFollow, id});
}

Outcome Performer::stop_container(const ScenarioStep& step, const Arguments& arguments) {
  const std::string id = rig_.pods().id_of(arguments.subject());
  if (step.by == Client::kCri) return outcome_of(rig_.api(step.node).stop_in_pod(id));
  return run_ctr(step, {"tasks", "delete", "--force", kNamesFollow, id});
}

Outcome Performer::remove_container(const ScenarioStep& step, const Arguments& arguments) {
  const std::string id = rig_.pods().id_of(arguments.subject());
  if (step.by == Client::kCri) return outcome_of(rig_.api(step.node).remove_in_pod(id));
  Words words{"containers", "rm"};
  if (arguments.flag("keep_snapshot")) words.emplace_back("--keep-snapshot");
  words.insert(words.end(), {kNamesFollow, id});
  return run_ctr(step, words);
}

Outcome Performer::run_sandbox(const ScenarioStep& step, const Arguments& arguments) {
  Api& api = rig_.api(step.node);
  const std::string name = arguments.subject();
  const std::string image = arguments.text("image");
  if (image.empty()) {
    // A sandbox of a controller that needs no image: CRI makes the records alone. Only those with
    // an image can be run here, so this makes them itself.
    const CallContext context{namespace_of(step), ""};
    CallStatus status;
    if (rig_.profile().sandbox_lease) status = api.create_lease(context, name, {});
    if (status && rig_.profile().has_sandboxes) {
      status = api.create_sandbox(context, name, rig_.real_labels(arguments.labels()));
    }
    return outcome_of(status);
  }
  if (image != rig_.daemon(step.node).policy().cri.sandbox_image) {
    return {.obstacle = "the node's cri.sandbox_image is another image"};
  }
  if (!arguments.labels().empty()) {
    return {.obstacle = "CRI gives a pod's labels to its container, not to the sandbox's record"};
  }
  if (std::string obstacle = cri_obstacle(step, arguments); !obstacle.empty()) {
    return {.obstacle = std::move(obstacle)};
  }
  if (!rig_.no_containers().empty()) return {.lack = rig_.no_containers()};
  std::string id;
  const std::string runtime = arguments.text("snapshotter") == kNativeRuntime ? kNativeRuntime : "";
  const CallStatus status = api.run_pod(name, runtime, id);
  if (status) {
    rig_.pods().give_name(id, name);
    rig_.pods().set_pod(rig_.daemon(step.node), {id, name});
  }
  return outcome_of(status);
}

Outcome Performer::remove_sandbox(const ScenarioStep& step, const Arguments& arguments) {
  Api& api = rig_.api(step.node);
  const std::string name = arguments.subject();
  const std::string id = rig_.pods().id_of(name);
  if (id != name) return outcome_of(api.remove_pod(id));
  const CallContext context{namespace_of(step), ""};
  CallStatus status;
  if (rig_.profile().has_sandboxes) status = api.delete_sandbox(context, name);
  if (status && rig_.profile().sandbox_lease) status = api.delete_lease(context, name, false);
  return outcome_of(status);
}

}  // namespace sweepcheck
