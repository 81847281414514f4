// A scenario as data: what its file says, checked, with the place of everything for messages. It
// holds names only, no ids: each replay builds its own world from it (replay/replay.hpp).
//
// {
//   "about": "CRI with discard keeps the manifest and the snapshots, and loses the layers",
//   "source": ["https://github.com/containerd/containerd/issues/9277"],
//   "images": {"app": {"layers": ["base", "a1"]}},
//   "registries": {"registry.example": {"images": {"lib/app:1": "app"}}},
//   "nodes": {"node": {"cri": {"discard_unpacked_layers": true}}},
//   "steps": [
//     {"pull": "registry.example/lib/app:1", "by": "cri"},
//     {"collect": true, "expect": {"absent": {"content": ["layer:base"]}}},
//     {"export": "registry.example/lib/app:1", "namespace": "k8s.io", "to": "app.tar",
//      "fails": {"class": "not-found", "text": "failed to get reader: content digest *"}}
//   ],
//   "expect": {"image": "registry.example/lib/app:1", "namespace": "k8s.io", "exportable": false}
// }
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "input/diagnostic.hpp"
#include "model/action.hpp"
#include "model/catalog/image.hpp"
#include "model/operation.hpp"
#include "model/pattern.hpp"
#include "model/policy.hpp"
#include "model/world.hpp"

namespace sweepcheck {

/// Where something stands in the scenario file.
struct FilePlace {
  int line = 0;
  int column = 0;
  std::string pointer = {};

  bool operator==(const FilePlace&) const = default;
};

struct ScenarioNode {
  std::string name;
  Policy policy;

  bool operator==(const ScenarioNode&) const = default;
};

struct ScenarioRegistry {
  std::string host;
  bool descriptor_cache = false;
  /// "repository:tag" and the name of a declared image.
  std::vector<std::pair<std::string, std::string>> images;

  bool operator==(const ScenarioRegistry&) const = default;
};

/// An archive that exists before the first step.
struct ScenarioArchive {
  std::string name;
  ArchiveFormat format = ArchiveFormat::kOci;
  /// The name in the archive ("" for none) and the declared image.
  std::vector<std::pair<std::string, std::string>> images;
  /// Aliases of blobs that it lacks.
  std::vector<std::string> without;

  bool operator==(const ScenarioArchive&) const = default;
};

using LabelMap = std::vector<std::pair<std::string, std::string>>;

/// The value of one parameter, as the file has it.
struct Argument {
  const Parameter* parameter = nullptr;
  std::variant<bool, std::int64_t, std::string, std::vector<std::string>, LabelMap> value;

  bool operator==(const Argument&) const = default;
};

/// How an operation is expected to fail.
struct ExpectedFailure {
  FilePlace place;
  /// Profiles that it is expected under; empty: all.
  std::vector<std::string> profiles;
  /// Empty: any class.
  std::string error_class;
  /// With '*' for any run of characters; empty: any text.
  std::string text;

  bool operator==(const ExpectedFailure&) const = default;
};

/// Names by kind of object: {"content", ["layer:base"]}.
using NamesByKind = std::vector<std::pair<std::string, std::vector<std::string>>>;

/// One expectation. Only what is set is checked.
struct Expectation {
  FilePlace place;
  std::vector<std::string> profiles;
  /// Node and namespace; empty: those of the step, or the first node and its step's default.
  std::string node;
  std::string space;

  /// An image record by name, and what must be true of it.
  std::string image;
  std::optional<std::string> status;
  std::optional<std::string> target;
  std::optional<bool> unpacked, exportable, exportable_all, runnable, recoverable;
  std::vector<std::string> pushable_to, not_pushable_to;
  std::string snapshotter;

  /// Labels of one object: kind ("image", "content", "snapshot", "lease", "container", "sandbox",
  /// "namespace"), name, and label values; a missing value means that the label is absent.
  std::string labelled_kind, labelled_name;
  std::vector<std::pair<std::string, std::optional<std::string>>> labels;
  /// Of a lease: exactly these resources, as "content layer:base", "snapshot chain:base".
  std::optional<std::vector<std::string>> resources;

  NamesByKind present, absent, exactly;
  /// "content_bytes", "snapshot_bytes", "ingest_bytes".
  std::vector<std::pair<std::string, std::int64_t>> disk;

  std::string registry;
  /// Exactly these requests since the step began, in any order: "GET /v2/lib/app/blobs/layer:a1
  /// 200".
  std::optional<std::vector<std::string>> requests;
  /// Number of requests by method since the step began.
  std::vector<std::pair<std::string, std::int64_t>> request_counts;
  /// "repository:tag" or "repository@manifest:app" that can be pulled in full, or not.
  std::vector<std::string> serves, lacks;
  /// Aliases of blobs whose bytes it has, or has not.
  std::vector<std::string> stores, stores_not;

  std::string archive;
  std::optional<bool> archive_complete;
  std::optional<std::vector<std::string>> archive_members;
  std::optional<std::int64_t> archive_bytes;

