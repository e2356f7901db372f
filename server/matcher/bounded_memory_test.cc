// Eight times the matches, nearly the same memory: from the upload of records to the report, what
// is allocated at the peak grows by a few bytes a match, for the groups.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "crypto/base/random.h"
#include "server/common/fs.h"
#include "server/common/testing/counted_heap.h"
#include "server/common/testing/temp_dir.h"
#include "server/matcher/matching_stage.h"
#include "server/matcher/report.h"
#include "server/matcher/report_wire.h"
#include "server/matcher/stages.h"
#include "server/matcher/uploads.h"

namespace raakvlak::matcher {
namespace {

// Some 16 bytes that nobody guesses the order of.
Handle Scattered(std::uint64_t number, std::uint64_t salt) {
  crypto::ByteWriter writer;
  writer.U64(number * 0x9E3779B97F4A7C15U + salt).U64(number ^ salt);
  return crypto::ByteReader(writer.view()).Array<kHandleBytes>();
}

std::string Reference(std::uint64_t number) {
  std::string text(kReferenceChars, 'A');
  for (std::size_t i = 0; number > 0; number /= 26, ++i) {
    text[i] = static_cast<char>('A' + number % 26);
  }
  return text;
}

// A run of two agencies that share all their records.
class Whole {
 public:
  explicit Whole(std::uint32_t records) : records_(records) {
    context_.agencies = {"agency-a", "agency-b"};
    context_.type_names = {"kvk"};
    context_.types = {linkage::IdentifierType::kKvk};
    context_.max_records_per_value = {10};
    EXPECT_TRUE(fs_.MakePrivateDirectory(directory_.path()).ok());
    for (std::uint64_t i = 0; i < records; ++i) tags_.push_back(Scattered(i, 3));
    std::sort(tags_.begin(), tags_.end());
    auto shared = common::SortedFileWriter::Create(fs_, directory_.Shared(0, 0, 1));
    EXPECT_TRUE(shared.ok());
    for (const Handle& tag : tags_) EXPECT_TRUE((*shared)->Add(tag).ok());
    EXPECT_TRUE((*shared)->Finish().ok());
  }

  // Each of them gives the bytes allocated at its peak, above what was there before.
  std::int64_t UploadingRecords() {
    return Peak([&] {
      for (int agency = 0; agency < 2; ++agency) {
        auto upload = RecordUpload::Create(fs_, directory_, directory_.Records(agency),
                                           {agency, context_.agencies, context_.type_names, {0}},
                                           records_, {});
        ASSERT_TRUE(upload.ok());
        for (std::uint32_t i = 0; i < records_; ++i) {
          v1::RecordEntry entry;
          entry.set_handle(crypto::ToString(Scattered(i, 5 + static_cast<unsigned>(agency))));
          v1::SharedTag& shared = *entry.add_shared();
          shared.set_tag(crypto::ToString(tags_[(std::uint64_t{i} * 7919) % records_]));
          shared.set_counterparts(agency == 0 ? 2 : 1);
          ASSERT_TRUE((*upload)->Add(entry).ok());
        }
        ASSERT_TRUE((*upload)->Finish().ok());
      }
    });
  }
  std::int64_t Matching() {
    return Peak([&] {
      crypto::SystemRandom random;
      const auto outcome = MatchRecords(fs_, directory_, context_, {}, random);
      ASSERT_TRUE(outcome.ok()) << outcome.status();
      EXPECT_EQ(outcome->pairs, records_);
    });
  }
  std::int64_t UploadingReferences() {
    return Peak([&] {
      for (int agency = 0; agency < 2; ++agency) {
        auto upload = ReferenceUpload::Create(fs_, directory_, directory_.References(agency),
                                              agency, false, {});
        ASSERT_TRUE(upload.ok());
        std::uint64_t number = 0;
        ASSERT_TRUE(ForEachStored<StoredPair>(fs_, directory_.Pairs(), kPairsMagic,
                                              [&](const StoredPair& pair) {
                                                v1::PairReference reference;
                                                reference.set_pair_id(crypto::ToString(pair.id));
                                                reference.set_accepted(true);
                                                reference.set_reference(Reference(++number));
                                                return (*upload)->Add(reference);
                                              })
                        .ok());
        ASSERT_TRUE((*upload)->Finish().ok());
      }
    });
  }
  std::int64_t Reporting() {
    return Peak([&] {
      auto builder = ReportBuilder::Create(fs_, directory_.Scratch(), 2, context_.types, 10);
      ASSERT_TRUE(builder.ok());
      const auto joined = JoinReferences(
          fs_, directory_, 2, [&](const AgreedMatch& match) { return (*builder)->Add(match); });
      ASSERT_TRUE(joined.ok()) << joined.status();
      std::uint64_t reported = 0;
      ASSERT_TRUE((*builder)
                      ->Count([&](std::string_view) {
                        ++reported;
                        return absl::OkStatus();
                      })
                      .ok());
      std::uint64_t listed = 0;
      ASSERT_TRUE((*builder)
                      ->ForEachMatch([&](const Report::Match& match) {
                        ++listed;
                        return match.group == listed ? absl::OkStatus()
                                                     : absl::InternalError("not its own group");
                      })
                      .ok());
      EXPECT_EQ(reported, records_);
      EXPECT_EQ(listed, records_);
    });
  }

 private:
  template <typename Step>
  static std::int64_t Peak(const Step& step) {
    const common::testing::CountedPeak peak;
    step();
    return peak.Bytes();
  }

  const std::uint32_t records_;
  common::testing::TempDir dir_;
  common::PosixFileSystem fs_;
  RunDirectory directory_{dir_.path(), "harbour-1", 1};
  StageContext context_;
  std::vector<Handle> tags_;
};

TEST(BoundedMemory, GrowsByAFewBytesAMatch) {
  constexpr std::uint32_t kSmall = 50'000;
  constexpr std::uint32_t kLarge = 400'000;
  Whole small(kSmall);
  Whole large(kLarge);
  struct Step {
    const char* name;
    std::int64_t (Whole::*run)();
    // In bytes a match; of two records here, each match a group of its own.
    std::int64_t growth;
  };
  // Beside it a buffer for each spilled run of a sort, up to the fan-in.
  constexpr std::int64_t kRuns = std::int64_t{2} << 20;
  for (const Step& step : {Step{"uploading records", &Whole::UploadingRecords, 0},
                           Step{"matching", &Whole::Matching, 2 * 4},
                           Step{"uploading references", &Whole::UploadingReferences, 0},
                           Step{"reporting", &Whole::Reporting, 2 * 4 + 16}}) {
    const std::int64_t before = (small.*step.run)();
    const std::int64_t after = (large.*step.run)();
    EXPECT_GT(before, 0) << "nothing is counted";
    EXPECT_LT(after, before + kRuns + step.growth * (kLarge - kSmall))
        << step.name << ": " << before << " bytes for the small one";
  }
}

}  // namespace
}  // namespace raakvlak::matcher
