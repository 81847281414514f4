#include "replay/expectations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include "model/inspect.hpp"

namespace sweepcheck {
namespace {

struct KindName {
  std::string_view name;
  ObjectKind kind;
};
constexpr std::array<KindName, 10> kKinds{{{"content", ObjectKind::kContent},
                                           {"snapshots", ObjectKind::kSnapshot},
                                           {"images", ObjectKind::kImage},
                                           {"leases", ObjectKind::kLease},
                                           {"ingests", ObjectKind::kIngest},
                                           {"containers", ObjectKind::kContainer},
                                           {"sandboxes", ObjectKind::kSandbox},
                                           {"namespaces", ObjectKind::kNamespace},
                                           {"files", ObjectKind::kBlobFile},
                                           {"directories", ObjectKind::kSnapshotDirectory}}};

ObjectKind kind_of(const std::string& name) {
  for (const KindName& known : kKinds) {
    // "snapshot" of labels_of, "snapshots" of present.
    if (known.name == name ||
        (known.name.ends_with('s') && known.name.substr(0, known.name.size() - 1) == name)) {
      return known.kind;
    }
  }
  SWEEPCHECK_BELIEVE(name == "sandbox", "the reader lets only known kinds through");
  return ObjectKind::kSandbox;
}

std::string joined(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ", ") + item;
  return out.empty() ? "nothing" : out;
}

class Checker {
 public:
  Checker(const World& world, const Scenario& scenario, const Expectation& expectation,
          const StepFacts& facts, std::vector<Finding>& findings)
      : world_(world),
        scenario_(scenario),
        expectation_(expectation),
        facts_(facts),
        findings_(findings),
        node_(facts.node),
        space_(facts.space) {
    if (!expectation.node.empty()) {
      for (std::size_t i = 0; i < world.node_names.size(); ++i) {
        if (catalog().text(world.node_names[i]) == expectation.node) {
          node_ = static_cast<NodeId>(i);
        }
      }
    }
    if (!expectation.space.empty()) space_ = catalog().find(expectation.space);
  }

  std::uint64_t run() {
    if (!expectation_.image.empty()) check_image_record();
    if (!expectation_.labelled_kind.empty()) check_labels();
    check_presence(expectation_.present, true);
    check_presence(expectation_.absent, false);
    check_exactly();
    check_disk();
    check_registry();
    check_archive();
    check_recoverable();
    if (expectation_.collections) {
      expect_equal("the number of collections", static_cast<std::int64_t>(facts_.collection_count),
                   *expectation_.collections);
    }
    if (expectation_.output) check_output();
    return count_;
  }

 private:
  const Catalog& catalog() const { return world_.catalog(); }
  const State& state() const { return world_.node(node_).state; }

  void found(bool holds, std::string message) {
    ++count_;
    if (holds) return;
    findings_.push_back({Finding::Kind::kExpectation, "", std::move(message),
                         expectation_.place.line, expectation_.place.pointer});
  }

  void expect_equal(std::string_view what, std::int64_t actual, std::int64_t expected) {
    found(actual == expected, fmt::format("{} should be {}, but is {}", what, expected, actual));
  }

  void expect_flag(std::string_view what, bool actual, std::optional<bool> expected) {
    if (!expected) return;
    found(actual == *expected, fmt::format("{} should {}be {}, but is{}", expectation_.image,
                                           *expected ? "" : "not ", what, actual ? "" : " not"));
  }

  // What it stands for, and the id of that; kNone if nothing is called so.
  StringId name(const std::string& text) const { return catalog().find(catalog().resolve(text)); }
  std::string display_of(const std::string& text) const {
    return catalog().display(std::string_view(catalog().resolve(text)));
  }

