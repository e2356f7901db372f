// Planning in the background: for which purposes, from which dataset, and what is kept.
#include "server/node/plan_keeper.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "authority/comparison.h"
#include "authority/testing/sample.h"
#include "crypto/base/bytes.h"
#include "linkage/fuzzy/testing/people.h"
#include "server/common/testing/temp_dir.h"

namespace raakvlak::node {
namespace {

using authority::testing::Sample;

constexpr char kSchema[] = R"(record_id = "id"
[columns]
phone = "phone"
[compare]
given = "given_name"
surname = "surname"
born = "date"
phone = "phone"
)";

class CountingAudit final : public common::AuditSink {
 public:
  absl::Status Append(const common::AuditEntry& entry) override {
    plans += entry.event == "plan.made" ? 1 : 0;
    return absl::OkStatus();
  }
  std::atomic<int> plans{0};
};

class PlanKeeperTest : public ::testing::Test {
 protected:
  PlanKeeperTest() : key_(random_.NewSecret<32>()) {
    sample_.AddProfile(8);
    auto roster = authority::Roster::Open(sample_.SignedRoster(), std::nullopt);
    EXPECT_TRUE(roster.ok()) << roster.status();
    roster_.emplace(*std::move(roster));
    auto datasets = DatasetStore::Open({seal(), &clock_, nullptr}, directory_ / "datasets",
                                       DatasetStoreOptions());
    EXPECT_TRUE(datasets.ok()) << datasets.status();
    datasets_ = *std::move(datasets);
  }
  SealContext seal() { return {&fs_, &random_, &key_}; }
  std::unique_ptr<PlanKeeper> Open(PlanKeeperOptions options = {}) {
    options.look_interval = std::chrono::milliseconds(5);
    auto keeper = PlanKeeper::Open({*roster_, own_id_, clock_, audit_, seal(), *datasets_},
                                   directory_ / "plans", options);
    EXPECT_TRUE(keeper.ok()) << keeper.status();
    (*keeper)->Start();
    return *std::move(keeper);
  }
  static std::string Csv(std::uint64_t seed, std::size_t people) {
    std::string csv = "id,given,surname,born,phone\n";
    std::size_t id = 0;
    for (const auto& p : linkage::testing::PeopleMaker(seed).Make(people)) {
      csv += std::to_string(++id) + "," + p.given_name + "," + p.surname + "," + p.birth_date +
             "," + p.phone + "\n";
    }
    return csv;
  }
  void Submit(const std::string& csv) {
    auto submission =
        datasets_->Begin("steward", "request-" + std::to_string(1e9 + ++requests_), kSchema, "f");
    ASSERT_TRUE(submission.ok()) << submission.status();
    ASSERT_TRUE((*submission)->Push(csv).ok());
    const auto accepted = (*submission)->Finish();
    ASSERT_TRUE(accepted.ok()) << accepted.status();
  }
  static std::vector<v1::PlanOffer> Offers(const PlanKeeper& keeper) {
    std::uint64_t version = 0;
    return keeper.Offers(&version);
  }
  static std::string State(const PlanKeeper& keeper) {
    const auto statuses = keeper.Statuses();
    return statuses.empty() ? "" : statuses[0].state();
  }
  template <typename Condition>
  static bool Eventually(Condition condition) {
    for (int i = 0; i < 4000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }

  Sample sample_{3};
  common::testing::TempDir directory_;
  common::PosixFileSystem fs_;
  common::FakeClock clock_{absl::FromUnixSeconds(Sample::kNotBefore + 1000)};
  crypto::SeededRandom random_{3};
  crypto::Secret<32> key_;
  CountingAudit audit_;
  std::string own_id_ = "agency-a";
  std::optional<authority::Roster> roster_;
  std::unique_ptr<DatasetStore> datasets_;
  int requests_ = 0;
};

TEST_F(PlanKeeperTest, PlansWhenThereAreAPurposeAndADataset) {
  auto keeper = Open();
  EXPECT_TRUE(Offers(*keeper).empty());
  const std::uint64_t before = keeper->version();
  keeper->TakePurpose(sample_.SignedPurpose());
  EXPECT_GT(keeper->version(), before);
  ASSERT_EQ(Offers(*keeper).size(), 1U);
  EXPECT_TRUE(Offers(*keeper)[0].pending());
  EXPECT_EQ(Offers(*keeper)[0].purpose_id(), "harbour");
  EXPECT_EQ(State(*keeper), "no dataset");

  Submit(Csv(1, 1000));
  ASSERT_TRUE(Eventually([&] { return State(*keeper) == "ready"; })) << State(*keeper);
  const v1::PlanOffer offer = Offers(*keeper)[0];
  EXPECT_FALSE(offer.pending());
  EXPECT_EQ(offer.records(), 1024U);
  EXPECT_GT(offer.selectivity(), 0U);
  EXPECT_TRUE(authority::CheckPlan(sample_.purpose.profile(), offer.plan()).ok());
  EXPECT_EQ(audit_.plans, 1);
  EXPECT_EQ(keeper->Statuses()[0].explanation_size(), offer.plan().keys_size() + 1);
  // The same again is nothing new.
  const std::uint64_t made = keeper->version();
  keeper->TakePurpose(sample_.SignedPurpose());
  EXPECT_EQ(keeper->version(), made);
}

TEST_F(PlanKeeperTest, KeepsPlansOverRestartsAndPlansAnewForAnotherDatasetOrVersion) {
  Submit(Csv(1, 600));
  std::string first;
  {
    auto keeper = Open();
    keeper->TakePurpose(sample_.SignedPurpose());
    ASSERT_TRUE(Eventually([&] { return State(*keeper) == "ready"; }));
    first = Offers(*keeper)[0].SerializeAsString();
  }
  auto keeper = Open();
  keeper->TakePurpose(sample_.SignedPurpose());
  ASSERT_TRUE(Eventually([&] { return State(*keeper) == "ready"; }));
  EXPECT_EQ(Offers(*keeper)[0].SerializeAsString(), first);
  EXPECT_EQ(audit_.plans, 1) << "made twice";

  Submit(Csv(2, 1100));
  ASSERT_TRUE(Eventually([&] { return audit_.plans == 2 && State(*keeper) == "ready"; }));
  EXPECT_EQ(Offers(*keeper)[0].records(), 1536U);

  // A newer version takes its place, an older one does not come back.
  const v1::SignedDocument old = sample_.SignedPurpose();
  sample_.purpose.set_version(sample_.purpose.version() + 1);
  keeper->TakePurpose(sample_.SignedPurpose());
  ASSERT_TRUE(Eventually([&] { return audit_.plans == 3 && State(*keeper) == "ready"; }));
  const std::string newest = Offers(*keeper)[0].purpose_hash();
  keeper->TakePurpose(old);
  EXPECT_EQ(Offers(*keeper)[0].purpose_hash(), newest);
  ASSERT_EQ(Offers(*keeper).size(), 1U);
}

TEST_F(PlanKeeperTest, RefusesPurposesThatAreNotSignedExpiredOrNotForIt) {
  auto keeper = Open();
  v1::SignedDocument unsigned_document = sample_.SignedPurpose();
  unsigned_document.mutable_signatures()->RemoveLast();
  keeper->TakePurpose(unsigned_document);
  keeper->TakePurpose(v1::SignedDocument());
  v1::SignedDocument forged = sample_.SignedPurpose();
  forged.mutable_body()->append("x");
  keeper->TakePurpose(forged);
  EXPECT_TRUE(keeper->Statuses().empty());
  clock_.Advance(absl::Seconds(Sample::kNotAfter - Sample::kNotBefore));
  keeper->TakePurpose(sample_.SignedPurpose());
  EXPECT_TRUE(keeper->Statuses().empty()) << "expired";
}

TEST_F(PlanKeeperTest, AFileOfAlikeRecordsMakesNoKeyAndThatIsSaid) {
  std::string csv = "id,given,surname,born,phone\n";
  for (int i = 0; i < 200; ++i) csv += std::to_string(i) + ",jan,jansen,19800101,0612345678\n";
  Submit(csv);
  auto keeper = Open();
  keeper->TakePurpose(sample_.SignedPurpose());
  ASSERT_TRUE(Eventually([&] { return State(*keeper) == "nothing selective enough"; }))
      << State(*keeper);
  EXPECT_EQ(Offers(*keeper)[0].plan().keys_size(), 0);
  EXPECT_FALSE(Offers(*keeper)[0].pending());
}

TEST_F(PlanKeeperTest, ExpiredPlansAreErasedAndDamagedOnesMadeAgain) {
  Submit(Csv(1, 300));
  {
    auto keeper = Open();
    keeper->TakePurpose(sample_.SignedPurpose());
    ASSERT_TRUE(Eventually([&] { return State(*keeper) == "ready"; }));
  }
  const std::string path = directory_ / "plans/harbour.plan";
  ASSERT_TRUE(fs_.Exists(path));
  ASSERT_TRUE(common::WriteFileAtomic(fs_, path, "damaged").ok());
  {
    auto keeper = Open();
    keeper->TakePurpose(sample_.SignedPurpose());
    ASSERT_TRUE(Eventually([&] { return State(*keeper) == "ready"; }));
  }
  EXPECT_EQ(audit_.plans, 2);
  ASSERT_TRUE(fs_.Exists(path));
  clock_.Advance(absl::Seconds(Sample::kNotAfter - Sample::kNotBefore));
  Open();
  EXPECT_FALSE(fs_.Exists(path));
}

TEST_F(PlanKeeperTest, TheConfiguredSourceIsReadForAFirstPlan) {
  PlanKeeperOptions options;
  options.source = {directory_ / "source.csv", directory_ / "schema.toml", "source"};
  ASSERT_TRUE(common::WriteFileAtomic(fs_, options.source.path, Csv(1, 300)).ok());
  ASSERT_TRUE(common::WriteFileAtomic(fs_, options.source.schema_path, kSchema).ok());
  auto keeper = Open(options);
  keeper->TakePurpose(sample_.SignedPurpose());
  ASSERT_TRUE(Eventually([&] { return State(*keeper) == "ready"; })) << State(*keeper);
}

}  // namespace
}  // namespace raakvlak::node
