// From a step's numbers to the request that a scenario would make, and to one line of text.
#include <fmt/format.h>

#include <algorithm>

#include "model/assert.hpp"
#include "model/operation.hpp"
#include "properties/search/history.hpp"
#include "properties/search/history_options.hpp"

namespace sweepcheck {
namespace {

template <std::size_t size>
void number(Catalog& catalog, std::string_view prefix, std::array<StringId, size>& out) {
  for (std::size_t i = 0; i < size; ++i) {
    out[i] = catalog.intern(std::string(prefix) + std::to_string(i + 1));
  }
}

// Which of the label sets a step of this verb and option sets.
enum Labels : std::uint8_t {
  kTeam,
  kExpiresSoon,
  kExpiresNever,
  kRootLabel,
  kNoFirstLayer,
  kNoConfig,
  kShareableTrue,
  kShareableFalse,
};

}  // namespace

Duration advance_of(const HistoryStep& step) {
  constexpr std::array<Duration, 3> kAdvances{kHour / 60, 2 * kHour, 25 * kHour};
  return kAdvances[step.option];
}

HistoryNames::HistoryNames(Catalog& catalog, const Declaration& declaration) : catalog_(&catalog) {
  for (const ImageDescription& image : describe_images(declaration)) {
    targets_.push_back(catalog.add_image(image));
  }
  for (const HistoryVerbSpec& spec : verb_specs()) {
    if (spec.operation.empty()) continue;
    const OperationType* type = find_operation_type(spec.operation);
    SWEEPCHECK_BELIEVE(type != nullptr, "every verb of a history is an operation");
    types_[static_cast<std::size_t>(spec.verb)] = type;
  }
  const std::string host(kRegistryHost);
  for (std::uint8_t i = 0; i < records_.size(); ++i) records_[i] = catalog.intern(record_name(i));
  for (std::uint8_t i = 0; i < kImageCountMax; ++i) {
    repository_tags_[i] = records_[i];
    archives_[i] = catalog.intern(archive_name(i));
    const std::string name(image_name(i));
    mirrors_[i] = catalog.intern(host + "/mirror/" + name + ":1");
    elsewhere_[i] = catalog.intern(std::string(kOtherRegistryHost) + "/" + repository_tag(i));
    if (i >= targets_.size()) continue;
    by_digest_[i] = catalog.intern(host + "/lib/" + name + "@" +
                                   catalog.text(catalog.blob(targets_[i]).digest));
  }
  for (std::uint8_t i = 0; i < kNamespaceCount; ++i) spaces_[i] = catalog.intern(space_name(i));
  number(catalog, "hold-", leases_);
  number(catalog, "run-", containers_);
  number(catalog, "view-", views_);
  number(catalog, "pod-", sandboxes_);
  registry_ = catalog.intern(host);
  other_registry_ = catalog.intern(kOtherRegistryHost);
  out_ = catalog.intern(kArchiveName);
  arm64_ = catalog.intern("linux/arm64");
  snapshot_kind_ = catalog.intern("snapshot");
  content_kind_ = catalog.intern("content");
  const auto label = [&](std::string_view key, std::string_view value) {
    return LabelList{{catalog.intern(key), catalog.intern(value)}};
  };
  labels_[kTeam] = label("team", "a");
  labels_[kExpiresSoon] = label(kGcExpire, "2026-01-01T01:00:00Z");
  labels_[kExpiresNever] = label(kGcExpire, "2099-01-01T00:00:00Z");
  labels_[kRootLabel] = label(kGcRoot, "yes");
  labels_[kNoFirstLayer] = label("containerd.io/gc.ref.content.l.0", "");
  labels_[kNoConfig] = label("containerd.io/gc.ref.content.config", "");
  labels_[kShareableTrue] = label(kShareable, "true");
  labels_[kShareableFalse] = label(kShareable, "");
  intern_links(catalog);
}

void HistoryNames::intern_links(Catalog& catalog) {
  constexpr std::array<std::string_view, kLinkOptionCount> kKeys{
      "ref.content",    "ref.snapshot.overlayfs",  "ref.image",
      "bref.content",   "bref.snapshot.overlayfs", "bref.image",
      "bref.container", "cond.snapshot.overlayfs", "cond.value-usedat"};
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    link_keys_[i] = catalog.intern("containerd.io/gc." + std::string(kKeys[i]));
  }
  used_at_ = catalog.intern(format_rfc3339(kEpoch));
  HistoryStep step;
  for (step.image = 0; step.image < targets_.size(); ++step.image) {
    for (step.part = 1; step.part <= kLayerCountMax + 1; ++step.part) {
      const StringId on = chain(step);
      const auto known = [&](const auto& condition) { return condition.first == on; };
      if (std::any_of(conditions_.begin(), conditions_.end(), known)) continue;
      conditions_.emplace_back(on, catalog.intern("usedat<2h|" + catalog.text(on)));
    }
  }
}

