// Refusal 13 of protocol.md, "What must be refused", at the ledger: concurrent requests, a crash
// after the debit, retries, requests split over evaluators.
#include "server/node/mesh/budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "server/common/testing/temp_dir.h"
#include "server/node/mesh/blame.h"

namespace raakvlak::node {
namespace {

crypto::Digest Fill(uint8_t byte) {
  crypto::Digest digest;
  digest.fill(byte);
  return digest;
}

BudgetDebit Chunk(uint64_t number, uint64_t count, uint8_t digest = 1) {
  return {.requester = "agency-a",
          .identifier_type = "iban",
          .epoch = 3,
          .manifest_hash = Fill(9),
          .chunk_number = number,
          .elements_digest = Fill(digest),
          .count = count,
          .run_grant = 100,
          .epoch_ceiling = 150,
          .signed_header = "header"};
}

class BudgetTest : public ::testing::Test {
 protected:
  BudgetTest() { Open(); }
  void Open() {
    ledger_.reset();
    auto ledger = BudgetLedger::Open(directory_ / "budget.db");
    ASSERT_TRUE(ledger.ok()) << ledger.status();
    ledger_ = *std::move(ledger);
  }
  uint64_t Spent() {
    const auto spent = ledger_->SpentInRun(Fill(9), "iban", "agency-a");
    EXPECT_TRUE(spent.ok());
    return *spent;
  }

