// The stage on which histories are played: one world, built once from a declaration and put back
// for each history. The catalog keeps its names between histories, so that playing one allocates
// little.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "properties/judge.hpp"
#include "properties/search/history.hpp"
#include "properties/search/policy_case.hpp"

namespace sweepcheck {

/// What was played, for reports and for guarding the generator's distribution.
struct PlayStats {
  std::uint64_t history_count = 0;
  /// Steps of histories that did something: a resume without operation, say, does not count.
  std::uint64_t performed_count = 0;
  /// Those that began an operation.
  std::uint64_t operation_count = 0;
  /// Atomic steps of operations.
  std::uint64_t step_count = 0;
  std::uint64_t collection_count = 0;
  std::uint64_t object_count = 0;
  std::array<std::uint64_t, kHistoryVerbCount> by_verb{};
  std::array<std::uint64_t, kHistoryVerbCount> failed_by_verb{};
  /// Operations that were stopped before their end.
  std::uint64_t interrupted_count = 0;

  void add(const PlayStats& other);
};

/// What a declaration puts on any stage: registries and archives over one catalog, and everybody's
/// names in it. Nothing of it depends on a policy, so the stages of many share it, and with it
/// memory that is warm.
class DeclaredWorld {
 public:
  /// `reversed`: the catalog gets its names in another order, so that all ids differ.
  explicit DeclaredWorld(const Declaration& declaration, bool reversed = false);
  DeclaredWorld(const DeclaredWorld&) = delete;
  DeclaredWorld& operator=(const DeclaredWorld&) = delete;

  Catalog& catalog() { return catalog_; }
  const HistoryNames& names() const { return names_; }
  /// Without nodes, which have policies.
  const World& world() const { return world_; }
  std::uint8_t node_count() const { return node_count_; }

 private:
  std::uint8_t node_count_;
  Catalog catalog_;
  HistoryNames names_;
  World world_;
};

class Stage {
 public:
  /// A stage of its own.
  Stage(const Declaration& declaration, const PolicyCase& policy_case, bool reversed = false);
  /// One of several that share a world, which must outlive it. On one thread: their catalog grows.
  Stage(DeclaredWorld& declared, const PolicyCase& policy_case);
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  /// Plays a history's steps from the beginning. `judge` may be null. `twin`: a stage on which the
  /// same was played; with it, costly properties are judged, too.
  void play(std::span<const HistoryStep> steps, Judge* judge, const Stage* twin = nullptr);
  /// The same in parts, so that several stages can go through a history side by side. After each
  /// step that was performed it is judged, whether there is a judge or not.
  void begin(Judge* judge, const Stage* twin = nullptr);
  void perform(const HistoryStep& step, Judge* judge);
  void judge_step(Judge* judge);
  void end(Judge* judge, const Stage* twin = nullptr);

  /// The names of the steps that an operation did before it was stopped, and of the next one, as
  /// scenarios name them. By the history's step.
  struct Stop {
    std::size_t step = 0;
    std::vector<std::string> names;
  };
  /// Plays a history and tells where its operations stop; those that end before their stop are left
  /// out.
  std::vector<Stop> find_stops(std::span<const HistoryStep> steps);

  /// The world as the last history left it.
  const World& world() const { return world_; }
  const PlayStats& stats() const { return stats_; }
  /// A number that tells worlds apart: everything that is stored, and the clock.
  std::uint64_t fingerprint() const;

 private:
  /// An operation that has begun. Whoever judges it keeps its address.
  struct Flight {
    Flight(World& world, Request request, std::uint8_t called = 0)
        : handle(called), operation(sweepcheck::begin(world, std::move(request))) {}
    Flight(const Flight&) = delete;
    Flight& operator=(const Flight&) = delete;

    std::uint8_t handle;
    Operation operation;
  };

  Stage(std::unique_ptr<DeclaredWorld> own, const PolicyCase& policy_case);
  void perform_operation(const HistoryStep& step, Judge* judge);
  void resume(const HistoryStep& step, Judge* judge);
  bool go_on(Flight& flight, const HistoryStep& step);
  void kill_client_of(const HistoryStep& step, Judge* judge);
  void kill_flights(NodeId node);
  bool drive(Operation& operation, std::uint8_t stop);
  Flight* find_flight(std::uint8_t handle);
  void count(const HistoryStep& step, bool failed = false);

  std::unique_ptr<DeclaredWorld> own_;
  const HistoryNames& names_;
  Profile profile_;
  Policy policy_;
  Policy flipped_;
  World pristine_;
  World world_;
  std::vector<std::unique_ptr<Flight>> flights_;
  /// What the last step was, until it is judged; and its operation, if that isn't kept.
  struct Happened {
    Happening happening;
    const Operation* operation;
  };
  std::optional<Happened> happened_;
  std::optional<Flight> passing_;
  PlayStats stats_;
  /// Set while stops are looked for.
  std::vector<Stop>* stops_ = nullptr;
};

}  // namespace sweepcheck