// An index stands for its first member, from the config on.
StringId HistoryNames::part(const HistoryStep& step) const {
  const BlobId target = targets_[step.image];
  if (step.part == 0) return catalog_->blob(target).digest;
  const Blob* blob = &catalog_->blob(target);
  if (blob->media == MediaClass::kIndex) blob = &catalog_->blob(blob->children.front().blob);
  const std::size_t place = std::min<std::size_t>(step.part - 1U, blob->children.size() - 1);
  return catalog_->blob(blob->children[place].blob).digest;
}

StringId HistoryNames::chain(const HistoryStep& step) const {
  const Blob* blob = &catalog_->blob(targets_[step.image]);
  if (blob->media == MediaClass::kIndex) blob = &catalog_->blob(blob->children.front().blob);
  const auto& chains = catalog_->blob(blob->children.front().blob).chain_ids;
  const std::size_t place =
      step.part < 2 ? chains.size() - 1 : std::min<std::size_t>(step.part - 2U, chains.size() - 1);
  return chains[place];
}

void HistoryNames::fill_image(const HistoryStep& step, const Profile& profile,
                              Request& request) const {
  const auto by = [&](Client client) {
    request.by = client;
    if (client == Client::kCri) request.space = spaces_[kCriSpace];
  };
  switch (step.verb) {
    case HistoryVerb::kPull:
      request.name = records_[step.image];
      if (step.option == kPullByCri) by(Client::kCri);
      if (step.option >= kPullByLibrary && step.option <= kPullWithoutUnpack) by(Client::kLibrary);
      request.discard_unpacked_layers = step.option == kPullDiscarding;
      request.no_unpack = step.option == kPullWithoutUnpack;
      request.all_platforms = step.option == kPullAllPlatforms;
      break;
    case HistoryVerb::kFetch:
      request.name = records_[step.image];
      request.metadata_only = step.option == 1;
      break;
    case HistoryVerb::kImport:
      request.name = step.option == kImportExported ? out_ : archives_[step.image];
      request.discard_unpacked_layers = step.option == kImportDiscarding;
      request.no_unpack = step.option == kImportWithoutUnpack;
      // Only the client's own library discards; ctr 2.x has to be told to use it.
      if (step.option == kImportDiscarding && profile.ctr_engine == Engine::kTransfer) {
        request.local = true;
      }
      break;
    case HistoryVerb::kExport:
      request.to = out_;
      request.all_platforms = step.option == 1;
      break;
    case HistoryVerb::kPush:
      // Back where it came from, unless it says otherwise.
      if (step.option == kPushBack) request.to = mirrors_[step.image];
      if (step.option == kPushElsewhere) request.to = elsewhere_[step.image];
      break;
    case HistoryVerb::kRemoveImage:
      request.sync = step.option == kRemoveSync;
      if (step.option == kRemoveByCri) by(Client::kCri);
      break;
    case HistoryVerb::kTag:
      request.to = records_[kImageCountMax + step.name];
      request.force = profile.ctr_engine == Engine::kLocal;
      break;
    case HistoryVerb::kLabelImage:
      request.labels = labels_[step.option == 0   ? kTeam
                               : step.option == 1 ? kExpiresSoon
                                                  : kExpiresNever];
      break;
    case HistoryVerb::kCreateContainer:
      request.image = records_[step.record];
      request.name = containers_[step.name];
      if (step.option == kCreateByCri) by(Client::kCri);
      break;
    default:
      break;
  }
}

