#include "input/scenario/keys.hpp"

#include <algorithm>
#include <array>

namespace sweepcheck {
namespace {

constexpr std::string_view kKinds =
    "content|snapshots|images|leases|ingests|containers|sandboxes|namespaces|files|directories";
constexpr std::string_view kLabelledKinds =
    "image|content|snapshot|lease|container|sandbox|namespace";
constexpr std::string_view kProfilesHelp = "only under these profiles; default: all";

constexpr std::array kScenarioKeys{
    Key{"$schema", Shape::kText, "for editors; ignored"},
    Key{"about", Shape::kName, "what the scenario shows, in a sentence", true},
    Key{"source", Shape::kNames, "where that is known from: links"},
    Key{"found_by",
        Shape::kObject,
        "what 'sweepcheck check' found it with, as it writes it itself",
        false,
        {},
        "found-by"},
    Key{"profiles", Shape::kNames, "profiles for which it holds; default: all"},
    Key{"layers", Shape::kObjects, "layers by name; others have default sizes", false, {}, "layer"},
    Key{"images", Shape::kObjects, "images by name", false, {}, "image"},
    Key{"registries", Shape::kObjects, "registries by host", false, {}, "registry"},
    Key{"nodes", Shape::kObjects, "nodes by name; default: one, \"node\"", false, {}, "node"},
    Key{"archives",
        Shape::kObjects,
        "archives that exist before the first step",
        false,
        {},
        "archive"},
    Key{"steps", Shape::kList, "what happens", true, {}, "step"},
    Key{"expect", Shape::kOneOrMore, "what must be true at the end", false, {}, "expectation"},
    Key{"conform",
        Shape::kOneOrMore,
        "what 'sweepcheck conform' is to know of it",
        false,
        {},
        "conform-note"},
};

constexpr std::array kFoundByKeys{
    Key{"version", Shape::kName, "version of sweepcheck that saved it", true},
    Key{"property", Shape::kName, "the property that it refutes", true},
    Key{"policy", Shape::kName, "a policy of the matrix, with all its settings", true},
};

constexpr std::array kConformNoteKeys{
    Key{"skip", Shape::kName, "why a real daemon can't perform it"},
    Key{"deviation", Shape::kName, "what a real daemon does against its own rules"},
    Key{"seen", Shape::kName, "how often: \"4 of 30\"", false, {}, {}, "deviation"},
    Key{"differences",
        Shape::kNames,
        "the differences that are no findings then, with '*'",
        false,
        {},
        {},
        "deviation"},
    Key{"profiles", Shape::kNames, kProfilesHelp},
};

constexpr std::array kLayerKeys{
    Key{"size", Shape::kSize, "bytes of the blob; default: 1000000"},
    Key{"unpacked", Shape::kSize, "bytes of its unpacked files; default: 2600000"},
    Key{"media_type", Shape::kName, "default: the gzip layer of its image's media types"},
    Key{"same_diff_as", Shape::kName, "another layer with the same diff ID: other compression"},
};

constexpr std::array kImageKeys{
    Key{"layers", Shape::kNames, "names of its layers, lowest first"},
    Key{"platform",
        Shape::kName,
        "os/arch[/variant]; default: linux/amd64",
        false,
        {},
        {},
        "layers"},
    Key{"labels",
        Shape::kTexts,
        "labels in its config, which containers inherit",
        false,
        {},
        {},
        "layers"},
    Key{"same_config_as",
        Shape::kName,
        "another image with the same config blob",
        false,
        {},
        {},
        "layers"},
    Key{"subject", Shape::kName, "an image that its manifest refers to", false, {}, {}, "layers"},
    Key{"index", Shape::kOther, "images that are its members", false, {}, "members"},
    Key{"media_types", Shape::kChoice,
        "default: oci; schema1: served in Docker's first format, and converted by who pulls it",
        false, "oci|docker|schema1"},
    Key{"file", Shape::kName,
        "an OCI layout, OCI archive or docker archive, relative to this file"},
    Key{"image", Shape::kText, "which image of the file, if it has several", false, {}, {}, "file"},
};

constexpr std::array kMemberKeys{
    Key{"image", Shape::kName, "name of an image", true},
    Key{"platform", Shape::kName, "the descriptor's platform; default: the image's"},
    Key{"referrer", Shape::kFlag,
        "its descriptor has the annotation io.containerd.manifest.subject"},
};

constexpr std::array kRegistryKeys{
    Key{"images", Shape::kTexts, "images that it serves: by \"repository:tag\""},
    Key{"descriptor_cache", Shape::kFlag, "it keeps descriptors of blobs that are gone"},
};

constexpr std::array kNodeKeys{
    Key{"config", Shape::kName, "a containerd config.toml, relative to this file"},
    Key{"cri", Shape::kObject, "keys of the CRI image service", false, {}, "cri"},
    Key{"scheduler", Shape::kOther, "the collector runs by itself", false, {}, "scheduler"},
    Key{"content_sharing_policy", Shape::kChoice, "of namespaces; default: shared", false,
        "shared|isolated"},
    Key{"platform", Shape::kName, "the platform that the node runs; default: linux/amd64"},
};

constexpr std::array kSchedulerKeys{
    Key{"pause_threshold", Shape::kShare, "share of time for collections; default: 0.02"},
    Key{"deletion_threshold", Shape::kCount, "deletions that bring a collection forward"},
    Key{"mutation_threshold", Shape::kCount, "mutations after which one is due; default: 100"},
    Key{"schedule_delay", Shape::kDuration, "from trigger to collection; default: 0s"},
    Key{"startup_delay", Shape::kDuration, "of the first collection; default: 100ms"},
};

constexpr std::array kCriKeys{
    Key{"discard_unpacked_layers", Shape::kFlag, "pulled layers are left to the collector"},
    Key{"use_local_image_pull", Shape::kFlag, "from 2.0: not by the transfer service"},
    Key{"snapshotter", Shape::kName, "default: overlayfs"},
    Key{"disable_snapshot_annotations", Shape::kFlag, "default: true"},
    Key{"sandbox_image", Shape::kName, "the pause image"},
    Key{"pinned_images", Shape::kNames, "from 2.0: images whose records are pinned"},
    Key{"max_concurrent_downloads", Shape::kCount, "default: 3"},
    Key{"image_pull_with_sync_fs", Shape::kFlag, "sync the file system after a pull"},
};

constexpr std::array kArchiveKeys{
    Key{"images", Shape::kTexts, "images by their names in the archive"},
    Key{"image", Shape::kName, "its only image"},
    Key{"name",
        Shape::kText,
        "that image's name in the archive; default: none",
        false,
        {},
        {},
        "image"},
    Key{"format", Shape::kChoice, "default: oci", false, "oci|docker"},
    Key{"without", Shape::kNames, "aliases of blobs that it lacks"},
    Key{"without_platforms", Shape::kNames, "platforms whose blobs it lacks"},
};

constexpr std::array kStepKeys{
    Key{"on", Shape::kName, "the node; default: the first"},
    Key{"namespace", Shape::kName, "default: default, for CRI k8s.io"},
    Key{"profiles", Shape::kNames, kProfilesHelp},
    Key{"expect", Shape::kOneOrMore, "what must be true then", false, {}, "expectation"},
    Key{"note", Shape::kText, "for people; ignored"},
};

constexpr std::array kOperationKeys{
    Key{"as", Shape::kName, "handle by which later steps resume or kill it"},
    Key{"until", Shape::kName, "stop before the atomic step of this name, with '*'"},
    Key{"fails", Shape::kOther, "it must fail, and how", false, {}, "failures"},
};

constexpr std::array kClientKeys{
    Key{"by", Shape::kName, "the client"},
};

constexpr std::array kFailureKeys{
    Key{"class", Shape::kName, "containerd's error class: not-found, ..."},
    Key{"text", Shape::kName, "the message, with '*' for any run of characters"},
    Key{"profiles", Shape::kNames, kProfilesHelp},
};

constexpr Key of_image(std::string_view name, Shape shape, std::string_view help) {
  return {name, shape, help, false, {}, {}, "image"};
}
constexpr Key of_registry(std::string_view name, Shape shape, std::string_view help) {
  return {name, shape, help, false, {}, {}, "registry"};
}
constexpr Key of_archive(std::string_view name, Shape shape, std::string_view help) {
  return {name, shape, help, false, {}, {}, "archive"};
}

constexpr std::array kExpectationKeys{
    Key{"image", Shape::kName, "an image record, whose state the next keys tell"},
    of_image("status", Shape::kName, "as ctr images check: \"complete (3/3)\", with '*'"),
    of_image("target", Shape::kName, "alias of the target, or \"absent\""),
    of_image("unpacked", Shape::kFlag, "its snapshots exist"),
    of_image("exportable", Shape::kFlag, "ctr images export would succeed"),
    of_image("exportable_all", Shape::kFlag, "the same with --all-platforms"),
    of_image("runnable", Shape::kFlag, "a container can be made from it"),
    of_image("recoverable", Shape::kFlag, "some node or registry still has all of it"),
    of_image("pushable_to", Shape::kNames, "references to which it can be pushed"),
    of_image("not_pushable_to", Shape::kNames, "references to which it can't"),
    Key{"snapshotter", Shape::kName, "that unpacked, runnable and snapshots mean"},
    Key{"labels_of", Shape::kObject, "the object whose labels are checked", false, {}, "labelled"},
    Key{"labels", Shape::kLabels, "labels of it, or of the image; null: no such label"},
    Key{"resources",
        Shape::kNames,
        "exactly these, of a lease: \"content layer:base\"",
        false,
        {},
        {},
        "labels_of"},
    Key{"present", Shape::kKindNames, "objects that are there", false, kKinds},
    Key{"absent", Shape::kKindNames, "objects that are not there", false, kKinds},
    Key{"exactly", Shape::kKindNames, "all objects of a kind", false, kKinds},
    Key{"disk", Shape::kSizes, "bytes used", false, "content_bytes|snapshot_bytes|ingest_bytes"},
    Key{"registry", Shape::kName, "a registry, of which the next keys tell"},
    of_registry("requests", Shape::kNames,
                "exactly those of this step: \"GET /v2/lib/app/blobs/layer:a1 200\""),
    of_registry("request_counts", Shape::kCounts, "their number by method"),
    of_registry("serves", Shape::kNames, "\"repository:tag\" that can be pulled in full"),
    of_registry("lacks", Shape::kNames, "those that can't"),
    of_registry("stores", Shape::kNames, "aliases of blobs that it has"),
    of_registry("stores_not", Shape::kNames, "aliases of blobs that it hasn't"),
    Key{"archive", Shape::kName, "an archive, of which the next keys tell"},
    of_archive("complete", Shape::kFlag, "false: cut off, as a failed export leaves it"),
    of_archive("members", Shape::kNames, "exactly these blobs"),
    of_archive("bytes", Shape::kSize, "its size"),
    Key{"recoverable_images", Shape::kNames, "declared images that some node or registry has"},
    Key{"lost_images", Shape::kNames, "declared images that none has"},
    Key{"collections", Shape::kCount, "number of collections during this step"},
    Key{"output", Shape::kText,
        "a line that the operation printed, with '*'; \"\": it printed nothing"},
    Key{"on", Shape::kName, "the node; default: the step's"},
    Key{"namespace", Shape::kName, "default: the step's"},
    Key{"profiles", Shape::kNames, kProfilesHelp},
    Key{"note", Shape::kText, "for people; ignored"},
};

constexpr std::array kLabelledKeys{
    Key{"kind", Shape::kChoice, "kind of the object", true, kLabelledKinds},
    Key{"name", Shape::kName, "its name or alias", true},
};

Shape shape_of(ParameterType type) {
  switch (type) {
    case ParameterType::kFlag:
    case ParameterType::kOption:
      return Shape::kFlag;
    case ParameterType::kName:
    case ParameterType::kReference:
    case ParameterType::kObject:
    case ParameterType::kPlatform:
      return Shape::kName;
    case ParameterType::kDuration:
      return Shape::kDuration;
    case ParameterType::kSize:
      return Shape::kSize;
    case ParameterType::kCount:
      return Shape::kCount;
    case ParameterType::kNames:
    case ParameterType::kReferences:
    case ParameterType::kPlatforms:
      return Shape::kNames;
    case ParameterType::kLabels:
      return Shape::kLabels;
  }
  return Shape::kText;
}

void append(std::vector<Key>& keys, Keys more) {
  keys.insert(keys.end(), more.begin(), more.end());
}

}  // namespace

Keys scenario_keys() { return kScenarioKeys; }
Keys layer_keys() { return kLayerKeys; }
Keys image_keys() { return kImageKeys; }
Keys member_keys() { return kMemberKeys; }
Keys registry_keys() { return kRegistryKeys; }
Keys node_keys() { return kNodeKeys; }
Keys scheduler_keys() { return kSchedulerKeys; }
Keys cri_keys() { return kCriKeys; }
Keys archive_keys() { return kArchiveKeys; }
Keys step_keys() { return kStepKeys; }
Keys client_keys() { return kClientKeys; }
Keys operation_keys() { return kOperationKeys; }
Keys failure_keys() { return kFailureKeys; }
Keys expectation_keys() { return kExpectationKeys; }
Keys labelled_keys() { return kLabelledKeys; }
Keys conform_note_keys() { return kConformNoteKeys; }
Keys found_by_keys() { return kFoundByKeys; }

std::span<const ControlVerb> control_verbs() {
  static const std::vector<ControlVerb> verbs{
      {{"collect",
        Shape::kOther,
        "a collection; \"metadata\": without the backend's clean-up",
        true,
        {},
        "collect"},
       {}},
      {{"advance", Shape::kDuration, "time passes", true}, {}},
      {{"restart", Shape::kTrue, "the daemon restarts, with these policy keys changed", true},
       {kNodeKeys.begin(), kNodeKeys.end()}},
      {{"resume", Shape::kName, "an operation goes on: its handle", true},
       {Key{"until", Shape::kName, "stop before the atomic step of this name, with '*'"},
        Key{"steps", Shape::kCount, "at most so many atomic steps; default: all"},
        kOperationKeys.back()}},
      {{"kill", Shape::kChoice, "the client of an operation, or a node's daemon, dies", true,
        "client|daemon"},
       {Key{"of", Shape::kName, "handle of the operation whose client dies"}}},
  };
  return verbs;
}

Key key_of(const Parameter& parameter, bool subject) {
  const bool always_true = subject && parameter.type == ParameterType::kFlag;
  return {.name = parameter.name,
          .shape = always_true ? Shape::kTrue : shape_of(parameter.type),
          .help = parameter.help,
          .required = subject || parameter.required,
          .clients = parameter.clients};
}

std::vector<Key> keys_of(const OperationType& operation) {
  std::vector<Key> keys{key_of(operation.subject, true)};
  keys.front().name = operation.name;
  for (const Parameter& parameter : operation.parameters) keys.push_back(key_of(parameter, false));
  if (!operation.clients.empty()) append(keys, kClientKeys);
  append(keys, kOperationKeys);
  append(keys, kStepKeys);
  return keys;
}

std::vector<Key> keys_of(const ControlVerb& verb) {
  std::vector<Key> keys{verb.verb};
  append(keys, verb.keys);
  append(keys, kStepKeys);
  return keys;
}

std::vector<std::string> verb_names() {
  std::vector<std::string> names;
  for (const OperationType* type : operation_types()) names.emplace_back(type->name);
  for (const ControlVerb& verb : control_verbs()) names.emplace_back(verb.verb.name);
  return names;
}

std::vector<std::string> names_of(Keys keys) {
  std::vector<std::string> names;
  for (const Key& key : keys) names.emplace_back(key.name);
  return names;
}

std::vector<std::string> choices_of(std::string_view choices) {
  std::vector<std::string> out;
  while (!choices.empty()) {
    const std::size_t end = std::min(choices.find('|'), choices.size());
    out.emplace_back(choices.substr(0, end));
    choices.remove_prefix(std::min(end + 1, choices.size()));
  }
  return out;
}

}  // namespace sweepcheck
