// Verbs of images, as `ctr images` and CRI perform them.
#include "conformance/daemon/library_client.hpp"
#include "conformance/perform/archive_files.hpp"
#include "conformance/perform/performer.hpp"

namespace sweepcheck {
namespace {

using Words = std::vector<std::string>;

void add(Words& words, std::initializer_list<std::string> more) {
  words.insert(words.end(), more.begin(), more.end());
}

void add_flag(Words& words, const Arguments& arguments, std::string_view name,
              const std::string& flag) {
  if (arguments.flag(name)) words.push_back(flag);
}

void add_text(Words& words, const Arguments& arguments, std::string_view name,
              const std::string& flag) {
  if (const std::string text = arguments.text(name); !text.empty()) {
    words.push_back(flag + "=" + text);
  }
}

void add_platforms(Words& words, const Arguments& arguments) {
  for (const std::string& platform : arguments.list("platforms")) {
    words.push_back("--platform=" + platform);
  }
  add_flag(words, arguments, "all_platforms", "--all-platforms");
}

void add_labels(Words& words, const TextPairs& labels) {
  for (const auto& [key, value] : labels) words.push_back("--label=" + key + "=" + value);
}

// 2.x knows --local, 1.7 --local=false.
void add_engine(Words& words, const Arguments& arguments) {
  const auto local = arguments.option("local");
  if (local) words.push_back(*local ? "--local" : "--local=false");
}

}  // namespace

Outcome Performer::pull(const ScenarioStep& step, const Arguments& arguments) {
  const std::string reference = arguments.subject();
  if (step.by == Client::kLibrary) return pull_by_library(step, arguments);
  if (step.by == Client::kCri) {
    const auto call = [reference](Api& api) { return api.cri_pull(reference); };
    return run(step, {.call = call, .in_daemon = true, .reference = reference});
  }
  Words words{"images", "pull", "--hosts-dir", rig_.daemon(step.node).hosts_folder().string()};
  add_platforms(words, arguments);
  add_engine(words, arguments);
  add_flag(words, arguments, "all_metadata", "--all-metadata");
  add_flag(words, arguments, "skip_metadata", "--skip-metadata");
  add_text(words, arguments, "snapshotter", "--snapshotter");
  add_labels(words, rig_.real_labels(arguments.labels()));
  add(words, {kNamesFollow, reference});
  return run(
      step,
      {.words = ctr(step, words), .in_daemon = by_transfer(arguments), .reference = reference});
}

// The library's version decides what it does, so it is compared with daemons of that version only.
Outcome Performer::pull_by_library(const ScenarioStep& step, const Arguments& arguments) {
  if (!arguments.option("local").value_or(true)) {
    return {.obstacle = "the client library of Debian 12 knows no transfer service"};
  }
  const LibraryClient& client = library_client(rig_.shared_folder());
  if (!client.lack.empty()) return {.lack = "a pull by the client library " + client.lack};
  if (client.profile != &rig_.profile()) {
    return {.lack = "the client library of this machine is containerd's " + client.version +
                    ", which decides what a pull does"};
  }
  Words words{client.program.string(),
              "--address",
              rig_.daemon(step.node).socket(),
              "--namespace=" + namespace_of(step),
              "--hosts-dir",
              rig_.daemon(step.node).hosts_folder().string()};
  add_platforms(words, arguments);
  add_flag(words, arguments, "all_metadata", "--all-metadata");
  add_flag(words, arguments, "discard_unpacked_layers", "--discard");
  add_flag(words, arguments, "no_unpack", "--no-unpack");
  add_text(words, arguments, "snapshotter", "--snapshotter");
  add_labels(words, rig_.real_labels(arguments.labels()));
  add(words, {kNamesFollow, arguments.subject()});
  return run(step, {.words = words, .reference = arguments.subject()});
}

Outcome Performer::fetch(const ScenarioStep& step, const Arguments& arguments) {
  Words words{"content", "fetch", "--hosts-dir", rig_.daemon(step.node).hosts_folder().string()};
  add_platforms(words, arguments);
  add_flag(words, arguments, "all_metadata", "--all-metadata");
  add_flag(words, arguments, "skip_metadata", "--skip-metadata");
  add_flag(words, arguments, "metadata_only", "--metadata-only");
  add_labels(words, rig_.real_labels(arguments.labels()));
  add(words, {kNamesFollow, arguments.subject()});
  return run(step, {.words = ctr(step, words), .reference = arguments.subject()});
}

Outcome Performer::import(const ScenarioStep& step, const Arguments& arguments) {
  Words words{"images", "import"};
  add_platforms(words, arguments);
  add_engine(words, arguments);
  add_flag(words, arguments, "discard_unpacked_layers", "--discard-unpacked-layers");
  add_flag(words, arguments, "no_unpack", "--no-unpack");
  add_flag(words, arguments, "digests", "--digests");
  add_flag(words, arguments, "skip_digest_for_named", "--skip-digest-for-named");
  add_text(words, arguments, "base_name", "--base-name");
  add_text(words, arguments, "index_name", "--index-name");
  add_text(words, arguments, "snapshotter", "--snapshotter");
  add_labels(words, rig_.real_labels(arguments.labels()));
  const PathOrReason archive = rig_.archive(arguments.subject());
  if (!archive.path) return {.fault = archive.reason};
  add(words, {kNamesFollow, stop_.empty() ? archive.path->string() : "-"});
  Work work{.words = ctr(step, words), .in_daemon = by_transfer(arguments)};
  // Only what is to be stopped reads its input: others say themselves that there is no such file.
  if (!stop_.empty()) work.input = *archive.path;
  return run(step, std::move(work));
}

Outcome Performer::export_images(const ScenarioStep& step, const Arguments& arguments) {
  Words words{"images", "export"};
  add_platforms(words, arguments);
  add_engine(words, arguments);
  add_flag(words, arguments, "skip_non_distributable", "--skip-non-distributable");
  add_flag(words, arguments, "skip_manifest_json", "--skip-manifest-json");
  const std::string to = arguments.text("to");
  const PathOrReason archive = rig_.archive(to);
  if (!archive.path) return {.fault = archive.reason};
  add(words, {kNamesFollow, archive.path->string(), arguments.subject()});
  for (const std::string& name : arguments.list("and")) words.push_back(name);
  Outcome outcome = run_ctr(step, words);
  if (outcome.running || !outcome.obstacle.empty()) return outcome;
  ArchiveContent written = read_archive(*archive.path);
  // A transfer export may exit with 0 before all is written (docs/conformance.md, Deviations).
  constexpr int kAttemptsMax = 5;
  for (int i = 1; i < kAttemptsMax && !outcome.failed && !written.complete; ++i) {
    outcome = run_ctr(step, words);
    written = read_archive(*archive.path);
  }
  const std::string& index = written.index_digest;
  if (!index.empty()) {
    rig_.names().set_alias(rig_.names().intern(index), "index:" + to);
  }
  return outcome;
}

Outcome Performer::push(const ScenarioStep& step, const Arguments& arguments) {
  Words words{"images", "push", "--hosts-dir", rig_.daemon(step.node).hosts_folder().string()};
  add_platforms(words, arguments);
  add_engine(words, arguments);
  add_flag(words, arguments, "allow_non_distributable", "--allow-non-distributable-blobs");
  if (!stop_.empty() && !by_transfer(arguments)) {
    words.emplace_back("--max-concurrent-uploaded-layers=1");
  }
  const std::string to = arguments.text("to");
  add(words, {kNamesFollow, to.empty() ? arguments.subject() : to});
  if (!to.empty()) words.push_back(arguments.subject());
  return run(step, {.words = ctr(step, words),
                    .in_daemon = by_transfer(arguments),
                    .reference = to.empty() ? arguments.subject() : to});
}

Outcome Performer::tag(const ScenarioStep& step, const Arguments& arguments) {
  Words words{"images", "tag"};
  add_engine(words, arguments);
  add_flag(words, arguments, "force", "--force");
  add(words, {kNamesFollow, arguments.subject(), arguments.text("to")});
  return run_ctr(step, words);
}

Outcome Performer::remove_image(const ScenarioStep& step, const Arguments& arguments) {
  if (step.by == Client::kCri) {
    const auto call = [name = arguments.subject()](Api& api) { return api.cri_remove(name); };
    return run(step, {.call = call, .in_daemon = true});
  }
  Words words{"images", "rm"};
  add_flag(words, arguments, "sync", "--sync");
  add(words, {kNamesFollow, arguments.subject()});
  for (const std::string& name : arguments.list("and")) words.push_back(name);
  return run_ctr(step, words);
}

Outcome Performer::label_image(const ScenarioStep& step, const Arguments& arguments) {
  Words words{"images", "label", kNamesFollow, arguments.subject()};
  for (const auto& [key, value] : rig_.real_labels(arguments.labels())) {
    words.push_back(key + "=" + value);
  }
  return run_ctr(step, words);
}

Outcome Performer::check(const ScenarioStep& step, const Arguments& arguments) {
  Words words{"images", "check"};
  add_flag(words, arguments, "quiet", "--quiet");
  add_text(words, arguments, "snapshotter", "--snapshotter");
  add(words, {kNamesFollow, "name==" + arguments.subject()});
  return run_ctr(step, words);
}

Outcome Performer::usage(const ScenarioStep& step, const Arguments& arguments) {
  Words words{"images", "usage"};
  add_text(words, arguments, "snapshotter", "--snapshotter");
  add(words, {kNamesFollow, arguments.subject()});
  return run_ctr(step, words);
}

Outcome Performer::prune_images(const ScenarioStep& step, const Arguments&) {
  return run_ctr(step, {"images", "prune", "--all"});
}

Outcome Performer::convert(const ScenarioStep& step, const Arguments& arguments) {
  return run_ctr(step, {"images", "convert", "--uncompress", kNamesFollow, arguments.subject(),
                        arguments.text("to")});
}

Outcome Performer::mount(const ScenarioStep& step, const Arguments& arguments) {
  Words words{"images", "mount"};
  add_flag(words, arguments, "read_write", "--rw");
  add_text(words, arguments, "snapshotter", "--snapshotter");
  const PathOrReason target = rig_.mount_target(arguments.text("to"));
  if (!target.path) return {.fault = target.reason};
  std::error_code ignored;
  std::filesystem::create_directories(*target.path, ignored);
  add(words, {kNamesFollow, arguments.subject(), target.path->string()});
  return run_ctr(step, words);
}

Outcome Performer::unmount(const ScenarioStep& step, const Arguments& arguments) {
  Words words{"images", "unmount"};
  add_flag(words, arguments, "remove_snapshot", "--rm");
  add_text(words, arguments, "snapshotter", "--snapshotter");
  const PathOrReason target = rig_.mount_target(arguments.subject());
  if (!target.path) return {.fault = target.reason};
  add(words, {kNamesFollow, target.path->string()});
  return run_ctr(step, words);
}

Outcome Performer::unpack(const ScenarioStep& step, const Arguments& arguments) {
  // ctr wants the digest of the image's target.
  std::string target = arguments.subject();
  NodeStore store;
  rig_.api(step.node).read_records(kScratchNamespace, store);
  for (const StoreRecord& record : store.records) {
    const bool is_it = record.kind == "image" && record.space == namespace_of(step) &&
                       record.name == arguments.subject();
    if (is_it) target = record.fields.front().second;
  }
  // The flag of `ctr snapshots` itself is for its other commands.
  Words words{"snapshots", "unpack"};
  add_text(words, arguments, "snapshotter", "--snapshotter");
  add(words, {kNamesFollow, target});
  return run_ctr(step, words);
}

}  // namespace sweepcheck
