// The collector's properties: what one collection may and must remove. Each is judged at every
// collection of a history, right after the sweep or after the backend's clean-up.
#include "model/collector.hpp"

#include <algorithm>

#include "model/catalog/facts.hpp"
#include "properties/builtin/families.hpp"
#include "properties/facts/image_facts.hpp"
#include "properties/facts/naive_collector.hpp"
#include "properties/facts/reference_collector.hpp"
#include "properties/facts/shared_facts.hpp"

namespace sweepcheck {
namespace {

bool swept_by(std::span<const ObjectId> swept, ObjectId object) {
  return std::find(swept.begin(), swept.end(), object) != swept.end();
}

// Runs the model's mark and sweep on a state and returns what was swept, until the next call.
const std::vector<ObjectId>& collect_on(const Moment& moment, State& state) {
  CollectionScratch& collection = scratch(moment).collection;
  sweep_state(moment.catalog(), moment.profile(), moment.world.now, state, collection);
  return collection.swept;
}

void judge_keeps(const Moment& moment, Violations& violations) {
  const Bits& naive = reached(moment);
  for (const ObjectId object : moment.swept) {
    if (!naive.test(index_of(object))) continue;
    violations.push_back(moment.describe(object) + " was swept, but a root reaches it");
  }
}

void judge_sweeps(const Moment& moment, Violations& violations) {
  const std::uint32_t kinds = collectable_kinds(moment.profile());
  for_each_added(reached(moment), moment.state().objects, [&](std::uint32_t index) {
    const auto object = static_cast<ObjectId>(index);
    if ((kinds & kind_bit(moment.catalog().kind(object))) == 0) return;
    violations.push_back(moment.describe(object) + " stays, but no root reaches it");
  });
}

void judge_reference(const Moment& moment, Violations& violations) {
  const Catalog& catalog = moment.catalog();
  const Bits reached =
      reference_reachable(catalog, moment.profile(), *moment.collected, moment.world.now);
  for (const ObjectId object : moment.swept) {
    if (reached.test(index_of(object))) {
      violations.push_back(moment.describe(object) + " was swept, but a root reaches it");
    }
  }
  moment.collected->objects.for_each([&](std::uint32_t index) {
    const auto object = static_cast<ObjectId>(index);
    if (reached.test(index) || !is_collectable(catalog.kind(object), moment.profile())) return;
    if (swept_by(moment.swept, object)) return;
    violations.push_back(moment.describe(object) + " stays, but no root reaches it");
  });
}

// What the sweep itself makes unreachable must have been unreachable before.
void judge_one_pass(const Moment& moment, Violations& violations) {
  State& again = scratch(moment).state;
  again = moment.state();
  for (const ObjectId object : collect_on(moment, again)) {
    violations.push_back(moment.describe(object) + " goes with a second collection only");
  }
}

// A second collection, clean-up included, changes nothing.
void judge_idempotent(const Moment& moment, Violations& violations) {
  State& again = scratch(moment).state;
  again = moment.state();
  CollectionScratch& collection = scratch(moment).collection;
  std::vector<ObjectId>& removed = collection.removed;
  removed.clear();
  clean_content(moment.catalog(), again, collection);
  bool content = false;
  std::vector<StringId> snapshotters;
  for (const ObjectId object : moment.swept) {
    const ObjectKey& key = moment.catalog().key(object);
    content = content || key.kind == ObjectKind::kContent || key.kind == ObjectKind::kIngest;
    if (key.kind == ObjectKind::kSnapshot) snapshotters.push_back(key.scope);
  }
  if (!content) removed.clear();
  for (const StringId snapshotter : snapshotters) {
    clean_snapshots(moment.catalog(), snapshotter, again, collection);
  }
  for (const ObjectId object : removed) {
    violations.push_back(moment.describe(object) + " is left behind by the clean-up");
  }
}

void judge_expired(const Moment& moment, Violations& violations) {
  for (const Scalar& scalar : moment.collected->scalars) {
    if (scalar.kind != ScalarKind::kExpiry) continue;
    if (moment.catalog().kind(scalar.object) != ObjectKind::kLease) continue;
    const bool gone = !moment.state().has(scalar.object);
    if (gone == (scalar.value < moment.world.now)) continue;
    violations.push_back(moment.describe(scalar.object) +
                         (gone ? " was swept before it expired" : " has expired and stays"));
  }
}

// What only a flat lease names is kept; what that refers to is not. Judged by taking the flat
// leases away: of what goes then, only what they name, its parents and targets may be there now.
void judge_flat(const Moment& moment, Violations& violations) {
  const Catalog& catalog = moment.catalog();
  State& without = scratch(moment).state;
  bool any = false;
  Bits named;
  for_each_true(catalog, *moment.collected, Meaning::kFlat, [&](FactId fact) {
    const ObjectId lease = catalog.owner(fact);
    if (catalog.kind(lease) != ObjectKind::kLease) return;
    if (!any) without = *moment.collected;
    any = true;
    drop_object(catalog, without, lease);
    named.set(index_of(lease));
    for_each_true(catalog, *moment.collected, lease, [&](FactId resource) {
      if (catalog.meaning(resource) != Meaning::kLeaseResource) return;
      const ObjectId target = catalog.target(resource);
      // An ingest is followed to the content that it will become.
      if (catalog.kind(target) == ObjectKind::kIngest) {
        catalog.for_each_reference(target,
                                   [&](FactId, ObjectId next) { named.set(index_of(next)); });
      }
      for (ObjectId at = target; at != kNone<ObjectId> && named.set(index_of(at));) {
        ObjectId next = kNone<ObjectId>;
        catalog.for_each_reference(at, [&](FactId link, ObjectId to) {
          const Meaning meaning = catalog.meaning(link);
          if (moment.collected->has(link) &&
              (meaning == Meaning::kParent || meaning == Meaning::kTarget)) {
            next = to;
          }
        });
        at = next;
      }
    });
  });
  if (!any) return;
  const auto& gone = collect_on(moment, without);
  for (const ObjectId object : gone) {
    const bool stays = moment.state().has(object);
    if (stays && !named.test(index_of(object))) {
      violations.push_back(moment.describe(object) +
                           " stays for a flat lease that doesn't name it");
    }
  }
}

// Back references lead on from an object that is not there, too, where a release follows them: the
// collector looks them up before it looks for the object.
bool leads_on(const Moment& moment, ObjectId object) {
  bool leads = false;
  moment.catalog().for_each_reference(object, [&](FactId fact, ObjectId) {
    leads = leads || is_followed(moment.catalog(), moment.profile(), *moment.collected,
                                 moment.world.now, fact);
  });
  return leads;
}

// A reference to what is not there keeps nothing and breaks nothing.
void judge_dangling(const Moment& moment, Violations& violations) {
  const Catalog& catalog = moment.catalog();
  State& clean = scratch(moment).state;
  bool any = false;
  for_each_in(catalog.facts_with_target(), moment.collected->facts, [&](std::uint32_t index) {
    const auto fact = static_cast<FactId>(index);
    if (!moment.profile().follows(catalog.meaning(fact))) return;
    const ObjectId target = catalog.target(fact);
    if (moment.collected->has(target) || leads_on(moment, target)) return;
    if (!any) clean = *moment.collected;
    any = true;
    clean.facts.reset(index);
  });
  if (!any) return;
  collect_on(moment, clean);
  if (clean.objects == moment.state().objects) return;
  violations.emplace_back("a collection has another result if references to nothing are left out");
}

bool has_two_in_common(const Bits& a, const Bits& b) {
  std::uint32_t count = 0;
  for_each_in(a, b, [&](std::uint32_t) { ++count; });
  return count > 1;
}

// Each namespace is collected as if it were alone.
void judge_namespaces(const Moment& moment, Violations& violations) {
  const Catalog& catalog = moment.catalog();
  const State& together = *moment.collected;
  std::vector<StringId>& spaces = scratch(moment).spaces;
  spaces.clear();
  for_each_in(catalog.of_kind(ObjectKind::kNamespace), together.objects, [&](std::uint32_t index) {
    spaces.push_back(catalog.key(static_cast<ObjectId>(index)).space);
  });
  if (spaces.size() < 2) return;
  State& alone = scratch(moment).state;
  for (const StringId space : spaces) {
    // One without anything but its own record.
    if (!has_two_in_common(together.objects, catalog.of_space(space))) continue;
    // What is true of an object means nothing without it, so that may stay.
    alone = together;
    for (const StringId other : spaces) {
      if (other != space) alone.objects.remove(catalog.of_space(other));
    }
    const auto here = std::count_if(moment.swept.begin(), moment.swept.end(),
                                    [&](ObjectId o) { return catalog.key(o).space == space; });
    const auto& swept = collect_on(moment, alone);
    const bool same = std::ssize(swept) == here &&
                      std::all_of(swept.begin(), swept.end(),
                                  [&](ObjectId o) { return swept_by(moment.swept, o); });
    if (same) continue;
    violations.push_back("namespace " + catalog.text(space) +
                         " is collected otherwise than it would be alone");
  }
}

// Nothing that a manifest's labels name goes while the manifest stays.
void judge_shared(const Moment& moment, Violations& violations) {
  const Catalog& catalog = moment.catalog();
  const State& state = moment.state();
  for (const ObjectId object : moment.swept) {
    if (catalog.kind(object) != ObjectKind::kContent) continue;
    const StringId digest = catalog.key(object).key;
    for_each_true(catalog, state, Meaning::kRefContent, [&](FactId fact) {
      if (catalog.value(fact) != digest) return;
      const ObjectId owner = catalog.owner(fact);
      if (catalog.kind(owner) != ObjectKind::kContent) return;
      if (catalog.key(owner).space != catalog.key(object).space) return;
      // A manifest that only a flat lease keeps doesn't keep its layers.
      Marking& marking = scratch(moment).collection.marking;
      mark(catalog, moment.profile(), *moment.collected, moment.world.now, marking);
      if (!marking.reached.test(index_of(owner))) return;
      violations.push_back(moment.describe(object) + " was swept, but " + moment.describe(owner) +
                           " is labelled with it");
    });
  }
}

// A blob's file goes with its last record, and not before.
void judge_backend(const Moment& moment, Violations& violations) {
  const Catalog& catalog = moment.catalog();
  const State& state = moment.state();
  for (const ObjectId object : moment.swept) {
    if (catalog.kind(object) != ObjectKind::kContent) continue;
    const StringId digest = catalog.key(object).key;
    const ObjectId file =
        catalog.find_object({ObjectKind::kBlobFile, kNone<StringId>, kNone<StringId>, digest});
    if (file == kNone<ObjectId>) continue;
    const bool needed = needs_file(catalog, state, digest);
    if (needed && !state.has(file) && moment.collected->has(file)) {
      violations.push_back(moment.describe(file) + " is gone, but a namespace needs it");
    }
    if (!needed && state.has(file)) {
      violations.push_back(moment.describe(file) + " stays, but no namespace needs it");
    }
  }
}

// All that a world's nodes hold as numbers made of digests and names: ids and aliases depend on who
// came first.
std::vector<std::size_t> content_hashes(const World& world) {
  std::vector<std::size_t> out;
  const Catalog& catalog = world.catalog();
  std::size_t hash = 0;
  const auto mix = [&](std::size_t value) { hash = (hash ^ value) * 0xff51afd7ed558ccdULL; };
  const auto mix_text = [&](StringId id) {
    mix(id == kNone<StringId> ? 0 : std::hash<std::string_view>{}(catalog.text(id)));
  };
  const auto mix_object = [&](ObjectId object) {
    const ObjectKey key = object == kNone<ObjectId> ? ObjectKey{} : catalog.key(object);
    mix(static_cast<std::size_t>(key.kind));
    mix_text(key.space);
    mix_text(key.scope);
    mix_text(key.key);
  };
  for (std::size_t i = 0; i < world.nodes.size(); ++i) {
    const State& state = world.nodes[i].state;
    state.objects.for_each([&](std::uint32_t index) {
      hash = i;
      mix_object(static_cast<ObjectId>(index));
      out.push_back(hash);
    });
    state.facts.for_each([&](std::uint32_t index) {
      const auto fact = static_cast<FactId>(index);
      hash = i;
      mix_object(catalog.owner(fact));
      mix_object(catalog.target(fact));
      mix_text(catalog.label_key(fact));
      mix_text(catalog.value(fact));
      out.push_back(hash);
    });
  }
  std::sort(out.begin(), out.end());
  return out;
}

// The same in words, for the message.
std::vector<std::string> contents(const World& world) {
  std::vector<std::string> out;
  const Catalog& catalog = world.catalog();
  const auto text = [&](StringId id) {
    return id == kNone<StringId> ? std::string(" -") : " " + catalog.text(id);
  };
  const auto name = [&](ObjectId object) {
    if (object == kNone<ObjectId>) return std::string("nothing");
    const ObjectKey& key = catalog.key(object);
    return std::string(kind_name(key.kind)) + text(key.space) + text(key.scope) + text(key.key);
  };
  for (std::size_t i = 0; i < world.nodes.size(); ++i) {
    const State& state = world.nodes[i].state;
    const std::string node = std::to_string(i) + " ";
    state.objects.for_each(
        [&](std::uint32_t index) { out.push_back(node + name(static_cast<ObjectId>(index))); });
    state.facts.for_each([&](std::uint32_t index) {
      const auto fact = static_cast<FactId>(index);
      out.push_back(node + name(catalog.owner(fact)) + ": " + name(catalog.target(fact)) +
                    text(catalog.label_key(fact)) + text(catalog.value(fact)));
    });
  }
  std::sort(out.begin(), out.end());
  return out;
}

void judge_order(const Moment& moment, Violations& violations) {
  if (!moment.twin || content_hashes(moment.world) == content_hashes(*moment.twin)) return;
  const auto here = contents(moment.world);
  const auto there = contents(*moment.twin);
  const auto [mine, other] = std::mismatch(here.begin(), here.end(), there.begin(), there.end());
  violations.push_back("with other ids the history ends otherwise: " +
                       (mine != here.end() ? *mine : *other));
}

constexpr Property collector(std::string_view name, std::string_view statement,
                             std::string_view why, std::string_view source,
                             void (*judge)(const Moment&, Violations&),
                             std::uint32_t needs = kSweeping) {
  return {.name = name,
          .family = "collector",
          .statement = statement,
          .why = why,
          .source = source,
          .occasion = Occasion::kCollection,
          .judge = judge,
          .needs = needs};
}

}  // namespace

const Property kKeepsReachable =
    collector("collector-keeps-reachable", "A collection removes nothing that a root reaches.",
              "what is lost here is lost for good", "core/metadata/gc.go; containerd#1674",
              judge_keeps, kSweeping | kSweptSome);
const Property kSweepsUnreachable =
    collector("collector-sweeps-unreachable",
              "A collection removes everything collectable that no root reaches.",
              "what stays fills the disk", "core/metadata/gc.go", judge_sweeps);
const Property kReferenceAgrees{
    .name = "collection-is-exact",
    .family = "collector",
    .statement =
        "A collection removes what a search of the reference graph does not reach, and "
        "nothing else.",
    .why = "a second opinion on the mark, by Boost.Graph",
    .source = "core/metadata/gc.go",
    .occasion = Occasion::kCollection,
    .judge = judge_reference,
    .needs = kSweeping,
    .costly = true,
};
const Property kOnePassIsEnough =
    collector("one-pass-is-enough", "A second collection at once finds nothing to sweep.",
              "a sweep that makes more garbage needs an unknown number of passes",
              "core/metadata/db.go", judge_one_pass, kSweeping | kSweptSome);
const Property kCollectionIdempotent =
    collector("clean-up-is-complete",
              "The backend's clean-up leaves nothing that the same clean-up would remove.",
              "orphaned files are invisible to every client", "core/metadata/content.go",
              judge_idempotent, kCleaning | kSweptSome);
const Property kExpiredLeases = collector(
    "expired-leases",
    "A lease goes with the first collection after it expired, and not "
    "before.",
    "clients that died leave their leases to the clock", "core/metadata/leases.go", judge_expired);
const Property kFlatLeases = collector(
    "flat-leases",
    "A flat lease keeps what it names, with parents and targets, and nothing that this refers to.",
    "a flat lease is for those who name everything themselves", "docs/garbage-collection.md",
    judge_flat);
const Property kDanglingReferences =
    collector("dangling-references",
              "A reference to what is not there changes no collection, unless a back reference "
              "names the same.",
              "labels outlive what they name, by design of discarding", "core/metadata/gc.go",
              judge_dangling);
const Property kNamespacesApart =
    collector("namespaces-apart", "Each namespace is collected as if it were alone.",
              "tenants must not lose data to each other", "core/metadata/gc.go", judge_namespaces);
const Property kSharedLayers =
    collector("shared-layers",
              "A blob lives as long as one manifest that is kept in full is labelled with it.",
              "removing one image must not break another", "images/handlers.go; containerd#2695",
              judge_shared, kSweeping | kSweptSome);
const Property kBackendFiles =
    collector("backend-files",
              "A blob's file goes in the collection that sweeps its last record, and not before.",
              "one store of bytes serves all namespaces", "core/metadata/content.go", judge_backend,
              kCleaning | kSweptSome);

const Property kOrderIndependent{
    .name = "order-independent",
    .family = "collector",
    .statement = "The result of a history doesn't depend on the order in which objects are known.",
    .why = "a mark that depends on bucket order fails on one machine in a thousand",
    .source = "gc/gc.go Tricolor",
    .occasion = Occasion::kEnd,
    .judge = judge_order,
    .costly = true,
};

}  // namespace sweepcheck
