// Ten times the dataset, the same memory: the peak of what is allocated while values are grouped,
// tagged and their records gathered does not grow with the file.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "server/common/fs.h"
#include "server/common/testing/counted_heap.h"
#include "server/common/testing/temp_dir.h"
#include "server/node/record_step.h"
#include "server/node/shared_file.h"
#include "server/node/tag_step.h"
#include "server/node/tag_table.h"
#include "server/node/testing/local_committee.h"

namespace raakvlak::node {
namespace {

using crypto::SecretAccess;

// Bytes allocated at the peak, above what was there before.
std::int64_t PeakFor(std::uint32_t records) {
  common::PosixFileSystem fs;
  crypto::SystemRandom random;
  common::testing::TempDir scratch;
  const crypto::Secret<32> key = random.NewSecret<32>();
  const crypto::Secret<32> local_key = random.NewSecret<32>();
  const SealContext seal{&fs, &random, &key};
  EXPECT_TRUE(fs.MakePrivateDirectory(scratch / "cache").ok());
  EXPECT_TRUE(fs.MakePrivateDirectory(scratch / "runs").ok());
  OutputCache cache(seal, scratch / "cache", "kvk", "test-1");
  {
    auto dataset = DatasetFileWriter::Create(seal, scratch / "data");
    EXPECT_TRUE(dataset.ok());
    // Every output is known already, so that nothing needs to be evaluated.
    std::vector<ValueKey> keys;
    for (std::uint32_t i = 0; i < records; ++i) {
      StoredRecord record;
      record.record_id = "record-" + std::to_string(i);
      record.values.emplace_back("kvk", "value-" + std::to_string(i));
      keys.push_back(KeyOfValue(local_key, "kvk", record.values[0].second));
      EXPECT_TRUE((*dataset)->Add(record).ok());
    }
    EXPECT_TRUE((*dataset)->Finish().ok());
    std::sort(keys.begin(), keys.end());
    auto segment = cache.NewSegment();
    EXPECT_TRUE(segment.ok());
    for (const ValueKey& value : keys) {
      const crypto::Secret<64> output = random.NewSecret<64>();
      EXPECT_TRUE(segment->Add(value, output.Reveal(SecretAccess{})).ok());
    }
    EXPECT_TRUE(segment->Finish().ok());
  }
  auto files = RunFiles::Open(seal, scratch / "runs", std::string(64, 'h'));
  EXPECT_TRUE(files.ok());
  testing::LocalCommittee committee(3, 2, random);
  const crypto::GroupKey group_key = random.NewSecret<64>();

  const common::testing::CountedPeak peak;
  auto dataset = DatasetFileReader::Open(seal, scratch / "data");
  EXPECT_TRUE(dataset.ok());
  GroupingOptions grouping;
  grouping.memory_bytes = std::size_t{1} << 20;
  auto grouped = GroupDataset(**dataset, {"kvk"}, local_key, fs, random, (*files)->scratch(),
                              grouping, {}, nullptr);
  EXPECT_TRUE(grouped.ok());
  EvaluationParameters parameters = committee.Parameters("kvk");
  parameters.next_chunk_number = []() -> absl::StatusOr<std::uint64_t> { return 0; };
  TagStepOptions options;
  options.sort_memory_bytes = std::size_t{1} << 20;
  auto result = MakeTagTable(std::move((*grouped)[0].sorted), 50, std::move(parameters),
                             crypto::RunTagger(group_key, "kvk"), cache, **files, options, {});
  EXPECT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->tags, records);

  // Everything is shared: the most that the next step can have to do.
  {
    auto own = TagTableReader::Open((*files)->seal(), (*files)->directory(), "kvk");
    auto shared = SharedWriter::Create(**files, "kvk", "b");
    EXPECT_TRUE(own.ok() && shared.ok());
    while (*own->Next()) {
      EXPECT_TRUE(shared->Add(own->tag(), own->block_secret(SecretAccess{})).ok());
    }
    EXPECT_TRUE(shared->Finish().ok());
  }
  RecordStepInput input{{"kvk"}, {"a", "b"}, {"b"}, std::size_t{2} << 20};
  auto handled = MakeHandledRecords(input, **files, {});
  EXPECT_TRUE(handled.ok()) << handled.status();
  EXPECT_EQ(*handled, records);
  return peak.Bytes();
}

TEST(BoundedMemory, DoesNotGrowWithTheDataset) {
  const std::int64_t small = PeakFor(20'000);
  const std::int64_t large = PeakFor(200'000);
  EXPECT_GT(small, 0) << "nothing is counted";
  // Merging spilled runs needs a buffer for each, up to the fan-in; the data itself has some 20 MB.
  EXPECT_LT(large, small + (std::int64_t{4} << 20)) << small << " bytes for the small one";
}

}  // namespace
}  // namespace raakvlak::node
