// A history: a small world as it is declared, and what happens in it, all in small numbers. A
// number names an image, a lease or a step's option by its place in a fixed list, so a history of
// thirty operations is 300 bytes, drawing one is arithmetic, and the smaller of two histories is
// the one whose numbers are smaller: that order is what shrinking goes down.
//
//   images: app = [base], web = [base, layer1]        nodes: 1
//   pull app by cri, stopped before its 9th step; collect; resume
//
// is the declaration {{{0}}, {{0, 1}}}, 1 node, and the steps {pull, image 0, option 1, handle 1,
// stop 9}, {collect}, {resume, handle 1}.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/action.hpp"
#include "model/catalog/catalog.hpp"
#include "model/catalog/image.hpp"
#include "model/profile.hpp"
#include "model/request.hpp"

namespace sweepcheck {

inline constexpr std::uint8_t kImageCountMax = 6;
inline constexpr std::uint8_t kNodeCountMax = 3;
inline constexpr std::uint8_t kTagCount = 2;
inline constexpr std::uint8_t kLayerCountMax = 8;
inline constexpr std::uint8_t kNamespaceCount = 3;
inline constexpr std::uint8_t kNobody = 0xff;

/// An image: layers from the pool, or an index over two others.
struct HistoryImage {
  /// Places in the pool of layers, lowest first; empty for an index.
  std::vector<std::uint8_t> layers;
  /// Of an index: places of its members among the images, all before it.
  std::vector<std::uint8_t> members;
  /// 0: linux/amd64, which the nodes run; 1: linux/arm64.
  std::uint8_t platform = 0;
  /// Another image, before it, whose config blob it has, too; or kNobody.
  std::uint8_t same_config_as = kNobody;

  bool operator==(const HistoryImage&) const = default;
};

/// The world before the first step: images in one registry, an archive of each, nodes all alike.
struct Declaration {
  std::vector<HistoryImage> images;
  /// For each layer of the pool, one before it with the same diff ID (other compression), or
  /// kNobody. Its size is the number of layers.
  std::vector<std::uint8_t> same_diff_as;
  std::uint8_t node_count = 1;

  bool operator==(const Declaration&) const = default;
};

/// What a step does. The order is that of simplicity: shrinking goes from later to earlier. A link
/// is a label that names another object, put on an owner of each kind that can have labels.
enum class HistoryVerb : std::uint8_t {
  kCollect,
  kPull,
  kRemoveImage,
  kAdvance,
  kRestart,
  kTag,
  kExport,
  kImport,
  kPush,
  kFetch,
  kUnpack,
  kCheck,
  kCreateContainer,
  kStartContainer,
  kStopContainer,
  kRemoveContainer,
  kCreateLease,
  kDeleteLease,
  kAddResource,
  kRemoveResource,
  kLabelImage,
  kLabelContent,
  kRemoveContent,
  kIngest,
  kRemoveFile,
  kPruneReferences,
  kPruneImages,
  kRemoveSnapshot,
  kViewSnapshot,
  kPrepareSnapshot,
  kLabelNamespace,
  kDeleteTag,
  kDeleteManifest,
  kCollectRegistry,
  kSeedRegistry,
  kStopRegistry,
  kStartRegistry,
  kLinkImage,
  kLinkContent,
  kLinkSnapshot,
  kLinkContainer,
  kLinkLease,
  kLinkSandbox,
  kResume,
  kKillClient,
  kKillDaemon,
};
inline constexpr std::uint8_t kHistoryVerbCount = 46;

/// Which numbers of a step its verb reads.
enum HistoryField : std::uint8_t {
  kUsesNode = 1,
  kUsesSpace = 2,
  kUsesRecord = 4,  ///< an image record: by the reference of an image, or a tag
  kUsesImage = 8,   ///< a declared image
  kUsesPart = 16,   ///< a blob or a chain of that image
  kUsesName = 32,   ///< a tag, a lease, a container
};

struct HistoryVerbSpec {
  HistoryVerb verb;
  /// The operation's name in scenarios; empty for what is none.
  std::string_view operation;
  std::uint8_t fields = 0;
  std::uint8_t option_count = 1;
  std::uint8_t name_count = 0;
  /// How often the generator draws it, relative to the others.
  std::uint16_t weight = 0;
  /// It can be stopped between two of its steps.
  bool interruptible = false;
  ActionKind action = ActionKind::kOperation;
};

const HistoryVerbSpec& verb_spec(HistoryVerb verb);
std::span<const HistoryVerbSpec> verb_specs();

struct HistoryStep {
  HistoryVerb verb = HistoryVerb::kCollect;
  std::uint8_t option = 0;
  std::uint8_t node = 0;
  std::uint8_t space = 0;
  /// A record: below kImageCountMax the reference of that image, from there on a tag.
  std::uint8_t record = 0;
  std::uint8_t image = 0;
  /// 0: the target; 1: the config; from 2 on the layers, or as many of them as a chain has.
  std::uint8_t part = 0;
  std::uint8_t name = 0;
  /// Of an operation that stops, and of what resumes or kills it; 0: none.
  std::uint8_t handle = 0;
  /// The operation stops before its step of this number, counted from 1; 0: it runs to its end.
  std::uint8_t stop = 0;

