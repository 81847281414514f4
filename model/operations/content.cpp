// ctr content, and what happens to files behind the daemon's back.
#include <charconv>

#include "model/catalog/facts.hpp"
#include "model/operations/define_step.hpp"
#include "model/operations/steps.hpp"
#include "model/operations/types.hpp"

namespace sweepcheck {

namespace steps {

static StringId ingest_ref(Machine& machine) {
  Catalog& catalog = machine.catalog();
  const StringId name = machine.request().name;
  return catalog.derived(Derived::kIngestRef, index_of(name), 0,
                         [&] { return "ingest-" + catalog.text(name); });
}

struct CommitIngest {
  static constexpr StepName kName = atomic("commit content");
  StringId digest;

  Failure perform(Machine& machine) const {
    Metadata metadata = machine.metadata();
    if (Failure failure = metadata.commit(ingest_ref(machine), digest)) return failure;
    for (const auto& [key, value] : machine.request().labels) {
      metadata.put_label(metadata.content(digest), key, value);
    }
    return {};
  }
  void touches(StepTouches& touches) const {
    touches.commit(ingest_ref(touches.machine()), digest);
  }
};
template struct DefinedStep<CommitIngest>;

struct WriteIngest {
  static constexpr StepName kName = atomic("write content");
  StringId digest;

  Failure perform(Machine& machine) const {
    const Blob& blob = machine.blob(machine.catalog().find_blob(digest));
    machine.metadata().write(ingest_ref(machine), blob.size_bytes);
    return {};
  }
  void touches(StepTouches& touches) const { touches.write_bytes(ingest_ref(touches.machine())); }
};
template struct DefinedStep<WriteIngest>;

struct OpenIngest {
  static constexpr StepName kName = atomic("open content");
  StringId digest;

  Failure perform(Machine& machine) const {
    Opened opened = Opened::kExists;
    if (Failure failure = machine.metadata().open_writer(ingest_ref(machine), digest, opened)) {
      return failure;
    }
    if (opened == Opened::kShared) {
      machine.then({CommitIngest{digest}});
    } else if (opened != Opened::kExists) {
      machine.then({WriteIngest{digest}, CommitIngest{digest}});
    }
    return {};
  }
  void touches(StepTouches& touches) const {
    touches.open_writer(ingest_ref(touches.machine()), digest);
  }
};
template struct DefinedStep<OpenIngest>;

struct LabelContent {
  static constexpr StepName kName = atomic("label content");
  StringId digest;

  Failure perform(Machine& machine) const {
    Metadata metadata = machine.metadata();
    const ObjectId record = metadata.content(digest);
    if (!metadata.has(record)) return {ErrorClass::kNotFound, Message::kContentNotFound, digest};
    for (const auto& [key, value] : machine.request().labels) {
      metadata.put_label(record, key, value);
    }
    metadata.mutated();
    return {};
  }
  void touches(StepTouches& touches) const { touches.label_content(digest); }
};
template struct DefinedStep<LabelContent>;

struct DeleteContent {
  static constexpr StepName kName = atomic("delete content");
  StringId digest;

  Failure perform(Machine& machine) const {
    const Failure failure = machine.metadata().delete_content(digest);
    // To ctr, content that is not there is content that was removed, if only it is named by a
    // digest.
    const bool named = machine.catalog().text(digest).starts_with("sha256:");
    if (named && failure.error_class == ErrorClass::kNotFound) return {};
    return failure;
  }
  void touches(StepTouches& touches) const { touches.delete_content(digest); }
};
template struct DefinedStep<DeleteContent>;

// prune references

static bool is_layer_reference(std::string_view key) {
  constexpr std::string_view kBase = "containerd.io/gc.ref.content.";
  if (!key.starts_with(kBase)) return false;
  key.remove_prefix(kBase.size());
  if (key.starts_with("l.")) return true;
  int number = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), number);
  return error == std::errc{} && end == key.data() + key.size() && number != 0;
}

// The keys of a content record's labels that name layers.
using LabelKeys = boost::container::small_vector<StringId, 16>;

static LabelKeys layer_references(Machine& machine, ObjectId content) {
  const Catalog& catalog = machine.catalog();
  LabelKeys keys;
  for_each_true(catalog, machine.node().state, content, [&](FactId fact) {
    if (catalog.is_label(fact) && is_layer_reference(catalog.text(catalog.label_key(fact)))) {
      keys.push_back(catalog.label_key(fact));
    }
  });
  return keys;
}

struct StripLayerLabels {
  static constexpr StepName kName = atomic("strip layer labels");
  StringId digest;

  Failure perform(Machine& machine) const {
    Metadata metadata = machine.metadata();
    const ObjectId record = metadata.content(digest);
    for (const StringId key : layer_references(machine, record)) {
      metadata.put_label(record, key, machine.text(kNoText));
    }
    metadata.mutated();
    return {};
  }
  void touches(StepTouches& touches) const { touches.label_content(digest); }
};
template struct DefinedStep<StripLayerLabels>;

