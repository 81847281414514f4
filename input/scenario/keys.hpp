// The keys of scenario files as tables, from which both the reader's checks and the JSON Schema are
// made, so that the two can't drift apart. Operations bring their own tables (model/operation.hpp).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/operation.hpp"

namespace sweepcheck {

/// What a key's value looks like.
enum class Shape : std::uint8_t {
  kText,       ///< a string
  kName,       ///< a string that isn't empty
  kChoice,     ///< one of the choices
  kFlag,       ///< true or false
  kTrue,       ///< true, and nothing else
  kCount,      ///< an integer from 0
  kShare,      ///< a number from 0 to 1
  kSize,       ///< bytes: an integer from 0, or a string such as "20KiB"
  kDuration,   ///< a Go duration from 0: "24h", "1m30s"
  kNames,      ///< a list of strings; one string is a list of one
  kLabels,     ///< an object of strings and nulls
  kTexts,      ///< an object of strings
  kSizes,      ///< an object of sizes; its keys are the choices
  kCounts,     ///< an object of counts
  kKindNames,  ///< an object of lists of strings; its keys are the choices
  kObject,     ///< an object; `content` is its definition
  kObjects,    ///< an object of such objects by name
  kOneOrMore,  ///< one such object, or a list of them
  kList,       ///< a list of such objects
  kOther,      ///< what `content` defines
};

struct Key {
  std::string_view name;
  Shape shape = Shape::kText;
  std::string_view help = {};
  bool required = false;
  /// Names with '|' between.
  std::string_view choices = {};
  /// Name of the schema's definition of what is inside.
  std::string_view content = {};
  /// A key of the same object without which this one has no meaning.
  std::string_view needs = {};
  /// Clients that know it; empty: all that the object's verb has.
  std::span<const Client> clients = {};
};

using Keys = std::span<const Key>;

Keys scenario_keys();
Keys layer_keys();
Keys image_keys();
Keys member_keys();
Keys registry_keys();
/// "config" and the policy keys below; also of a restart.
Keys node_keys();
Keys scheduler_keys();
Keys cri_keys();
Keys archive_keys();
/// Keys of each step, whatever its verb.
Keys step_keys();
/// Further keys of operations that clients perform, and of all operations.
Keys client_keys();
Keys operation_keys();
Keys failure_keys();
Keys expectation_keys();
Keys labelled_keys();
/// What conformance runs are to know of a scenario.
Keys conform_note_keys();
/// What `check` writes into a counterexample that it saves.
Keys found_by_keys();

/// A verb that is not an operation, and its further keys.
struct ControlVerb {
  Key verb;
  std::vector<Key> keys;
};
std::span<const ControlVerb> control_verbs();

/// A parameter of an operation as a key.
Key key_of(const Parameter& parameter, bool subject);
/// All keys of an operation's step: its verb first, its parameters, then the common ones.
std::vector<Key> keys_of(const OperationType& operation);
std::vector<Key> keys_of(const ControlVerb& verb);

/// All verbs, operations first.
std::vector<std::string> verb_names();
std::vector<std::string> names_of(Keys keys);
/// "a|b" as {"a", "b"}.
std::vector<std::string> choices_of(std::string_view choices);

}  // namespace sweepcheck
