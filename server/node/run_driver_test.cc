// The run driver with steps that can be told to fail, and killed before and after each of them.
#include "server/node/run_driver.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "authority/manifest.h"
#include "authority/testing/sample.h"
#include "crypto/base/bytes.h"
#include "server/common/testing/temp_dir.h"

namespace raakvlak::node {
namespace {

// Says nothing by itself; the tests give the offers.
class SilentMatcher final : public MatcherLink {
 public:
  absl::Status WatchRuns(const v1::WatchRunsRequest& request,
                         const std::function<void(v1::RunOffer)>&, std::stop_token stop) override {
    {
      std::lock_guard lock(mutex_);
      epochs_.push_back(request.epoch());
      plans_.push_back(request.plans_size());
    }
    while (!stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return absl::CancelledError("");
  }
  absl::Status ReportProgress(const v1::ReportProgressRequest&, std::stop_token) override {
    return absl::OkStatus();
  }
  absl::Status DeclineRun(const v1::DeclineRunRequest&, std::stop_token) override {
    return absl::OkStatus();
  }
  absl::Status UploadTags(const v1::UploadTagsHeader&,
                          const std::function<absl::StatusOr<bool>(std::string&)>&,
                          std::stop_token) override {
    return absl::OkStatus();
  }
  absl::Status FetchOverlap(const v1::FetchOverlapRequest&,
                            const std::function<absl::Status(const v1::OverlapChunk&)>&,
                            std::stop_token) override {
    return absl::OkStatus();
  }
  absl::Status UploadRecords(const v1::UploadRecordsHeader&,
                             const std::function<absl::StatusOr<bool>(v1::UploadRecordsRequest&)>&,
                             std::stop_token) override {
    return absl::OkStatus();
  }
  absl::Status FetchEncodingTasks(const v1::FetchEncodingTasksRequest&,
                                  const std::function<absl::Status(const v1::EncodingTaskChunk&)>&,
                                  std::stop_token) override {
    return absl::OkStatus();
  }
  absl::Status UploadEncodings(const v1::UploadEncodingsHeader&,
                               const std::function<absl::StatusOr<bool>(std::string&)>&,
                               std::stop_token) override {
    return absl::OkStatus();
  }
  absl::Status FetchMatches(const v1::FetchMatchesRequest&,
                            const std::function<absl::Status(const v1::MatchChunk&)>&,
                            std::stop_token) override {
    return absl::OkStatus();
  }
  absl::Status ReportReferences(
      const std::string&, const std::string&,
      const std::function<absl::StatusOr<bool>(v1::ReportReferencesRequest&)>&,
      std::stop_token) override {
    return absl::OkStatus();
  }
  std::vector<std::uint64_t> epochs() {
    std::lock_guard lock(mutex_);
    return epochs_;
  }
  // How many plans each stream announced.
  std::vector<int> plans() {
    std::lock_guard lock(mutex_);
    return plans_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::uint64_t> epochs_;
  std::vector<int> plans_;
};

// Plans at once for whatever it is told of.
class QuickPlanner final : public PlanAnnouncer {
 public:
  void TakePurpose(const v1::SignedDocument& purpose) override {
    std::lock_guard lock(mutex_);
    purposes_.push_back(purpose);
  }
  std::vector<v1::PlanOffer> Offers(std::uint64_t* version) const override {
    std::lock_guard lock(mutex_);
    *version = purposes_.size();
    return std::vector<v1::PlanOffer>(purposes_.size());
  }
  std::uint64_t version() const override {
    std::lock_guard lock(mutex_);
    return purposes_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<v1::SignedDocument> purposes_;
};

// Notes what is carried out. At `kill_at` it hangs until it is broken off, as a node that is killed
// does: before the step had any effect, or after.
class NotedSteps final : public StepRunner {
 public:
  absl::Status CarryOut(const JournaledRun& run, const ProgressSink& progress,
                        std::stop_token stop) override {
    progress("stage", 1, 2);
    const RunStep step = run.record.step;
    const bool kill = step == kill_at && !killed_;
    if (kill && !kill_after_effect) return Hang(stop);
    {
      std::lock_guard lock(mutex_);
      done_.push_back(step);
    }
    if (kill) return Hang(stop);
    if (step == fail_at) return failure;
    return absl::OkStatus();
  }
  absl::Status Resume(const JournaledRun& run, std::stop_token) override {
    std::lock_guard lock(mutex_);
    resumed_.push_back(run.record.step);
    return absl::OkStatus();
  }
  absl::Status Sweep() override { return absl::OkStatus(); }

  std::vector<RunStep> done() {
    std::lock_guard lock(mutex_);
    return done_;
  }
  std::vector<RunStep> resumed() {
    std::lock_guard lock(mutex_);
    return resumed_;
  }
  bool killed() const { return killed_; }

  RunStep kill_at = RunStep::kEnded;
  bool kill_after_effect = false;
  RunStep fail_at = RunStep::kEnded;
  absl::Status failure;

 private:
  absl::Status Hang(std::stop_token stop) {
    killed_ = true;
    while (!stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    return absl::OkStatus();
  }
  std::mutex mutex_;
  std::vector<RunStep> done_;
  std::vector<RunStep> resumed_;
  std::atomic<bool> killed_{false};
};

class NoAudit final : public common::AuditSink {
 public:
  absl::Status Append(const common::AuditEntry&) override { return absl::OkStatus(); }
};

class RunDriverTest : public ::testing::Test {
 protected:
  RunDriverTest() {
    auto roster = authority::Roster::Open(sample_.SignedRoster(), sample_.Pinned(0));
    auto purpose = authority::Purpose::Open(sample_.SignedPurpose(), *roster);
    manifest_ = sample_.Manifest(*roster, *purpose);
    manifest_.set_expires_at(clock_.UnixSeconds() + 1000);
    auto journal = RunJournal::Open(directory_ / "journal.db");
    EXPECT_TRUE(journal.ok()) << journal.status();
    journal_ = *std::move(journal);
  }
  std::unique_ptr<RunDriver> NewDriver(StepRunner& steps) {
    RunDriverOptions options;
    options.normaliser_version = "test-1";
    options.retry_delay_limit_ms = 1;
    auto driver = std::make_unique<RunDriver>(
        RunDriver::Dependencies{matcher_, steps, *journal_, clock_, audit_,
                                [this] { return epoch_.load(); }, &planner_},
        options);
    EXPECT_TRUE(driver->Start().ok());
    return driver;
  }
  void Offer(RunDriver& driver, v1::RunState state, const std::string& reason = "") {
    v1::RunOffer offer;
    offer.set_manifest(manifest_.SerializeAsString());
    *offer.mutable_purpose() = sample_.SignedPurpose();
    offer.set_state(state);
    offer.set_reason(reason);
    driver.TakeOffer(offer);
  }
  std::string Hash() {
    return crypto::ToString(authority::ManifestHash(manifest_.SerializeAsString()));
  }
  JournaledRun Journaled() { return **journal_->Find(Hash()); }
  template <typename Condition>
  bool Eventually(Condition condition) {
    for (int i = 0; i < 2000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }

  authority::testing::Sample sample_{3};
  common::testing::TempDir directory_;
  common::FakeClock clock_;
  NoAudit audit_;
  SilentMatcher matcher_;
  QuickPlanner planner_;
  std::atomic<std::uint64_t> epoch_{1};
  v1::RunManifest manifest_;
  std::unique_ptr<RunJournal> journal_;
};

const std::vector<RunStep> kAll = {
    RunStep::kOpen,          RunStep::kEvaluate,         RunStep::kUploadTags, RunStep::kConfirm,
    RunStep::kUploadRecords, RunStep::kReportReferences, RunStep::kErase};

TEST_F(RunDriverTest, CarriesOutEveryStepOnce) {
  NotedSteps steps;
  auto driver = NewDriver(steps);
  Offer(*driver, v1::RUN_STATE_EVALUATING);
  ASSERT_TRUE(Eventually([&] { return steps.done().size() == 3; }));
  Offer(*driver, v1::RUN_STATE_REFERENCING);
  ASSERT_TRUE(Eventually([&] { return steps.done().size() == 6; }));
  Offer(*driver, v1::RUN_STATE_DONE);
  ASSERT_TRUE(Eventually([&] { return !driver->Where(Hash()).has_value(); }));
  EXPECT_EQ(steps.done(), kAll);
  EXPECT_EQ(Journaled().record.outcome, RunOutcome::kFinished);
  // What has ended is not begun again, whatever the matcher says.
  Offer(*driver, v1::RUN_STATE_EVALUATING);
  EXPECT_FALSE(driver->Where(Hash()).has_value());
}

TEST_F(RunDriverTest, GoesOnAfterAKillAtEveryStepBeforeAndAfterItsEffect) {
  for (bool after : {false, true}) {
    for (RunStep step : kAll) {
      SCOPED_TRACE(std::string(RunStepName(step)) + (after ? " after" : " before"));
      manifest_.set_run_counter(manifest_.run_counter() + 1);
      NotedSteps again;  // outlives the driver, as all steps do
      NotedSteps steps;
      steps.kill_at = step;
      steps.kill_after_effect = after;
      auto driver = NewDriver(steps);
      Offer(*driver, v1::RUN_STATE_EVALUATING);
      Offer(*driver, v1::RUN_STATE_REFERENCING);
      if (step == RunStep::kErase) {
        ASSERT_TRUE(Eventually([&] { return steps.done().size() == 6; }));
        Offer(*driver, v1::RUN_STATE_DONE);
      }
      ASSERT_TRUE(Eventually([&] { return steps.killed(); }));
      driver.reset();
      ASSERT_EQ(Journaled().record.step, step) << "the journal is ahead of what was done";

      driver = NewDriver(again);
      Offer(*driver, v1::RUN_STATE_REFERENCING);
      if (step != RunStep::kErase) {
        ASSERT_TRUE(Eventually([&] {
          auto where = driver->Where(Hash());
          return where.has_value() && where->step == RunStep::kAwaitEnd;
        }));
        Offer(*driver, v1::RUN_STATE_DONE);
      }
      ASSERT_TRUE(Eventually([&] { return !driver->Where(Hash()).has_value(); }));
      EXPECT_EQ(Journaled().record.outcome, RunOutcome::kFinished);
      EXPECT_EQ(again.done().front(), step);
      EXPECT_EQ(again.done().back(), RunStep::kErase);
      EXPECT_EQ(again.resumed(), std::vector<RunStep>{step});
    }
  }
}

// A manifest with a plan: its encodings are a step of their own, which a kill repeats.
TEST_F(RunDriverTest, ARunThatLinksBlocksGoesOnAfterAKillWhileItEncodes) {
  manifest_.mutable_plan()->add_keys();
  for (bool after : {false, true}) {
    SCOPED_TRACE(after ? "after" : "before");
    manifest_.set_run_counter(manifest_.run_counter() + 1);
    NotedSteps again;
    NotedSteps steps;
    steps.kill_at = RunStep::kUploadEncodings;
    steps.kill_after_effect = after;
    auto driver = NewDriver(steps);
    Offer(*driver, v1::RUN_STATE_EVALUATING);
    Offer(*driver, v1::RUN_STATE_PAIRING);
    ASSERT_TRUE(Eventually([&] {
      auto where = driver->Where(Hash());
      return where.has_value() && where->step == RunStep::kUploadEncodings;
    }));
    EXPECT_FALSE(steps.killed()) << "it did not wait for the matcher's tasks";
    Offer(*driver, v1::RUN_STATE_ENCODING);
    ASSERT_TRUE(Eventually([&] { return steps.killed(); }));
    driver.reset();
    ASSERT_EQ(Journaled().record.step, RunStep::kUploadEncodings);
    ASSERT_TRUE(Journaled().record.links_blocks);

    driver = NewDriver(again);
    Offer(*driver, v1::RUN_STATE_MATCHING);
    ASSERT_TRUE(Eventually([&] { return !again.done().empty(); }));
    EXPECT_EQ(again.done(), std::vector<RunStep>{RunStep::kUploadEncodings});
    Offer(*driver, v1::RUN_STATE_REFERENCING);
    ASSERT_TRUE(Eventually([&] { return again.done().size() == 2; }));
    Offer(*driver, v1::RUN_STATE_DONE);
    ASSERT_TRUE(Eventually([&] { return !driver->Where(Hash()).has_value(); }));
    EXPECT_EQ(Journaled().record.outcome, RunOutcome::kFinished);
  }
}

TEST_F(RunDriverTest, TriesAgainWhatPassesAndDeclinesWhatDoesNot) {
  NotedSteps final_steps;
  NotedSteps steps;
  steps.fail_at = RunStep::kUploadTags;
  steps.failure = absl::UnavailableError("the matcher is down");
  auto driver = NewDriver(steps);
  Offer(*driver, v1::RUN_STATE_EVALUATING);
  ASSERT_TRUE(Eventually([&] { return steps.done().size() > 5; }));
  EXPECT_EQ(driver->Where(Hash())->step, RunStep::kUploadTags);
  EXPECT_EQ(driver->Where(Hash())->last_error, "the matcher is down");
  driver.reset();

  final_steps.fail_at = RunStep::kUploadTags;
  final_steps.failure = absl::PermissionDeniedError("not covered");
  driver = NewDriver(final_steps);
  ASSERT_TRUE(Eventually([&] { return !driver->Where(Hash()).has_value(); }));
  EXPECT_EQ(Journaled().record.outcome, RunOutcome::kDeclined);
  EXPECT_NE(Journaled().record.reason.find("not covered"), std::string::npos);
  EXPECT_EQ(final_steps.done(),
            (std::vector<RunStep>{RunStep::kUploadTags, RunStep::kDecline, RunStep::kErase}));
}

TEST_F(RunDriverTest, ACancelledRunBreaksOffTheStepUnderWay) {
  NotedSteps steps;
  steps.kill_at = RunStep::kEvaluate;  // hangs until it is broken off
  auto driver = NewDriver(steps);
  Offer(*driver, v1::RUN_STATE_EVALUATING);
  ASSERT_TRUE(Eventually([&] { return steps.killed(); }));
  Offer(*driver, v1::RUN_STATE_CANCELLED, "by the coordinator");
  ASSERT_TRUE(Eventually([&] { return !driver->Where(Hash()).has_value(); }));
  EXPECT_EQ(Journaled().record.outcome, RunOutcome::kCancelled);
  EXPECT_EQ(Journaled().record.reason, "by the coordinator");
  EXPECT_EQ(steps.done(), (std::vector<RunStep>{RunStep::kOpen, RunStep::kErase}));
}

TEST_F(RunDriverTest, AnExpiredRunEndsWithTheLastError) {
  NotedSteps steps;
  steps.fail_at = RunStep::kOpen;
  steps.failure = absl::UnavailableError("agency-b does not answer");
  auto driver = NewDriver(steps);
  Offer(*driver, v1::RUN_STATE_EVALUATING);
  ASSERT_TRUE(Eventually([&] { return steps.done().size() > 2; }));
  clock_.Advance(absl::Seconds(2000));
  ASSERT_TRUE(Eventually([&] { return !driver->Where(Hash()).has_value(); }));
  EXPECT_EQ(Journaled().record.outcome, RunOutcome::kFailed);
  EXPECT_NE(Journaled().record.reason.find("agency-b does not answer"), std::string::npos);
}

TEST_F(RunDriverTest, APurposeToPlanForIsHandedOnAndThePlanAnnounced) {
  NotedSteps steps;
  auto driver = NewDriver(steps);
  ASSERT_TRUE(Eventually([&] { return matcher_.plans().size() == 1; }));
  EXPECT_EQ(matcher_.plans()[0], 0);
  v1::RunOffer notice;
  *notice.mutable_purpose() = sample_.SignedPurpose();
  driver->TakeOffer(notice);
  ASSERT_TRUE(Eventually([&] { return matcher_.plans().size() == 2; }));
  EXPECT_EQ(matcher_.plans()[1], 1);
  EXPECT_TRUE(steps.done().empty()) << "a notice is no run";
}

TEST_F(RunDriverTest, ANewEpochIsAnnounced) {
  NotedSteps steps;
  auto driver = NewDriver(steps);
  ASSERT_TRUE(Eventually([&] { return matcher_.epochs().size() == 1; }));
  epoch_ = 2;
  ASSERT_TRUE(Eventually([&] { return matcher_.epochs().size() == 2; }));
  EXPECT_EQ(matcher_.epochs().back(), 2u);
}

}  // namespace
}  // namespace raakvlak::node
