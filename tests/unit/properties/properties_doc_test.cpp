// docs/properties.md says what the registry says: it is made from it, and compared. With
// SWEEPCHECK_UPDATE_DOCS=1 the test writes the file anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "properties/property.hpp"
#include "tests/places.hpp"

namespace sweepcheck {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

std::string page() {
  std::string out =
      "# Properties\n\n"
      "What `sweepcheck check` judges histories by. This page is made from the registry in "
      "`properties/`;\na test compares the two. [add-a-property.md](add-a-property.md) says how to "
      "add one.\n\n"
      "A property is claimed to hold, or known to be false, under certain profiles and policies. "
      "What is claimed\nand refuted fails a check; so does what is known to be false and can no "
      "longer be refuted.\n";
  std::string_view family;
  for (const Property* property : properties()) {
    if (property->family != family) {
      family = property->family;
      out += "\n## " + std::string(family) +
             "\n\n| property | statement | why | from | claimed |\n|---|---|---|---|---|\n";
    }
    out += "| `" + std::string(property->name) + "` | " + escaped(property->statement) + " | " +
           escaped(property->why) + " | " + escaped(property->source) + " | " +
           escaped(property->claimed) + " |\n";
  }
  return out;
}

TEST(PropertiesPage, IsMadeFromTheRegistry) {
  const std::string path = std::string(SWEEPCHECK_SOURCE_DIR) + "/docs/properties.md";
  if (std::getenv("SWEEPCHECK_UPDATE_DOCS")) std::ofstream(path) << page();
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_EQ(text.str(), page()) << "run unit_tests with SWEEPCHECK_UPDATE_DOCS=1";
}

TEST(PropertiesPage, EachPropertyIsComplete) {
  std::set<std::string_view> names;
  for (const Property* property : properties()) {
    EXPECT_TRUE(names.insert(property->name).second) << property->name;
    EXPECT_TRUE(property->statement.ends_with('.')) << property->name;
    EXPECT_FALSE(property->why.empty()) << property->name;
    EXPECT_FALSE(property->source.empty()) << property->name;
    EXPECT_NE(property->judge, nullptr) << property->name;
    EXPECT_EQ(find_property(property->name), property);
  }
}

}  // namespace
}  // namespace sweepcheck
