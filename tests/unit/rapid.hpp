// RapidCheck's properties as GoogleTest's tests. The seed is fixed, so that a build that fails
// fails again; RC_PARAMS ("seed=7 max_success=10000") draws others, as RapidCheck's manual says.
#pragma once

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdlib>
#include <sstream>
#include <string>
#include <utility>

namespace sweepcheck::test {

/// Checks a property on so many drawn cases of up to this size, or as RC_PARAMS says, and adds a
/// failure with RapidCheck's report, which names the smallest counterexample that it has found.
template <typename Property>
void expect_holds(const std::string& name, int case_count, int size_max, Property&& property) {
  rc::detail::TestParams parameters = rc::detail::configuration().testParams;
  if (!std::getenv("RC_PARAMS")) {
    parameters.seed = 1;
    parameters.maxSuccess = case_count;
    parameters.maxSize = size_max;
  }
  rc::detail::TestMetadata metadata;
  metadata.id = name;
  metadata.description = name;
  const auto result =
      rc::detail::checkTestable(std::forward<Property>(property), metadata, parameters);
  if (result.template is<rc::detail::SuccessResult>()) return;
  std::ostringstream report;
  rc::detail::printResultMessage(result, report);
  ADD_FAILURE() << name << ": " << report.str();
}

/// The same on a hundred, up to RapidCheck's usual size.
template <typename Property>
void expect_holds(const std::string& name, Property&& property) {
  expect_holds(name, 100, 100, std::forward<Property>(property));
}

}  // namespace sweepcheck::test
