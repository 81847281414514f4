// Operations as programs of atomic steps. An operation is a stack of steps still to do; performing
// one is one metadata transaction, one request to a registry or one write, and may put further
// steps on the stack. Between any two steps the collector, a crash or another client may come. An
// operation is a value: it can be copied, compared, hashed and packed (model/pack.hpp), and a crash
// simply drops it.
//
// A worked example: `ctr images pull` with the unpacker starts with
//     create lease; resolve; fetch tree of the target; create image; delete lease
// where "fetch tree" of a blob becomes open, get, write, commit, label children, label source, and
// then the same for each child that the platform asks for.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/request.hpp"
#include "model/step.hpp"
#include "model/world.hpp"

namespace sweepcheck {

class Machine;

/// What a step may put on the stack at once. Most are few, and lie where they are made.
using Steps = boost::container::small_vector<Step, 8>;

/// When a cleanup step runs.
enum class Cleanup : std::uint8_t {
  kAlways,     ///< at the end, whether it failed or not
  kOnFailure,  ///< if the operation fails, or its client goes away and the daemon notices
};

struct CleanupStep {
  Cleanup when = Cleanup::kAlways;
  /// The daemon does it, even if the client was killed.
  bool in_daemon = false;
  Step step;

  bool operator==(const CleanupStep&) const = default;
};

/// How the layers of an image are fetched and unpacked.
struct FetchPlan {
  /// Platforms that match; empty with all_platforms.
  boost::container::small_vector<StringId, 2> platforms;
  bool all_platforms = false;
  /// Only the best manifest of an index.
  bool one_manifest = false;
  /// Manifests and configs of the other platforms, too.
  bool all_metadata = false;
  /// Layers wait for the unpacker, which skips those whose snapshots exist.
  bool unpacker = false;
  /// The filtering label map: no gc.ref.content.l.* labels.
  bool discard = false;
  StringId snapshotter = kNone<StringId>;
  /// Where from: a registry's repository, or kNone for an archive's content.
  StringId host = kNone<StringId>;
  StringId repository = kNone<StringId>;
  /// The schema 1 manifest that the target was made of, or kNone.
  StringId converted_from = kNone<StringId>;
  /// The key of the distribution.source label of this host.
  StringId source_key = kNone<StringId>;

  bool operator==(const FetchPlan&) const = default;
};

enum class OperationStatus : std::uint8_t { kRunning, kDone, kFailed, kKilled };

/// One operation, under way or ended. It owns its request; of its names it has the catalog's ids.
struct Operation {
  Request request;
  OperationStatus status = OperationStatus::kRunning;
  Failure failure;
  bool cleaning = false;
  /// The lease in context.
  StringId lease = kNone<StringId>;
  /// Its record in the request's namespace.
  ObjectId lease_record = kNone<ObjectId>;
  /// The target that was resolved or looked up.
  BlobId target = kNone<BlobId>;
  FetchPlan plan;
  /// Next step last.
  boost::container::small_vector<Step, 16> todo;
  boost::container::small_vector<CleanupStep, 4> cleanups;
  /// What it printed that matters: warnings, and what `check` or `usage` found.
  std::vector<StringId> output;
  std::uint32_t archive = 0xffffffffU;
  /// Names what it makes one by one; of a push: how many blobs' mount sources are undecided.
  std::uint32_t counter = 0;

