// Catalog, bits and collector say what maps of strings say. RapidCheck draws commands; each is
// performed on the simulation and by the plain model, and then both list everything they store.
#include "tests/unit/model/plain_model.hpp"

#include <rapidcheck/state.h>

#include "model/simulation.hpp"
#include "model/store_state.hpp"
#include "tests/unit/rapid.hpp"

namespace sweepcheck {
namespace {

using plain::Deed;
using plain::Thing;

constexpr NodeId kNode{0};
const std::vector<std::string> kBlobs{"blob:a", "blob:b", "blob:c"};

std::string digest_of(const std::string& blob) { return "sha256:" + std::string(64, blob.back()); }

// A name as the simulation has it: digests instead of aliases.
std::string real_name(std::string name) {
  for (const std::string& blob : kBlobs) {
    const std::size_t at = name.find(blob);
    if (at != std::string::npos) name.replace(at, blob.size(), digest_of(blob));
  }
  return name;
}

std::vector<std::string> listing_of(const NodeStore& store) {
  std::vector<std::string> out;
  for (const StoreRecord& record : store.records) {
    std::string line = record.space + " " + record.kind;
    if (!record.name.empty()) line += " " + record.name;
    if (record.size_bytes) line += " " + std::to_string(*record.size_bytes) + " bytes";
    for (const auto& [key, value] : record.fields) line += " " + key + ":" + value;
    for (const std::string& resource : record.resources) line += " [" + resource + "]";
    for (const auto& [key, value] : record.labels) line += " " + key + "=" + value;
    out.push_back(line);
  }
  for (const std::string& file : store.blob_files) out.push_back("file " + file);
  for (const StoreFile& file : store.ingest_files) {
    out.push_back(file.space + " ingest file " + file.name + " " + std::to_string(file.bytes));
  }
  for (const StoreFile& file : store.snapshot_directories) {
    out.push_back(file.space + " directory " + file.name + " " + std::to_string(file.bytes));
  }
  std::sort(out.begin(), out.end());
  return out;
}

// What one has and the other lacks: "" if they are equal.
std::string difference(const std::vector<std::string>& model,
                       const std::vector<std::string>& plain) {
  std::string out;
  const auto add = [&](const std::string& who, const auto& some, const auto& others) {
    for (const std::string& line : some) {
      if (std::find(others.begin(), others.end(), line) == others.end()) {
        out += "\n  only " + who + " has: " + line;
      }
    }
  };
  add("the simulation", model, plain);
  add("the plain model", plain, model);
  return out;
}

// The system under test: a node in a simulation.
class Sut {
 public:
  explicit Sut(const Profile& profile) {
    simulation_.add_node("node", profile, Policy{});
    for (const std::string& name : kBlobs) {
      Blob blob;
      blob.digest = catalog_.intern(digest_of(name));
      blob.media_type = catalog_.intern("application/octet-stream");
      blob.size_bytes = plain::kBlobBytes;
      catalog_.set_alias(blob.digest, name);
      catalog_.add_blob(std::move(blob));
    }
  }

  /// Puts in place what only clients could make that need a registry.
  void seed(const std::string& space, const plain::Namespace& records) {
    Metadata metadata(catalog_, simulation_.world().node(kNode), kEpoch, catalog_.intern(space));
    for (const auto& [name, image] : records.images) {
      RC_ASSERT(!metadata.create_image(catalog_.intern(name), id(image.target)));
    }
    for (const auto& [name, container] : records.containers) {
      RC_ASSERT(!metadata.create_container(catalog_.intern(name), kNone<StringId>,
                                           kDefaultSnapshotter.id(), id(container.snapshot)));
    }
  }

