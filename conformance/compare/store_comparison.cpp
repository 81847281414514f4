#include "conformance/compare/store_comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "conformance/daemon/disk.hpp"
#include "conformance/perform/archive_files.hpp"
#include "conformance/perform/performer.hpp"
#include "model/inspect.hpp"

namespace sweepcheck {
namespace {

constexpr std::chrono::milliseconds kSettlingTime{25};

}  // namespace

bool StoreComparison::applies(const std::vector<std::string>& profiles) const {
  return profiles.empty() || names_profile(profiles, rig_.profile());
}

void StoreComparison::find(std::string message) {
  if (!told_.insert(message).second || is_deviation(message)) return;
  step_->findings.push_back({Finding::Kind::kDifference, "", std::move(message), place_->place.line,
                             place_->place.pointer});
}

bool StoreComparison::is_deviation(const std::string& message) const {
  for (const ConformNote& note : notes_) {
    if (note.deviation.empty() || !applies(note.profiles)) continue;
    for (const std::string& pattern : note.differences) {
      if (matches_pattern(message, pattern)) return true;
    }
  }
  return false;
}

void StoreComparison::note(const std::string& where, const StateDifference& difference) {
  for (const std::string& line : difference.only_model) {
    find(fmt::format("{}: only the model has \"{}\"", where, line));
  }
  for (const std::string& line : difference.only_daemon) {
    find(fmt::format("{}: only the daemon has \"{}\"", where, line));
  }
}

std::string StoreComparison::compare_node(const World& world, NodeId id, int attempts) {
  const std::string name = world.catalog().text(world.node_names[index_of(id)]);
  if (!rig_.daemon(name).running()) return {};
  NodeStore model = store_of(world.catalog(), world.node(id).state);
  hide_unlisted(model);
  const auto shown = [&](const std::string& text) { return rig_.display(text); };
  StateDifference difference;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    if (attempt > 0) std::this_thread::sleep_for(kSettlingTime);
    NodeStore daemon;
    if (const auto status = rig_.api(name).read_records(kScratchNamespace, daemon); !status) {
      return fmt::format("{}: the daemon's state can't be read: {}", name, status.message);
    }
    read_disk(rig_.daemon(name), daemon);
    rig_.pods().hide(daemon);
    translate(daemon, shown, rig_.clock_offset());
    match_unknown(model, daemon);
    difference = compare(node_lines(model), node_lines(daemon));
    if (difference.empty()) {
      rig_.learn_leases(name, model, daemon);
      return {};
    }
  }
  note(name, difference);
  return {};
}

void StoreComparison::compare_registries(const World& world, int attempts) {
  for (const Registry& registry : world.registries) {
    RegistryServer* server = rig_.registry(world.catalog().text(registry.host));
    if (server) compare_registry(world.catalog(), registry, *server, attempts);
  }
  pushes_.compared();
}

void StoreComparison::compare_registry(const Catalog& catalog, const Registry& registry,
                                       RegistryServer& server, int attempts) {
  const std::string host = catalog.text(registry.host);
  const auto shown = [&](const std::string& text) { return rig_.display(text); };
  StateDifference stored;
  StateDifference requests;
  std::vector<SeenRequest> seen;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    if (attempt > 0) std::this_thread::sleep_for(kSettlingTime);
    RegistryStore daemon = server.read();
    translate(daemon, shown);
    stored = compare(registry_lines(store_of(catalog, registry)), registry_lines(daemon));
    for (SeenRequest& request : server.registry_proxy().take_log()) seen.push_back(request);
    requests = compare(request_lines(registry.log), request_lines(seen, shown));
    pushes_.take_from_stored(stored, host);
    pushes_.take_from_requests(requests, host);
    if (stored.empty() && requests.empty()) return;
  }
  note(host, stored);
  for (const std::string& line : requests.only_model) {
    find(fmt::format("{}: step {}: only the model asks \"{}\"", host, step_->number, line));
  }
  for (const std::string& line : requests.only_daemon) {
    find(fmt::format("{}: step {}: only the daemon's client asks \"{}\"", host, step_->number,
                     line));
  }
}

void StoreComparison::compare_archives(const World& world) {
  if (!place_->operation || place_->operation->name != "export") return;
  const bool by_transfer = !Arguments(*place_, rig_.names())
                                .option("local")
                                .value_or(rig_.profile().ctr_engine == Engine::kLocal);
  for (const Archive& archive : world.archives) {
    const std::string name = world.catalog().text(archive.name);
    const PathOrReason file = rig_.archive(name);
    const ArchiveContent real = file.path ? read_archive(*file.path) : ArchiveContent{};
    if (archive.complete != real.complete) {
      find(fmt::format("{}: step {}: the model's archive is {}, the real one {}", name,
                       step_->number, archive.complete ? "complete" : "cut off",
                       real.complete ? "complete" : "cut off"));
    }
    StateLines model;
    for (const BlobId blob : archive.members) {
      model.push_back(world.catalog().display(world.catalog().blob(blob).digest));
    }
    StateLines daemon;
    for (const std::string& member : real.members) daemon.push_back(rig_.display(member));
    std::sort(model.begin(), model.end());
    std::sort(daemon.begin(), daemon.end());
    StateDifference difference = compare(model, daemon);
    // What ctr had not yet copied from the transfer service's stream is lost with it.
    if (!archive.complete && by_transfer) difference.only_model.clear();
    note(name, difference);
  }
}

}  // namespace sweepcheck
