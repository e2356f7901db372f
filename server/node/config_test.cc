#include "server/node/config.h"

#include <gtest/gtest.h>

#include <string>

namespace raakvlak::node {
namespace {

constexpr char kLeast[] = R"(agency_id = "agency-a"
data_dir = "data"
roster = "roster.json"
officer_key = "00"
roster_key_file = "roster.key"
[tls]
ca = "ca.pem"
cert = "cert.pem"
key = "key.pem"
[wrapping_key]
path = "wrapping.key"
)";

TEST(Config, TheSampleIsRight) {
  auto config = LoadNodeConfig(std::string(RAAKVLAK_SOURCE_DIR) + "/deploy/node.toml");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->agency_id, "agency-a");
}

TEST(Config, DefaultsAndRelativePaths) {
  auto config = ParseNodeConfig(kLeast, "/etc/raakvlak/node.toml");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->data_directory, "/etc/raakvlak/data");
  EXPECT_EQ(config->evaluation.chunk_size, 8192u);
  EXPECT_EQ(config->keep_datasets, 3);
  EXPECT_TRUE(config->source.path.empty());
  EXPECT_TRUE(config->check_host_name);
}

TEST(Config, MistakesAreNamedWithTheirLine) {
  auto config = ParseNodeConfig(std::string(kLeast) + "[workers]\nchunk_sise = 8\n", "node.toml");
  ASSERT_FALSE(config.ok());
  EXPECT_NE(config.status().message().find("chunk_sise"), absl::string_view::npos)
      << config.status();
  EXPECT_NE(config.status().message().find("13"), absl::string_view::npos) << config.status();
  config = ParseNodeConfig(std::string(kLeast) + "[workers]\nchunk_size = 40000\n", "node.toml");
  EXPECT_FALSE(config.ok());
  config = ParseNodeConfig("agency_id = \"a\"\n", "node.toml");
  ASSERT_FALSE(config.ok());
  EXPECT_NE(config.status().message().find("roster"), absl::string_view::npos);
}

}  // namespace
}  // namespace raakvlak::node