  bool operator==(const Operation&) const = default;
  bool running() const { return status == OperationStatus::kRunning; }
};

/// What a parameter's value is in a scenario.
enum class ParameterType : std::uint8_t {
  kFlag,       ///< true or false
  kOption,     ///< true, false or not given
  kName,       ///< text as it is
  kReference,  ///< an image reference; after '@' an alias may stand for a digest
  kObject,     ///< a blob's alias or digest, a chain alias, or a key
  kPlatform,
  kDuration,
  kSize,
  kCount,
  kNames,
  kReferences,
  kPlatforms,
  kLabels,
};

/// How much of a reference an operation reads, and so what a scenario's reader can check. CRI reads
/// all of each reference that it gets.
enum class ReferenceForm : std::uint8_t {
  kRecord,           ///< the name of an image record, which may be any
  kParsed,           ///< what a registry's client takes apart
  kParsedWithoutTo,  ///< the same if there is no parameter "to", which is parsed in its place
  kTag,              ///< in a registry, host/repository:tag
  kManifest,         ///< in a registry, by tag or digest
  kRepository,       ///< in a registry, host/repository
};

/// One parameter: its name in a scenario, and the field of Request that it fills.
struct Parameter {
  std::string_view name;
  ParameterType type;
  std::string_view help;
  bool Request::*flag = nullptr;
  std::optional<bool> Request::*option = nullptr;
  StringId Request::*text = nullptr;
  std::int64_t Request::*number = nullptr;
  std::vector<StringId> Request::*list = nullptr;
  LabelList Request::*labels = nullptr;
  bool required = false;
  /// Clients that know it; empty: all that perform the operation.
  std::span<const Client> clients = {};
  /// Of kReference and kReferences.
  ReferenceForm form = ReferenceForm::kRecord;
};

/// What an operation's step needs to run on.
enum class Place : std::uint8_t { kNode, kRegistry };

/// One verb of the scenario language: what it is called, what it takes, who can do it, and what
/// others need to know of it. A row of the table in operations/operation_types.cpp.
struct OperationType {
  std::string_view name;
  std::string_view help;
  Place place = Place::kNode;
  /// The verb's own value.
  Parameter subject;
  std::span<const Parameter> parameters;
  /// Clients that may perform it; the first is the default.
  std::span<const Client> clients;
  /// The daemon's transfer service can do it, too; see Machine::engine.
  bool transfers = false;
  /// Somebody works on content, snapshots or files by hand, where containerd trusts its clients.
  bool by_hand = false;
  /// It deletes what may hold an image: records, content, leases, or what a registry stores.
  bool takes_copies = false;
  /// It deletes files behind the daemon's back: the daemon goes on saying that it has them.
  bool removes_files = false;
  /// It deletes nothing of an image, but may take away what keeps it: a tag that is moved, a label.
  bool cuts_paths = false;
  /// Checks the request and puts the first steps on the stack.
  Failure (*begin)(Machine& machine);
  /// Declares what `begin`, and the steps that expand right after it, read of the world; null:
  /// nothing.
  void (*begin_touches)(StepTouches& touches) = nullptr;
};

/// All operations, by name.
std::span<const OperationType* const> operation_types();
const OperationType* find_operation_type(std::string_view name);
std::string_view client_name(Client client);

/// The place of a type in operation_types(), which it must be in.
std::uint32_t place_of(const OperationType& type);

/// Starts an operation. It fails at once if the request can't be: its status tells.
Operation begin(World& world, Request request);
/// The same where the operation lies already: new, but for its request.
void begin(World& world, Operation& operation);
/// Performs the next atomic step. False: it had ended before.
bool perform(World& world, Operation& operation);
/// Performs all steps that are left.
void finish(World& world, Operation& operation);
/// The client dies. What the daemon does on its own account is done.
void kill_client(World& world, Operation& operation);
/// The daemon dies: nothing more happens.
void kill_daemon(Operation& operation);
/// The next atomic step as `until` names it: "commit content layer:base". Empty if it has ended.
std::string next_step(const World& world, const Operation& operation);

/// What a step's function works on.
class Machine {
 public:
  Machine(World& world, Operation& operation) : world_(world), operation_(operation) {}

  World& world() { return world_; }
  Catalog& catalog() { return world_.catalog(); }
  Operation& operation() { return operation_; }
  const Request& request() const { return operation_.request; }
  Node& node() { return world_.node(request().node); }
  const Profile& profile() { return *node().profile; }
  /// The metadata store in the request's namespace, under the operation's lease.
  Metadata metadata() {
    return {catalog(), node(), world_.now, request().space, operation_.lease_record};
  }
  Metadata metadata(StringId space) {
    return {catalog(), node(), world_.now, space, lease_in(space)};
  }

  const Blob& blob(BlobId id) { return catalog().blob(id); }
  StringId text(std::string_view value) { return catalog().intern(value); }
  StringId text(Word word) { return word.id(); }

  /// Sets the lease in context; kNone: none.
  void work_under(StringId lease);
  /// Puts steps on the stack, to be performed in this order and before all that is there.
  void then(std::initializer_list<Step> steps);
  void then(std::span<const Step> steps);
  /// Performs a step at the end. `in_daemon`: even if the client was killed.
  void defer(Cleanup when, bool in_daemon, Step step);
  void cancel_deferred(const Step& step);

  /// Who performs the operation, with the default made plain.
  Client client() const;
  /// The engine that does it: the client's own library, or the transfer service.
  Engine engine();

 private:
  /// The record of the lease in context in a namespace, or kNone.
  ObjectId lease_in(StringId space);

  World& world_;
  Operation& operation_;
};

}  // namespace sweepcheck
