// A matrix of properties and policies as a person reads it: a row for each property, one character
// for each policy, and above them what the policies are.
//
//                     2.1
//   keep, discard     kkdd
//   shared, isolated  sisi
//   pulls-complete    ..xx
#pragma once

#include <string>
#include <vector>

#include "reports/events.hpp"

namespace sweepcheck {

class MatrixText {
 public:
  explicit MatrixText(const MatrixEvent& matrix);

  /// Puts the cell's sign into its place; a place that no cell comes for stays blank.
  void add(const CellEvent& cell);

  /// The header, the rows, and what the signs mean, each line with a line feed.
  std::string text() const;

 private:
  std::string profile_lines() const;
  std::string setting_lines() const;
  std::string legend() const;
  bool has(char sign) const;

  MatrixEvent matrix_;
  /// Of all labels on the left, with two spaces after a property and one after a setting.
  std::size_t width_ = 0;
  /// A string of signs for each property.
  std::vector<std::string> rows_;
};

}  // namespace sweepcheck
