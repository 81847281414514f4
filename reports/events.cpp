#include "reports/events.hpp"

#include <numeric>

namespace sweepcheck {

std::string_view cell_verdict_name(CellVerdict verdict) {
  switch (verdict) {
    case CellVerdict::kHeld:
      return "held";
    case CellVerdict::kRefuted:
      return "refuted";
    case CellVerdict::kKnown:
      return "known";
    case CellVerdict::kNotFound:
      return "not-found";
    case CellVerdict::kNotClaimed:
      return "not-claimed";
    case CellVerdict::kUnanswered:
      return "unanswered";
  }
  return "";
}

bool is_failure(CellVerdict verdict) {
  return verdict == CellVerdict::kRefuted || verdict == CellVerdict::kNotFound;
}

std::size_t finding_count(const ScenarioResult& result) {
  return std::accumulate(
      result.steps.begin(), result.steps.end(), result.findings.size(),
      [](std::size_t count, const StepResult& step) { return count + step.findings.size(); });
}

}  // namespace sweepcheck
