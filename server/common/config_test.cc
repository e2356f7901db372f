#include "server/common/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace raakvlak::common {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<ConfigFile> Parse(const std::string& text) {
  auto file = ConfigFile::Parse(text, "/etc/raakvlak/node.toml");
  EXPECT_TRUE(file.ok()) << file.status();
  return *std::move(file);
}

TEST(ConfigTest, ReadsEveryKind) {
  auto file = Parse(R"(
agency = "fiod"
level = "debug"
chunk = 100
wait = "5m"
cache = "64MiB"
strict = true
data = "data/../store"
key = "/run/key"
types = ["iban", "kvk"]
[listen]
port = 7443
[[schedule]]
day = "monday"
[[schedule]]
day = "friday"
[peers.b]
endpoint = "b:1"
[peers.a]
endpoint = "a:1"
)");
  ConfigSection root = file->root();
  EXPECT_EQ(root.String("agency"), "fiod");
  EXPECT_EQ(root.String("comment", "none"), "none");
  EXPECT_EQ(root.Choice("level", {"info", "debug"}, "info"), "debug");
  EXPECT_EQ(root.Integer("chunk", {.minimum = 1, .maximum = 65535, .default_value = 7}), 100);
  EXPECT_EQ(root.Integer("other", {.default_value = 7}), 7);
  EXPECT_EQ(root.Duration("wait", {.maximum = absl::Hours(1)}), absl::Minutes(5));
  EXPECT_EQ(root.Size("cache", {.maximum = 1 << 30}), 64u << 20);
  EXPECT_TRUE(root.Bool("strict", false));
  EXPECT_EQ(root.Path("data"), "/etc/raakvlak/store");
  EXPECT_EQ(root.Path("key"), "/run/key");
  EXPECT_EQ(root.Path("missing", ""), "");
  EXPECT_THAT(root.Strings("types"), ::testing::ElementsAre("iban", "kvk"));
  EXPECT_EQ(root.Section("listen").Integer("port", {.maximum = 65535}), 7443);
  EXPECT_EQ(root.Section("absent").Integer("x", {.default_value = 3}), 3);
  std::vector<ConfigSection> schedule = root.Sections("schedule");
  ASSERT_EQ(schedule.size(), 2u);
  EXPECT_EQ(schedule[1].String("day"), "friday");
  schedule[0].String("day");
  ConfigSection peers = root.Section("peers");
  EXPECT_THAT(peers.SectionNames(), ::testing::ElementsAre("a", "b"));
  for (const std::string& name : peers.SectionNames()) {
    EXPECT_EQ(peers.Section(name).String("endpoint"), name + ":1");
  }
  EXPECT_TRUE(file->Finish().ok()) << file->Finish();
}

TEST(ConfigTest, AnUnknownKeyIsRefusedWithItsLineAndTheNearestKnown) {
  auto file = Parse("agency = \"a\"\n\n[listen]\nadress = \"x\"\n");
  ConfigSection root = file->root();
  root.String("agency");
  root.Section("listen").String("address", "127.0.0.1:1");
  const absl::Status status = file->Finish();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(),
            "/etc/raakvlak/node.toml:4: listen.adress: unknown key; did you mean listen.address?");
}

TEST(ConfigTest, UnknownSectionsAndKeysOfListsAreRefusedToo) {
  auto file = Parse("[metrics]\nx = 1\n[[schedule]]\nday = \"m\"\nhour = 3\n");
  ConfigSection root = file->root();
  for (ConfigSection& section : root.Sections("schedule")) section.String("day");
  const std::string message(file->Finish().message());
  EXPECT_THAT(message, HasSubstr("node.toml:1: metrics: unknown key; known here: schedule"));
  EXPECT_THAT(message, HasSubstr("node.toml:5: schedule.hour: unknown key"));
}

TEST(ConfigTest, ReportsEveryMistakeWithLineKeyAndRemedy) {
  auto file = Parse(
      "port = 70000\nwait = 30\nlong = \"2h\"\ncache = \"3 MB\"\nname = 3\nlevel = \"x\"\n"
      "on = \"yes\"\nlist = [1]\nempty = \"\"\nsection = 1\nmany = 1\nhuge = "
      "\"999999999999999GiB\"\n");
  ConfigSection root = file->root();
  EXPECT_EQ(root.Integer("port", {.minimum = 1, .maximum = 65535, .default_value = 7443}), 7443);
  root.Duration("wait", {});
  root.Duration("long", {.maximum = absl::Hours(1)});
  root.Size("cache", {});
  root.String("name");
  root.Choice("level", {"info", "debug"});
  root.Bool("on", false);
  root.Strings("list");
  root.String("empty");
  root.Section("section");
  root.Sections("many");
  root.Size("huge", {});
  root.String("absent");
  root.Section("missing").Integer("threads", {});
  root.Mistake("port", "is also taken");
  const std::string message(file->Finish().message());
  for (const char* expected :
       {":1: port: must be 1 to 65535; it is 70000", ":2: wait: must be a duration in quotes",
        ":3: long: must be 0 to 1h; it is 2h", ":4: cache: must be a size in quotes",
        ":5: name: must be a string in quotes", ":6: level: must be one of \"info\", \"debug\"",
        ":7: on: must be true or false", ":8: list: must hold strings", ":9: empty: must not be",
        ":10: section: must be a section: [section]", ":11: many: must be sections: [[many]]",
        ":12: huge: must be a size", "absent: missing; add absent = \"...\"",
        "missing.threads: missing; add threads = NUMBER", ":1: port: is also taken"}) {
    EXPECT_THAT(message, HasSubstr(expected));
  }
  EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 14);
}

TEST(ConfigTest, BadTomlNamesItsLine) {
  const auto file = ConfigFile::Parse("a = 1\nb = = 2\n", "x.toml");
  EXPECT_EQ(file.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(file.status().message()), HasSubstr("x.toml:2: "));
  EXPECT_EQ(ConfigFile::Load("/nonexistent/x.toml").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace raakvlak::common
