#include "server/matcher/report_wire.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace raakvlak::matcher {
namespace {

class ReportChunksTest : public ::testing::Test {
 protected:
  ReportChunksTest() {
    manifest_.add_agencies("agency-a");
    manifest_.add_agencies("agency-b");
    manifest_.add_identifier_types("kvk");
    for (int f = 0; f < 24; ++f) {
      profile_.add_fields()->set_name(absl::StrCat(std::string(30, 'f'), 10 + f));
    }
  }
  // The chunks of `count` matches, each of which was compared in `fields` fields.
  std::vector<v1::ReportChunk> ChunksOf(int count, std::size_t fields) {
    std::vector<v1::ReportChunk> chunks;
    ReportChunks writer(profile_, manifest_, [&](const std::string& bytes) {
      EXPECT_LE(bytes.size(), kMaxFrameBytes);
      EXPECT_TRUE(chunks.emplace_back().ParseFromString(bytes));
      return absl::OkStatus();
    });
    Report::Match match;
    match.second_agency = 1;
    match.types = 1;
    match.agreement.assign(fields, 1);
    for (int i = 0; i < count; ++i) {
      match.reference = absl::StrCat("REF", i);
      EXPECT_TRUE(writer.Add(match, {10, 20}).ok());
    }
    EXPECT_TRUE(writer.Finish().ok());
    int next = 0;
    for (const v1::ReportChunk& chunk : chunks) {
      for (const v1::ReportMatch& found : chunk.matches()) {
        EXPECT_EQ(found.reference(), absl::StrCat("REF", next++));
        EXPECT_EQ(found.agreement_size(), static_cast<int>(fields));
        EXPECT_EQ(found.first_seen(), 10);
        EXPECT_EQ(found.last_seen(), 20);
      }
    }
    EXPECT_EQ(next, count);
    return chunks;
  }

  v1::RunManifest manifest_;
  v1::ComparisonProfile profile_;
};

TEST_F(ReportChunksTest, AChunkHasAtMost4096Matches) {
  EXPECT_TRUE(ChunksOf(0, 0).empty());
  const std::vector<v1::ReportChunk> chunks = ChunksOf(10'000, 0);
  ASSERT_EQ(chunks.size(), 3U);
  EXPECT_EQ(chunks[0].matches_size(), 4096);
  EXPECT_EQ(chunks[2].matches_size(), 10'000 - 2 * 4096);
}

TEST_F(ReportChunksTest, AChunkOfLargeMatchesIsAFrameAtMost) {
  EXPECT_GT(ChunksOf(4'096, 24).size(), 1U);
}

}  // namespace
}  // namespace raakvlak::matcher
