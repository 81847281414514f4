// `sweepcheck dump`: the stores as JSON, or what keeps what as Graphviz's text.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "runner/cli/command_line.hpp"
#include "tests/places.hpp"
#include "tests/unit/runner/run_program.hpp"

namespace sweepcheck {
namespace {

using test::Ran;
using test::run;

const std::string kScenario =
    std::string(SWEEPCHECK_SOURCE_DIR) + "/scenarios/discard/only-new-pulls.json";

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

TEST(DumpCommand, DrawsWhatKeepsWhat) {
  const Ran drawn = run({"dump", "--format", "dot", "--after", "1", kScenario});
  EXPECT_EQ(drawn.status, exit_status::kHeld) << drawn.err;
  EXPECT_TRUE(drawn.out.starts_with("digraph G {\nlabel=\"node, containerd-")) << drawn.out;
  EXPECT_TRUE(drawn.out.ends_with("}\n"));
  EXPECT_NE(drawn.out.find("[label=\"content\\nk8s.io manifest:"), std::string::npos) << drawn.out;
  EXPECT_NE(drawn.out.find(" [label=\"target\"]"), std::string::npos) << drawn.out;
  EXPECT_NE(drawn.out.find(", peripheries=2]"), std::string::npos) << drawn.out;
  EXPECT_NE(drawn.out.find(" [label=\"gc.ref.content.config\"]"), std::string::npos) << drawn.out;
  // Digests stand by their aliases.
  EXPECT_EQ(drawn.out.find("sha256:"), std::string::npos) << drawn.out;
  EXPECT_EQ(run({"dump", "--format", "dot", "--after", "1", kScenario}).out, drawn.out);
  EXPECT_EQ(run({"dump", "--format", "dot", "--after", "1", "--node", "node", kScenario}).out,
            drawn.out);
}

TEST(DumpCommand, DrawsOneGraphANode) {
  const std::string scenario = std::string(SWEEPCHECK_SOURCE_DIR) +
                               "/scenarios/crash/a-stopped-fetch-outlives-its-neighbours.json";
  const Ran all = run({"dump", "--format", "dot", scenario});
  EXPECT_EQ(count_of(all.out, "digraph G {"), 2U) << all.err;
  const Ran one = run({"dump", "--format", "dot", "--node", "n2", scenario});
  EXPECT_EQ(count_of(one.out, "digraph G {"), 1U) << one.err;
  EXPECT_TRUE(all.out.ends_with(one.out));
}

TEST(DumpCommand, KnowsItsNodes) {
  const Ran unknown = run({"dump", "--format", "dot", "--node", "nobody", kScenario});
  EXPECT_EQ(unknown.status, exit_status::kBadUse);
  EXPECT_EQ(unknown.err, "sweepcheck: --node nobody: the scenario has no such node\n");
  EXPECT_EQ(unknown.out, "");
  const Ran useless = run({"dump", "--node", "node", kScenario});
  EXPECT_EQ(useless.status, exit_status::kBadUse);
  EXPECT_EQ(useless.err, "sweepcheck: --node needs --format dot\n");
  EXPECT_EQ(run({"dump", "--format", "yaml", kScenario}).status, exit_status::kBadUse);
}

}  // namespace
}  // namespace sweepcheck
