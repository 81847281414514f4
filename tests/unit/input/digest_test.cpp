// Aim: digests and chain IDs are those that OCI's other tools compute.
// Method: SHA-256's published vectors; a chain ID worked out by hand from its definition.
#include "input/digest.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sweepcheck {
namespace {

TEST(Digest, PublishedVectors) {
  EXPECT_EQ(sha256_digest(""),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_digest("abc"),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Digest, PiecesGiveTheDigestOfTheWhole) {
  Sha256 sha256;
  for (const char* piece : {"a", "", "bc"}) sha256.update(piece);
  EXPECT_EQ(sha256.finish(), sha256_digest("abc"));
}

TEST(Digest, OnlyLowerCaseSha256IsADigest) {
  const std::string digest = sha256_digest("abc");
  EXPECT_TRUE(is_sha256_digest(digest));
  EXPECT_FALSE(is_sha256_digest(digest.substr(0, digest.size() - 1)));
  EXPECT_FALSE(is_sha256_digest(digest + "0"));
  EXPECT_FALSE(is_sha256_digest(digest.substr(7)));
  std::string upper = digest;
  upper[7] = 'B';
  EXPECT_FALSE(is_sha256_digest(upper));
}

TEST(Digest, ChainIdsFollowTheirDefinition) {
  EXPECT_TRUE(chain_ids({}).empty());
  const std::vector<std::string> diffs{sha256_digest("1"), sha256_digest("2"), sha256_digest("3")};
  const std::vector<std::string> chains = chain_ids(diffs);
  ASSERT_EQ(chains.size(), 3U);
  EXPECT_EQ(chains[0], diffs[0]);
  EXPECT_EQ(chains[1], sha256_digest(diffs[0] + " " + diffs[1]));
  EXPECT_EQ(chains[2], sha256_digest(chains[1] + " " + diffs[2]));
}

}  // namespace
}  // namespace sweepcheck
