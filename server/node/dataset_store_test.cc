// What the store gives back of a submitted file: its schema and its compared values.
#include "server/node/dataset_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/base/random.h"
#include "server/common/testing/temp_dir.h"

namespace raakvlak::node {
namespace {

using linkage::FieldKind;
using ::testing::ElementsAre;

constexpr char kSchema[] = R"(record_id = "zaak"
[columns]
iban = "iban"
[compare]
naam = "person_name"
geboren = "date"
)";

class DatasetStoreTest : public ::testing::Test {
 protected:
  DatasetStoreTest() : key_(random_.NewSecret<32>()) {
    auto store = DatasetStore::Open({{&fs_, &random_, &key_}, &clock_, nullptr},
                                    directory_ / "datasets", DatasetStoreOptions());
    EXPECT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  std::string Submit(const std::string& csv) {
    auto submission = store_->Begin("steward", std::string(16, 'r'), kSchema, "file.csv");
    EXPECT_TRUE(submission.ok()) << submission.status();
    EXPECT_TRUE((*submission)->Push(csv).ok());
    auto accepted = (*submission)->Finish();
    EXPECT_TRUE(accepted.ok()) << accepted.status();
    return accepted->info.dataset_id;
  }

  common::testing::TempDir directory_;
  common::PosixFileSystem fs_;
  common::FakeClock clock_;
  crypto::SeededRandom random_{3};
  crypto::Secret<32> key_;
  std::unique_ptr<DatasetStore> store_;
};

TEST_F(DatasetStoreTest, KeepsTheSchemaAndReadsComparedValuesByProfile) {
  const std::string id =
      Submit("zaak,iban,naam,geboren\n1,,Jan van den Berg,26-05-1983\n2,,Els Smit,1-2-1990\n");
  const auto schema = store_->SchemaOf(id);
  ASSERT_TRUE(schema.ok()) << schema.status();
  ASSERT_EQ(schema->compare.size(), 2U);
  EXPECT_EQ(schema->compare[0].column, "naam");

  linkage::Profile profile;
  profile.fields = {
      {"born", FieldKind::kDate}, {"surname", FieldKind::kSurname}, {"phone", FieldKind::kPhone}};
  const auto table = store_->ReadCompared(id, profile, 100);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->columns[0], ElementsAre("19830526", "19900201"));
  EXPECT_THAT(table->columns[1], ElementsAre("berg", "smit"));
  EXPECT_THAT(table->columns[2], ElementsAre("", ""));
  EXPECT_EQ(store_->ReadCompared(id, profile, 1)->rows(), 1U);
  EXPECT_EQ(store_->SchemaOf("gone").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(DatasetStoreTest, AStopLeavesNoDatasetOfASourceThatIsBeingReadAndEndsReading) {
  const std::string source = directory_ / "file.csv";
  const std::string schema = directory_ / "schema.toml";
  ASSERT_TRUE(
      common::WriteFileAtomic(fs_, source, "zaak,iban,naam,geboren\n1,,Els,1-2-1990\n").ok());
  ASSERT_TRUE(common::WriteFileAtomic(fs_, schema, kSchema).ok());
  std::stop_source stop;
  stop.request_stop();
  auto fresh = store_->RefreshFromSource(source, schema, "file", stop.get_token());
  EXPECT_EQ(fresh.status().code(), absl::StatusCode::kCancelled) << fresh.status();
  EXPECT_TRUE(store_->List()->empty());
  // It counts as not taken in.
  fresh = store_->RefreshFromSource(source, schema, "file");
  ASSERT_TRUE(fresh.ok()) << fresh.status();
  EXPECT_TRUE(*fresh);
  const auto datasets = store_->List();
  ASSERT_EQ(datasets->size(), 1U);

  linkage::Profile profile;
  profile.fields = {{"surname", FieldKind::kSurname}};
  EXPECT_EQ(store_->ReadCompared(datasets->front().dataset_id, profile, 100, stop.get_token())
                .status()
                .code(),
            absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace raakvlak::node
