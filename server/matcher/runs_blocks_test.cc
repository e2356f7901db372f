// Runs that link blocks: from shared blocks over encodings to matches; and dying at every step.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "raakvlak/v1/coordination.pb.h"
#include "server/matcher/testing/block_runs.h"
#include "server/matcher/testing/fake_agency.h"
#include "server/matcher/testing/hand_in.h"
#include "server/matcher/testing/runs_fixture.h"

namespace raakvlak::matcher {
namespace {

using testing::Crash;
using testing::DriveBlocks;
using testing::kBlock1;
using testing::kBlock2;
using testing::kIban;
using testing::RunsFixture;
using testing::WithPersons;

std::vector<StoredPair> PairsOf(RunsFixture& f, const std::string& run_id) {
  std::vector<StoredPair> pairs;
  const RunDirectory directory(f.dir.path(), run_id, 1);
  EXPECT_TRUE(
      ForEachStored<StoredPair>(f.fs, directory.Pairs(), kPairsMagic, [&](const StoredPair& pair) {
        pairs.push_back(pair);
        return absl::OkStatus();
      }).ok());
  return pairs;
}

TEST(RunsBlocksTest, PersonsAreLinkedAndStrangersAreNot) {
  RunsFixture f(2, 2);
  f.Open();
  const std::string run_id = f.StartWithPlan(2);
  const auto agencies = WithPersons(2, 30);
  DriveBlocks(f, run_id, agencies, Phase::kReferencing);
  ASSERT_EQ(f.Status(run_id).phase, Phase::kReferencing) << f.Status(run_id).reason;
  const auto pairs = PairsOf(f, run_id);
  EXPECT_EQ(pairs.size(), 30U);
  for (const StoredPair& pair : pairs) {
    const std::size_t x = agencies[0].RecordOf(crypto::ToString(pair.first));
    EXPECT_EQ(x, agencies[1].RecordOf(crypto::ToString(pair.second)));
    EXPECT_EQ(x % 2, 0U) << "a stranger";
    EXPECT_EQ(pair.strength, linkage::Strength::kStrong);
    EXPECT_EQ(pair.types, 0b11U);
    EXPECT_EQ(pair.agreed.size(), 2U);
    EXPECT_EQ(pair.agreement, (std::vector<std::uint8_t>{0, 0, 0, 0}));
  }
  // Every person is encoded in the smaller of its two blocks, the strangers in the other.
  std::map<int, int> tasks;
  ASSERT_TRUE(ForEachStored<StoredTask>(f.fs, RunDirectory(f.dir.path(), run_id, 1).Tasks(0),
                                        kTasksMagic,
                                        [&](const StoredTask& task) {
                                          ++tasks[task.type];
                                          return absl::OkStatus();
                                        })
                  .ok());
  EXPECT_EQ(tasks[kBlock2], 30);
  EXPECT_EQ(tasks[kBlock1], 60) << "persons meet the other side's strangers there";
  DriveBlocks(f, run_id, agencies);
  f.Work();
  EXPECT_TRUE(std::filesystem::is_empty(RunDirectory::Runs(f.dir.path())));
  EXPECT_EQ(f.Status(run_id).phase, Phase::kDone);
  v1::ReportChunk first;
  v1::ReportChunk second;
  ASSERT_TRUE(first.ParseFromString(*f.runs->ReportChunk(run_id, 0)));
  ASSERT_TRUE(second.ParseFromString(*f.runs->ReportChunk(run_id, 1)));
  const v1::ReportHeader& header = first.header();
  EXPECT_EQ(header.blocking_keys_size(), 3);
  EXPECT_EQ(header.blocking_keys(0).find("block-01: given_name, with date"), 0U);
  ASSERT_EQ(header.exposure_size(), 2);
  EXPECT_EQ(header.exposure(1).agency_id(), "agency-b");
  EXPECT_EQ(header.exposure(1).exposed(), 167U);  // one of 60
  EXPECT_EQ(header.exposure(1).ceiling(), authority::kDefaultMaxExposure);
#ifdef RAAKVLAK_CAPTURE
  ASSERT_EQ(header.warnings_size(), 1);
  EXPECT_NE(header.warnings(0).find("test build"), std::string::npos);
#else
  EXPECT_EQ(header.warnings_size(), 0);
#endif
  EXPECT_TRUE(header.dismissed_suppressed());
  ASSERT_EQ(second.matches_size(), 30);
  EXPECT_EQ(second.matches(0).strength(), v1::MATCH_STRENGTH_STRONG);
  EXPECT_EQ(second.matches(0).agreed_types_size(), 0);
  ASSERT_EQ(second.matches(0).agreement_size(), 4);
  EXPECT_EQ(second.matches(0).agreement(1).field(), "surname");
  EXPECT_EQ(second.matches(0).agreement(1).level(), v1::AGREEMENT_LEVEL_EXACT);
}

TEST(RunsBlocksTest, ACheckedNumberComesFirst) {
  RunsFixture f(2, 2);
  f.Open();
  const std::string run_id = f.StartWithPlan(2);
  auto agencies = WithPersons(2, 30);
  // Record 0 of agency-a has the account of a stranger at agency-b, and looks like another person.
  agencies[0].records[0].push_back({kIban, 7});
  agencies[1].records[1].push_back({kIban, 7});
  DriveBlocks(f, run_id, agencies, Phase::kReferencing);
  const auto pairs = PairsOf(f, run_id);
  EXPECT_EQ(pairs.size(), 30U);
  int hard = 0;
  for (const StoredPair& pair : pairs) {
    const std::size_t x = agencies[0].RecordOf(crypto::ToString(pair.first));
    const std::size_t y = agencies[1].RecordOf(crypto::ToString(pair.second));
    if (x == 0) {
      EXPECT_EQ(y, 1U);
      EXPECT_EQ(pair.strength, linkage::Strength::kHard);
      EXPECT_EQ(pair.agreement, (std::vector<std::uint8_t>{4, 4, 4, 4}));
    }
    hard += pair.strength == linkage::Strength::kHard ? 1 : 0;
  }
  EXPECT_EQ(hard, 1);
}

TEST(RunsBlocksTest, ThreeAgenciesAreOneGroup) {
  RunsFixture f(3, 2);
  f.Open();
  const std::string run_id = f.StartWithPlan(2);
  const auto agencies = WithPersons(3, 20);
  DriveBlocks(f, run_id, agencies, Phase::kReferencing);
  const auto pairs = PairsOf(f, run_id);
  EXPECT_EQ(pairs.size(), 60U);
  std::map<std::uint32_t, int> groups;
  for (const StoredPair& pair : pairs) ++groups[pair.group];
  EXPECT_EQ(groups.size(), 20U);
  for (const auto& [group, size] : groups) EXPECT_EQ(size, 3);
}

TEST(RunsBlocksTest, DyingAtEveryStepLosesNothing) {
  const auto agencies = WithPersons(2, 12);
  // -1: undisturbed, to count the steps.
  int steps = 0;
  for (int at = -1; at < steps; ++at) {
    for (const bool after : {false, true}) {
      RunsFixture f(2, 2);
      f.Open();
      const std::string run_id = f.StartWithPlan(2);
      f.crash.Arm(at, after);
      int deaths = 0;
      while (true) {
        try {
          f.Open();
          DriveBlocks(f, run_id, agencies);
          f.Work();
          break;
        } catch (const Crash&) {
          ++deaths;
          f.crash.Disarm();
        }
      }
      if (at < 0) steps = f.crash.seen();
      f.crash.Disarm();
      SCOPED_TRACE(::testing::Message() << "step " << at << (after ? " after" : " before"));
      EXPECT_EQ(deaths, at < 0 ? 0 : 1);
      ASSERT_EQ(f.Status(run_id).phase, Phase::kDone) << f.Status(run_id).reason;
      EXPECT_TRUE(f.Status(run_id).erased);
      v1::ReportChunk matches;
      ASSERT_TRUE(matches.ParseFromString(*f.runs->ReportChunk(run_id, 1)));
      EXPECT_EQ(matches.matches_size(), 12);
    }
  }
  EXPECT_GT(steps, 60);
}

TEST(RunsBlocksTest, EncodingsHaveTheirTime) {
  RunsFixture f(2, 2);
  f.Open();
  const std::string run_id = f.StartWithPlan(2);
  const auto agencies = WithPersons(2, 12);
  auto upload = [&] {
    return f.runs->BeginUpload("agency-a", f.Hash(run_id), UploadKind::kEncodings, "")
        .status()
        .code();
  };
  auto fetch = [&] {
    return f.runs->BeginFetch("agency-a", f.Hash(run_id), FetchKind::kEncodingTasks, "")
        .status()
        .code();
  };
  EXPECT_EQ(upload(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(fetch(), absl::StatusCode::kUnavailable);
  DriveBlocks(f, run_id, agencies, Phase::kEncoding);
  EXPECT_EQ(upload(), absl::StatusCode::kOk);
  EXPECT_EQ(fetch(), absl::StatusCode::kOk);
  EXPECT_EQ(f.audit.Count("encoding_tasks.disclosed"), 1);
  EXPECT_EQ(
      f.runs->BeginUpload("agency-a", f.Hash(run_id), UploadKind::kReferences, "").status().code(),
      absl::StatusCode::kUnavailable);
  DriveBlocks(f, run_id, agencies, Phase::kReferencing);
  // The same again is only compared.
  EXPECT_EQ(upload(), absl::StatusCode::kOk);
}

TEST(RunsBlocksTest, RunsWithoutBlocksTakeNone) {
  RunsFixture f(2);
  f.Open();
  f.RegisterPurpose();
  f.ConnectAll();
  const std::string hash = f.Hash(*f.Start());
  EXPECT_EQ(f.runs->BeginUpload("agency-a", hash, UploadKind::kEncodings, "").status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(f.runs->BeginFetch("agency-a", hash, FetchKind::kEncodingTasks, "").status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(RunsBlocksTest, ANodeThatStaysAwayWhileEncodingsAreAwaitedIsLost) {
  RunsFixture f(2, 2);
  f.Open();
  const std::string run_id = f.StartWithPlan(2);
  f.ConnectAll();
  const auto agencies = WithPersons(2, 12);
  DriveBlocks(f, run_id, agencies, Phase::kEncoding);
  ASSERT_TRUE(testing::HandEncodings(f, agencies[1], f.Hash(run_id)).ok());
  // agency-b has handed in and may go; agency-a may not.
  f.guards.pop_back();
  f.clock.Advance(f.options.node_absence + absl::Seconds(1));
  f.runs->Tick();
  EXPECT_EQ(f.Status(run_id).phase, Phase::kEncoding);
  f.guards.pop_back();
  f.clock.Advance(f.options.node_absence + absl::Seconds(1));
  f.runs->Tick();
  EXPECT_EQ(f.Status(run_id).phase, Phase::kFailed);
  EXPECT_NE(f.Status(run_id).reason.find("agency-a"), std::string::npos);
}

}  // namespace
}  // namespace raakvlak::matcher
