// ctr content, and what happens to files behind the daemon's back.
#include <charconv>

#include "model/catalog/facts.hpp"
#include "model/operations/steps.hpp"
#include "model/operations/types.hpp"

namespace sweepcheck {
namespace {

StringId ingest_ref(Machine& machine) {
  Catalog& catalog = machine.catalog();
  const StringId name = machine.request().name;
  return catalog.derived(Derived::kIngestRef, index_of(name), 0,
                         [&] { return "ingest-" + catalog.text(name); });
}

// The blob that is written: a known one if the name is a digest, else one made up from the name.
StringId ingest_digest(Machine& machine) {
  Catalog& catalog = machine.catalog();
  const Request& request = machine.request();
  const std::string& name = catalog.text(request.name);
  if (name.starts_with("sha256:")) return request.name;
  const StringId digest = catalog.derived(Derived::kIngestDigest, index_of(request.name), 0, [&] {
    return catalog.text(catalog.digest_of("ingested " + name));
  });
  if (catalog.find_blob(digest) == kNone<BlobId>) {
    Blob blob;
    blob.digest = digest;
    blob.media_type = catalog.intern("application/octet-stream");
    blob.size_bytes = request.size_bytes;
    catalog.set_alias(digest, "blob:" + name);
    catalog.add_blob(std::move(blob));
  }
  return digest;
}

Failure perform_commit(Machine& machine, const Step& step) {
  Metadata metadata = machine.metadata();
  if (Failure failure = metadata.commit(ingest_ref(machine), step.subject)) return failure;
  for (const auto& [key, value] : machine.request().labels) {
    metadata.put_label(metadata.content(step.subject), key, value);
  }
  return {};
}
constexpr StepType kCommit{"commit content", true, perform_commit};

Failure perform_write(Machine& machine, const Step& step) {
  const Blob& blob = machine.catalog().blob(machine.catalog().find_blob(step.subject));
  machine.metadata().write(ingest_ref(machine), blob.size_bytes);
  return {};
}
constexpr StepType kWrite{"write content", true, perform_write};

Failure perform_open(Machine& machine, const Step& step) {
  Opened opened = Opened::kExists;
  if (Failure failure = machine.metadata().open_writer(ingest_ref(machine), step.subject, opened)) {
    return failure;
  }
  const Step write{&kWrite, step.subject};
  const Step commit{&kCommit, step.subject};
  if (opened == Opened::kShared) {
    machine.then({commit});
  } else if (opened != Opened::kExists) {
    machine.then({write, commit});
  }
  return {};
}
constexpr StepType kOpen{"open content", true, perform_open};

Failure begin_ingest(Machine& machine) {
  // A digest that no image has: nobody knows the bytes.
  const StringId digest = ingest_digest(machine);
  if (machine.catalog().find_blob(digest) == kNone<BlobId>) {
    return {ErrorClass::kNotFound, Message::kContentNotFound, digest};
  }
  machine.work_under(machine.request().lease);
  machine.then({Step{&kOpen, digest}});
  return {};
}

Failure perform_label(Machine& machine, const Step& step) {
  Metadata metadata = machine.metadata();
  const ObjectId record = metadata.content(step.subject);
  if (!metadata.has(record)) {
    return {ErrorClass::kNotFound, Message::kContentNotFound, step.subject};
  }
  for (const auto& [key, value] : machine.request().labels) {
    metadata.put_label(record, key, value);
  }
  metadata.mutated();
  return {};
}
constexpr StepType kLabel{"label content", true, perform_label};

Failure begin_label(Machine& machine) {
  machine.then({Step{&kLabel, machine.request().name}});
  return {};
}

Failure perform_remove(Machine& machine, const Step& step) {
  const Failure failure = machine.metadata().delete_content(step.subject);
  // To ctr, content that is not there is content that was removed, if only it is named by a digest.
  const bool named = machine.catalog().text(step.subject).starts_with("sha256:");
  if (named && failure.error_class == ErrorClass::kNotFound) return {};
  return failure;
}
constexpr StepType kRemove{"delete content", true, perform_remove};

Failure begin_remove(Machine& machine) {
  machine.then({Step{&kRemove, machine.request().name}});
  return {};
}

// prune references

bool is_layer_reference(std::string_view key) {
  constexpr std::string_view kBase = "containerd.io/gc.ref.content.";
  if (!key.starts_with(kBase)) return false;
  key.remove_prefix(kBase.size());
  if (key.starts_with("l.")) return true;
  int number = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), number);
  return error == std::errc{} && end == key.data() + key.size() && number != 0;
}

Failure perform_strip(Machine& machine, const Step& step) {
  Catalog& catalog = machine.catalog();
  Metadata metadata = machine.metadata();
  const ObjectId record = metadata.content(step.subject);
  boost::container::small_vector<StringId, 16> keys;
  for_each_true(catalog, machine.node().state, record, [&](FactId fact) {
    if (catalog.is_label(fact) && is_layer_reference(catalog.text(catalog.label_key(fact)))) {
      keys.push_back(catalog.label_key(fact));
    }
  });
  for (const StringId key : keys) metadata.put_label(record, key, machine.text(kNoText));
  metadata.mutated();
  return {};
}
constexpr StepType kStrip{"strip layer labels", true, perform_strip};

