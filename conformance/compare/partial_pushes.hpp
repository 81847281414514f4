// Pushes that failed. Each has uploaded some of its blobs, and nobody can say which; so what the
// registry that it pushed to has of them is unsure, and with it what later pushes ask there.
#pragma once

#include <map>
#include <set>
#include <string>

#include "conformance/compare/comparison.hpp"
#include "input/scenario/scenario.hpp"
#include "model/catalog/catalog.hpp"

namespace sweepcheck {

class PartialPushes {
 public:
  /// `names`: what aliases in the step's references stand for.
  void begin_step(const ScenarioStep& step, Catalog& names);
  /// The step has failed: if it pushed, or let a push go on, that has uploaded some of its blobs.
  void step_failed();

  /// Takes blobs out of what differs in a registry: those that a push there may have uploaded since
  /// the last comparison, and those that have differed ever since an earlier one.
  void take_from_stored(StateDifference& stored, const std::string& host);
  /// Takes out the requests that follow from it: all since the last comparison if a push failed;
  /// those for blobs that one which failed before still had on their way; and those that a push
  /// made for unsure blobs.
  void take_from_requests(StateDifference& requests, const std::string& host) const;
  /// All registries were compared: what differs from now on is of pushes to come.
  void compared();

  bool any(const std::string& host) const { return unsure_.contains(host); }

 private:
  using LinesByHost = std::map<std::string, std::set<std::string>>;

  /// Where pushes that have not ended go to, by handle.
  std::map<std::string, std::string> hosts_by_handle_;
  /// Of the step: where it pushes to, if it does, and the handle that it has the push from.
  std::string host_;
  std::string handle_;
  /// Since the last comparison.
  std::set<std::string> pushed_to_;
  std::set<std::string> failed_to_;
  /// Between the last comparison and the one before.
  std::set<std::string> failed_before_;
  /// Now, and when the registries were last compared.
  LinesByHost unsure_;
  LinesByHost unsure_before_;
};

}  // namespace sweepcheck