  void check_image_record() {
    const StringId image = name(expectation_.image);
    const StringId snapshotter = expectation_.snapshotter.empty()
                                     ? kNone<StringId>
                                     : catalog().find(expectation_.snapshotter);
    SWEEPCHECK_BELIEVE(expectation_.snapshotter.empty() || snapshotter != kNone<StringId>,
                       "what expectations ask for was interned at set-up");
    const ImageStatus status = check_image(world_, node_, space_, image, snapshotter);
    if (expectation_.status) {
      const std::string text = status_text(status);
      found(matches_pattern(text, *expectation_.status),
            fmt::format("{} should be {}, but is {}", expectation_.image, *expectation_.status,
                        text));
    }
    const BlobId target = image_target(world_, node_, space_, image);
    if (expectation_.target) {
      const std::string text =
          target == kNone<BlobId> ? "absent" : catalog().display(catalog().blob(target).digest);
      found(text == *expectation_.target,
            fmt::format("{} should point to {}, but points to {}", expectation_.image,
                        *expectation_.target, text));
    }
    expect_flag("unpacked", status.unpacked, expectation_.unpacked);
    if (expectation_.exportable) {
      expect_flag("exportable", is_exportable(world_, node_, space_, image),
                  expectation_.exportable);
    }
    if (expectation_.exportable_all) {
      expect_flag("exportable for all platforms", is_exportable(world_, node_, space_, image, true),
                  expectation_.exportable_all);
    }
    if (expectation_.runnable) {
      expect_flag("runnable", is_runnable(world_, node_, space_, image, snapshotter),
                  expectation_.runnable);
    }
    if (expectation_.recoverable) {
      const StringId platform = catalog().find(world_.node(node_).policy->platform);
      expect_flag("recoverable",
                  target != kNone<BlobId> && is_recoverable(world_, target, platform),
                  expectation_.recoverable);
    }
    for (const std::string& to : expectation_.pushable_to) {
      found(is_pushable(world_, node_, space_, image, catalog().resolve(to)),
            fmt::format("{} should be pushable to {}, but is not", expectation_.image, to));
    }
    for (const std::string& to : expectation_.not_pushable_to) {
      found(!is_pushable(world_, node_, space_, image, catalog().resolve(to)),
            fmt::format("{} should not be pushable to {}, but is", expectation_.image, to));
    }
  }

  std::string snapshotter_name() const {
    return expectation_.snapshotter.empty() ? "overlayfs" : expectation_.snapshotter;
  }

  // As expectations name it: a snapshot of another snapshotter is "native/chain:base".
  std::string shown(const ObjectKey& key) const {
    if (key.kind == ObjectKind::kNamespace) return catalog().text(key.space);
    std::string text = catalog().display(key.key);
    if (key.scope == kNone<StringId> || catalog().text(key.scope) == snapshotter_name()) {
      return text;
    }
    return catalog().text(key.scope) + "/" + text;
  }

  // The same object may be named by its digest, or by another of its aliases.
  std::string shown(ObjectKind kind, const std::string& text) const {
    return kind == ObjectKind::kNamespace ? text : display_of(text);
  }

  void for_each_present(ObjectKind kind,
                        const std::function<void(ObjectId, std::string)>& visit) const {
    state().objects.for_each([&](std::uint32_t index) {
      const auto id = static_cast<ObjectId>(index);
      const ObjectKey& key = catalog().key(id);
      const bool everywhere = kind == ObjectKind::kBlobFile || kind == ObjectKind::kNamespace;
      if (key.kind == kind && (everywhere || key.space == space_)) visit(id, shown(key));
    });
  }

  std::vector<std::string> names_present(ObjectKind kind) const {
    std::vector<std::string> names;
    for_each_present(kind, [&](ObjectId, std::string text) { names.push_back(std::move(text)); });
    std::sort(names.begin(), names.end());
    return names;
  }

  ObjectId find_present(ObjectKind kind, const std::string& text) const {
    ObjectId found = kNone<ObjectId>;
    const std::string wanted = shown(kind, text);
    for_each_present(kind, [&](ObjectId id, const std::string& name) {
      if (name == wanted) found = id;
    });
    return found;
  }

