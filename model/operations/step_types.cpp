// The table of all types of steps.
#include "model/operations/step_list.hpp"

// Each row's value is in the file of its step.
#ifdef __clang__
#pragma clang diagnostic ignored "-Wundefined-var-template"
#endif

namespace sweepcheck {
namespace {

template <typename... Types>
constexpr StepTable table_of(TypeList<Types...>) {
  return {.rows = {&steps::DefinedStep<Types>::kType...}, .count = sizeof...(Types)};
}

}  // namespace

constinit const StepTable kStepTypes = table_of(steps::All{});

}  // namespace sweepcheck