  auto operator<=>(const HistoryStep&) const = default;
};

struct History {
  Declaration declaration;
  std::vector<HistoryStep> steps;

  bool operator==(const History&) const = default;
};

/// The names of a declaration's images, layers, tags, leases and containers, as scenarios have
/// them.
std::string_view image_name(std::uint8_t image);
std::string layer_name(std::uint8_t layer);
std::string_view space_name(std::uint8_t space);
inline constexpr std::string_view kRegistryHost = "registry.example";
inline constexpr std::string_view kOtherRegistryHost = "other.example";
inline constexpr std::string_view kArchiveName = "out.tar";
/// "registry.example/lib/app:1"; of the tags one is a full name, and the other the short one that
/// CRI takes for it.
std::string record_name(std::uint8_t record);
/// "lib/app:1" in the registry.
std::string repository_tag(std::uint8_t image);
std::string archive_name(std::uint8_t image);
std::string node_name(std::uint8_t node);
/// How far an advance moves the clock: a minute, two hours, or past a lease's day.
Duration advance_of(const HistoryStep& step);

/// The images as blobs, in order; digests are made up from the names. An index has its members'
/// blobs, too.
std::vector<ImageDescription> describe_images(const Declaration& declaration);

/// Names by number, interned once for a catalog, so that a step becomes a request without text.
class HistoryNames {
 public:
  HistoryNames(Catalog& catalog, const Declaration& declaration);

  /// The request that an operation's step means under a profile; `type` of control steps is null.
  Request request(const HistoryStep& step, const Profile& profile) const;
  BlobId target(std::uint8_t image) const { return targets_[image]; }
  std::span<const BlobId> targets() const { return targets_; }

 private:
  StringId part(const HistoryStep& step) const;
  StringId chain(const HistoryStep& step) const;
  void fill_content(const HistoryStep& step, Request& request) const;
  void fill_image(const HistoryStep& step, const Profile& profile, Request& request) const;
  void fill_other(const HistoryStep& step, Request& request) const;
  void fill_link(const HistoryStep& step, Request& request) const;
  void intern_links(Catalog& catalog);
  StringId link_value(const HistoryStep& step) const;

  const Catalog* catalog_;
  std::vector<BlobId> targets_;
  std::array<const OperationType*, kHistoryVerbCount> types_{};
  std::array<StringId, kImageCountMax + kTagCount> records_{};
  std::array<StringId, kImageCountMax> repository_tags_{}, by_digest_{}, archives_{}, mirrors_{},
      elsewhere_{};
  std::array<StringId, kNamespaceCount> spaces_{};
  std::array<StringId, 3> leases_{}, containers_{}, views_{}, sandboxes_{};
  StringId registry_{}, other_registry_{}, out_{}, arm64_{}, snapshot_kind_{}, content_kind_{};
  std::array<LabelList, 8> labels_;
  /// By the option of a link: the label's key.
  std::array<StringId, 9> link_keys_{};
  /// For each chain of an image, the value of a condition on it.
  std::vector<std::pair<StringId, StringId>> conditions_;
  StringId used_at_{};
};

/// What a verb is called: the operation's name, or "collect", "kill daemon".
std::string_view verb_name(HistoryVerb verb);
/// One line a step, as a person would say it.
std::string history_text(const History& history);
std::string step_text(const HistoryStep& step);

}  // namespace sweepcheck