  // A name with '*' stands for any object that matches it: the extraction snapshots' keys are
  // random.
  bool is_present(ObjectKind kind, const std::string& text) const {
    if (text.find('*') == std::string::npos) return find_present(kind, text) != kNone<ObjectId>;
    const std::vector<std::string> names = names_present(kind);
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& known) { return matches_pattern(known, text); });
  }

  void check_presence(const NamesByKind& kinds, bool wanted) {
    for (const auto& [kind, names] : kinds) {
      for (const std::string& text : names) {
        found(is_present(kind_of(kind), text) == wanted,
              fmt::format("{} {} should {}be there, but is{}", kind, text, wanted ? "" : "not ",
                          wanted ? " not" : ""));
      }
    }
  }

  void check_exactly() {
    for (const auto& [kind, names] : expectation_.exactly) {
      std::vector<std::string> expected;
      for (const std::string& text : names) {
        expected.push_back(shown(kind_of(kind), text));
      }
      std::sort(expected.begin(), expected.end());
      const std::vector<std::string> actual = names_present(kind_of(kind));
      found(actual == expected, fmt::format("{} should be exactly {}, but are {}", kind,
                                            joined(expected), joined(actual)));
    }
  }

  void check_labels() {
    const ObjectId owner =
        find_present(kind_of(expectation_.labelled_kind), expectation_.labelled_name);
    const std::string what =
        fmt::format("{} {}", expectation_.labelled_kind, expectation_.labelled_name);
    if (owner == kNone<ObjectId>) {
      found(false, what + " should be there, but is not");
      return;
    }
    std::map<std::string, std::string> actual;
    std::vector<std::string> resources;
    catalog().for_each_owned(owner, [&](FactId fact) {
      if (!state().has(fact)) return;
      if (catalog().is_label(fact)) {
        actual[catalog().text(catalog().label_key(fact))] =
            catalog().display(catalog().value(fact));
      } else if (catalog().meaning(fact) == Meaning::kLeaseResource) {
        const ObjectKey& key = catalog().key(catalog().target(fact));
        resources.push_back(fmt::format("{} {}", kind_name(key.kind), catalog().display(key.key)));
      }
    });
    if (const auto expiry = state().scalar(owner, ScalarKind::kExpiry)) {
      actual[std::string(kGcExpire)] = format_rfc3339(*expiry);
    }
    for (const auto& [key, value] : expectation_.labels) {
      const auto at = actual.find(key);
      const std::string is = at == actual.end() ? "absent" : at->second;
      if (!value) {
        found(at == actual.end(),
              fmt::format("{} should have no label {}, but has {}", what, key, is));
      } else {
        const std::string wanted = display_of(*value);
        found(at != actual.end() && matches_pattern(is, wanted),
              fmt::format("{} should have label {}={}, but it is {}", what, key, wanted, is));
      }
    }
    if (expectation_.resources) {
      std::vector<std::string> wanted = *expectation_.resources;
      std::sort(wanted.begin(), wanted.end());
      std::sort(resources.begin(), resources.end());
      found(wanted == resources, fmt::format("{} should hold exactly {}, but holds {}", what,
                                             joined(wanted), joined(resources)));
    }
  }

  void check_disk() {
    if (expectation_.disk.empty()) return;
    const DiskUsage usage = disk_usage(catalog(), state());
    for (const auto& [key, bytes] : expectation_.disk) {
      const std::int64_t actual = key == "content_bytes"    ? usage.content_bytes
                                  : key == "snapshot_bytes" ? usage.snapshot_bytes
                                                            : usage.ingest_bytes;
      expect_equal(key, actual, bytes);
    }
  }

  void check_registry() {
    if (expectation_.registry.empty()) return;
    const Registry* registry = world_.find_registry(catalog().find(expectation_.registry));
    SWEEPCHECK_BELIEVE(registry != nullptr, "the reader lets only declared registries through");
    std::vector<std::string> actual;
    std::map<std::string, std::int64_t> counts;
    for (const HttpRequest& request : registry->log) {
      actual.push_back(fmt::format("{} {} {}", request.method, request.path, request.status));
      ++counts[std::string(request.method)];
    }
    if (expectation_.requests) {
      std::vector<std::string> wanted = *expectation_.requests;
      std::vector<std::string> sorted = actual;
      std::sort(wanted.begin(), wanted.end());
      std::sort(sorted.begin(), sorted.end());
      found(wanted == sorted,
            fmt::format("{} should have seen exactly {}, but saw {}", expectation_.registry,
                        joined(*expectation_.requests), joined(actual)));
    }
    for (const auto& [method, count] : expectation_.request_counts) {
      expect_equal(fmt::format("the number of {} requests to {}", method, expectation_.registry),
                   counts[method], count);
    }
    const RegistryReader reader(catalog(), *registry);
    const auto serves = [&](const std::string& reference) {
      const std::string whole = catalog().resolve(expectation_.registry + "/" + reference);
      const ReferenceParts parts = catalog().find_reference(whole);
      // A digest that nobody knows is not the tag beside it.
      const bool by_digest = whole.find('@') != std::string::npos;
      return reader.serves(parts.repository, by_digest ? parts.digest : parts.tag, kNone<StringId>);
    };
    for (const std::string& reference : expectation_.serves) {
      found(serves(reference), fmt::format("{} should serve all of {}, but does not",
                                           expectation_.registry, reference));
    }
    for (const std::string& reference : expectation_.lacks) {
      found(!serves(reference), fmt::format("{} should not serve all of {}, but does",
                                            expectation_.registry, reference));
    }
    const auto stores = [&](const std::string& blob) {
      return registry->state.has(catalog().find_object(
          {ObjectKind::kRegistryBlob, registry->host, kNone<StringId>, name(blob)}));
    };
    for (const std::string& blob : expectation_.stores) {
      found(stores(blob),
            fmt::format("{} should store {}, but does not", expectation_.registry, blob));
    }
    for (const std::string& blob : expectation_.stores_not) {
      found(!stores(blob),
            fmt::format("{} should not store {}, but does", expectation_.registry, blob));
    }
  }

  void check_archive() {
    if (expectation_.archive.empty()) return;
    const Archive* archive = world_.find_archive(catalog().find(expectation_.archive));
    if (!archive) {
      found(false, fmt::format("archive {} should be there, but is not", expectation_.archive));
      return;
    }
    if (expectation_.archive_complete) {
      found(archive->complete == *expectation_.archive_complete,
            fmt::format("archive {} should {}be complete, but is{}", expectation_.archive,
                        *expectation_.archive_complete ? "" : "not ",
                        archive->complete ? "" : " not"));
    }
    if (expectation_.archive_members) {
      std::vector<std::string> actual, wanted = *expectation_.archive_members;
      for (const BlobId member : archive->members) {
        actual.push_back(catalog().display(catalog().blob(member).digest));
      }
      std::sort(actual.begin(), actual.end());
      std::sort(wanted.begin(), wanted.end());
      found(actual == wanted, fmt::format("archive {} should hold exactly {}, but holds {}",
                                          expectation_.archive, joined(wanted), joined(actual)));
    }
    if (expectation_.archive_bytes) {
      expect_equal(fmt::format("the size of archive {}", expectation_.archive), archive->size_bytes,
                   *expectation_.archive_bytes);
    }
  }

  void check_recoverable() {
    const auto recoverable = [&](const std::string& image) {
      const ImageDescription& declared = scenario_.images.at(image);
      const BlobId target = catalog().find_blob(catalog().find(declared.target().digest));
      return is_recoverable(world_, target, catalog().find(world_.node(node_).policy->platform));
    };
    for (const std::string& image : expectation_.recoverable_images) {
      found(recoverable(image), fmt::format("image {} should be recoverable, but is lost", image));
    }
    for (const std::string& image : expectation_.lost_images) {
      found(!recoverable(image), fmt::format("image {} should be lost, but is recoverable", image));
    }
  }

  void check_output() {
    // No line is as empty as none at all.
    const bool matched =
        expectation_.output->empty()
            ? facts_.output.empty()
            : std::any_of(facts_.output.begin(), facts_.output.end(), [&](const std::string& line) {
                return matches_pattern(line, *expectation_.output);
              });
    const std::string wanted =
        expectation_.output->empty() ? "nothing" : fmt::format("\"{}\"", *expectation_.output);
    const std::string got =
        facts_.output.empty() ? "nothing" : fmt::format("\"{}\"", joined(facts_.output));
    found(matched, fmt::format("the output should be {}, but is {}", wanted, got));
  }

  const World& world_;
  const Scenario& scenario_;
  const Expectation& expectation_;
  const StepFacts& facts_;
  std::vector<Finding>& findings_;
  NodeId node_;
  StringId space_;
  std::uint64_t count_ = 0;
};

}  // namespace

void intern_expected_names(const Scenario& scenario, Catalog& catalog) {
  const auto intern = [&](const std::vector<Expectation>& expectations) {
    for (const Expectation& expectation : expectations) catalog.intern(expectation.snapshotter);
  };
  for (const ScenarioStep& step : scenario.steps) intern(step.expectations);
  intern(scenario.expectations);
}

std::uint64_t check_expectation(const World& world, const Scenario& scenario,
                                const Expectation& expectation, const StepFacts& facts,
                                std::vector<Finding>& findings) {
  return Checker(world, scenario, expectation, facts, findings).run();
}

}  // namespace sweepcheck
