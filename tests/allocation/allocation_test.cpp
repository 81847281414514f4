// Aim: over a closed catalog the steps of operations allocate nothing, and the catalog stays as it
// is. Method: this program counts its allocations; random histories are played on the same stage
// again and again, first to warm up, then over the closed catalog, and what each change of the
// world allocates is added up by what it was. The table says what may, and why.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <new>
#include <string>

#include "model/slots.hpp"
#include "properties/search/generator.hpp"
#include "properties/search/stage.hpp"

namespace {
std::uint64_t allocation_count = 0;

void* counted(std::size_t size) {
  ++allocation_count;
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (!memory) std::abort();
  return memory;
}
}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace sweepcheck {
namespace {

// Operations that allocate even so. All others must not, and each of these must still do.
const std::map<std::string_view, std::string_view> kAllocating{
    {"export", "an archive's list of members is new each time"},
    {"import", "the archive's documents are put together and hashed"},
    {"check", "its line of output is written"},
    {"collect-registry", "an operator's command, too rare for a registry to keep memory for"},
};

std::string_view verb_of(const Action& action) {
  return action.kind == ActionKind::kOperation ? action.request->type->name
                                               : action_name(action.kind);
}

// Adds up allocations by the operation, and by the step that it was at.
class Counter final : public SimulationListener {
 public:
  bool watches_changes() const override { return true; }
  void before_change(const Action& action, const Operation* operation) override {
    verb_ = operation ? operation->request.type->name : verb_of(action);
    step_ = operation ? operation->todo.back().type().name.text : std::string_view("begin");
    before_ = allocation_count;
  }
  void after_change() override {
    const std::uint64_t count = allocation_count - before_;
    ++change_count;
    if (count > 0) by_step[std::string(verb_) + ": " + std::string(step_)] += count;
    if (count > 0) by_verb[std::string(verb_)] += count;
  }

  std::map<std::string, std::uint64_t> by_step, by_verb;
  std::uint64_t change_count = 0;

 private:
  std::string_view verb_, step_;
  std::uint64_t before_ = 0;
};

void play(Stage& stage, std::span<const HistoryStep> steps, SimulationListener* listener) {
  stage.begin(nullptr);
  for (const HistoryStep& step : steps) {
    stage.perform(step, listener);
    stage.judge_step(nullptr);
  }
  stage.end(nullptr);
}

struct Counts {
  explicit Counts(const Catalog& catalog)
      : strings(catalog.string_count()),
        objects(catalog.object_count()),
        facts(catalog.fact_count()),
        blobs(catalog.blob_count()) {}
  bool operator==(const Counts&) const = default;

  std::uint32_t strings, objects, facts, blobs;
};

TEST(ClosedCatalog, StepsAllocateNothingOnceTheyHaveBeenPlayed) {
  Counter counter;
  std::vector<HistoryStep> steps;
  std::uint64_t number = 0;
  for (const PolicyCase& policy : policy_cases()) {
    for (int i = 0; i < 12; ++i) {
      ++number;
      const Declaration declaration = draw_declaration(Random(7, number), {});
      draw_steps(Random(8, number), declaration, {}, steps);
      DeclaredWorld declared(declaration);
      Stage stage(declared, policy);
      // The first play interns, and in the second memory grows to what the whole catalog needs.
      play(stage, steps, nullptr);
      play(stage, steps, nullptr);
      declared.catalog().close();
      const Counts before(declared.catalog());
      play(stage, steps, &counter);
      EXPECT_EQ(before, Counts(declared.catalog()));
    }
  }
  EXPECT_GT(counter.change_count, 50'000U);
  for (const auto& [verb, count] : counter.by_verb) {
    // What is under way goes on by these, whatever it is.
    EXPECT_TRUE(kAllocating.contains(verb)) << verb << " allocates " << count << " times";
  }
  for (const auto& [verb, reason] : kAllocating) {
    EXPECT_TRUE(counter.by_verb.contains(std::string(verb))) << verb << " no longer allocates";
  }
  for (const auto& [step, count] : counter.by_step) {
    if (kAllocating.contains(std::string_view(step).substr(0, step.find(':')))) continue;
    ADD_FAILURE() << step << " allocates " << count << " times";
  }
}

// Pods that come and go, one after the other: names, catalog and memory stay as they are.
TEST(Slots, AMillionPodsOneAfterTheOtherTakeOneName) {
  Catalog catalog;
  Simulation simulation(catalog);
  const NodeId node = simulation.add_node("node", *find_profile("containerd-2.1"), Policy{});
  World& world = simulation.world();
  const StringId space = kCriNamespace.id();
  const StringId prefix = catalog.intern("pod-");
  Request lease{.type = find_operation_type("create-lease"), .node = node, .space = space};
  lease.by = Client::kLibrary;
  Request removal{.type = find_operation_type("delete-lease"), .node = node, .space = space};
  const auto run = [&](const Request& request) {
    Operation operation = begin(world, request);
    finish(world, operation);
    ASSERT_EQ(operation.status, OperationStatus::kDone);
  };
  std::uint64_t allocated = 0;
  // The first ten stay; by the hundredth all has happened that can.
  for (int i = 0; i < 1'000'000; ++i) {
    if (i == 100) {
      catalog.close();
      allocated = allocation_count;
    }
    const StringId pod = free_name(catalog, world.node(node), space, prefix);
    lease.name = removal.name = pod;
    run(lease);
    Metadata store(catalog, world.node(node), world.now, space);
    ASSERT_FALSE(store.create_sandbox(pod));
    ASSERT_FALSE(
        store.prepare(kDefaultSnapshotter.id(), pod, kNone<StringId>, "active", kNone<StringId>));
    ASSERT_FALSE(store.create_container(pod, kNone<StringId>, kDefaultSnapshotter.id(), pod));
    ASSERT_NE(free_name(catalog, world.node(node), space, prefix), pod) << "it is taken";
    if (i < 10) continue;
    ASSERT_FALSE(store.delete_container(pod));
    ASSERT_FALSE(store.remove_snapshot(kDefaultSnapshotter.id(), pod));
    ASSERT_FALSE(store.delete_sandbox(pod));
    run(removal);
    if (i % 10 == 0) world.collect(node);
  }
  EXPECT_EQ(allocation_count, allocated);
  EXPECT_EQ(catalog.text(free_name(catalog, world.node(node), space, prefix)), "pod-11");
}

}  // namespace
}  // namespace sweepcheck
