// Aim: whoever can only look at a world can only look things up, and a closed catalog adds nothing.
// Method: types, counts before and after questions, and programs that must end.
#include <gtest/gtest.h>

#include <type_traits>

#include "model/inspect.hpp"
#include "model/slots.hpp"
#include "tests/unit/model/store_fixture.hpp"

namespace sweepcheck {
namespace {

static_assert(std::is_same_v<decltype(std::declval<const World&>().catalog()), const Catalog&>);
static_assert(std::is_same_v<decltype(std::declval<World&>().catalog()), Catalog&>);

class ClosedCatalogTest : public StoreTest {
 protected:
  ClosedCatalogTest() {
    write("sha256:a");
    create_lease("l");
    catalog.intern("unknown");
  }
  std::uint64_t size() const {
    return std::uint64_t{catalog.string_count()} + catalog.object_count() + catalog.fact_count();
  }
};

TEST_F(ClosedCatalogTest, AskingNeverInterns) {
  const std::uint64_t before = size();
  const World& world = this->world;
  const MetadataReader store(world.catalog(), world.nodes[0], id("default"));
  EXPECT_TRUE(store.has(store.content(id("sha256:a"))));
  EXPECT_EQ(store.content(id("unknown")), kNone<ObjectId>);
  EXPECT_FALSE(store.has(kNone<ObjectId>));
  EXPECT_EQ(store.label(store.image(id("unknown")), id("l")), kNone<StringId>);
  EXPECT_EQ(store.image_target(id("unknown")), kNone<StringId>);
  EXPECT_EQ(store.written(id("unknown")), 0);
  Registry registry;
  registry.host = id("l");
  const RegistryReader reader(world.catalog(), registry);
  EXPECT_FALSE(reader.has_blob(id("l"), id("unknown")));
  EXPECT_FALSE(reader.serves(id("l"), kNone<StringId>, kNone<StringId>));
  EXPECT_EQ(check_image(world, NodeId{0}, id("default"), id("unknown"), kNone<StringId>).kind,
            ImageStatus::Kind::kAbsent);
  EXPECT_FALSE(is_exportable(world, NodeId{0}, id("default"), id("unknown")));
  EXPECT_FALSE(is_runnable(world, NodeId{0}, id("default"), id("unknown"), kNone<StringId>));
  EXPECT_EQ(size(), before);
}

TEST_F(ClosedCatalogTest, ReferencesAreTakenApartWithoutInterning) {
  const ReferenceParts whole = catalog.reference(id("host:5000/lib/app:1@sha256:a"));
  EXPECT_EQ(catalog.find_reference("host:5000/lib/app:1@sha256:a").tag, whole.tag);
  EXPECT_EQ(catalog.find_reference("host:5000/lib/app:1@sha256:a").digest, id("sha256:a"));
  const std::uint64_t before = size();
  const ReferenceParts parts = catalog.find_reference("host:5000/lib/other:1");
  EXPECT_EQ(parts.host, whole.host);
  EXPECT_EQ(parts.repository, kNone<StringId>);
  EXPECT_EQ(parts.tag, whole.tag);
  EXPECT_EQ(catalog.find_reference("app").host, kNone<StringId>);
  EXPECT_EQ(size(), before);
}

TEST_F(ClosedCatalogTest, DisplaysTextsThatNobodyInterned) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  catalog.set_alias(id(digest), "layer:a");
  EXPECT_EQ(catalog.display(std::string_view(digest)), "layer:a");
  EXPECT_EQ(catalog.display(std::string_view("repo@" + digest)), "repo@layer:a");
  EXPECT_EQ(catalog.find("repo@" + digest), kNone<StringId>);
}

TEST_F(ClosedCatalogTest, FindsWhatItKnows) {
  catalog.close();
  const std::uint64_t before = size();
  EXPECT_EQ(catalog.text(catalog.intern("default")), "default");
  EXPECT_TRUE(has(content("sha256:a")));
  EXPECT_FALSE(metadata().delete_content(id("sha256:a")));
  collect();
  EXPECT_EQ(size(), before);
}

using ClosedCatalogDeathTest = ClosedCatalogTest;

TEST_F(ClosedCatalogDeathTest, EndsTheProgramForWhatIsNew) {
  catalog.close();
  const auto ends = testing::ExitedWithCode(70);
  constexpr const char* kBelief = "all that a closed catalog's worlds name is in it";
  EXPECT_EXIT(catalog.intern("new"), ends, kBelief);
  EXPECT_EXIT(content("unknown"), ends, kBelief);
  EXPECT_EXIT(catalog.label(content("sha256:a"), id("l"), id("unknown")), ends, kBelief);
  EXPECT_EXIT(catalog.set_alias(id("unknown"), "x"), ends, kBelief);
  EXPECT_EXIT(catalog.reference(id("unknown")), ends, kBelief);
}

TEST(Slots, TheLowestNameThatNoRecordHasIsFree) {
  Catalog catalog;
  Policy policy;
  World world(catalog);
  for (int i = 0; i < 2; ++i) {
    world.nodes.emplace_back();
    world.nodes.back().profile = find_profile("containerd-2.1");
    world.nodes.back().policy = &policy;
  }
  const StringId space = catalog.intern("default");
  const StringId pod = catalog.intern("pod-");
  const auto free_on = [&](std::size_t node) {
    return catalog.text(free_name(catalog, world.nodes[node], space, pod));
  };
  Metadata store(catalog, world.nodes[0], world.now, space);
  EXPECT_EQ(free_on(0), "pod-1");
  EXPECT_FALSE(store.create_container(catalog.find("pod-1"), kNone<StringId>, kNone<StringId>,
                                      kNone<StringId>));
  EXPECT_EQ(free_on(0), "pod-2");
  EXPECT_FALSE(store.create_lease(catalog.find("pod-2")));
  EXPECT_EQ(free_on(0), "pod-3");
  EXPECT_FALSE(store.delete_container(catalog.find("pod-1")));
  EXPECT_EQ(free_on(0), "pod-1") << "it was given back";
  EXPECT_EQ(free_on(1), "pod-1") << "each node has its own";
}

}  // namespace
}  // namespace sweepcheck