Failure perform_sync(Machine& machine, const Step&) {
  machine.then(steps::synchronous_collection(machine));
  return {};
}
constexpr StepType kSyncStep{"sync", false, perform_sync};

// Even a dry run creates and deletes a lease, and so collects (observed on all versions).
Failure begin_prune(Machine& machine) {
  Catalog& catalog = machine.catalog();
  const Request& request = machine.request();
  Steps out;
  if (!request.dry_run) {
    catalog.of_kind(ObjectKind::kContent).for_each([&](std::uint32_t index) {
      const auto record = static_cast<ObjectId>(index);
      if (catalog.key(record).space != request.space || !machine.node().state.has(record)) return;
      bool stripped = false;
      for_each_true(catalog, machine.node().state, record, [&](FactId fact) {
        stripped = stripped || (catalog.is_label(fact) &&
                                is_layer_reference(catalog.text(catalog.label_key(fact))));
      });
      if (stripped) out.push_back({&kStrip, catalog.key(record).key});
    });
  }
  out.push_back(steps::create_lease(machine));
  out.push_back(steps::delete_lease(machine));
  if (!request.async) out.push_back({&kSyncStep});
  machine.then(out);
  return {};
}

// Files behind the daemon's back.

ObjectId blob_file(Machine& machine, StringId digest) {
  return machine.catalog().object(
      {ObjectKind::kBlobFile, kNone<StringId>, kNone<StringId>, digest});
}

// If there is none, the blob's name is likely a slip.
Failure perform_remove_file(Machine& machine, const Step& step) {
  const ObjectId file = blob_file(machine, step.subject);
  State& state = machine.node().state;
  if (!state.has(file)) return {ErrorClass::kNotFound, Message::kNoFile, step.subject};
  state.objects.reset(index_of(file));
  return {};
}
constexpr StepType kRemoveFileStep{"remove file", true, perform_remove_file};

Failure begin_remove_file(Machine& machine) {
  machine.then({Step{&kRemoveFileStep, machine.request().name}});
  return {};
}

Failure perform_add_file(Machine& machine, const Step& step) {
  machine.node().state.objects.set(index_of(blob_file(machine, step.subject)));
  return {};
}
constexpr StepType kAddFileStep{"add file", true, perform_add_file};

Failure begin_add_file(Machine& machine) {
  machine.then({Step{&kAddFileStep, ingest_digest(machine)}});
  return {};
}

constexpr std::array kIngestParameters{
    number("size", ParameterType::kSize, &Request::size_bytes, "bytes of a blob that is made up"),
    only(kLibraryOnly,
         text("lease", ParameterType::kName, &Request::lease, "the lease in context")),
    labels("labels of the content record"),
};
constexpr std::array kLabelParameters{labels("labels to set; an empty value removes one")};
constexpr std::array kPruneParameters{
    flag("dry_run", &Request::dry_run, "--dry: removes no labels, but collects all the same"),
    flag("async", &Request::async, "--async: does not wait for a collection"),
};
constexpr std::array kAddFileParameters{
    number("size", ParameterType::kSize, &Request::size_bytes, "bytes of a blob that is made up"),
};
constexpr std::array kContentClients{Client::kCtr, Client::kLibrary};

}  // namespace

const OperationType kIngestContent{
    .name = "ingest",
    .help = "ctr content ingest, or the client library's writer: writes one blob",
    .subject = text("ingest", ParameterType::kObject, &Request::name,
                    "a blob's alias, or a name for a new one (then blob:NAME)"),
    .parameters = kIngestParameters,
    .clients = kContentClients,
    .begin = begin_ingest,
};
const OperationType kLabelContent{
    .name = "label-content",
    .help = "ctr content label: sets or removes labels of a content record",
    .subject = text("label-content", ParameterType::kObject, &Request::name, "the blob"),
    .parameters = kLabelParameters,
    .clients = kCtrOnly,
    .begin = begin_label,
};
const OperationType kRemoveContent{
    .name = "remove-content",
    .help = "ctr content rm: deletes a content record, whatever refers to it",
    .subject = text("remove-content", ParameterType::kObject, &Request::name, "the blob"),
    .parameters = {},
    .clients = kCtrOnly,
    .begin = begin_remove,
};
const OperationType kPruneReferences{
    .name = "prune-references",
    .help = "ctr content prune references: strips the layer labels of a whole namespace",
    .subject = {.name = "prune-references", .type = ParameterType::kFlag, .help = "always true"},
    .parameters = kPruneParameters,
    .clients = kCtrOnly,
    .begin = begin_prune,
};
const OperationType kRemoveFile{
    .name = "remove-file",
    .help = "deletes a blob's file behind the daemon's back. Fails if there is none",
    .subject = text("remove-file", ParameterType::kObject, &Request::name, "the blob"),
    .parameters = {},
    .clients = {},
    .begin = begin_remove_file,
};
const OperationType kAddFile{
    .name = "add-file",
    .help = "puts a file into the content store's folder behind the daemon's back",
    .subject = text("add-file", ParameterType::kObject, &Request::name,
                    "a blob's alias, or a name for a new one"),
    .parameters = kAddFileParameters,
    .clients = {},
    .begin = begin_add_file,
};

}  // namespace sweepcheck