  /// Declared images that some node can export or some registry serves, or none.
  std::vector<std::string> recoverable_images, lost_images;
  /// Collections since the step began.
  std::optional<std::int64_t> collections;
  /// What the operation printed, with '*'.
  std::optional<std::string> output;

  bool operator==(const Expectation&) const = default;
};

/// One step: {"pull": ...} and the other operations; {"collect": true} (a full collection) or
/// {"collect": "metadata"} (its first phase alone); {"advance": "25h"}; {"restart": true, "cri":
/// {...}}, with the policy changed; {"resume": "p1", "until": ..., "steps": n}; {"kill": "client",
/// "of": "p1"}; {"kill": "daemon"}.
struct ScenarioStep {
  ActionKind kind = ActionKind::kOperation;
  FilePlace place;
  /// The verb as it stands in the file.
  std::string verb;
  /// Profiles that perform it; empty: all.
  std::vector<std::string> profiles;
  std::string node;
  std::string space;
  Client by = Client::kDefault;

  const OperationType* operation = nullptr;
  /// The verb's own value first.
  std::vector<Argument> arguments;
  /// Handle of an operation that is not finished by its own step.
  std::string handle;
  /// Stop before the step of this name ("commit content layer:a1", with '*').
  std::string until;
  /// Of a resume: at most this many atomic steps; 0: as many as there are.
  std::int64_t step_count = 0;

  bool metadata_only = false;
  Duration duration = 0;
  /// Of a restart: the node's whole new policy, and which of its keys the step names, as
  /// set_policy_key() knows them.
  std::optional<Policy> policy;
  std::vector<std::string> policy_keys;

  /// Every failure that is expected under some profile; none: it must succeed.
  std::vector<ExpectedFailure> fails;
  std::vector<Expectation> expectations;

  bool operator==(const ScenarioStep&) const = default;
};

/// What a conformance run is to know of a scenario: why it is skipped, or which differences are the
/// daemon's own fault.
struct ConformNote {
  FilePlace place;
  /// Empty: all.
  std::vector<std::string> profiles;
  /// Why a real daemon can't perform it.
  std::string skip;
  /// What the daemon does wrong, how often that was seen, and the differences that it makes, with
  /// '*'.
  std::string deviation;
  std::string seen;
  std::vector<std::string> differences;
};

/// What `sweepcheck check` found a counterexample with, as it saved it.
struct FoundBy {
  /// Of sweepcheck: another one may draw and judge otherwise.
  std::string version;
  std::string property;
  /// A policy of the matrix, with all its settings.
  std::string policy;
};

struct Scenario {
  /// As it was given.
  std::string file;
  std::string about;
  std::vector<std::string> sources;
  /// Of a counterexample that `check` has saved.
  std::optional<FoundBy> found_by;
  /// Profiles for which it holds, oldest first.
  std::vector<std::string> profiles;
  /// Declared images by name; members of an index are images of their own, too.
  std::map<std::string, ImageDescription> images;
  std::vector<ScenarioRegistry> registries;
  std::vector<ScenarioNode> nodes;
  std::vector<ScenarioArchive> archives;
  std::vector<ScenarioStep> steps;
  std::vector<Expectation> expectations;
  std::vector<ConformNote> conform_notes;
};

/// The namespace that a step works in: its own, or its client's default (CRI's is k8s.io).
std::string namespace_of(const ScenarioStep& step);

/// What the command line changes in a scenario before it is decoded.
struct ScenarioOverrides {
  /// `--image NAME=FILE`: a real image in the place of a declared one.
  std::vector<std::pair<std::string, std::string>> images;
};

struct ScenarioResultOrDiagnostics {
  std::optional<Scenario> scenario;
  Diagnostics diagnostics;
};

/// Reads one scenario file. All diagnostics are collected; there is a scenario only if none is an
/// error. Limits: 8 MiB, 64 levels deep.
ScenarioResultOrDiagnostics read_scenario(const std::string& path,
                                          const ScenarioOverrides& overrides = {});

/// The same from text; `file` is the name that diagnostics give, and the base of relative paths.
ScenarioResultOrDiagnostics parse_scenario(std::string_view text, const std::string& file,
                                           const ScenarioOverrides& overrides = {});

/// The JSON Schema of scenario files (draft 2020-12), made from the same tables as the reader.
std::string scenario_schema();

/// Sets one policy key as `--set KEY=VALUE` and scenario nodes name it
/// ("cri.discard_unpacked_layers", "scheduler.mutation_threshold", "content_sharing_policy",
/// "platform"); an error message, or "".
std::string set_policy_key(Policy& policy, std::string_view key, std::string_view value);

/// Puts what a config.toml says in the place of a policy: all but the platform.
void replace_policy(const Policy& config, Policy& policy);

/// Sets these keys of a policy to what they are in another.
void copy_policy_keys(const Policy& from, const std::vector<std::string>& keys, Policy& to);

/// The names of all policy keys, for messages and completions.
std::vector<std::string> policy_keys();

/// One line about such a key.
std::string_view policy_key_help(std::string_view key);

}  // namespace sweepcheck
