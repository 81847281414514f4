// Expectations: what must be true after a step or at the end.
#include <fmt/format.h>

#include <algorithm>

#include "input/scenario/decoder.hpp"

namespace sweepcheck {
namespace {

using Kind = JsonValue::Kind;

class ExpectationDecoder {
 public:
  ExpectationDecoder(const JsonValue& json, ScenarioContext& context)
      : json_(json), context_(context), problems_(context.problems) {}

  Expectation decode() {
    check_keys(json_, expectation_keys(), "an expectation", problems_);
    out_.place = place_of(json_);
    out_.profiles = decode_profiles(json_, problems_);
    out_.node = decode_node(json_, context_);
    out_.space = text_of(json_, "namespace");
    decode_image();
    decode_labels();
    decode_objects();
    decode_registry();
    decode_archive();
    out_.recoverable_images = names("recoverable_images");
    out_.lost_images = names("lost_images");
    check_image_names(json_, "recoverable_images", context_);
    check_image_names(json_, "lost_images", context_);
    out_.collections = count_of(json_, "collections");
    out_.output = optional_text("output");
    if (!checks_anything()) {
      problems_.error(json_, "checks-nothing", "this expectation checks nothing",
                      "say what must be true, such as \"exportable\" or \"absent\"");
    }
    return std::move(out_);
  }

 private:
  std::vector<std::string> names(std::string_view key) const { return names_of(json_, key); }

  std::optional<std::string> optional_text(std::string_view key) const {
    const JsonValue* value = json_.find(key);
    if (!value || !value->is(Kind::kString)) return std::nullopt;
    return value->text;
  }

  std::optional<std::vector<std::string>> optional_names(std::string_view key) const {
    if (!json_.find(key)) return std::nullopt;
    return names(key);
  }

  // Whether there is a key that states something; bad values don't make it a second fault.
  bool checks_anything() const {
    const std::vector<std::string_view> only_where{"image",     "snapshotter", "labels_of",
                                                   "registry",  "archive",     "on",
                                                   "namespace", "profiles",    "note"};
    return std::any_of(json_.children.begin(), json_.children.end(), [&](const JsonValue* child) {
      const bool empty = (child->is(Kind::kObject) || child->is(Kind::kArray)) &&
                         child->children.empty() && child->key != "requests" &&
                         child->key != "members" && child->key != "resources";
      return !empty &&
             std::find(only_where.begin(), only_where.end(), child->key) == only_where.end();
    });
  }

  void decode_image() {
    out_.image = text_of(json_, "image");
    out_.status = optional_text("status");
    out_.target = optional_text("target");
    out_.unpacked = flag_of(json_, "unpacked");
    out_.exportable = flag_of(json_, "exportable");
    out_.exportable_all = flag_of(json_, "exportable_all");
    out_.runnable = flag_of(json_, "runnable");
    out_.recoverable = flag_of(json_, "recoverable");
    out_.pushable_to = names("pushable_to");
    out_.not_pushable_to = names("not_pushable_to");
    out_.snapshotter = text_of(json_, "snapshotter");
    for (const char* key : {"image", "target", "pushable_to", "not_pushable_to"}) {
      check_aliases(json_, key, context_);
    }
    check_references(json_, "pushable_to", ReferenceUse::kClient, problems_);
    check_references(json_, "not_pushable_to", ReferenceUse::kClient, problems_);
  }