  std::string perform(const Deed& deed) {
    Request request;
    Action action{.kind = ActionKind::kCollect, .node = kNode, .metadata_only = deed.half};
    if (deed.verb == "advance") {
      action = {.kind = ActionKind::kAdvance, .duration = deed.duration};
    } else if (deed.verb == "restart") {
      action = {.kind = ActionKind::kRestart, .node = kNode};
    } else if (deed.verb != "collect") {
      request = request_of(deed);
      action = {.kind = ActionKind::kOperation, .request = &request};
      if (deed.half) {
        action.flight = FlightId{1};
        action.step_count_max = 1;
      }
    }
    const Performed performed = simulation_.perform(action);
    const std::string failure =
        performed.operation && performed.operation->status == OperationStatus::kFailed
            ? std::string(error_class_name(performed.operation->failure.error_class))
            : "";
    if (action.flight == kNoFlight) return failure;
    simulation_.perform({.kind = ActionKind::kKillClient, .flight = action.flight});
    simulation_.forget_ended();
    return failure;
  }

  std::vector<std::string> listing() const {
    const World& world = simulation_.world();
    return listing_of(store_of(catalog_, world.node(kNode).state));
  }

 private:
  StringId id(const std::string& name) {
    return name.empty() ? kNone<StringId> : catalog_.intern(real_name(name));
  }

  Request request_of(const Deed& deed) {
    Request request;
    request.type = find_operation_type(deed.verb);
    request.node = kNode;
    request.space = catalog_.intern(deed.space);
    request.name = id(deed.name);
    request.to = id(deed.to);
    request.parent = id(deed.parent);
    request.lease = id(deed.lease);
    request.resource_kind = id(deed.thing.first);
    request.key = id(deed.thing.second);
    for (const auto& [key, value] : deed.labels) {
      request.labels.emplace_back(catalog_.intern(key), catalog_.intern(real_name(value)));
    }
    const auto clients = request.type->clients;
    const bool by_library = !deed.by_ctr && std::find(clients.begin(), clients.end(),
                                                      Client::kLibrary) != clients.end();
    request.by = by_library ? Client::kLibrary : Client::kDefault;
    request.flat = deed.flat;
    request.sync = deed.sync;
    request.force = deed.force;
    request.keep_snapshot = deed.keep_snapshot;
    request.duration = deed.duration;
    request.size_bytes = deed.bytes;
    return request;
  }

  Catalog catalog_;
  Simulation simulation_{catalog_};
};

// Drawing deeds: numbers pick from few names, mostly of what there is, so that things meet. Number
// 0 picks the simplest, which is where RapidCheck shrinks to.
class Numbers {
 public:
  explicit Numbers(const std::vector<std::uint8_t>& numbers) : numbers_(numbers) {}

  /// Mostly one of those that there are, else any.
  template <typename Records, typename Wanted>
  std::string name_in(const Records& records, const std::vector<std::string>& any,
                      Wanted&& wanted) {
    std::vector<std::string> known;
    for (const auto& [name, record] : records) {
      if (wanted(record)) known.push_back(name);
    }
    return known.empty() || once_in(6) ? one_of(any) : one_of(known);
  }
  template <typename Records>
  std::string name_in(const Records& records, const std::vector<std::string>& any) {
    return name_in(records, any, [](const auto&) { return true; });
  }

  std::uint8_t below(std::size_t bound) {
    return static_cast<std::uint8_t>(numbers_[next_++ % numbers_.size()] % bound);
  }
  template <typename T>
  const T& one_of(const std::vector<T>& some) {
    return some[below(some.size())];
  }
  /// False first.
  bool once_in(std::size_t chances) { return below(chances) == chances - 1; }