void HistoryNames::fill_content(const HistoryStep& step, Request& request) const {
  switch (step.verb) {
    case HistoryVerb::kLabelContent:
      request.name = part(step);
      request.labels = labels_[step.option == 0   ? kTeam
                               : step.option == 1 ? kRootLabel
                               : step.option == 2 ? kNoFirstLayer
                                                  : kNoConfig];
      break;
    case HistoryVerb::kRemoveContent:
    case HistoryVerb::kRemoveFile:
      request.name = part(step);
      break;
    case HistoryVerb::kIngest:
      request.name = part(step);
      if (step.option == 1) {
        request.by = Client::kLibrary;
        request.lease = leases_[step.name];
      }
      break;
    case HistoryVerb::kPruneReferences:
      request.dry_run = step.option == 1;
      break;
    case HistoryVerb::kRemoveSnapshot:
      request.name = chain(step);
      break;
    case HistoryVerb::kViewSnapshot:
    case HistoryVerb::kPrepareSnapshot:
      request.name = views_[step.name];
      request.parent = chain(step);
      break;
    case HistoryVerb::kAddResource:
    case HistoryVerb::kRemoveResource:
      request.name = leases_[step.name];
      request.resource_kind = step.option == 1 ? snapshot_kind_ : content_kind_;
      request.key = step.option == 1 ? chain(step) : part(step);
      break;
    default:
      break;
  }
}

void HistoryNames::fill_other(const HistoryStep& step, Request& request) const {
  switch (step.verb) {
    case HistoryVerb::kStartContainer:
    case HistoryVerb::kStopContainer:
      request.name = containers_[step.name];
      break;
    case HistoryVerb::kRemoveContainer:
      request.name = containers_[step.name];
      request.keep_snapshot = step.option == 1;
      break;
    case HistoryVerb::kCreateLease:
      request.name = leases_[step.name];
      request.flat = step.option == kLeaseFlat;
      if (step.option == kLeaseForAnHour) request.duration = kHour;
      break;
    case HistoryVerb::kDeleteLease:
      request.name = leases_[step.name];
      request.sync = step.option == 1;
      break;
    case HistoryVerb::kLabelNamespace:
      request.name = spaces_[step.space];
      request.labels = labels_[step.option == 0 ? kShareableTrue : kShareableFalse];
      break;
    case HistoryVerb::kDeleteTag:
    case HistoryVerb::kDeleteManifest:
      request.name = step.verb == HistoryVerb::kDeleteTag ? repository_tags_[step.image]
                                                          : by_digest_[step.image];
      break;
    case HistoryVerb::kSeedRegistry:
      request.name = repository_tags_[step.image];
      request.image = catalog_->blob(targets_[step.image]).digest;
      break;
    case HistoryVerb::kCollectRegistry:
      request.name = step.option < kCollectOther ? registry_ : other_registry_;
      request.delete_untagged =
          step.option == kCollectHomeUntagged || step.option == kCollectOtherUntagged;
      break;
    case HistoryVerb::kStopRegistry:
    case HistoryVerb::kStartRegistry:
      request.name = registry_;
      break;
    default:
      break;
  }
}