  void decode_labels() {
    const JsonValue* of = json_.find("labels_of");
    if (of && of->is(Kind::kObject)) {
      check_keys(*of, labelled_keys(), "\"labels_of\"", problems_);
      out_.labelled_kind = text_of(*of, "kind");
      out_.labelled_name = text_of(*of, "name");
      check_aliases(*of, "name", context_);
    } else if (json_.find("labels")) {
      out_.labelled_kind = out_.image.empty() ? "" : "image";
      out_.labelled_name = out_.image;
    }
    if (const JsonValue* labels = json_.find("labels"); labels && labels->is(Kind::kObject)) {
      if (!of && !json_.find("image")) {
        problems_.key_error(*labels, "missing-key",
                            "\"labels\" needs \"image\" or \"labels_of\" beside it");
      }
      for (const JsonValue* child : labels->children) {
        out_.labels.emplace_back(child->key, child->is(Kind::kString)
                                                 ? std::optional<std::string>(child->text)
                                                 : std::nullopt);
      }
    }
    out_.resources = optional_names("resources");
    check_aliases(json_, "resources", context_);
    if (out_.resources && of && out_.labelled_kind != "lease") {
      problems_.key_error(*json_.find("resources"), "contradiction", "only leases have resources");
    }
    if (of && !json_.find("labels") && !out_.resources) {
      problems_.error(*of, "checks-nothing", "\"labels_of\" checks nothing by itself",
                      "say which \"labels\" it has; null for one that it hasn't");
    }
  }

  NamesByKind by_kind(std::string_view key) {
    NamesByKind out;
    const JsonValue* value = json_.find(key);
    if (!value || !value->is(Kind::kObject)) return out;
    for (const JsonValue* child : value->children) {
      out.emplace_back(child->key, names_in(*child));
      // The keys of ingests are no objects' names, though they may contain some.
      if (child->key != "ingests") check_aliases(*value, child->key, context_);
    }
    return out;
  }

  void decode_objects() {
    out_.present = by_kind("present");
    out_.absent = by_kind("absent");
    out_.exactly = by_kind("exactly");
    const JsonValue* disk = json_.find("disk");
    if (!disk || !disk->is(Kind::kObject)) return;
    for (const JsonValue* child : disk->children) {
      if (const auto size = size_in(*child)) out_.disk.emplace_back(child->key, *size);
    }
  }

  void decode_registry() {
    out_.registry = text_of(json_, "registry");
    const std::set<std::string>& hosts = context_.registry_hosts;
    if (!out_.registry.empty() && !hosts.contains(out_.registry)) {
      problems_.error(*json_.find("registry"), "unknown-registry",
                      fmt::format("no registry {} is declared", quote(out_.registry)),
                      problems_.did_you_mean(out_.registry, {hosts.begin(), hosts.end()}));
    }
    out_.requests = optional_names("requests");
    const JsonValue* counts = json_.find("request_counts");
    if (counts && counts->is(Kind::kObject)) {
      for (const JsonValue* child : counts->children) {
        if (child->is(Kind::kInteger)) {
          out_.request_counts.emplace_back(child->key, child->integer);
        }
      }
    }
    out_.serves = names("serves");
    out_.lacks = names("lacks");
    out_.stores = names("stores");
    out_.stores_not = names("stores_not");
    for (const char* key : {"serves", "lacks", "stores", "stores_not"}) {
      check_aliases(json_, key, context_);
    }
    check_references(json_, "serves", ReferenceUse::kServed, problems_);
    check_references(json_, "lacks", ReferenceUse::kServed, problems_);
  }

  void decode_archive() {
    out_.archive = text_of(json_, "archive");
    out_.archive_complete = flag_of(json_, "complete");
    out_.archive_members = optional_names("members");
    out_.archive_bytes = size_of(json_, "bytes");
    check_aliases(json_, "members", context_);
  }

  const JsonValue& json_;
  ScenarioContext& context_;
  Problems& problems_;
  Expectation out_;
};

}  // namespace

void decode_expectations(const JsonValue& object, ScenarioContext& context,
                         std::vector<Expectation>& out) {
  const JsonValue* value = object.find("expect");
  if (!value) return;
  for (const JsonValue* item : items_in(*value)) {
    if (item->is(Kind::kObject)) out.push_back(ExpectationDecoder(*item, context).decode());
  }
}

}  // namespace sweepcheck
