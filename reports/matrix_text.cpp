#include "reports/matrix_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reports/escape.hpp"

namespace sweepcheck {
namespace {

constexpr std::size_t kGroup = 8;
constexpr char kRefutedUnclaimed = 'o';
constexpr char kNoAnswer = '-';

char sign_of(const CellEvent& cell) {
  switch (cell.verdict) {
    case CellVerdict::kHeld:
      return '.';
    case CellVerdict::kRefuted:
      return '!';
    case CellVerdict::kKnown:
      return 'x';
    case CellVerdict::kNotFound:
      return '?';
    case CellVerdict::kNotClaimed:
      return cell.message.empty() ? '.' : kRefutedUnclaimed;
    case CellVerdict::kUnanswered:
      return kNoAnswer;
  }
  return ' ';
}

std::string with_groups(const std::string& signs) {
  std::string out;
  for (std::size_t i = 0; i < signs.size(); ++i) {
    if (i > 0 && i % kGroup == 0) out += ' ';
    out += signs[i];
  }
  return out;
}

}  // namespace

MatrixText::MatrixText(const MatrixEvent& matrix) : matrix_(matrix) {
  for (std::string& name : matrix_.properties) name = printable(name);
  for (const std::string& name : matrix_.properties) width_ = std::max(width_, name.size() + 2);
  for (std::size_t i = 1; i < matrix_.dimensions.size(); ++i) {
    width_ = std::max(width_, matrix_.dimensions[i].size() + 1);
  }
  rows_.assign(matrix_.properties.size(), std::string(matrix_.policies.size(), ' '));
}

void MatrixText::add(const CellEvent& cell) {
  if (cell.row < rows_.size() && cell.column < rows_[cell.row].size()) {
    rows_[cell.row][cell.column] = sign_of(cell);
  }
}

bool MatrixText::has(char sign) const {
  return std::any_of(rows_.begin(), rows_.end(),
                     [&](const std::string& row) { return row.find(sign) != std::string::npos; });
}

// The profiles' names, each above the first of its columns: where they are narrower than a name,
// the next one's stands a line below.
std::string MatrixText::profile_lines() const {
  std::vector<std::string> lines;
  std::string last;
  for (std::size_t i = 0; i < matrix_.policies.size(); ++i) {
    const auto& settings = matrix_.policies[i].settings;
    const std::string profile = settings.empty() ? "" : printable(settings.front());
    if (profile == last) continue;
    last = profile;
    const std::size_t column = width_ + i + i / kGroup;
    auto line = std::find_if(lines.begin(), lines.end(),
                             [&](const std::string& each) { return each.size() < column; });
    if (line == lines.end()) line = lines.insert(line, std::string());
    line->resize(column, ' ');
    const std::size_t dash = profile.rfind('-');
    *line += profile.substr(dash == std::string::npos ? 0 : dash + 1);
  }
  return fmt::format("{}\n", fmt::join(lines, "\n"));
}

// The first letter of each setting, below the profiles.
std::string MatrixText::setting_lines() const {
  std::string out;
  for (std::size_t i = 1; i < matrix_.dimensions.size(); ++i) {
    std::string letters;
    for (const MatrixEvent::Policy& policy : matrix_.policies) {
      const bool has_it = i < policy.settings.size() && !policy.settings[i].empty();
      letters += has_it ? printable(policy.settings[i]).front() : '-';
    }
    out += fmt::format("{:<{}}{}\n", matrix_.dimensions[i], width_, with_groups(letters));
  }
  return out;
}

std::string MatrixText::legend() const {
  std::string out =
      ". holds   x refuted, as is known   ! claimed and refuted   ? known to be refuted, and no "
      "counterexample found\n";
  if (has(kRefutedUnclaimed)) out += "o refuted, and nothing is claimed there\n";
  if (has(kNoAnswer)) out += "- time was up before the first history\n";
  return out;
}

std::string MatrixText::text() const {
  std::string out = profile_lines() + setting_lines();
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    out += fmt::format("{:<{}}{}\n", matrix_.properties[i], width_, with_groups(rows_[i]));
  }
  return out + legend();
}

}  // namespace sweepcheck
