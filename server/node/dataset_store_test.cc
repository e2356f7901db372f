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

}  // namespace
}  // namespace raakvlak::node
