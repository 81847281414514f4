// The table of report kinds. A new kind is one file that defines a ReportKind, and one line here.
#include <algorithm>
#include <array>

#include "reports/kinds.hpp"

namespace sweepcheck {

std::span<const ReportKind> report_kinds() {
  // Copied on first use: other files' constants are not constant expressions here.
  static const std::array kinds{kGithubReport, kJsonReport,  kJunitReport, kMarkdownReport,
                                kMatrixReport, kSarifReport, kTextReport};
  return kinds;
}

const ReportKind* find_report_kind(std::string_view name) {
  const auto kinds = report_kinds();
  const auto place = std::find_if(kinds.begin(), kinds.end(),
                                  [&](const ReportKind& kind) { return kind.name == name; });
  return place == kinds.end() ? nullptr : &*place;
}

}  // namespace sweepcheck
