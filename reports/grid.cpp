#include "reports/grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "reports/escape.hpp"

namespace sweepcheck {
namespace {

/// More rows of a curve than these tell a reader no more; JSON has them all.
constexpr std::size_t kSeriesRowsMax = 24;

bool is_number(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

// Characters, not bytes: of UTF-8, each byte that doesn't continue one.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
  }));
}

std::string share_text(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "";
  return fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string label_of(const GraphEvent& graph, const std::string& id) {
  for (const GraphEvent::Node& node : graph.nodes) {
    if (node.id == id) return node.label.empty() ? id : node.label;
  }
  return id;
}

}  // namespace

std::string number_text(double value) { return fmt::format("{:.6g}", value); }

std::string measure_text(const Measure& measure) {
  return measure.unit.empty() ? measure.name : fmt::format("{} ({})", measure.name, measure.unit);
}

Grid grid_of(const TableEvent& table) {
  Grid grid;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const bool numbers = !table.rows.empty() &&
                         std::all_of(table.rows.begin(), table.rows.end(), [&](const auto& row) {
                           return i < row.size() && is_number(row[i]);
                         });
    grid.columns.push_back(
        {measure_text(table.columns[i]), numbers || !table.columns[i].unit.empty()});
  }
  grid.rows = table.rows;
  for (auto& row : grid.rows) row.resize(grid.columns.size());
  return grid;
}

Grid grid_of(const SeriesEvent& series) {
  Grid grid{{{measure_text(series.x), true}, {measure_text(series.y), true}}, {}};
  const std::size_t count = series.points.size();
  const std::size_t shown = std::min(count, kSeriesRowsMax);
  for (std::size_t i = 0; i < shown; ++i) {
    const std::size_t at = shown == count ? i : i * (count - 1) / (shown - 1);
    const auto& [x, y] = series.points[at];
    grid.rows.push_back({number_text(x), number_text(y)});
  }
  grid.left_out_count = count - shown;
  return grid;
}

Grid grid_of(const GraphEvent& graph) {
  Grid grid{{{"from"}, {"to"}, {"edge"}}, {}};
  for (const GraphEvent::Edge& edge : graph.edges) {
    grid.rows.push_back({label_of(graph, edge.from), label_of(graph, edge.to), edge.label});
  }
  for (const GraphEvent::Node& node : graph.nodes) {
    const bool alone = std::none_of(graph.edges.begin(), graph.edges.end(), [&](const auto& edge) {
      return edge.from == node.id || edge.to == node.id;
    });
    if (alone) grid.rows.push_back({label_of(graph, node.id), "", ""});
  }
  return grid;
}

Grid grid_of(const DistributionEvent& distribution) {
  const bool shares = distribution.whole_count > 0;
  Grid grid{{{distribution.title}, {distribution.count_name, true}, {distribution.part_name, true}},
            {}};
  for (const DistributionEvent::Row& row : distribution.rows) {
    grid.rows.push_back(
        {row.name,
         shares ? share_text(row.count, distribution.whole_count) : std::to_string(row.count),
         shares ? share_text(row.part_count, row.count) : std::to_string(row.part_count)});
  }
  return grid;
}

std::vector<std::string> grid_lines(const Grid& grid) {
  std::vector<std::vector<std::string>> rows(1);
  for (const Grid::Column& column : grid.columns) rows[0].push_back(printable(column.head));
  for (const auto& row : grid.rows) {
    std::vector<std::string>& texts = rows.emplace_back();
    for (const std::string& text : row) texts.push_back(printable(text));
  }
  std::vector<std::size_t> widths(grid.columns.size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], width_of(row[i]));
    }
  }
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const std::string space(widths[i] - width_of(row[i]), ' ');
      line += i == 0 ? "" : "  ";
      line += grid.columns[i].right ? space + row[i] : row[i] + space;
    }
    line.resize(line.find_last_not_of(' ') + 1);
    lines.push_back(std::move(line));
  }
  if (grid.left_out_count > 0) {
    lines.push_back(fmt::format("({} more between them)", grid.left_out_count));
  }
  return lines;
}

std::string grid_markdown(const Grid& grid) {
  std::string out = "|";
  for (const Grid::Column& column : grid.columns) out += ' ' + markdown_escaped(column.head) + " |";
  out += "\n|";
  for (const Grid::Column& column : grid.columns) out += column.right ? "---:|" : "---|";
  for (const auto& row : grid.rows) {
    out += "\n|";
    for (const std::string& text : row) {
      out += text.empty() ? " |" : ' ' + markdown_escaped(text) + " |";
    }
  }
  out += '\n';
  if (grid.left_out_count > 0) {
    out += fmt::format("\n{} more between them.\n", grid.left_out_count);
  }
  return out;
}

}  // namespace sweepcheck
