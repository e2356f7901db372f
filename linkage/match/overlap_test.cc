#include "linkage/match/overlap.h"

#include <gtest/gtest.h>

#include <bit>
#include <map>
#include <random>
#include <set>
#include <vector>

namespace raakvlak::linkage {
namespace {

Tag MakeTag(std::uint32_t n) {
  Tag tag;
  for (int i = 0; i < 4; ++i) {
    tag.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(n >> (24 - 8 * i));
  }
  return tag;
}

class VectorSource : public TagSource {
 public:
  VectorSource(std::vector<Tag> tags, std::size_t block) : tags_(std::move(tags)), block_(block) {}
  absl::StatusOr<std::span<const Tag>> NextBlock() override {
    const std::size_t n = std::min(block_, tags_.size() - next_);
    std::span<const Tag> block(tags_.data() + next_, n);
    next_ += n;
    return block;
  }

 private:
  std::vector<Tag> tags_;
  std::size_t block_;
  std::size_t next_ = 0;
};

class BrokenSource : public TagSource {
 public:
  absl::StatusOr<std::span<const Tag>> NextBlock() override {
    return absl::DataLossError("unreadable");
  }
};

TEST(OverlapTest, AgreesWithSetsOnRandomInput) {
  std::mt19937 random(7);
  for (std::size_t agencies : {1U, 2U, 3U, 7U, 32U}) {
    for (std::size_t block : {1U, 3U, 1000U}) {
      std::map<Tag, AgencyMask> truth;
      std::vector<VectorSource> sources;
      for (std::size_t a = 0; a < agencies; ++a) {
        std::set<Tag> set;
        for (int i = 0; i < 200; ++i)
          set.insert(MakeTag(static_cast<std::uint32_t>(random() % 400 * 10'000'001U)));
        if (a % 5 == 4) set.clear();
        for (const Tag& tag : set) truth[tag] |= AgencyMask{1} << a;
        sources.emplace_back(std::vector<Tag>(set.begin(), set.end()), block);
      }
      std::vector<TagSource*> pointers;
      pointers.reserve(sources.size());
      for (VectorSource& source : sources) pointers.push_back(&source);
      std::map<Tag, AgencyMask> seen;
      Tag last;
      ASSERT_TRUE(MergeOverlap(pointers, 2, [&](const Tag& tag, AgencyMask mask) {
                    EXPECT_TRUE(seen.empty() || last < tag);
                    last = tag;
                    seen[tag] = mask;
                    return absl::OkStatus();
                  }).ok());
      std::erase_if(truth, [](const auto& entry) { return std::popcount(entry.second) < 2; });
      EXPECT_EQ(seen, truth);
    }
  }
}

TEST(OverlapTest, OrdersBytesAsUnsigned) { EXPECT_LT(MakeTag(0x7fffffff), MakeTag(0x80000000)); }

TEST(OverlapTest, RefusesWhatIsNotAscending) {
  for (std::size_t block : {1U, 2U, 8U}) {
    VectorSource good({MakeTag(1), MakeTag(2)}, block);
    VectorSource repeated({MakeTag(3), MakeTag(3)}, block);
    VectorSource falling({MakeTag(1), MakeTag(9), MakeTag(2)}, block);
    for (TagSource* bad : {static_cast<TagSource*>(&repeated), static_cast<TagSource*>(&falling)}) {
      VectorSource first({MakeTag(1), MakeTag(2)}, block);
      std::vector<TagSource*> sources = {&first, bad};
      const absl::Status status =
          MergeOverlap(sources, 1, [](const Tag&, AgencyMask) { return absl::OkStatus(); });
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
      EXPECT_NE(status.message().find("1"), absl::string_view::npos);
    }
  }
}

TEST(OverlapTest, PassesOnErrorsOfSourcesAndVisitors) {
  VectorSource a({MakeTag(1)}, 4);
  VectorSource b({MakeTag(1)}, 4);
  std::vector<TagSource*> sources = {&a, &b};
  EXPECT_EQ(
      MergeOverlap(sources, 2, [](const Tag&, AgencyMask) { return absl::AbortedError("enough"); })
          .code(),
      absl::StatusCode::kAborted);
  BrokenSource broken;
  sources = {&a, &broken};
  EXPECT_EQ(
      MergeOverlap(sources, 2, [](const Tag&, AgencyMask) { return absl::OkStatus(); }).code(),
      absl::StatusCode::kDataLoss);
  std::vector<TagSource*> many(33, &a);
  EXPECT_EQ(MergeOverlap(many, 2, [](const Tag&, AgencyMask) { return absl::OkStatus(); }).code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace raakvlak::linkage