// What the label names: see LinkOption.
StringId HistoryNames::link_value(const HistoryStep& step) const {
  HistoryStep to = step;
  StringId record = records_[step.image];
  if ((verb_spec(step.verb).fields & kUsesRecord) != 0 && step.verb != HistoryVerb::kLinkImage) {
    record = records_[step.record];
    to.image = step.record < targets_.size() ? step.record : std::uint8_t{0};
    to.part = 0;
  }
  switch (step.option) {
    case kLinkContentReference:
    case kLinkBackToContent:
      return part(to);
    case kLinkSnapshotReference:
    case kLinkBackToSnapshot:
      return chain(to);
    case kLinkImageReference:
    case kLinkBackToImage:
      return record;
    case kLinkBackToContainer:
      return containers_[0];
    case kLinkCondition: {
      const StringId on = chain(to);
      return std::find_if(conditions_.begin(), conditions_.end(),
                          [&](const auto& condition) { return condition.first == on; })
          ->second;
    }
    default:
      return used_at_;
  }
}

void HistoryNames::fill_link(const HistoryStep& step, Request& request) const {
  switch (step.verb) {
    case HistoryVerb::kLinkImage:
      break;
    case HistoryVerb::kLinkContent:
      request.name = part(step);
      break;
    case HistoryVerb::kLinkSnapshot:
      request.name = chain(step);
      break;
    case HistoryVerb::kLinkContainer:
      request.name = containers_[step.name];
      break;
    case HistoryVerb::kLinkLease:
      request.name = leases_[step.name];
      break;
    case HistoryVerb::kLinkSandbox:
      request.name = sandboxes_[step.name];
      request.by = Client::kCri;
      request.space = spaces_[kCriSpace];
      break;
    default:
      return;
  }
  request.labels = {{link_keys_[step.option], link_value(step)}};
}

Request HistoryNames::request(const HistoryStep& step, const Profile& profile) const {
  Request request;
  request.type = types_[static_cast<std::size_t>(step.verb)];
  request.node = static_cast<NodeId>(step.node);
  request.space = spaces_[step.space];
  request.name = records_[step.record];
  fill_image(step, profile, request);
  fill_content(step, request);
  fill_other(step, request);
  fill_link(step, request);
  return request;
}

std::string_view verb_name(HistoryVerb verb) {
  switch (verb) {
    case HistoryVerb::kCollect:
      return "collect";
    case HistoryVerb::kAdvance:
      return "advance";
    case HistoryVerb::kRestart:
      return "restart";
    case HistoryVerb::kResume:
      return "resume";
    case HistoryVerb::kKillClient:
      return "kill client";
    case HistoryVerb::kKillDaemon:
      return "kill daemon";
    default:
      return verb_spec(verb).operation;
  }
}

std::string step_text(const HistoryStep& step) {
  const HistoryVerbSpec& spec = verb_spec(step.verb);
  std::string out;
  switch (step.verb) {
    case HistoryVerb::kCollect:
      out = verb_name(step.verb);
      if (step.option == kCollectMetadata) out += " metadata";
      break;
    case HistoryVerb::kAdvance:
      return "advance " + format_duration(advance_of(step));
    case HistoryVerb::kRestart:
      out = step.option == kRestartFlipped ? "restart with discard flipped" : "restart";
      break;
    case HistoryVerb::kResume:
      return fmt::format("resume p{}", step.handle) +
             (step.stop > 0 ? fmt::format(" for {} steps", step.stop - 1) : "");
    case HistoryVerb::kKillClient:
      return fmt::format("kill client p{}", step.handle);
    default:
      out = verb_name(step.verb);
  }
  if (spec.fields & kUsesRecord) out += " " + record_name(step.record);
  if (spec.fields & kUsesImage) out += " " + std::string(image_name(step.image));
  if (spec.fields & kUsesPart) out += fmt::format(" part {}", step.part);
  if (spec.fields & kUsesName) out += fmt::format(" #{}", step.name + 1);
  if (step.option > 0) out += fmt::format(" option {}", step.option);
  if (spec.fields & kUsesSpace) out += " in " + std::string(space_name(step.space));
  if (spec.fields & kUsesNode) out += " on " + node_name(step.node);
  if (step.stop > 0) out += fmt::format(" as p{}, {} steps", step.handle, step.stop - 1);
  return out;
}

std::string history_text(const History& history) {
  std::string out;
  for (const HistoryStep& step : history.steps) out += step_text(step) + "\n";
  return out;
}

}  // namespace sweepcheck
