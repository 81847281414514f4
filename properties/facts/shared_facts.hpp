// What several properties ask of one moment, worked out once for all of them: who could still bring
// an image back, and what a collection should have reached. A judge keeps one of these from step to
// step, so that what a step did not change is not worked out again.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/collector.hpp"
#include "properties/facts/naive_collector.hpp"
#include "properties/property.hpp"

namespace sweepcheck {

/// Which of a step's two worlds a question is about.
enum class When : std::uint8_t { kBefore, kAfter };

/// Memory that a property may work in while it judges, so that a step's judgement allocates nothing
/// that an earlier one has. Nothing in it means anything at the next judgement. What a property
/// uses while it calls another function, that must not use: its docstring says which parts it
/// takes.
struct Scratch {
  CollectionScratch collection;
  NaiveScratch naive;
  State state;
  std::vector<ObjectId> objects;
  std::vector<StringId> spaces;

  /// A world for trying what would come of this one, until the next call.
  World& copy_of(const World& original) {
    if (world_) {
      *world_ = original;
    } else {
      world_.emplace(original);
    }
    return *world_;
  }

 private:
  std::optional<World> world_;
};

class SharedFacts {
 public:
  /// A history begins, about so many images.
  void begin(std::size_t image_count);
  /// A step begins: what was true after the last one is true before it.
  void step_begins();
  /// The step changed this: what was known of the world after it is forgotten.
  void registries_changed();
  void copies_changed();
  /// A node's garbage is being collected.
  void collection_begins() { reached_known_ = false; }

  bool served(const Moment& moment, std::size_t image, When when);
  bool held(const Moment& moment, std::size_t image, When when);
  const Bits& reached(const Moment& moment);
  Scratch& scratch() { return scratch_; }

 private:
  enum class Answer : std::uint8_t { kUnknown, kNo, kYes };
  struct Known {
    std::vector<Answer> served, held;
  };
  Known& known(When when) { return when == When::kBefore ? before_ : after_; }

  Known before_, after_;
  Bits reached_;
  bool reached_known_ = false;
  Scratch scratch_;
};

/// The memory for this judgement. Whoever makes moments gives them SharedFacts.
inline Scratch& scratch(const Moment& moment) {
  SWEEPCHECK_BELIEVE(moment.shared != nullptr, "a moment that is judged has shared facts");
  return moment.shared->scratch();
}

/// True if some registry serves the image (a place in moment.images) to a node's platform.
bool served(const Moment& moment, std::size_t image, When when);
/// What a node's copy of an image is made of: records, what they point to, and files.
inline constexpr std::uint32_t kCopyKinds =
    kind_bit(ObjectKind::kImage) | kind_bit(ObjectKind::kContent) | kind_bit(ObjectKind::kBlobFile);
inline bool loses_copies(const Change& change) {
  return (change.removed & kCopyKinds) != 0 ||
         (change.meanings_removed & meaning_bit(Meaning::kTarget)) != 0;
}
inline bool gains_copies(const Change& change) {
  return (change.added & kCopyKinds) != 0 ||
         (change.meanings_added & meaning_bit(Meaning::kTarget)) != 0;
}
/// True if some node has a record of the image, and all of it: it could export it.
bool held(const Moment& moment, std::size_t image, When when);
inline bool recoverable(const Moment& moment, std::size_t image, When when) {
  return served(moment, image, when) || held(moment, image, when);
}
/// True if ctr does the operation itself, without the transfer service.
bool is_local_ctr(const Moment& moment);
/// The platform that the fleet is asked about: its first node's.
StringId fleet_platform(const Moment& moment);
/// On kCollection: what a naive search reaches from the roots
/// (properties/facts/naive_collector.hpp). Valid until the next collection. Works in `naive`.
const Bits& reached(const Moment& moment);

}  // namespace sweepcheck
