#include "conformance/perform/rig.hpp"

#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <set>

#include "conformance/daemon/lease_names.hpp"
#include "conformance/perform/archive_files.hpp"
#include "input/digest.hpp"
#include "model/catalog/label.hpp"
#include "model/catalog/media_type.hpp"

namespace sweepcheck {

namespace fs = std::filesystem;

// A scenario's stores, logs and archives take a few MiB.
constexpr std::uintmax_t kSpaceMin = 32U << 20U;

Rig::Rig(RigSettings settings) : settings_(std::move(settings)), next_port_(settings_.first_port) {}

Rig::~Rig() {
  tear_down();
  for (auto& [host, registry] : registries_) registry->stop();
}

std::optional<std::string> Rig::set_up(const Scenario& scenario, const RealImages& images) {
  tear_down();
  std::error_code unknown;
  const fs::space_info space = fs::space(settings_.folder.parent_path(), unknown);
  if (!unknown && space.available < kSpaceMin) {
    return fmt::format("{} is full: {} MiB are left of {}, and daemons need {}",
                       settings_.folder.parent_path().string(), space.available >> 20U,
                       space.capacity >> 20U, kSpaceMin >> 20U);
  }
  images_ = &images;
  names_ = std::make_unique<Catalog>([](std::string_view bytes) { return sha256_digest(bytes); });
  for (const auto& [name, image] : images.images) names_->add_image(image);
  pods_ = std::make_unique<Pods>();
  std::error_code ignored;
  fs::remove_all(hosts_folder(), ignored);
  fs::remove_all(archives_folder(), ignored);
  fs::create_directories(archives_folder());
  fs::create_directories(mounts_folder());
  if (auto fault = set_up_archives(scenario)) return fault;
  for (const ScenarioRegistry& declared : scenario.registries) {
    if (auto fault = set_up_registry(declared)) return fault;
  }
  clock_offset_ = real_now() - kEpoch;
  real_time_ = needs_real_time(scenario);
  lead_clock_ = LeadClock();
  first_node_ = scenario.nodes.front().name;
  for (const ScenarioNode& declared : scenario.nodes) {
    if (auto fault = set_up_node(declared)) return fault;
  }
  return std::nullopt;
}

void Rig::tear_down() {
  for (auto& [name, node] : nodes_) {
    node.api.reset();
    node.daemon->kill();
    node.daemon->end_containers();
    node.daemon->stop();
  }
  unmount_below(mounts_folder());
  std::error_code ignored;
  if (!settings_.keep) {
    for (const auto& [name, node] : nodes_) {
      fs::remove_all(node.daemon->root().parent_path(), ignored);
    }
    fs::remove_all(mounts_folder(), ignored);
  }
  nodes_.clear();
  leases_.clear();
  registry_used_.clear();
}

std::string Rig::death(Milliseconds patience) {
  for (auto& [name, node] : nodes_) {
    if (const auto how = node.daemon->death(patience)) {
      return fmt::format("{}: containerd {} though nobody asked it to; its last words:\n{}", name,
                         *how, node.daemon->last_words());
    }
  }
  for (auto& [host, used] : registry_used_) {
    RegistryServer& registry = *registries_.at(host);
    if (const auto how = registry.death()) {
      return fmt::format("{}: the registry {} though nobody asked it to; its last words:\n{}", host,
                         *how, registry.last_words());
    }
  }
  return {};
}

std::string Rig::with_last_words(const ScenarioStep& step, const std::string& what) {
  return fmt::format("{}; the last words of containerd:\n{}", what, daemon(step.node).last_words());
}

std::optional<std::string> Rig::set_up_registry(const ScenarioRegistry& declared) {
  std::unique_ptr<RegistryServer>& registry = registries_[declared.host];
  if (registry && (registry->descriptor_cache() || declared.descriptor_cache)) {
    registry->stop();
    registry.reset();
  }
  if (!registry) {
    registry = std::make_unique<RegistryServer>(
        RegistrySettings{.program = settings_.registry_program,
                         .folder = settings_.folder / fmt::format("registry-{}", next_port_),
                         .port = next_port_,
                         .descriptor_cache = declared.descriptor_cache});
    next_port_ = static_cast<std::uint16_t>(next_port_ + 2);
  }
  // The scenario before may have stopped it; if it died, its pass-through is still there.
  if (!registry->running()) {
    registry->stop();
    if (auto fault = registry->start()) return fault;
  }
  registry->clear();
  registry->registry_proxy().release();
  registry_used_[declared.host] = true;
  if (auto fault = write_hosts_file(declared.host, registry->port())) return fault;
  for (const auto& [reference, name] : declared.images) {
    const ImageDescription& image = images_->images.at(name);
    const std::size_t colon = reference.rfind(':');
    const std::string repository = reference.substr(0, colon);
    std::vector<std::string> manifests;
    std::vector<std::string> others;
    for (const ImageBlob& blob : image.blobs) {
      if (!blob.present) continue;
      const bool lists = has_children(classify_media_type(blob.media_type));
      (lists ? manifests : others).push_back(blob.digest);
    }
    auto fault = registry->seed(repository, manifests, others, images_->bytes);
    if (!fault) {
      fault = registry->seed_tag(repository, reference.substr(colon + 1), image.target().digest);
    }
    if (fault) return fault;
  }
  return std::nullopt;
}

std::optional<std::string> Rig::write_hosts_file(const std::string& host,
                                                 std::uint16_t port) const {
  const PathOrReason folder = contained_file(hosts_folder(), host);
  if (!folder.path) return folder.reason;
  fs::create_directories(*folder.path);
  // Without a table of hosts, even an empty one, 1.6 ignores the server.
  std::ofstream(*folder.path / "hosts.toml")
      << fmt::format("server = \"http://127.0.0.1:{}\"\n[host]\n", port);
  return std::nullopt;
}

std::optional<std::string> Rig::set_up_node(const ScenarioNode& declared) {
  NodeParts& node = nodes_[declared.name];
  node.daemon = std::make_unique<Daemon>(
      DaemonSettings{.containerd = settings_.containerd,
                     .folder = settings_.folder / fmt::format("d{}", ++daemon_count_),
                     .hosts_folder = hosts_folder(),
                     .policy = declared.policy});
  if (auto fault = node.daemon->start()) return fault;
  reconnect(declared.name);
  return std::nullopt;
}

std::optional<std::string> Rig::set_up_archives(const Scenario& scenario) {
  for (const ScenarioArchive& declared : scenario.archives) {
    const PathOrReason file = archive(declared.name);
    if (!file.path) return file.reason;
    const std::string index = write_archive(declared, *images_, *file.path);
    if (!index.empty()) names_->set_alias(names_->intern(index), "index:" + declared.name);
  }
  return std::nullopt;
}

Daemon& Rig::daemon(const std::string& node) {
  return *nodes_.at(node.empty() ? first_node_ : node).daemon;
}

Api& Rig::api(const std::string& node) { return *nodes_.at(node.empty() ? first_node_ : node).api; }

void Rig::reconnect(const std::string& node) {
  NodeParts& parts = nodes_.at(node.empty() ? first_node_ : node);
  parts.api = std::make_unique<Api>(parts.daemon->socket());
}

RegistryServer* Rig::registry(const std::string& host) {
  return registry_used_.contains(host) ? registries_.at(host).get() : nullptr;
}

PathOrReason Rig::archive(const std::string& name) const {
  return contained_file(archives_folder(), name);
}

PathOrReason Rig::mount_target(const std::string& target) {
  const std::string_view below = std::string_view(target).substr(target.starts_with('/') ? 1 : 0);
  PathOrReason place = contained_path(mounts_folder(), below);
  if (place.path) names_->set_alias(names_->intern(place.path->string()), target);
  return place;
}

std::string Rig::display(const std::string& text) {
  std::string out = pods_->display(text);
  for (const std::string& folder : {archives_folder().string() + "/", mounts_folder().string()}) {
    for (std::size_t at = 0; (at = out.find(folder, at)) != std::string::npos;) {
      out.erase(at, folder.size());
    }
  }
  return names_->display(names_->intern(out));
}

std::vector<std::string> Rig::node_names() const {
  std::vector<std::string> out;
  for (const auto& [name, parts] : nodes_) out.push_back(name);
  return out;
}

Time Rig::real_now() const {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

TextPairs Rig::real_labels(TextPairs labels) const {
  for (auto& [key, value] : labels) {
    const auto time = key == kGcExpire ? parse_rfc3339(value) : std::nullopt;
    if (time) value = format_rfc3339(*time + clock_offset_);
  }
  return labels;
}

void Rig::learn_leases(const std::string& node, const NodeStore& model, const NodeStore& daemon) {
  using Key = std::array<std::string, 3>;
  std::set<Key> ours;
  for (const StoreRecord& record : model.records) {
    if (record.kind == "lease" && is_temporary_lease(record.name)) {
      ours.insert({node, record.space, record.name});
    }
  }
  std::erase_if(leases_, [&](const auto& entry) {
    return entry.first[0] == node && !ours.contains(entry.first);
  });
  std::set<std::string> known;
  for (const auto& [key, id] : leases_) known.insert(id);
  for (const Key& key : ours) {
    if (leases_.contains(key)) continue;
    // One that is new on each side is the same; of several, no one can tell.
    std::vector<std::string> ids;
    for (const StoreRecord& record : daemon.records) {
      const bool is_new = record.kind == "lease" && record.space == key[1] &&
                          is_temporary_lease(record.name) && !known.contains(record.name);
      if (is_new) ids.push_back(record.name);
    }
    if (ids.size() == 1) leases_[key] = ids.front();
  }
}

std::string Rig::real_lease(const ScenarioStep& step, const std::string& id) {
  const auto found =
      leases_.find({step.node.empty() ? first_node_ : step.node, namespace_of(step), id});
  return found == leases_.end() ? names_->resolve(id) : found->second;
}

}  // namespace sweepcheck