 private:
  const std::vector<std::uint8_t>& numbers_;
  std::size_t next_ = 0;
};

const std::vector<std::string> kKeys{"k1", "k2", "k3", "k4", "k5", "box"};
const std::vector<std::string> kImages{"r.example/a:1", "r.example/b:1", "r.example/c:1"};
const std::vector<std::string> kLeases{"l1", "l2"};

std::pair<std::string, std::string> draw_label(Numbers& numbers, const plain::Namespace& space) {
  const std::string base = "containerd.io/gc.";
  const std::string blob = numbers.name_in(space.content, kBlobs);
  const std::string key = numbers.name_in(space.snapshots, kKeys);
  const std::string image = numbers.name_in(space.images, kImages);
  const std::vector<std::string> contents{"", ".l.0", "/x", "X"};
  const std::vector<std::string> times{"2026-01-01T00:00:00Z", "2026-01-01T02:00:00Z",
                                       "2027-01-01T00:00:00Z", "soon"};
  const std::string time = numbers.one_of(times);
  const bool removed = numbers.once_in(8);
  const auto label = [&](const std::string& name, const std::string& value) {
    return std::pair{name, removed ? "" : value};
  };
  switch (numbers.below(13)) {
    case 0:
    case 1:
      return label(base + "ref.content" + numbers.one_of(contents), blob);
    case 2:
      return label(base + "ref.snapshot.overlayfs", key);
    case 3:
      return label(base + "ref.snapshot.overlayfs/x", key);
    case 4:
      return label(base + "ref.image.x", image);
    case 5:
      return label(base + "root", "true");
    case 6:
      return label(base + "rooted", "true");
    case 7:
      return label(base + "expire", time);
    case 8:
      return label("note", blob);
    case 9:
      return label(base + "bref.content.x", blob);
    case 10:
      return label(base + "bref.snapshot.overlayfs", key);
    case 11:
      return label(base + "bref.image", image);
    default:
      return label(base + "bref.container", "box");
  }
}

// On every kind of owner, also where containerd looks at none of them.
void draw_labels(Numbers& numbers, const plain::Namespace& space, Deed& deed) {
  const std::string base = "containerd.io/gc.";
  const bool always = deed.verb.starts_with("label-");
  const std::size_t count = always ? 1 + numbers.below(2) : numbers.once_in(4);
  for (std::size_t i = 0; i < count; ++i) deed.labels.push_back(draw_label(numbers, space));
  const std::vector<std::string> conditions{"usedat<1h", "usedat>1h", "usedat<1h,usedat>3h"};
  if (numbers.once_in(8)) {
    deed.labels.emplace_back(
        base + "cond.snapshot.overlayfs",
        numbers.one_of(conditions) + "|" + numbers.name_in(space.snapshots, kKeys));
  }
  if (deed.verb.ends_with("-snapshot") && numbers.once_in(4)) {
    deed.labels.emplace_back(base + "cond.value-usedat", "2026-01-01T00:00:00Z");
  }
}

Thing draw_thing(Numbers& numbers, const plain::Namespace& space) {
  const std::vector<std::string> refs{"ingest-blob:a", "ingest-blob:b", "ingest-blob:c"};
  switch (numbers.below(4)) {
    case 0:
      return {"content", numbers.name_in(space.content, kBlobs)};
    case 1:
      return {"snapshot", numbers.name_in(space.snapshots, kKeys)};
    case 2:
      return {"ingest", numbers.name_in(space.ingests, refs)};
    default:
      return {"image", numbers.name_in(space.images, kImages)};
  }
}

// Mostly a key that is free.
std::string free_key(Numbers& numbers, const plain::Namespace& space) {
  std::vector<std::string> free = kKeys;
  std::erase_if(free, [&](const std::string& key) { return space.snapshots.contains(key); });
  return free.empty() || numbers.once_in(6) ? numbers.one_of(kKeys) : numbers.one_of(free);
}

void draw_snapshot(Numbers& numbers, const plain::Namespace& space, Deed& deed) {
  const auto is_active = [](const plain::Snapshot& each) { return each.kind == "active"; };
  const auto is_committed = [](const plain::Snapshot& each) { return each.kind.empty(); };
  const auto any = [&](auto&& wanted) {
    return std::any_of(space.snapshots.begin(), space.snapshots.end(),
                       [&](const auto& each) { return wanted(each.second); });
  };
  deed.by_ctr = numbers.once_in(6);
  if (deed.verb == "remove-snapshot" || deed.verb == "label-snapshot") {
    deed.name = numbers.name_in(space.snapshots, kKeys);
    return;
  }
  // What can't be committed yet is mostly prepared first.
  if (deed.verb == "commit-snapshot" && !any(is_active) && !numbers.once_in(6)) {
    deed.verb = "prepare-snapshot";
  }
  if (deed.verb == "commit-snapshot") {
    deed.name = numbers.name_in(space.snapshots, kKeys, is_active);
    deed.to = free_key(numbers, space);
    deed.bytes = 7;
    return;
  }
  deed.name = free_key(numbers, space);
  if (any(is_committed) ? numbers.below(4) > 0 : numbers.once_in(6)) {
    deed.parent = numbers.name_in(space.snapshots, kKeys, is_committed);
  }
}

void draw_names(Numbers& numbers, const plain::Namespace& space, Deed& deed) {
  const std::string& verb = deed.verb;
  if (verb == "ingest") {
    deed.name = numbers.one_of(kBlobs);
    deed.half = numbers.once_in(4);
  } else if (verb.ends_with("-content")) {
    deed.name = numbers.name_in(space.content, kBlobs);
  } else if (verb.ends_with("-snapshot")) {
    draw_snapshot(numbers, space, deed);
  } else if (verb == "tag" || verb.ends_with("-image")) {
    deed.name = numbers.name_in(space.images, kImages);
    deed.sync = verb == "remove-image" && numbers.once_in(2);
    if (verb == "tag") deed.to = numbers.one_of(kImages), deed.force = numbers.once_in(2);
  } else if (verb.ends_with("-container")) {
    deed.name = "box";
    deed.keep_snapshot = numbers.once_in(2);
  } else if (verb.ends_with("-namespace")) {
    deed.name = deed.space;
  } else if (verb == "create-lease") {
    deed.name = numbers.one_of(kLeases);
    deed.flat = numbers.once_in(2);
    if (numbers.once_in(4)) deed.duration = kHour;
  } else {
    deed.name = numbers.name_in(space.leases, kLeases);
    deed.sync = verb == "delete-lease" && numbers.once_in(2);
    if (verb.ends_with("-resource")) deed.thing = draw_thing(numbers, space);
  }
}

// By how often they are drawn; the first is what shrinking tries first.
const std::vector<std::pair<std::string, std::size_t>> kVerbs{
    {"collect", 3},         {"ingest", 4},
    {"create-lease", 3},    {"add-resource", 5},
    {"label-content", 4},   {"prepare-snapshot", 7},
    {"commit-snapshot", 7}, {"label-snapshot", 2},
    {"label-image", 3},     {"remove-image", 2},
    {"advance", 2},         {"delete-lease", 2},
    {"remove-resource", 2}, {"remove-content", 1},
    {"remove-snapshot", 2}, {"tag", 2},
    {"label-container", 1}, {"view-snapshot", 1},
    {"restart", 1},         {"remove-container", 1},
    {"delete-namespace", 1}};

std::vector<std::string> verb_table() {
  std::vector<std::string> table;
  for (const auto& [verb, weight] : kVerbs) table.insert(table.end(), weight, verb);
  return table;
}

Deed deed_of(const std::vector<std::uint8_t>& drawn, const plain::Node& plain) {
  static const std::vector<std::string> verbs = verb_table();
  Numbers numbers(drawn);
  Deed deed{.verb = numbers.one_of(verbs)};
  const std::string& verb = deed.verb;
  if (verb == "collect") {
    deed.half = numbers.once_in(4);
    return deed;
  }
  if (verb == "advance") {
    deed.duration = numbers.once_in(3) ? 25 * kHour : 90 * 60 * kSecond;
    return deed;
  }
  if (verb == "restart") return deed;
  deed.space = numbers.once_in(5) ? "other" : "default";
  const auto found = plain.spaces.find(deed.space);
  const plain::Namespace space = found == plain.spaces.end() ? plain::Namespace{} : found->second;
  draw_names(numbers, space, deed);
  const bool may_have_lease = verb == "ingest" || verb.starts_with("prepare-") ||
                              verb.starts_with("view-") || verb.starts_with("commit-");
  const bool wants_lease = space.leases.empty() ? numbers.once_in(12) : numbers.once_in(2);
  if (may_have_lease && !deed.by_ctr && wants_lease) {
    deed.lease = numbers.name_in(space.leases, kLeases);
  }
  const bool has_labels = may_have_lease || verb.starts_with("label-") || verb == "create-lease";
  if (has_labels) draw_labels(numbers, space, deed);
  return deed;
}

class Perform : public rc::state::Command<plain::Node, Sut> {
 public:
  explicit Perform(Deed deed) : deed_(std::move(deed)) {}

