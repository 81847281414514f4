// Aim: the schema that editors get knows all that the reader knows.
// Method: `sweepcheck schema` in this process; each operation and its parameters are looked for
// where they have to stand. tests/check_schema.py holds the library against the schema.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "model/operation.hpp"
#include "model/profile.hpp"
#include "tests/unit/runner/run_program.hpp"

namespace sweepcheck {
namespace {

nlohmann::json definitions() {
  const test::Ran ran = test::run({"schema"});
  EXPECT_EQ(ran.status, exit_status::kHeld) << ran.err;
  return nlohmann::json::parse(ran.out).at("$defs");
}

TEST(Schema, KnowsEveryParameterOfEveryOperation) {
  const nlohmann::json all = definitions();
  for (const OperationType* type : operation_types()) {
    const std::string name(type->name);
    ASSERT_TRUE(all.contains("step-" + name)) << name;
    const nlohmann::json& step = all["step-" + name];
    EXPECT_EQ(step["additionalProperties"], false) << name;
    EXPECT_EQ(step["required"][0], name);
    for (const Parameter& parameter : type->parameters) {
      EXPECT_TRUE(step["properties"].contains(std::string(parameter.name)))
          << name << " " << parameter.name;
    }
  }
}

TEST(Schema, KnowsEveryProfile) {
  const std::string text = definitions()["profiles"].dump();
  for (const Profile& profile : profiles()) {
    EXPECT_NE(text.find("\"" + std::string(profile.name) + "\""), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace sweepcheck
