// The plain model's collections: what is reached, swept and cleaned up.
#include <algorithm>

#include "tests/unit/model/plain_model.hpp"

namespace sweepcheck::plain {
namespace {

// A label's key that is this one, or goes on with '.' or '/'.
bool is_key(std::string_view key, std::string_view base) {
  if (!key.starts_with(base)) return false;
  return key.size() == base.size() || key[base.size()] == '.' || key[base.size()] == '/';
}

}  // namespace

void Node::collect(bool with_clean_up) {
  for (auto& [name, space] : spaces) sweep(space);
  if (with_clean_up) clean_up();
}

void Node::sweep(Namespace& space) {
  const Reach kept = reached(space);
  const auto sweep_kind = [&](auto& records, const std::string& kind) {
    return std::erase_if(records, [&](const auto& record) {
      const Thing thing{kind, record.first};
      return !kept.contains({thing, false}) && !kept.contains({thing, true});
    });
  };
  if (sweep_kind(space.content, "content") + sweep_kind(space.ingests, "ingest") > 0) {
    content_removed_ = true;
  }
  if (sweep_kind(space.snapshots, "snapshot") > 0) snapshots_removed_ = true;
  sweep_kind(space.leases, "lease");
  if (rules_.images_are_collected) sweep_kind(space.images, "image");
}

void Node::clean_up() {
  if (content_removed_) {
    std::set<std::string> named;
    for (const auto& [name, space] : spaces) {
      for (const auto& [digest, labels] : space.content) named.insert(digest);
      for (const auto& [ref, ingest] : space.ingests) named.insert(ingest.expected);
    }
    std::erase_if(blob_files_, [&](const auto& file) { return !named.contains(file); });
    std::erase_if(ingest_files_, [&](const auto& file) {
      const auto space = spaces.find(file.first.first);
      return space == spaces.end() || !space->second.ingests.contains(file.first.second);
    });
  }
  if (snapshots_removed_) {
    std::set<std::pair<std::string, std::string>> named;
    for (const auto& [name, space] : spaces) {
      for (const auto& [key, snapshot] : space.snapshots) named.insert({name, snapshot.directory});
    }
    std::erase_if(directories_, [&](const auto& file) { return !named.contains(file.first); });
  }
  content_removed_ = snapshots_removed_ = false;
}

Node::Reach Node::reached(const Namespace& space) const {
  Reach reach;
  auto todo = roots(space);
  while (!todo.empty()) {
    const auto [thing, flat] = todo.back();
    todo.pop_back();
    if (!reach.insert({thing, flat}).second) continue;
    for (const Thing& next : kept_by(space, thing, flat)) todo.emplace_back(next, flat);
  }
  return reach;
}

std::vector<std::pair<Thing, bool>> Node::roots(const Namespace& space) const {
  std::vector<std::pair<Thing, bool>> out;
  for (const auto& [id, lease] : space.leases) {
    if (is_expired(lease.labels)) continue;
    out.push_back({{"lease", id}, false});
    const bool flat = lease.labels.contains("containerd.io/gc.flat");
    for (const Thing& thing : lease.resources) {
      out.emplace_back(thing, flat && thing.first != "ingest");
    }
  }
  for (const auto& [name, image] : space.images) {
    if (!rules_.images_are_collected || !is_expired(image.labels)) {
      out.push_back({{"image", name}, false});
    }
  }
  for (const auto& [ref, ingest] : space.ingests) {
    if (ingest.expires && now_ <= *ingest.expires) out.push_back({{"ingest", ref}, false});
  }
  for (const auto& [digest, labels] : space.content) {
    if (is_root(labels)) out.push_back({{"content", digest}, false});
  }
  for (const auto& [key, snapshot] : space.snapshots) {
    if (is_root(snapshot.labels)) out.push_back({{"snapshot", key}, false});
  }
  for (const auto& [id, container] : space.containers) out.push_back({{"container", id}, false});
  return out;
}

// What is kept by a thing that is kept, in the same way. What only a flat lease holds keeps a
// snapshot's parent and an image's target.
std::vector<Thing> Node::kept_by(const Namespace& space, const Thing& thing, bool flat) const {
  std::vector<Thing> out;
  const auto& [kind, name] = thing;
  const auto add = [&](const std::vector<Thing>& more) {
    out.insert(out.end(), more.begin(), more.end());
  };
  if (kind == "snapshot" && space.snapshots.contains(name)) {
    const Snapshot& snapshot = space.snapshots.at(name);
    if (!snapshot.parent.empty()) out.emplace_back("snapshot", snapshot.parent);
    if (!flat) add(references(snapshot.labels));
  } else if (kind == "image" && space.images.contains(name)) {
    const Image& image = space.images.at(name);
    out.emplace_back("content", image.target);
    if (!flat) add(references(image.labels));
    if (!flat) add(conditional(space, image.labels));
  } else if (kind == "content" && space.content.contains(name) && !flat) {
    add(references(space.content.at(name)));
    add(conditional(space, space.content.at(name)));
  } else if (kind == "ingest" && space.ingests.contains(name)) {
    const std::string& expected = space.ingests.at(name).expected;
    if (!expected.empty()) out.emplace_back("content", expected);
  } else if (kind == "container" && space.containers.contains(name)) {
    const Container& container = space.containers.at(name);
    out.emplace_back("snapshot", container.snapshot);
    add(references(container.labels));
  }
  if (!flat) add(back_references(space, thing));
  return out;
}

std::vector<Thing> Node::references(const Labels& labels) const {
  std::vector<Thing> out;
  for (const auto& [key, value] : labels) {
    if (is_key(key, "containerd.io/gc.ref.content")) out.emplace_back("content", value);
    if (is_key(key, "containerd.io/gc.ref.image") && rules_.images_are_collected) {
      out.emplace_back("image", value);
    }
    const std::string snapshots = "containerd.io/gc.ref.snapshot.overlayfs";
    if (key == snapshots || key.starts_with(snapshots + "/")) out.emplace_back("snapshot", value);
  }
  return out;
}

// "usedat<1h,usedat>3h|KEY": the snapshot of that key, while one of the conditions holds for the
// time that its own label states.
std::vector<Thing> Node::conditional(const Namespace& space, const Labels& labels) const {
  std::vector<Thing> out;
  for (const auto& [key, value] : labels) {
    if (!rules_.has_conditions || key != "containerd.io/gc.cond.snapshot.overlayfs") continue;
    const std::string name = value.substr(value.find('|') + 1);
    const auto snapshot = space.snapshots.find(name);
    if (snapshot == space.snapshots.end()) continue;
    const auto used = snapshot->second.labels.find("containerd.io/gc.cond.value-usedat");
    if (used == snapshot->second.labels.end()) continue;
    const auto at = parse_rfc3339(used->second);
    std::string rest = value.substr(0, value.find('|'));
    while (at && !rest.empty()) {
      const std::string one = rest.substr(0, rest.find(','));
      rest = one.size() < rest.size() ? rest.substr(one.size() + 1) : "";
      const auto limit = parse_duration(one.substr(7));
      if (one[6] == '<' ? now_ - *at < *limit : now_ - *at > *limit) {
        out.emplace_back("snapshot", name);
      }
    }
  }
  return out;
}

// Whose label says: while that one is kept, so am I. Looked at on content, snapshots, containers
// and images that have expired.
std::vector<Thing> Node::back_references(const Namespace& space, const Thing& to) const {
  std::vector<Thing> out;
  if (!rules_.has_back_references) return out;
  const std::string base = "containerd.io/gc.bref." + to.first;
  const auto look = [&](const Labels& labels, const Thing& owner) {
    for (const auto& [key, value] : labels) {
      const bool names = to.first == "snapshot"
                             ? key == base + ".overlayfs" || key.starts_with(base + ".overlayfs/")
                             : is_key(key, base);
      if (names && value == to.second) out.push_back(owner);
    }
  };
  for (const auto& [name, labels] : space.content) look(labels, {"content", name});
  for (const auto& [name, each] : space.snapshots) look(each.labels, {"snapshot", name});
  for (const auto& [name, each] : space.containers) look(each.labels, {"container", name});
  for (const auto& [name, each] : space.images) {
    if (is_expired(each.labels)) look(each.labels, {"image", name});
  }
  return out;
}

// A time that can't be read never comes.
bool Node::is_expired(const Labels& labels) const {
  const auto expiry = labels.find("containerd.io/gc.expire");
  if (expiry == labels.end()) return false;
  const auto at = parse_rfc3339(expiry->second);
  return at && now_ > *at;
}

bool Node::is_root(const Labels& labels) const {
  return std::any_of(labels.begin(), labels.end(), [&](const auto& label) {
    return rules_.root_by_prefix ? label.first.starts_with("containerd.io/gc.root")
                                 : label.first == "containerd.io/gc.root";
  });
}

}  // namespace sweepcheck::plain
