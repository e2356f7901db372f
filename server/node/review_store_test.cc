// Decisions are kept, found again, counted and forgotten; nothing on disk says of whom they are.
#include "server/node/review_store.h"

#include <gtest/gtest.h>

#include "crypto/base/random.h"
#include "server/common/fs.h"
#include "server/common/testing/temp_dir.h"

namespace raakvlak::node {
namespace {

class ReviewStoreTest : public ::testing::Test {
 protected:
  ReviewStoreTest() : key_(random_.NewSecret<32>()) { Reopen(); }
  void Reopen() {
    store_.reset();
    auto store = ReviewStore::Open({&fs_, &random_, &key_}, clock_, directory_ / "reviews");
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  absl::Status Decide(const ReviewedMatch& match, v1::ReviewDecision decision,
                      const std::string& rule = "surname: exact",
                      const std::string& request_id = "") {
    Review review;
    review.decision = decision;
    review.rule = rule;
    review.keep_until = clock_.UnixSeconds() + 1000;
    return store_->Decide("steward", request_id.empty() ? NextId() : request_id, match, review);
  }
  std::string NextId() { return "request-" + std::to_string(100'000'000 + requests_++); }
  v1::ReviewDecision DecisionOf(const ReviewedMatch& match) {
    auto decision = store_->DecisionOf(match);
    EXPECT_TRUE(decision.ok()) << decision.status();
    return decision.value_or(v1::REVIEW_DECISION_UNSPECIFIED);
  }

  common::testing::TempDir directory_;
  common::PosixFileSystem fs_;
  common::FakeClock clock_;
  crypto::SeededRandom random_{5};
  crypto::Secret<32> key_;
  std::unique_ptr<ReviewStore> store_;
  int requests_ = 0;
};

const ReviewedMatch kMatch = {"harbour", "fiod", "3RKBZHSDE5G2BRT5", "Zaak-2041"};

TEST_F(ReviewStoreTest, KeepsTheLatestDecisionOfTheVeryMatch) {
  EXPECT_TRUE(*store_->Empty());
  EXPECT_EQ(DecisionOf(kMatch), v1::REVIEW_DECISION_UNSPECIFIED);
  ASSERT_TRUE(Decide(kMatch, v1::REVIEW_DECISION_MATCH).ok());
  ASSERT_TRUE(Decide(kMatch, v1::REVIEW_DECISION_NO_MATCH).ok());
  Reopen();
  EXPECT_FALSE(*store_->Empty());
  EXPECT_EQ(DecisionOf(kMatch), v1::REVIEW_DECISION_NO_MATCH);
  for (auto member : {&ReviewedMatch::purpose_id, &ReviewedMatch::counterpart,
                      &ReviewedMatch::reference, &ReviewedMatch::record_id}) {
    ReviewedMatch other = kMatch;
    other.*member += "x";
    EXPECT_EQ(DecisionOf(other), v1::REVIEW_DECISION_UNSPECIFIED);
  }
  ASSERT_TRUE(Decide(kMatch, v1::REVIEW_DECISION_UNSPECIFIED).ok());
  EXPECT_EQ(DecisionOf(kMatch), v1::REVIEW_DECISION_UNSPECIFIED) << "taken back";
}

TEST_F(ReviewStoreTest, ARetryDecidesOnce) {
  const std::string id = NextId();
  ASSERT_TRUE(Decide(kMatch, v1::REVIEW_DECISION_MATCH, "r", id).ok());
  ASSERT_TRUE(Decide(kMatch, v1::REVIEW_DECISION_NO_MATCH).ok());
  // The answer to the first got lost; its retry does not undo what came after it.
  EXPECT_TRUE(Decide(kMatch, v1::REVIEW_DECISION_MATCH, "r", id).ok());
  EXPECT_EQ(DecisionOf(kMatch), v1::REVIEW_DECISION_NO_MATCH);
  EXPECT_TRUE(absl::IsAlreadyExists(Decide(kMatch, v1::REVIEW_DECISION_NO_MATCH, "r", id)));
  EXPECT_TRUE(absl::IsInvalidArgument(Decide(kMatch, v1::REVIEW_DECISION_MATCH, "r", "short")));
}

TEST_F(ReviewStoreTest, CountsByRule) {
  ReviewedMatch match = kMatch;
  for (int i = 0; i < 5; ++i) {
    match.record_id = "r" + std::to_string(i);
    ASSERT_TRUE(Decide(match, i < 3 ? v1::REVIEW_DECISION_MATCH : v1::REVIEW_DECISION_NO_MATCH,
                       i == 2 ? "surname: close" : "surname: exact")
                    .ok());
  }
  auto counts = store_->Count();
  ASSERT_TRUE(counts.ok()) << counts.status();
  ASSERT_EQ(counts->size(), 2U);
  EXPECT_EQ((*counts)[0].rule, "surname: close");
  EXPECT_EQ((*counts)[0].matches, 1U);
  EXPECT_EQ((*counts)[0].no_matches, 0U);
  EXPECT_EQ((*counts)[1].matches, 2U);
  EXPECT_EQ((*counts)[1].no_matches, 2U);
}

TEST_F(ReviewStoreTest, ForgetsWhenThePurposeEnds) {
  ASSERT_TRUE(Decide(kMatch, v1::REVIEW_DECISION_MATCH).ok());
  ASSERT_TRUE(store_->Sweep().ok());
  EXPECT_EQ(DecisionOf(kMatch), v1::REVIEW_DECISION_MATCH);
  clock_.Advance(absl::Seconds(1001));
  EXPECT_EQ(DecisionOf(kMatch), v1::REVIEW_DECISION_UNSPECIFIED);
  ASSERT_TRUE(store_->Sweep().ok());
  EXPECT_TRUE(store_->Count()->empty());
}

TEST_F(ReviewStoreTest, TheDiskSaysNothingOfWhomOrWhat) {
  ASSERT_TRUE(Decide(kMatch, v1::REVIEW_DECISION_MATCH, "surname: exact").ok());
  store_.reset();
  auto names = fs_.List(directory_ / "reviews");
  ASSERT_TRUE(names.ok());
  std::string everything;
  for (const std::string& name : *names) {
    everything += *common::ReadFile(fs_, directory_ / "reviews/" + name, 1 << 20);
  }
  ASSERT_GT(everything.size(), 1000U);
  for (const char* secret : {"Zaak-2041", "3RKBZHSDE5G2BRT5", "fiod", "surname"}) {
    EXPECT_EQ(everything.find(secret), std::string::npos) << secret;
  }
}

}  // namespace
}  // namespace raakvlak::node
