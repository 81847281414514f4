// Aim: a history's step asks for what its option is called. Method: the requests of each.
#include "properties/search/history.hpp"

#include <gtest/gtest.h>

#include "properties/search/history_options.hpp"
#include "properties/search/search.hpp"

namespace sweepcheck {
namespace {

class HistoryOptions : public testing::Test {
 protected:
  Request request(HistoryVerb verb, std::uint8_t option) {
    HistoryStep step;
    step.verb = verb;
    step.option = option;
    return names_.request(step, *find_profile("containerd-2.1"));
  }
  const std::string& text(StringId id) { return catalog_.text(id); }

  Catalog catalog_;
  HistoryNames names_{catalog_, draw_history(1, 0, {}).declaration};
};

TEST_F(HistoryOptions, OfPulls) {
  EXPECT_EQ(request(HistoryVerb::kPull, kPullByCtr).by, Client::kDefault);
  const Request by_cri = request(HistoryVerb::kPull, kPullByCri);
  EXPECT_EQ(by_cri.by, Client::kCri);
  HistoryStep in_space;
  in_space.verb = HistoryVerb::kPull;
  in_space.space = kCriSpace;
  EXPECT_EQ(by_cri.space, names_.request(in_space, *find_profile("containerd-2.1")).space);
  for (const std::uint8_t option : {kPullByLibrary, kPullDiscarding, kPullWithoutUnpack}) {
    const Request by_library = request(HistoryVerb::kPull, option);
    EXPECT_EQ(by_library.by, Client::kLibrary);
    EXPECT_EQ(by_library.discard_unpacked_layers, option == kPullDiscarding);
    EXPECT_EQ(by_library.no_unpack, option == kPullWithoutUnpack);
  }
  EXPECT_TRUE(request(HistoryVerb::kPull, kPullAllPlatforms).all_platforms);
  EXPECT_EQ(verb_spec(HistoryVerb::kPull).option_count, kPullAllPlatforms + 1);
}

TEST_F(HistoryOptions, OfImportsAndPushes) {
  EXPECT_TRUE(request(HistoryVerb::kImport, kImportDiscarding).discard_unpacked_layers);
  EXPECT_TRUE(request(HistoryVerb::kImport, kImportWithoutUnpack).no_unpack);
  EXPECT_EQ(text(request(HistoryVerb::kImport, kImportExported).name), kArchiveName);
  EXPECT_EQ(verb_spec(HistoryVerb::kImport).option_count, kImportExported + 1);
  EXPECT_TRUE(
      text(request(HistoryVerb::kPush, kPushBack).to).starts_with(std::string(kRegistryHost)));
  EXPECT_TRUE(text(request(HistoryVerb::kPush, kPushElsewhere).to)
                  .starts_with(std::string(kOtherRegistryHost)));
  EXPECT_EQ(request(HistoryVerb::kPush, kPushByName).to, kNone<StringId>);
}

TEST_F(HistoryOptions, OfWhatIsRemovedMadeAndCollected) {
  EXPECT_FALSE(request(HistoryVerb::kRemoveImage, kRemoveAsync).sync);
  EXPECT_TRUE(request(HistoryVerb::kRemoveImage, kRemoveSync).sync);
  EXPECT_EQ(request(HistoryVerb::kRemoveImage, kRemoveByCri).by, Client::kCri);
  EXPECT_EQ(request(HistoryVerb::kCreateContainer, kCreateByCri).by, Client::kCri);
  EXPECT_TRUE(request(HistoryVerb::kCreateLease, kLeaseFlat).flat);
  EXPECT_EQ(request(HistoryVerb::kCreateLease, kLeaseForAnHour).duration, kHour);
  for (const std::uint8_t option :
       {kCollectHome, kCollectHomeUntagged, kCollectOther, kCollectOtherUntagged}) {
    const Request collection = request(HistoryVerb::kCollectRegistry, option);
    EXPECT_EQ(text(collection.name), option < kCollectOther ? kRegistryHost : kOtherRegistryHost);
    EXPECT_EQ(collection.delete_untagged,
              option == kCollectHomeUntagged || option == kCollectOtherUntagged);
  }
}

}  // namespace
}  // namespace sweepcheck
