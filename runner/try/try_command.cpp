// `sweepcheck try IMAGE`: what discarding the unpacked layers of one real image does, under every
// profile: imported into a fresh node as it is and with discarding, then collected and asked.
#include "runner/try/try_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "input/config/config_toml.hpp"
#include "input/digest.hpp"
#include "input/image/image_archive.hpp"
#include "model/assert.hpp"
#include "model/image_graph.hpp"
#include "model/inspect.hpp"
#include "model/simulation.hpp"
#include "runner/cli/options.hpp"

namespace sweepcheck {
namespace {

using Json = nlohmann::ordered_json;

struct Answer {
  std::string profile;
  bool discarded = false;
  /// How the layers were discarded, as an operator would.
  std::string how;
  std::string status;
  DiskUsage disk;
  bool exportable = false, pushable = false, runnable = false;
  bool runnable_elsewhere = false;
  std::string export_error;
};

struct Setup {
  const ImageDescription* image = nullptr;
  Policy policy;
};

Archive archive_of(Catalog& catalog, const ImageDescription& image, StringId name) {
  std::vector<BlobId> members;
  for (const ImageBlob& blob : image.blobs) {
    if (blob.present) members.push_back(catalog.find_blob(catalog.intern(blob.digest)));
  }
  Archive archive = make_archive(catalog, catalog.intern("image"), std::move(members));
  archive.images.emplace_back(name, catalog.find_blob(catalog.intern(image.target().digest)));
  return archive;
}

Request make(Catalog& catalog, std::string_view verb, std::string_view name) {
  Request request;
  request.type = find_operation_type(verb);
  SWEEPCHECK_BELIEVE(request.type != nullptr, "the verbs of try are defined");
  request.node = static_cast<NodeId>(0);
  request.space = catalog.intern("default");
  request.name = catalog.intern(name);
  return request;
}

Failure perform_all(Simulation& simulation, const Request& request) {
  const Action action{.kind = ActionKind::kOperation, .request = &request};
  return simulation.perform(action).operation->failure;
}

// Discards the way this version's ctr can: by the import's flag, or, without it, by stripping the
// references afterwards.
std::string import_image(Simulation& simulation, const Profile& profile, bool discard) {
  Catalog& catalog = simulation.catalog();
  Request import = make(catalog, "import", "image");
  const bool has_flag = profile.import_discard_flag;
  if (discard && has_flag) {
    import.discard_unpacked_layers = true;
    if (profile.ctr_engine == Engine::kTransfer) import.local = true;
  }
  const Failure failure = perform_all(simulation, import);
  if (failure) return failure_text(catalog, failure);
  if (discard && !has_flag) perform_all(simulation, make(catalog, "prune-references", ""));
  simulation.perform({.kind = ActionKind::kCollect});
  return {};
}

std::string discard_command(const Profile& profile) {
  if (!profile.import_discard_flag) return "ctr content prune references";
  return profile.ctr_engine == Engine::kTransfer
             ? "ctr images import --local --discard-unpacked-layers"
             : "ctr images import --discard-unpacked-layers";
}

std::string ask(const Setup& setup, const Profile& profile, bool discard, Answer& answer) {
  Catalog catalog([](std::string_view bytes) { return sha256_digest(bytes); });
  Simulation simulation(catalog);
  World& world = simulation.world();
  catalog.add_image(*setup.image);
  const NodeId id = simulation.add_node("node", profile, setup.policy);
  Registry empty;
  empty.host = catalog.intern("empty.example");
  world.registries.push_back(empty);
  const StringId name = catalog.intern("registry.example/" + setup.image->name);
  world.archives.push_back(archive_of(catalog, *setup.image, name));
  if (std::string error = import_image(simulation, profile, discard); !error.empty()) return error;

  const StringId space = catalog.intern("default");
  answer.profile = std::string(profile.name);
  answer.discarded = discard;
  answer.how = discard ? discard_command(profile) : "ctr images import";
  answer.status = status_text(check_image(world, id, space, name, kNone<StringId>));
  answer.disk = disk_usage(catalog, world.nodes[0].state);
  answer.exportable = is_exportable(world, id, space, name);
  answer.pushable = is_pushable(world, id, space, name, "empty.example/copy:1");
  answer.runnable = is_runnable(world, id, space, name, kNone<StringId>);
  answer.runnable_elsewhere = is_runnable(world, id, space, name, catalog.intern("native"));
  if (!answer.exportable) {
    Simulation copy = simulation;
    Request request = make(catalog, "export", catalog.text(name));
    request.to = catalog.intern("(probe)");
    answer.export_error = failure_text(catalog, perform_all(copy, request));
  }
  return {};
}

std::string size_text(std::int64_t bytes) {
  constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  double size = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (size >= 1000 && unit + 1 < std::size(kUnits)) {
    size /= 1000;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", size, kUnits[unit]);
}

const char* yes(bool value) { return value ? "yes" : "NO"; }

void print_answers(const std::vector<Answer>& answers, std::ostream& out) {
  out << fmt::format("{:<15}  {:<9}  {:>10}  {:>10}  {:<6}  {:<4}  {:<4}  {}\n", "profile",
                     "layers", "content", "snapshots", "export", "push", "run", "check");
  for (const Answer& answer : answers) {
    out << fmt::format("{:<15}  {:<9}  {:>10}  {:>10}  {:<6}  {:<4}  {:<4}  {}\n", answer.profile,
                       answer.discarded ? "discarded" : "kept",
                       size_text(answer.disk.content_bytes), size_text(answer.disk.snapshot_bytes),
                       yes(answer.exportable), yes(answer.pushable), yes(answer.runnable),
                       answer.status);
  }
}

void print_lesson(const std::vector<Answer>& answers, std::ostream& out) {
  const Answer* kept = nullptr;
  const Answer* gone = nullptr;
  for (const Answer& answer : answers) {
    (answer.discarded ? gone : kept) = &answer;
  }
  if (!kept || !gone) return;
  const std::int64_t before = kept->disk.content_bytes + kept->disk.snapshot_bytes;
  const std::int64_t saved = kept->disk.content_bytes - gone->disk.content_bytes;
  out << fmt::format(
      "\nDiscarding ({}) saves {} of {} on this node, {:.0f} %.\n", gone->how, size_text(saved),
      size_text(before),
      before > 0 ? 100.0 * static_cast<double>(saved) / static_cast<double>(before) : 0.0);
  if (!gone->exportable) {
    out << "What this node alone can't undo:\n";
    out << "  export        " << gone->export_error << '\n';
    if (!gone->pushable) {
      out << "  push          to a registry that has none of its blobs\n";
    }
    if (!gone->runnable_elsewhere) {
      out << "  snapshotter   no container on another snapshotter: there is nothing to unpack\n";
    }
    out << "  pull again    brings no layer back while the snapshots exist (CRI, and ctr 2.x)\n";
    out << "Running containers are not affected. If the registry deletes the image, it is lost.\n";
  }
}

Json to_json(const Answer& answer) {
  return {{"profile", answer.profile},
          {"discarded", answer.discarded},
          {"how", answer.how},
          {"status", answer.status},
          {"content_bytes", answer.disk.content_bytes},
          {"snapshot_bytes", answer.disk.snapshot_bytes},
          {"exportable", answer.exportable},
          {"export_error", answer.export_error},
          {"pushable_to_empty_registry", answer.pushable},
          {"runnable", answer.runnable},
          {"runnable_on_other_snapshotter", answer.runnable_elsewhere}};
}

// The platform that the image is tried on: the node's own if the image serves it, else that of its
// first manifest which is there.
std::string platform_for(const ImageDescription& image, const std::string& own) {
  Catalog catalog;
  std::string first;
  for (const ImageBlob& manifest : image.blobs) {
    if (!manifest.present || manifest.children.empty()) continue;
    if (classify_media_type(manifest.media_type) != MediaClass::kManifest) continue;
    const std::string& platform = image.blobs[manifest.children.front().blob].platform;
    if (platform.empty()) continue;
    if (platform_rank(catalog, catalog.intern(platform), catalog.intern(own), false) >= 0) {
      return own;
    }
    if (first.empty()) first = platform;
  }
  return first.empty() ? own : first;
}

std::string headline(const std::string& file, const ImageDescription& image,
                     const std::string& platform) {
  std::int64_t compressed = 0;
  int layer_count = 0;
  Catalog catalog;
  const BlobId target = catalog.add_image(image);
  const BlobId manifest = declared_manifest_for(catalog, target, catalog.intern(platform));
  if (manifest != kNone<BlobId>) {
    for (const BlobId layer : layers_of(catalog, profiles().back(), manifest)) {
      ++layer_count;
      compressed += catalog.blob(layer).size_bytes;
    }
  }
  return fmt::format("{}: image {}, {}, {} layer{} of {} compressed\n\n", file, image.name,
                     platform, layer_count, layer_count == 1 ? "" : "s", size_text(compressed));
}

// An artifact has a manifest, too, but no image's config.
bool is_image(const ImageDescription& image) {
  return std::any_of(image.blobs.begin(), image.blobs.end(), [&](const ImageBlob& blob) {
    if (classify_media_type(blob.media_type) != MediaClass::kManifest) return false;
    return std::any_of(blob.children.begin(), blob.children.end(), [&](const ImageChild& child) {
      return classify_media_type(image.blobs[child.blob].media_type) == MediaClass::kConfig;
    });
  });
}

// Leaves out what is not an image, and says so; false if nothing is left to try.
bool keep_images(std::vector<ImageDescription>& images, const std::string& file,
                 std::ostream& err) {
  std::vector<std::string> others;
  std::erase_if(images, [&](const ImageDescription& image) {
    if (!is_image(image)) others.push_back(image.name);
    return !is_image(image);
  });
  const std::string why =
      others.empty() ? ""
                     : fmt::format("{} {} no manifest with an image's config",
                                   fmt::join(others, ", "), others.size() == 1 ? "has" : "have");
  if (images.empty()) {
    err << file << ": error: there is no image to try" << (why.empty() ? "" : ": ") << why << '\n';
  } else if (!why.empty()) {
    err << file << ": warning: not tried: " << why << '\n';
  }
  return !images.empty();
}

}  // namespace

int try_command(const CommandLine& command_line, std::ostream& out, std::ostream& err) {
  const std::string& file = command_line.arguments.front();
  CommonOptions common;
  std::vector<std::string> chosen = profile_names();
  if (!read_common_options(command_line, common, err) ||
      !take_profiles(command_line, common, chosen, err)) {
    return exit_status::kBadUse;
  }
  ImageArchiveResult read = read_image_archive(file);
  print_diagnostics(read.diagnostics, err);
  if (!read.archive) return exit_status::kBadUse;
  if (!keep_images(read.archive->images, file, err)) return exit_status::kBadUse;
  Setup setup;
  if (common.policy) setup.policy = *common.policy;
  // Collections happen when this command says so, whatever the configuration's scheduler would do.
  setup.policy.scheduler.runs = false;
  const std::string own_platform = setup.policy.platform;
  Json images = Json::array();
  int status = exit_status::kHeld;
  for (const ImageDescription& image : read.archive->images) {
    setup.image = &image;
    setup.policy.platform = platform_for(image, own_platform);
    std::vector<Answer> answers;
    for (const std::string& name : chosen) {
      const Profile& profile = *find_profile(name);
      for (const bool discard : {false, true}) {
        Answer answer;
        if (const std::string error = ask(setup, profile, discard, answer); !error.empty()) {
          err << file << ": " << profile.name << " can't import image " << image.name << ": "
              << error << '\n';
          status = exit_status::kFailed;
          break;
        }
        answers.push_back(std::move(answer));
      }
    }
    if (command_line.has("json")) {
      Json rows = Json::array();
      for (const Answer& answer : answers) rows.push_back(to_json(answer));
      images.push_back({{"name", image.name}, {"answers", rows}});
      continue;
    }
    if (answers.empty()) continue;
    out << headline(file, image, setup.policy.platform);
    print_answers(answers, out);
    print_lesson(answers, out);
  }
  if (command_line.has("json")) {
    out << Json{{"schema_version", 1}, {"file", file}, {"images", images}}.dump(2) << '\n';
  }
  return status;
}

}  // namespace sweepcheck
