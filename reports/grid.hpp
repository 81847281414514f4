// Rows and columns of texts, for people: aligned lines for a terminal, or a table in Markdown.
// Tables, curves, graphs and distributions all become grids, so each writer draws one thing only.
//
//   step     performed  failed
//   collect         12       0
//   pull            31       4
#pragma once

#include <string>
#include <vector>

#include "reports/events.hpp"

namespace sweepcheck {

struct Grid {
  struct Column {
    std::string head;
    /// Set to the right, as numbers are.
    bool right = false;
  };
  std::vector<Column> columns;
  /// Each has as many texts as there are columns.
  std::vector<std::vector<std::string>> rows;
  /// Rows that are not shown, where there were too many.
  std::size_t left_out_count = 0;
};

Grid grid_of(const TableEvent& table);

/// A row for each point; of a long curve the first and the last, and as many between them as fit.
Grid grid_of(const SeriesEvent& series);

/// A row for each edge, and one for each node without an edge.
Grid grid_of(const GraphEvent& graph);

/// A row for each name with its two counts, and the shares that they are, if they are shares.
Grid grid_of(const DistributionEvent& distribution);

/// "12.5", "1e+09": with six digits that matter, whatever the locale.
std::string number_text(double value);

/// The grid in lines: the heads first, columns two spaces apart, no spaces at the end.
std::vector<std::string> grid_lines(const Grid& grid);

/// The grid as a table in GitHub's Markdown, and what is left out below it.
std::string grid_markdown(const Grid& grid);

/// "seen at", "size (bytes)".
std::string measure_text(const Measure& measure);

}  // namespace sweepcheck
