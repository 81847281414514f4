// The report kinds, each defined in the file that writes it; report_kinds.cpp lists them.
#pragma once

#include "reports/reporter.hpp"

namespace sweepcheck {

extern const ReportKind kTextReport;
extern const ReportKind kJsonReport;
extern const ReportKind kJunitReport;
extern const ReportKind kGithubReport;
extern const ReportKind kMarkdownReport;
extern const ReportKind kMatrixReport;
extern const ReportKind kSarifReport;

}  // namespace sweepcheck
