#include "tests/unit/model/plain_model.hpp"

#include <algorithm>

namespace sweepcheck::plain {
namespace {

const std::string kNotFound = "not-found";
const std::string kExists = "already-exists";
const std::string kPrecondition = "failed-precondition";
const std::string kInvalid = "invalid-argument";

// Labels that are empty are not stored.
void set_labels(Labels& labels, const std::vector<std::pair<std::string, std::string>>& wanted) {
  for (const auto& [key, value] : wanted) {
    labels.erase(key);
    if (!value.empty()) labels[key] = value;
  }
}

// The lease in context: none, one that is there, or one that is missing.
struct Context {
  Lease* lease = nullptr;
  bool missing = false;

  Context(const Deed& deed, Namespace& space) {
    if (deed.lease.empty()) return;
    const auto found = space.leases.find(deed.lease);
    missing = found == space.leases.end();
    if (!missing) lease = &found->second;
  }
  void add(const Thing& thing) const {
    if (lease) lease->resources.insert(thing);
  }
  void drop(const Thing& thing) const {
    if (lease) lease->resources.erase(thing);
  }
};

}  // namespace

std::string Node::perform(const Deed& deed) {
  const auto& verb = deed.verb;
  if (verb == "collect") {
    collect(!deed.half);
    return "";
  }
  if (verb == "advance") {
    now_ += deed.duration;
    return "";
  }
  if (verb == "restart") {
    content_removed_ = snapshots_removed_ = false;
    return "";
  }
  if (verb == "delete-namespace") return remove_namespace(deed.name);
  const bool known = spaces.contains(deed.space);
  // What fails creates no namespace, unless a lease of the client's own came first.
  Namespace none;
  Namespace& space = known ? spaces[deed.space] : none;
  std::string failure;
  if (verb == "ingest") {
    failure = ingest(deed, space);
  } else if (verb == "prepare-snapshot" || verb == "view-snapshot") {
    failure = prepare(deed, space);
  } else if (verb == "commit-snapshot") {
    failure = commit(deed, space);
  } else if (verb == "remove-snapshot") {
    failure = remove_snapshot(space, deed.name);
  } else if (verb == "remove-container") {
    failure = remove_container(deed, space);
  } else if (verb.starts_with("label-")) {
    failure = change_labels(deed, space);
  } else if (verb == "tag" || verb == "remove-image") {
    failure = change_image(deed, space);
  } else if (verb == "remove-content") {
    if (space.content.erase(deed.name) > 0) content_removed_ = true;
  } else {
    failure = change_lease(deed, space);
  }
  const bool wrote = failure.empty() && verb != "remove-image" && verb != "remove-content";
  if (!known && (wrote || verb == "tag")) spaces[deed.space] = none;
  if (deed.sync && failure == "collect") {
    collect(true);
    failure.clear();
  }
  return failure;
}

std::string Node::ingest(const Deed& deed, Namespace& space) {
  const Context context(deed, space);
  const std::string ref = "ingest-" + deed.name;
  if (context.missing) return kNotFound;
  if (space.content.contains(deed.name)) {
    context.add({"content", deed.name});
    return "";
  }
  const bool known = space.ingests.contains(ref);
  Ingest& open = space.ingests[ref];
  context.add({"ingest", ref});
  if (deed.lease.empty()) {
    open.expires = now_ + 24 * kHour;
  } else if (!known) {
    open.expires.reset();
  }
  const std::pair file{deed.space, ref};
  // Bytes that any namespace has are taken over when the ingest is committed.
  if (!open.expected.empty() || blob_files_.contains(deed.name)) {
    open.expected = deed.name;
  } else {
    ingest_files_.emplace(file, 0);
  }
  if (deed.half) return "";
  if (open.expected.empty()) {
    ingest_files_.erase(file);
    blob_files_.insert(deed.name);
  }
  space.ingests.erase(ref);
  context.drop({"ingest", ref});
  context.add({"content", deed.name});
  set_labels(space.content[deed.name], deed.labels);
  return "";
}

std::string Node::prepare(const Deed& deed, Namespace& space) {
  const Context context(deed, space);
  if (space.snapshots.contains(deed.name)) {
    if (!rules_.leases_what_exists) return kExists;
    if (context.missing) return kNotFound;
    context.add({"snapshot", deed.name});
    return kExists;
  }
  const auto parent = space.snapshots.find(deed.parent);
  if (!deed.parent.empty()) {
    if (parent == space.snapshots.end()) return kNotFound;
    if (!parent->second.kind.empty()) return kInvalid;
  }
  const std::string directory = make_directory(deed.space, deed.name, 0);
  // The backend has made it by then.
  if (context.missing) return kNotFound;
  if (!deed.parent.empty()) parent->second.children.insert(deed.name);
  Snapshot& created = space.snapshots[deed.name];
  created.kind = deed.verb == "view-snapshot" ? "view" : "active";
  created.parent = deed.parent;
  created.directory = directory;
  if (deed.by_ctr && created.kind == "active") {
    created.labels["containerd.io/gc.root"] = format_rfc3339(now_);
  }
  set_labels(created.labels, deed.labels);
  context.add({"snapshot", deed.name});
  return "";
}

std::string Node::commit(const Deed& deed, Namespace& space) {
  const Context context(deed, space);
  if (space.snapshots.contains(deed.to)) {
    if (!rules_.leases_what_exists) return kExists;
    if (context.missing) return kNotFound;
    context.add({"snapshot", deed.to});
    return kExists;
  }
  const auto active = space.snapshots.find(deed.name);
  if (context.missing || active == space.snapshots.end()) return kNotFound;
  if (active->second.kind != "active") return kPrecondition;
  directories_.erase({deed.space, active->second.directory});
  Snapshot& committed = space.snapshots[deed.to];
  committed.parent = active->second.parent;
  committed.directory = make_directory(deed.space, deed.to, deed.bytes);
  if (deed.by_ctr) committed.labels["containerd.io/gc.root"] = format_rfc3339(now_);
  set_labels(committed.labels, deed.labels);
  if (const auto parent = space.snapshots.find(committed.parent); parent != space.snapshots.end()) {
    parent->second.children.erase(deed.name);
    parent->second.children.insert(deed.to);
  }
  space.snapshots.erase(active);
  context.add({"snapshot", deed.to});
  context.drop({"snapshot", deed.name});
  return "";
}

// A parent's list of its children also names those that a collection swept.
std::string Node::remove_snapshot(Namespace& space, const std::string& name) {
  const auto removed = space.snapshots.find(name);
  if (removed == space.snapshots.end()) return kNotFound;
  if (!removed->second.children.empty()) return kPrecondition;
  const auto parent = space.snapshots.find(removed->second.parent);
  if (parent != space.snapshots.end()) parent->second.children.erase(name);
  space.snapshots.erase(removed);
  snapshots_removed_ = true;
  return "";
}

std::string Node::change_lease(const Deed& deed, Namespace& space) {
  const auto lease = space.leases.find(deed.name);
  if (deed.verb == "create-lease") {
    if (lease != space.leases.end()) return kExists;
    Labels& labels = space.leases[deed.name].labels;
    if (deed.duration > 0) {
      labels["containerd.io/gc.expire"] = format_rfc3339(now_ + deed.duration);
    }
    if (deed.flat) labels["containerd.io/gc.flat"] = "true";
    set_labels(labels, deed.labels);
    return "";
  }
  if (lease == space.leases.end()) return kNotFound;
  if (deed.verb == "delete-lease") {
    space.leases.erase(lease);
    return deed.sync ? "collect" : "";
  }
  if (deed.thing.first == "image" && !rules_.images_are_collected) return "unimplemented";
  if (deed.verb == "add-resource") {
    lease->second.resources.insert(deed.thing);
  } else {
    lease->second.resources.erase(deed.thing);
  }
  return "";
}

std::string Node::change_image(const Deed& deed, Namespace& space) {
  const auto image = space.images.find(deed.name);
  if (deed.verb == "remove-image") {
    if (image == space.images.end()) return "";
    space.images.erase(image);
    return deed.sync ? "collect" : "";
  }
  if (image == space.images.end()) return kNotFound;
  const Image source = image->second;
  if (rules_.tag_replaces) {
    space.images[deed.to] = {source.target};
    return "";
  }
  if (space.images.contains(deed.to) && !deed.force) return kExists;
  space.images[deed.to] = source;
  return "";
}

std::string Node::change_labels(const Deed& deed, Namespace& space) {
  Labels* labels = nullptr;
  if (deed.verb == "label-content" && space.content.contains(deed.name)) {
    labels = &space.content[deed.name];
  } else if (deed.verb == "label-image" && space.images.contains(deed.name)) {
    labels = &space.images[deed.name].labels;
  } else if (deed.verb == "label-snapshot" && space.snapshots.contains(deed.name)) {
    labels = &space.snapshots[deed.name].labels;
  } else if (deed.verb == "label-container" && space.containers.contains(deed.name)) {
    labels = &space.containers.at(deed.name).labels;
  }
  if (!labels) return kNotFound;
  set_labels(*labels, deed.labels);
  return "";
}

std::string Node::remove_container(const Deed& deed, Namespace& space) {
  if (!space.containers.contains(deed.name)) return kNotFound;
  if (!deed.keep_snapshot) {
    const std::string failure = remove_snapshot(space, deed.name);
    if (!failure.empty() && failure != kNotFound) return failure;
  }
  space.containers.erase(deed.name);
  return "";
}

std::string Node::remove_namespace(const std::string& name) {
  const auto found = spaces.find(name);
  if (found == spaces.end()) return "";
  const Namespace& space = found->second;
  if (!space.images.empty() || !space.content.empty() || !space.snapshots.empty() ||
      !space.containers.empty()) {
    return kPrecondition;
  }
  spaces.erase(found);
  return "";
}

// A name that a leftover still has gets a number.
std::string Node::make_directory(const std::string& space, const std::string& name,
                                 std::int64_t bytes) {
  std::string free = name;
  for (int i = 2; directories_.contains({space, free}); ++i) {
    free = name + "#" + std::to_string(i);
  }
  directories_[{space, free}] = bytes;
  return free;
}

// Listing.

std::vector<std::string> Node::listing() const {
  std::vector<std::string> out;
  for (const auto& each_space : spaces) {
    const std::string& name = each_space.first;
    const Namespace& space = each_space.second;
    const auto add = [&](const std::string& what, const Labels& labels) {
      std::string line = name + " " + what;
      for (const auto& [key, value] : labels) line += " " + key + "=" + value;
      out.push_back(line);
    };
    out.push_back(name + " namespace");
    for (const auto& [id, each] : space.images) {
      add("image " + id + " target:" + each.target, each.labels);
    }
    for (const auto& [id, labels] : space.content) {
      add("content " + id + " " + std::to_string(kBlobBytes) + " bytes", labels);
    }
    for (const auto& [id, each] : space.ingests) {
      std::string what = "ingest " + id;
      if (!each.expected.empty()) what += " expected:" + each.expected;
      if (each.expires) what += " expireat:" + format_rfc3339(*each.expires);
      add(what, {});
    }
    for (const auto& [id, each] : space.snapshots) {
      std::string what = "snapshot overlayfs/" + id;
      if (!each.kind.empty()) what += " kind:" + each.kind;
      if (!each.parent.empty()) what += " parent:" + each.parent;
      add(what, each.labels);
    }
    for (const auto& [id, each] : space.leases) {
      std::string what = "lease " + id;
      for (const Thing& thing : each.resources)
        what += " [" + thing.first + " " + thing.second + "]";
      add(what, each.labels);
    }
    for (const auto& [id, each] : space.containers) {
      add("container " + id + " snapshot:overlayfs/" + each.snapshot, each.labels);
    }
  }
  for (const std::string& file : blob_files_) out.push_back("file " + file);
  for (const auto& [file, bytes] : ingest_files_) {
    out.push_back(file.first + " ingest file " + file.second + " " + std::to_string(bytes));
  }
  for (const auto& [file, bytes] : directories_) {
    out.push_back(file.first + " directory overlayfs/" + file.second + " " + std::to_string(bytes));
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace sweepcheck::plain