struct Synchronize {
  static constexpr StepName kName = expands("sync");

  Failure perform(Machine& machine) const {
    machine.then(synchronous_collection());
    return {};
  }
  void touches(StepTouches&) const {}
};
template struct DefinedStep<Synchronize>;

// Files behind the daemon's back.

static ObjectId blob_file(Machine& machine, StringId digest) {
  return machine.catalog().object(
      {ObjectKind::kBlobFile, kNone<StringId>, kNone<StringId>, digest});
}

// If there is none, the blob's name is likely a slip.
struct RemoveFile {
  static constexpr StepName kName = atomic("remove file");
  StringId digest;

  Failure perform(Machine& machine) const {
    const ObjectId file = blob_file(machine, digest);
    State& state = machine.node().state;
    if (!state.has(file)) return {ErrorClass::kNotFound, Message::kNoFile, digest};
    state.objects.reset(index_of(file));
    return {};
  }
  void touches(StepTouches& touches) const { touches.write_blob_file(digest); }
};
template struct DefinedStep<RemoveFile>;

struct AddFile {
  static constexpr StepName kName = atomic("add file");
  StringId digest;

  Failure perform(Machine& machine) const {
    machine.node().state.objects.set(index_of(blob_file(machine, digest)));
    return {};
  }
  void touches(StepTouches& touches) const { touches.write_blob_file(digest); }
};
template struct DefinedStep<AddFile>;

}  // namespace steps

namespace {

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

Failure begin_ingest(Machine& machine) {
  // A digest that no image has: nobody knows the bytes.
  const StringId digest = ingest_digest(machine);
  if (machine.catalog().find_blob(digest) == kNone<BlobId>) {
    return {ErrorClass::kNotFound, Message::kContentNotFound, digest};
  }
  machine.work_under(machine.request().lease);
  machine.then({steps::OpenIngest{digest}});
  return {};
}

Failure begin_label(Machine& machine) {
  machine.then({steps::LabelContent{machine.request().name}});
  return {};
}

Failure begin_remove(Machine& machine) {
  machine.then({steps::DeleteContent{machine.request().name}});
  return {};
}

// prune references

void touch_content(StepTouches& touches) { touches.read_content(kNone<StringId>); }

// Even a dry run creates and deletes a lease, and so collects (observed on all versions).
Failure begin_prune(Machine& machine) {
  Catalog& catalog = machine.catalog();
  const Request& request = machine.request();
  Steps out;
  if (!request.dry_run) {
    catalog.of_kind(ObjectKind::kContent).for_each([&](std::uint32_t index) {
      const auto record = static_cast<ObjectId>(index);
      if (catalog.key(record).space != request.space || !machine.node().state.has(record)) return;
      if (steps::layer_references(machine, record).empty()) return;
      out.push_back(steps::StripLayerLabels{catalog.key(record).key});
    });
  }
  out.push_back(steps::create_lease(machine));
  out.push_back(steps::delete_lease());
  if (!request.async) out.push_back(steps::Synchronize{});
  machine.then(out);
  return {};
}

// Files behind the daemon's back.

Failure begin_remove_file(Machine& machine) {
  machine.then({steps::RemoveFile{machine.request().name}});
  return {};
}

Failure begin_add_file(Machine& machine) {
  machine.then({steps::AddFile{ingest_digest(machine)}});
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
    .by_hand = true,
    .cuts_paths = true,
    .begin = begin_label,
};
const OperationType kRemoveContent{
    .name = "remove-content",
    .help = "ctr content rm: deletes a content record, whatever refers to it",
    .subject = text("remove-content", ParameterType::kObject, &Request::name, "the blob"),
    .parameters = {},
    .clients = kCtrOnly,
    .by_hand = true,
    .takes_copies = true,
    .begin = begin_remove,
};
const OperationType kPruneReferences{
    .name = "prune-references",
    .help = "ctr content prune references: strips the layer labels of a whole namespace",
    .subject = {.name = "prune-references", .type = ParameterType::kFlag, .help = "always true"},
    .parameters = kPruneParameters,
    .clients = kCtrOnly,
    .by_hand = true,
    .takes_copies = true,
    .begin = begin_prune,
    .begin_touches = touch_content,
};
const OperationType kRemoveFile{
    .name = "remove-file",
    .help = "deletes a blob's file behind the daemon's back. Fails if there is none",
    .subject = text("remove-file", ParameterType::kObject, &Request::name, "the blob"),
    .parameters = {},
    .clients = {},
    .by_hand = true,
    .takes_copies = true,
    .removes_files = true,
    .begin = begin_remove_file,
};
const OperationType kAddFile{
    .name = "add-file",
    .help = "puts a file into the content store's folder behind the daemon's back",
    .subject = text("add-file", ParameterType::kObject, &Request::name,
                    "a blob's alias, or a name for a new one"),
    .parameters = kAddFileParameters,
    .clients = {},
    .by_hand = true,
    .begin = begin_add_file,
};

}  // namespace sweepcheck