  common::testing::TempDir directory_;
  std::unique_ptr<BudgetLedger> ledger_;
};

TEST_F(BudgetTest, Refusal13RetryOfTheSameChunkCostsNothing) {
  EXPECT_EQ(ledger_->Debit(Chunk(0, 60)).value(), DebitOutcome::kCharged);
  EXPECT_EQ(ledger_->Debit(Chunk(0, 60)).value(), DebitOutcome::kAlreadyCharged);
  EXPECT_EQ(Spent(), 60u);
}

TEST_F(BudgetTest, Refusal13CrashAfterDebitHasChargedOnce) {
  EXPECT_TRUE(ledger_->Debit(Chunk(0, 60)).ok());
  Open();  // killed before the evaluation left
  EXPECT_EQ(Spent(), 60u);
  EXPECT_EQ(ledger_->Debit(Chunk(0, 60)).value(), DebitOutcome::kAlreadyCharged);
  EXPECT_EQ(ledger_->Debit(Chunk(1, 60)).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(BudgetTest, Refusal7AnotherChunkUnderAUsedNumberIsRefusedAndKept) {
  EXPECT_TRUE(ledger_->Debit(Chunk(0, 10, 1)).ok());
  const auto refused = ledger_->Debit(Chunk(0, 10, 2));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(CulpritOf(refused.status()), "agency-a");
  EXPECT_EQ(ledger_->Debit(Chunk(0, 10, 2)).status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(Spent(), 10u);
  Open();
  const auto evidence = ledger_->Evidence();
  ASSERT_TRUE(evidence.ok());
  ASSERT_EQ(evidence->size(), 1u);
  EXPECT_EQ(evidence->front().requester, "agency-a");
  EXPECT_EQ(evidence->front().charged_digest, Fill(1));
  EXPECT_EQ(evidence->front().refused_digest, Fill(2));
  EXPECT_EQ(evidence->front().signed_header, "header");
}

TEST_F(BudgetTest, Refusal7EmptyChunk) {
  EXPECT_EQ(ledger_->Debit(Chunk(0, 0)).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(BudgetTest, GrantIsPerRunAndCeilingPerEpoch) {
  EXPECT_TRUE(ledger_->Debit(Chunk(0, 100)).ok());
  EXPECT_EQ(ledger_->Debit(Chunk(1, 1)).status().code(), absl::StatusCode::kResourceExhausted);
  BudgetDebit next_run = Chunk(0, 51);
  next_run.manifest_hash = Fill(10);
  EXPECT_EQ(ledger_->Debit(next_run).status().code(), absl::StatusCode::kResourceExhausted);
  next_run.count = 50;
  EXPECT_TRUE(ledger_->Debit(next_run).ok());
  BudgetDebit next_epoch = next_run;
  next_epoch.manifest_hash = Fill(11);
  next_epoch.epoch = 4;
  EXPECT_TRUE(ledger_->Debit(next_epoch).ok());
  const auto spent = ledger_->SpentIn(3);
  ASSERT_TRUE(spent.ok());
  ASSERT_EQ(spent->size(), 1u);
  EXPECT_EQ(spent->front().spent, 150u);
}

TEST_F(BudgetTest, TypesAndRequestersHaveBudgetsOfTheirOwn) {
  EXPECT_TRUE(ledger_->Debit(Chunk(0, 100)).ok());
  BudgetDebit other = Chunk(0, 100);
  other.identifier_type = "kvk";
  EXPECT_TRUE(ledger_->Debit(other).ok());
  other.requester = "agency-b";
  EXPECT_TRUE(ledger_->Debit(other).ok());
}

TEST_F(BudgetTest, CountsThatWouldOverflowAreRefused) {
  EXPECT_TRUE(ledger_->Debit(Chunk(0, 1)).ok());
  EXPECT_EQ(ledger_->Debit(Chunk(1, ~uint64_t{0})).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_F(BudgetTest, Refusal13ConcurrentRequestsNeverExceedTheGrant) {
  std::atomic<int> charged = 0;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (uint64_t i = 0; i < 5; ++i) {
        const auto outcome = ledger_->Debit(Chunk(t * 5 + i, 9));
        if (outcome.ok() && *outcome == DebitOutcome::kCharged) ++charged;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(charged, 11);  // 11 times 9 is the most that 100 allows
  EXPECT_EQ(Spent(), 99u);
}

TEST_F(BudgetTest, Refusal13ConcurrentRetriesOfOneChunkChargeOnce) {
  std::atomic<int> charged = 0;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      const auto outcome = ledger_->Debit(Chunk(0, 9));
      if (outcome.ok() && *outcome == DebitOutcome::kCharged) ++charged;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(charged, 1);
  EXPECT_EQ(Spent(), 9u);
}

TEST_F(BudgetTest, ForgettingChunksKeepsWhatWasSpentAndTheEvidence) {
  EXPECT_TRUE(ledger_->Debit(Chunk(0, 60)).ok());
  EXPECT_FALSE(ledger_->Debit(Chunk(0, 60, 2)).ok());
  EXPECT_TRUE(ledger_->ForgetChunks(Fill(9)).ok());
  Open();
  EXPECT_EQ(Spent(), 60u);
  const auto spent = ledger_->SpentIn(3);
  ASSERT_TRUE(spent.ok());
  ASSERT_EQ(spent->size(), 1u);
  EXPECT_EQ(spent->front().spent, 60u);
  const auto evidence = ledger_->Evidence();
  ASSERT_TRUE(evidence.ok());
  EXPECT_EQ(evidence->size(), 1u);
  // What is left of the grant is what was left before.
  EXPECT_EQ(ledger_->Debit(Chunk(1, 41)).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ledger_->Debit(Chunk(1, 40)).value(), DebitOutcome::kCharged);
}

// Why only a run whose manifest is refused may be forgotten: what was free as a retry is paid for
// anew, and a second use of a number is no longer noticed.
TEST_F(BudgetTest, ForgottenChunksAreNoLongerKnown) {
  EXPECT_TRUE(ledger_->Debit(Chunk(0, 10)).ok());
  EXPECT_TRUE(ledger_->Debit(Chunk(1, 10)).ok());
  EXPECT_TRUE(ledger_->ForgetChunks(Fill(9)).ok());
  EXPECT_EQ(ledger_->Debit(Chunk(0, 10)).value(), DebitOutcome::kCharged);
  EXPECT_EQ(ledger_->Debit(Chunk(1, 10, 2)).value(), DebitOutcome::kCharged);
  EXPECT_EQ(Spent(), 40u);
}

TEST_F(BudgetTest, ForgettingChunksTwiceOrOfARunThatHasNoneIsFine) {
  EXPECT_TRUE(ledger_->Debit(Chunk(0, 60)).ok());
  EXPECT_TRUE(ledger_->ForgetChunks(Fill(9)).ok());
  EXPECT_TRUE(ledger_->ForgetChunks(Fill(9)).ok());
  EXPECT_TRUE(ledger_->ForgetChunks(Fill(77)).ok());
  EXPECT_EQ(Spent(), 60u);
}

TEST_F(BudgetTest, ForgettingChunksOfOneRunTakesAllItsTypesAndRequestersAndNoOtherRuns) {
  BudgetDebit same_run = Chunk(0, 10);
  same_run.identifier_type = "kvk";
  same_run.requester = "agency-b";
  BudgetDebit other_run = Chunk(0, 10);
  other_run.manifest_hash = Fill(10);
  for (const BudgetDebit& debit : {Chunk(0, 10), same_run, other_run}) {
    EXPECT_EQ(ledger_->Debit(debit).value(), DebitOutcome::kCharged);
  }
  EXPECT_TRUE(ledger_->ForgetChunks(Fill(9)).ok());
  EXPECT_EQ(ledger_->Debit(same_run).value(), DebitOutcome::kCharged);
  EXPECT_EQ(ledger_->Debit(other_run).value(), DebitOutcome::kAlreadyCharged);
  other_run.elements_digest = Fill(2);
  EXPECT_EQ(ledger_->Debit(other_run).status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ledger_->SpentInRun(Fill(10), "iban", "agency-a").value(), 10u);
}

TEST_F(BudgetTest, WhatWasSpentIsToldWhileADebitWaits) {
  ASSERT_EQ(ledger_->Debit(Chunk(0, 60)).value(), DebitOutcome::kCharged);
  // Another connection holds the file's write lock, as a slow disk would; the file has its schema.
  constexpr const char* kNothing[] = {"SELECT 1"};
  auto other = *common::Database::Open(directory_ / "budget.db", kNothing);
  absl::StatusOr<DebitOutcome> outcome = absl::UnknownError("not tried");
  std::atomic<bool> begins = false;
  std::thread debit;
  {
    common::Transaction held(*other);
    debit = std::thread([&] {
      begins = true;
      outcome = ledger_->Debit(Chunk(1, 7));
    });
    while (!begins) std::this_thread::yield();
    const auto spent = ledger_->SpentIn(3);
    ASSERT_TRUE(spent.ok());
    EXPECT_EQ(spent->at(0).spent, 60u);
    EXPECT_EQ(Spent(), 60u);
    // Were they to wait for the debit, it would have given up by now.
  }
  debit.join();
  EXPECT_EQ(outcome.value(), DebitOutcome::kCharged);
  EXPECT_EQ(Spent(), 67u);
}

}  // namespace
}  // namespace raakvlak::node