  void apply(plain::Node& plain) const override { plain.perform(deed_); }
  void run(const plain::Node& before, Sut& sut) const override {
    plain::Node plain = before;
    const std::string expected = plain.perform(deed_);
    RC_ASSERT(sut.perform(deed_) == expected);
    RC_ASSERT(difference(sut.listing(), plain.listing()) == "");
  }
  void show(std::ostream& out) const override {
    out << deed_.verb << (deed_.half ? " (half)" : "");
    const auto field = [&](std::string_view name, const std::string& value) {
      if (!value.empty()) out << " " << name << "=" << value;
    };
    field("name", deed_.name);
    field("to", deed_.to);
    field("parent", deed_.parent);
    field("resource",
          deed_.thing.first.empty() ? "" : deed_.thing.first + " " + deed_.thing.second);
    for (const auto& [key, value] : deed_.labels) field(key, value.empty() ? "''" : value);
    field("lease", deed_.lease);
    field("namespace", deed_.space);
    field("duration", deed_.duration ? format_duration(deed_.duration) : "");
    out << (deed_.flat ? " flat" : "") << (deed_.sync ? " sync" : "")
        << (deed_.by_ctr ? " ctr" : "") << (deed_.force ? " force" : "")
        << (deed_.keep_snapshot ? " keep-snapshot" : "");
  }

