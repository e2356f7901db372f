// The profile: paths beside it, unknown keys, options over it.
#include "client/profile.h"

#include <gtest/gtest.h>

#include "client/testing.h"

namespace raakvlak::client {
namespace {

TEST(Profile, PathsAreRelativeToTheFile) {
  TemporaryFolder folder;
  auto profile = ReadProfile(folder.Write("p.toml", "ca = \"ca.pem\"\ncert = \"/abs.pem\"\n"));
  ASSERT_TRUE(profile.ok()) << profile.status();
  EXPECT_EQ(profile->ca, folder / "ca.pem");
  EXPECT_EQ(profile->cert, "/abs.pem");
  Profile over;
  over.ca = "other";
  EXPECT_EQ(Merge(*profile, over).ca, "other");
  EXPECT_EQ(Merge(*profile, over).cert, "/abs.pem");
}

TEST(Profile, UnknownKeysAreRefused) {
  TemporaryFolder folder;
  const auto status = ReadProfile(folder.Write("p.toml", "ca = \"x\"\nmacher = \"y\"\n")).status();
  EXPECT_NE(status.message().find("p.toml:2"), std::string::npos) << status;
}

}  // namespace
}  // namespace raakvlak::client
