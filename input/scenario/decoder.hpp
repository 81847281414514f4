// Private to the scenario reader: what its files share.
//
// Each object is first checked against its table of keys (keys.hpp), which finds unknown,
// missing and misshapen ones; then it is decoded by functions that give nothing for what was bad,
// so that one fault doesn't hide the next.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "input/json_document.hpp"
#include "input/scenario/keys.hpp"
#include "input/scenario/scenario.hpp"

namespace sweepcheck {

/// Collects what is wrong with one scenario file, and an end to it.
class Problems {
 public:
  explicit Problems(std::string file) : file_(std::move(file)) {}

  const std::string& file() const { return file_; }
  void error(const JsonValue& at, std::string rule, std::string message, std::string hint = "");
  /// At a member's key, not at its value.
  void key_error(const JsonValue& at, std::string rule, std::string message, std::string hint = "");
  void warning(const JsonValue& at, std::string rule, std::string message, std::string hint = "");
  /// Passes others' diagnostics on.
  void add(const Diagnostics& diagnostics);
  bool has_errors() const { return has_errors_; }
  /// `did you mean "x"?`, or nothing if no known name is near.
  std::string did_you_mean(const std::string& name, const std::vector<std::string>& known) const;
  /// All, by their places.
  Diagnostics take();

 private:
  void put(Diagnostic diagnostic);

  std::string file_;
  Diagnostics diagnostics_;
  std::size_t left_out_count_ = 0;
  bool has_errors_ = false;
};

/// The text in double quotes; a very long one ends in "...".
std::string quote(std::string_view text);

/// What the parts of the decoder know of each other.
struct ScenarioContext {
  explicit ScenarioContext(const std::string& file) : problems(file) { scenario.file = file; }

  Scenario scenario;
  Problems problems;
  /// Names that "images" declares, whether they could be built or not.
  std::set<std::string> image_names;
  /// False: aliases can't be checked.
  bool images_complete = true;
  /// Aliases of blobs, chain IDs and diff IDs.
  std::set<std::string> aliases;
  std::set<std::string> registry_hosts;
  /// Declared archives, and those that exports write.
  std::set<std::string> archive_names;
  /// Of operations, with the profiles that they are performed under.
  std::map<std::string, std::vector<std::string>> handles;
  /// Places of nodes in scenario.nodes.
  std::map<std::string, std::size_t> node_places;
  /// Of each node, as of the step that is being decoded.
  std::vector<Policy> policies;
};

// checks.cpp: checks, and the decoding of simple values.

/// Complains about keys that aren't in the table, aren't there, or have values of another shape.
/// False if the value isn't an object.
bool check_keys(const JsonValue& value, Keys keys, std::string_view what, Problems& problems);
/// Whether one value has the key's shape; complains if not. Contents of objects are not looked at.
bool check_shape(const JsonValue& value, const Key& key, Problems& problems);

std::string text_of(const JsonValue& object, std::string_view key);
std::optional<bool> flag_of(const JsonValue& object, std::string_view key);
std::optional<std::int64_t> count_of(const JsonValue& object, std::string_view key);
/// Strings of a list, or one string. Others are left out.
std::vector<std::string> names_in(const JsonValue& value);
std::vector<std::string> names_of(const JsonValue& object, std::string_view key);
/// The elements of a list, or the value itself.
std::vector<const JsonValue*> items_in(const JsonValue& value);
/// Members of an object that are strings.
std::vector<std::pair<std::string, std::string>> texts_of(const JsonValue& object,
                                                          std::string_view key);
std::optional<std::int64_t> size_in(const JsonValue& value);
std::optional<std::int64_t> size_of(const JsonValue& object, std::string_view key);
/// "20KiB", "1.5MiB", "10kB", "3MB", "17".
std::optional<std::int64_t> parse_size(std::string_view text);
/// os/arch or os/arch/variant.
bool is_platform(std::string_view text);
/// A file that a scenario names: relative, and at most two folders up, so that a library's themes
/// can share their images, and a scenario from elsewhere can't read what it likes. "" after
/// complaining.
std::string path_beside(const JsonValue& value, Problems& problems);
FilePlace place_of(const JsonValue& value);

/// Names of profiles, in their own order.
std::vector<std::string> decode_profiles(const JsonValue& object, Problems& problems);
/// Complains about a node that isn't declared.
std::string decode_node(const JsonValue& object, ScenarioContext& context);

/// Complains if the text is written as an alias and isn't one. For a reference, the alias may stand
/// after '@'; for a resource, after ' '; for a snapshot, after its snapshotter and '/'.
void check_alias(const JsonValue& value, const std::string& text, ScenarioContext& context);
/// The same for each string of a member that is a list or one string.
void check_aliases(const JsonValue& object, std::string_view key, ScenarioContext& context);
/// Complains about names of images that aren't declared.
/// The policy keys that a node or a restart names, as set_policy_key() knows them.
std::vector<std::string> named_policy_keys(const JsonValue& object);
void check_image_names(const JsonValue& object, std::string_view key, ScenarioContext& context);
bool check_image_name(const JsonValue& value, const std::string& name, ScenarioContext& context);

// references.cpp
/// What a reference is for decides what of it must be there.
enum class ReferenceUse : std::uint8_t {
  kClient,      ///< what ctr gives to a registry or a new record, and all that CRI gets
  kTag,         ///< host/repository:tag
  kManifest,    ///< host/repository:tag or host/repository@digest
  kRepository,  ///< host/repository
  kDeclared,    ///< repository:tag, a member's key
  kServed,      ///< repository:tag or repository@digest
};
/// Complains about a reference that is ill-formed, or lacks what its use needs.
void check_reference(const JsonValue& value, const std::string& text, ReferenceUse use,
                     Problems& problems);
/// The same for each string of a member that is a list or one string.
void check_references(const JsonValue& object, std::string_view key, ReferenceUse use,
                      Problems& problems);
/// Complains about a member whose key is not a registry's host.
void check_host(const JsonValue& value, const std::string& host, Problems& problems);

// paths.cpp
/// Complains about names in a step that a run would make paths of, and that could lead out of its
/// folder.
void check_paths(const JsonValue& step, std::string_view verb, Problems& problems);
/// The same for a member whose key is an archive's name.
void check_archive_name(const JsonValue& archive, Problems& problems);

// image_from_file.cpp
/// Reads one image of an archive, or the only one, and names its blobs as the declared one's would
/// be: those of `layers`, if there are as many. False if it can't, which has been complained about.
bool image_from_file(const JsonValue& json, const std::string& path, const std::string& wanted,
                     const std::vector<std::string>& layers, Problems& problems,
                     ImageDescription& image);

// declared_image.cpp
/// Builds all images of the scenario.
void decode_images(const JsonValue& root, const ScenarioOverrides& overrides,
                   ScenarioContext& context);
/// Gives an image the aliases of its chain IDs and diff IDs, from those of its layers.
void add_chain_aliases(ImageDescription& image);

// archives.cpp
void decode_archives(const JsonValue& root, ScenarioContext& context);

// policy.cpp
/// Changes a policy by the keys of a node or a restart, which is there under these profiles.
void decode_policy(const JsonValue& object, std::span<const std::string> profiles, Policy& policy,
                   Problems& problems);

// steps.cpp, expect.cpp
/// The names of containerd's error classes.
std::vector<std::string> error_classes();
void decode_steps(const JsonValue& root, ScenarioContext& context);
void decode_expectations(const JsonValue& object, ScenarioContext& context,
                         std::vector<Expectation>& out);

}  // namespace sweepcheck