 private:
  Deed deed_;
};

rc::Gen<std::shared_ptr<const rc::state::Command<plain::Node, Sut>>> command_gen(
    const plain::Node& plain) {
  return rc::gen::map(
      rc::gen::container<std::vector<std::uint8_t>>(
          24, rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::uint8_t>(0, 240))),
      [plain](const std::vector<std::uint8_t>& drawn) {
        return std::shared_ptr<const rc::state::Command<plain::Node, Sut>>(
            std::make_shared<Perform>(deed_of(drawn, plain)));
      });
}

struct Generation {
  std::string profile;
  plain::Rules rules;
};

// Few long histories meet more than many short ones.
constexpr int kHistoryCount = 300;
constexpr int kCommandCountMax = 300;

class PlainModel : public testing::TestWithParam<Generation> {};

TEST_P(PlainModel, StoresTheSame) {
  test::expect_holds(GetParam().profile, kHistoryCount, kCommandCountMax, [] {
    plain::Node plain(GetParam().rules);
    Sut sut(*find_profile(GetParam().profile));
    for (const std::string space : {"default", "other"}) {
      plain::Namespace& records = plain.spaces[space];
      records.images = {{"r.example/a:1", {"blob:a"}}, {"r.example/b:1", {"blob:b"}}};
      records.containers = {{"box", {"box"}}};
      sut.seed(space, records);
    }
    RC_ASSERT(difference(sut.listing(), plain.listing()) == "");
    rc::state::check(plain, sut, command_gen);
  });
}

INSTANTIATE_TEST_SUITE_P(Generations, PlainModel,
                         testing::Values(Generation{"containerd-1.6", {}},
                                         Generation{"containerd-1.7", {.leases_what_exists = true}},
                                         Generation{"containerd-2.1",
                                                    {.images_are_collected = true,
                                                     .tag_replaces = true,
                                                     .leases_what_exists = true}},
                                         Generation{"containerd-2.3",
                                                    {.images_are_collected = true,
                                                     .tag_replaces = true,
                                                     .has_back_references = true,
                                                     .root_by_prefix = true,
                                                     .has_conditions = true,
                                                     .leases_what_exists = true}}),
                         [](const auto& tested) {
                           std::string name = tested.param.profile;
                           std::replace_if(
                               name.begin(), name.end(),
                               [](char c) { return c == '-' || c == '.'; }, '_');
                           return name;
                         });

}  // namespace
}  // namespace sweepcheck
