// Judging one history as it happens: the simulation that performs it tells the judge what comes,
// and the judge asks each property on its occasions. A replay of a scenario and a search use it
// alike.
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

#include "model/simulation.hpp"
#include "properties/facts/shared_facts.hpp"
#include "properties/property.hpp"
#include "properties/questions.hpp"

namespace sweepcheck {

/// A property that does not hold, and how that shows.
struct Refutation {
  const Property* property = nullptr;
  std::string message;
};

class Judge final : public CollectionObserver, public SimulationListener {
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
  /// What a simulation says of each action while it is performed: the judge is its listener. The
  /// beginning of an operation that is kept is remembered until it ends.
  void action_begins(const Action&) override { before_step(); }
  void operation_begins(FlightId flight) override;
  void operation_resumes(FlightId flight) override { flight_ = flight; }
  /// An action has been performed. `operation`: the one that it was about, or null.
  void after_step(ActionKind action, const Operation* operation);
  /// The history is over. `twin`: the world after the same history with other ids, or null.
  void end(const World* twin = nullptr);

  /// What the history has done so far that can't be undone.
  const Past& past() const { return past_; }
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
    FlightId flight = kNoFlight;
    std::uint8_t between = 0;
    World world;
  };

  void before_step();
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
  FlightId flight_ = kNoFlight;
  std::vector<Refutation> refutations_;
  std::vector<const Property*> asked_;
  Violations violations_;
};

}  // namespace sweepcheck
