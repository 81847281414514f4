// Judging one history as it happens: whoever performs it tells the judge what comes, and the judge
// asks each property on its occasions. A replay of a scenario and a search use it alike.
//
// The cost of a step without judgement is a copy of each state that the last step changed (some 200
// bytes) and a comparison of the two. Only properties that concern the operation are asked, those
// that don't concern what the step changed are passed over by two masks, and the others look at the
// difference first.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "properties/facts/shared_facts.hpp"
#include "properties/property.hpp"
#include "properties/questions.hpp"

namespace sweepcheck {

/// A property that does not hold, and how that shows.
struct Refutation {
  const Property* property = nullptr;
  std::string message;
};

class Judge final : public CollectionObserver {
 public:
  /// The properties must outlive the judge.
  explicit Judge(std::span<const Property* const> properties);
  ~Judge() override { stop_observing(); }
  Judge(const Judge&) = delete;
  Judge& operator=(const Judge&) = delete;

  /// Starts with a world as it is, which the judge observes until the end; it must outlive that.
  /// `images`: targets of the images that it knows; they must outlive the history. `costly`: ask
  /// costly properties, too.
  void begin(World& world, std::span<const BlobId> images, bool costly = true);
  /// A step is about to happen.
  void before_step();
  /// An operation that stops in between has its begin kept; call this before it begins.
  /// `handle` is any number that is not in use.
  void operation_begins(std::uint32_t handle);
  void operation_resumes(std::uint32_t handle);
  /// The step has happened. `operation`: the one that it was about, or null.
  void after_step(Happening happening, const Operation* operation);
  /// The history is over. `twin`: the world after the same history with other ids, or null.
  void end(const World* twin = nullptr);

  /// What was refuted since begin(), each property at most once.
  std::span<const Refutation> refutations() const { return refutations_; }
  /// Reports each property anew from here on.
  void forget_refutations() { refutations_.clear(); }
  /// No longer asks this property.
  void drop(const Property& property) { questions_.drop(property); }

  void collected(const World& world, NodeId node, const State& before,
                 std::span<const ObjectId> swept, bool cleaned) override;

 private:
  struct Begun {
    std::uint32_t handle = 0;
    std::uint8_t between = 0;
    World world;
  };

  /// Asks those that a question has found.
  void ask(const Moment& moment);
  void stop_observing();
  void note_refutation(const Property& property);
  Moment moment(NodeId node);
  void note_changes();
  void note_past(const Operation* operation);

  Questions questions_;
  World* world_ = nullptr;
  bool costly_ = true;
  std::span<const BlobId> images_;
  Past past_;
  SharedFacts shared_;
  bool registries_changed_ = false;
  Time before_time_ = 0;
  std::uint64_t collections_before_ = 0;
  std::uint64_t removals_before_ = 0;
  std::vector<State> before_;
  std::vector<State> registries_before_;
  std::vector<Change> changes_;
  /// Those whose operation has ended are used again: a world is many small vectors.
  std::vector<std::unique_ptr<Begun>> begun_, spare_;
  std::uint32_t handle_ = 0;
  std::vector<Refutation> refutations_;
  std::vector<const Property*> asked_;
  Violations violations_;
};

}  // namespace sweepcheck
