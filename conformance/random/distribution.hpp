// What drawn scenarios consisted of, counted while they are performed: a search that finds nothing
// is worth as much as what it tried.
//
//   steps                     performed  failed
//   pull                           1204      88
//   pull by cri                     613      41
//
//   at collections               before   after
//   content                       20311    9120
//   content in default            14822    6841
//   reference labels to nothing    3310    1207
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "input/scenario/scenario.hpp"
#include "model/world.hpp"
#include "reports/events.hpp"

namespace sweepcheck {

class Distribution {
 public:
  struct Steps {
    std::uint64_t performed_count = 0;
    std::uint64_t failed_count = 0;
  };
  struct Objects {
    std::uint64_t before_count = 0;
    std::uint64_t after_count = 0;
  };

  void add_step(const ScenarioStep& step, bool failed);
  /// A step that was not performed, since daemons perform it in several ways.
  void add_left_out(const ScenarioStep& step);
  /// What the nodes' stores hold before a collection, and what is left after it.
  void add_before_collection(const World& world);
  void add_after_collection(const World& world);
  void merge(const Distribution& other);

  /// By verb, client and kind: "pull by cri", "restart with another setting", "collect".
  const std::map<std::string, Steps>& steps() const { return steps_; }
  /// By what it is: "content", "leases that are flat", "reference labels to nothing".
  const std::map<std::string, Objects, std::less<>>& objects() const { return objects_; }

  /// For a report: steps performed and failed, then objects before and after collections; one that
  /// counted nothing is not there.
  std::vector<DistributionEvent> events() const;

 private:
  template <typename Count>
  void add_objects(const World& world, Count&& count);

  std::map<std::string, Steps> steps_;
  std::map<std::string, Objects, std::less<>> objects_;
};

}  // namespace sweepcheck
