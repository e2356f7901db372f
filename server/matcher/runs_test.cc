// Starting, following and ending runs; and dying at every step that leaves something behind.
#include "server/matcher/runs.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "raakvlak/v1/coordination.pb.h"
#include "server/matcher/scheduler.h"
#include "server/matcher/testing/fake_agency.h"
#include "server/matcher/testing/hand_in.h"
#include "server/matcher/testing/runs_fixture.h"

namespace raakvlak::matcher {
namespace {

using testing::Crash;
using testing::FakeAgency;
using testing::HandRecords;
using testing::HandReferences;
using testing::HandTags;
using testing::RunsFixture;

std::string Message(const absl::Status& status) { return std::string(status.message()); }

// Two agencies that share twelve accounts.
std::vector<FakeAgency> TwoAgencies() {
  std::vector<FakeAgency> agencies = {{"agency-a", {}}, {"agency-b", {}}};
  for (int i = 0; i < 12; ++i) {
    agencies[0].records.push_back({{0, i}, {1, 100 + i}});
    agencies[1].records.push_back({{0, i}, {1, 200 + i}});
  }
  return agencies;
}

FakeAgency::Shared SharedWith(std::uint32_t counterparts) {
  FakeAgency::Shared shared;
  for (int i = 0; i < 12; ++i) shared[0][testing::TagOf(0, i)] = counterparts;
  return shared;
}

// Does what is still to be done of the run, as nodes and the worker would, however far it is.
void Drive(RunsFixture& f, const std::string& run_id, const std::vector<FakeAgency>& agencies) {
  for (int round = 0; round < 20; ++round) {
    f.Work();
    const RunStatus status = f.Status(run_id);
    if (HasEnded(status.phase)) {
      f.Work();
      return;
    }
    const std::string hash = f.Hash(run_id);
    for (std::size_t i = 0; i < agencies.size(); ++i) {
      switch (f.Status(run_id).phase) {
        case Phase::kEvaluating:
          EXPECT_TRUE(HandTags(f, agencies[i], hash, 0, "iban").ok());
          EXPECT_TRUE(HandTags(f, agencies[i], hash, 1, "kvk").ok());
          break;
        case Phase::kConfirming:
          EXPECT_TRUE(HandRecords(f, agencies[i], hash, SharedWith(i == 0 ? 2 : 1)).ok());
          break;
        case Phase::kReferencing:
          EXPECT_TRUE(HandReferences(f, agencies[i], hash).ok());
          break;
        default:
          break;
      }
    }
  }
  ADD_FAILURE() << "the run does not end";
}

void ExpectDone(RunsFixture& f, const std::string& run_id) {
  const RunStatus status = f.Status(run_id);
  EXPECT_EQ(status.phase, Phase::kDone) << status.reason;
  EXPECT_TRUE(status.erased);
  EXPECT_TRUE(std::filesystem::is_empty(RunDirectory::Runs(f.dir.path())));
  ASSERT_EQ(*f.runs->OpenReport(run_id, "coordinator"), 2U);
  v1::ReportChunk header;
  v1::ReportChunk matches;
  ASSERT_TRUE(header.ParseFromString(*f.runs->ReportChunk(run_id, 0)));
  ASSERT_TRUE(matches.ParseFromString(*f.runs->ReportChunk(run_id, 1)));
  EXPECT_EQ(matches.matches_size(), 12);
  EXPECT_EQ(header.header().cells(0).count(), 12U);
  EXPECT_EQ(header.header().warnings_size(), 0);
}

TEST(RunsTest, AWholeRunLeavesTheReportAlone) {
  RunsFixture f(2);
  f.Open();
  f.RegisterPurpose();
  f.ConnectAll();
  absl::StatusOr<std::string> run_id = f.Start();
  ASSERT_TRUE(run_id.ok()) << run_id.status();
  EXPECT_EQ(*run_id, "harbour-1");
  Drive(f, *run_id, TwoAgencies());
  ExpectDone(f, *run_id);
  EXPECT_EQ(f.audit.Count("run.erased"), 1);
  EXPECT_EQ(f.audit.Count("upload.accepted"), 8);
  // Nothing of tags or handles is left in the journal.
  const auto db = common::ReadFile(f.fs, f.dir / "matcher.db", 64 << 20);
  ASSERT_TRUE(db.ok());
  const auto wal = common::ReadFile(f.fs, f.dir / "matcher.db-wal", 64 << 20);
  for (int i = 0; i < 12; ++i) {
    EXPECT_EQ(db->find(testing::TagOf(0, i)), std::string::npos);
    EXPECT_EQ(db->find(TwoAgencies()[0].Handle(static_cast<std::size_t>(i))), std::string::npos);
    if (wal.ok()) {
      EXPECT_EQ(wal->find(testing::TagOf(0, i)), std::string::npos);
    }
  }
  // The next run has the same references, first seen before.
  f.clock.Advance(absl::Hours(24));
  run_id = f.Start("again");
  ASSERT_TRUE(run_id.ok()) << run_id.status();
  EXPECT_EQ(*run_id, "harbour-2");
  Drive(f, *run_id, TwoAgencies());
  ExpectDone(f, *run_id);
  v1::ReportChunk chunk;
  ASSERT_TRUE(chunk.ParseFromString(*f.runs->ReportChunk(*run_id, 1)));
  for (const v1::ReportMatch& match : chunk.matches()) {
    EXPECT_EQ(match.last_seen() - match.first_seen(), 24 * 3600);
  }
}

TEST(RunsTest, DyingAtEveryStepLosesNothing) {
  const std::vector<FakeAgency> agencies = TwoAgencies();
  // -1: undisturbed, to count the steps.
  int steps = 0;
  for (int at = -1; at < steps; ++at) {
    for (const bool after : {false, true}) {
      RunsFixture f(2);
      f.crash.Arm(at, after);
      std::string run_id;
      int deaths = 0;
      while (true) {
        try {
          f.Open();
          f.RegisterPurpose();
          f.ConnectAll();
          absl::StatusOr<std::string> started = f.Start();
          ASSERT_TRUE(started.ok()) << started.status();
          run_id = *started;
          Drive(f, run_id, agencies);
          break;
        } catch (const Crash&) {
          ++deaths;
          f.crash.Disarm();
        }
      }
      if (at < 0) steps = f.crash.seen();
      f.crash.Disarm();
      EXPECT_EQ(deaths, at < 0 ? 0 : 1);
      SCOPED_TRACE(::testing::Message() << "step " << at << (after ? " after" : " before"));
      ExpectDone(f, run_id);
    }
  }
  EXPECT_GT(steps, 40);
}

TEST(RunsTest, StartsOnlyWhatItMay) {
  RunsFixture f(3);
  f.Open();
  EXPECT_EQ(f.Start().status().code(), absl::StatusCode::kNotFound);
  f.RegisterPurpose();
  f.Connect("agency-b");
  absl::Status status = f.Start().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(Message(status).find("agency-a, agency-c"), std::string::npos) << status;
  // Two of three are the threshold: it starts without the third and says so.
  f.Connect("agency-a");
  absl::StatusOr<std::string> run_id = f.Start();
  ASSERT_TRUE(run_id.ok()) << run_id.status();
  EXPECT_EQ(f.Status(*run_id).agencies, 2);
  EXPECT_EQ(f.runs->Get(*run_id)->row.left_out,
            (std::vector<LeftOut>{{"agency-c", 0, "it was not connected when the run started"}}));
  // The same request again is the same run; another one is refused while it goes on.
  EXPECT_EQ(*f.Start(), *run_id);
  EXPECT_EQ(f.Start("other").status().code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(f.runs->Cancel(*run_id, "coordinator", f.Key("c", "Cancel", "x")).ok());
  EXPECT_TRUE(f.runs->Cancel(*run_id, "coordinator", f.Key("c", "Cancel", "x")).ok());
  EXPECT_EQ(f.Status(*run_id).phase, Phase::kCancelled);
  // Types.
  Runs::StartCommand command{
      .purpose_id = "harbour", .types = {"bsn"}, .started_by = "x", .actor = "x", .key = {}};
  EXPECT_EQ(f.runs->Start(command).status().code(), absl::StatusCode::kInvalidArgument);
  command.types = {"kvk"};
  run_id = f.runs->Start(command);
  ASSERT_TRUE(run_id.ok()) << run_id.status();
  EXPECT_EQ(f.Status(*run_id).tags_in.size(), 1U);
  ASSERT_TRUE(f.runs->Cancel(*run_id, "coordinator", f.Key("c", "Cancel", "y")).ok());
  // An epoch of its own.
  f.Connect("agency-c", {2, "test-1"});
  EXPECT_EQ(f.Start("epoch").status().code(), absl::StatusCode::kFailedPrecondition);
  // A purpose that has expired.
  f.clock.SetNow(absl::FromUnixSeconds(authority::testing::Sample::kNotAfter + 1));
  EXPECT_EQ(f.Start("late").status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(RunsTest, WithoutSmallerAttemptsAllNodesMustBeThere) {
  RunsFixture f(3);
  f.options.allow_smaller_attempts = false;
  f.Open();
  f.RegisterPurpose();
  f.Connect("agency-a");
  f.Connect("agency-b");
  EXPECT_EQ(f.Start().status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(RunsTest, ASmallerAttemptFollowsADecline) {
  RunsFixture f(3);
  f.Open();
  f.RegisterPurpose();
  f.ConnectAll();
  absl::StatusOr<std::string> run_id = f.Start();
  ASSERT_TRUE(run_id.ok()) << run_id.status();
  const std::string first = f.Hash(*run_id);
  std::uint64_t version = 0;
  ASSERT_EQ(f.runs->WaitForOffers("agency-c", &version, absl::ZeroDuration()).size(), 1U);
  // agency-a cannot reach agency-c.
  ASSERT_TRUE(
      f.runs->Decline("agency-a", first, "down", "agency-c", f.Key("a", "Decline", "1")).ok());
  EXPECT_EQ(f.Status(*run_id).attempt, 2U);
  EXPECT_EQ(f.Status(*run_id).agencies, 2);
  EXPECT_NE(f.Hash(*run_id), first);
  // Coordinators see who is left out while the run still goes on.
  const std::vector<LeftOut> left_out = {
      {"agency-c", 1, "agency-a cannot go on with agency-c: down"}};
  EXPECT_EQ(f.runs->Get(*run_id)->row.left_out, left_out);
  // The one left out is told, and has no part in the new attempt.
  const auto offers = f.runs->WaitForOffers("agency-c", &version, absl::ZeroDuration());
  ASSERT_EQ(offers.size(), 1U);
  EXPECT_EQ(offers[0].phase, Phase::kFailed);
  EXPECT_EQ(f.runs->Decline("agency-c", first, "late", "", f.Key("c", "Decline", "1")).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(
      f.runs->BeginUpload("agency-c", f.Hash(*run_id), UploadKind::kTags, "iban").status().code(),
      absl::StatusCode::kPermissionDenied);
  // The others see the old attempt fail and the new one offered, in this order.
  std::uint64_t other = 0;
  const auto both = f.runs->WaitForOffers("agency-b", &other, absl::ZeroDuration());
  ASSERT_EQ(both.size(), 2U);
  EXPECT_EQ(both[0].phase, Phase::kFailed);
  EXPECT_EQ(both[1].phase, Phase::kEvaluating);
  Drive(f, *run_id, TwoAgencies());
  EXPECT_EQ(f.Status(*run_id).phase, Phase::kDone);
  v1::ReportChunk header;
  ASSERT_TRUE(header.ParseFromString(*f.runs->ReportChunk(*run_id, 0)));
  ASSERT_EQ(header.header().warnings_size(), 1);
  EXPECT_EQ(header.header().warnings(0), Describe(left_out[0]));
  EXPECT_EQ(header.header().parties_size(), 2);
  EXPECT_TRUE(std::filesystem::is_empty(RunDirectory::Runs(f.dir.path())));
}

TEST(RunsTest, TimeoutsAndAbsences) {
  RunsFixture f(2);
  f.Open();
  f.RegisterPurpose();
  f.ConnectAll();
  absl::StatusOr<std::string> run_id = f.Start();
  ASSERT_TRUE(run_id.ok());
  f.runs->Tick();
  EXPECT_EQ(f.Status(*run_id).phase, Phase::kEvaluating);
  f.clock.Advance(f.options.run_timeout + absl::Seconds(1));
  f.runs->Tick();
  EXPECT_EQ(f.Status(*run_id).phase, Phase::kFailed);
  EXPECT_NE(f.Status(*run_id).reason.find("in time"), std::string::npos);
  f.Work();
  EXPECT_TRUE(f.Status(*run_id).erased);

  run_id = f.Start("second");
  ASSERT_TRUE(run_id.ok());
  f.guards.pop_back();
  f.clock.Advance(f.options.node_absence);
  f.runs->Tick();
  EXPECT_EQ(f.Status(*run_id).phase, Phase::kEvaluating);
  f.clock.Advance(absl::Seconds(1));
  f.runs->Tick();
  EXPECT_EQ(f.Status(*run_id).phase, Phase::kFailed);
  EXPECT_NE(f.Status(*run_id).reason.find("agency-b"), std::string::npos);
}

TEST(RunsTest, NothingHappensThatCannotBeLogged) {
  RunsFixture f(2);
  f.Open();
  f.RegisterPurpose();
  f.ConnectAll();
  f.audit.broken = true;
  EXPECT_FALSE(f.Start().ok());
  EXPECT_TRUE(f.runs->List(10)->empty());
  f.audit.broken = false;
  absl::StatusOr<std::string> run_id = f.Start();
  ASSERT_TRUE(run_id.ok());
  f.audit.broken = true;
  EXPECT_FALSE(HandTags(f, TwoAgencies()[0], f.Hash(*run_id), 0, "iban").ok());
  EXPECT_EQ(f.Status(*run_id).tags_in[0], 0U);
  f.audit.broken = false;
  EXPECT_TRUE(HandTags(f, TwoAgencies()[0], f.Hash(*run_id), 0, "iban").ok());
}

TEST(RunsTest, TheSameUploadAgainIsFineAnotherIsNot) {
  RunsFixture f(2);
  f.Open();
  f.RegisterPurpose();
  f.ConnectAll();
  const std::string hash = f.Hash(*f.Start());
  const auto agencies = TwoAgencies();
  ASSERT_TRUE(HandTags(f, agencies[0], hash, 0, "iban").ok());
  auto again = [&](const std::string& tags, const std::string& request) -> absl::Status {
    auto ticket = f.runs->BeginUpload("agency-a", hash, UploadKind::kTags, "iban");
    if (!ticket.ok()) return ticket.status();
    EXPECT_TRUE((*ticket)->repeat);
    // While one is going on, the same is not begun a second time.
    EXPECT_EQ(f.runs->BeginUpload("agency-a", hash, UploadKind::kTags, "iban").status().code(),
              absl::StatusCode::kAborted);
    auto upload = TagUpload::Create(f.fs, (*ticket)->staging_path, tags.size() / 16, 1000);
    if (absl::Status s = (*upload)->Add(tags); !s.ok()) return s;
    return f.runs->CompleteUpload(**ticket, *(*upload)->Finish(), {},
                                  f.Key("agency-a", "upload", request), "");
  };
  const std::string tags = agencies[0].TagSet(0);
  EXPECT_TRUE(again(tags, "x").ok());
  EXPECT_EQ(again(tags.substr(16), "y").code(), absl::StatusCode::kAlreadyExists);
  // What was taken in first stands.
  auto reader =
      common::SortedFileReader::Open(f.fs, RunDirectory(f.dir.path(), "harbour-1", 1).Tags(0, 0));
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ((*reader)->count(), 12U);
}

TEST(RunsTest, WrongPhaseWrongTypeWrongRun) {
  RunsFixture f(2);
  f.Open();
  f.RegisterPurpose();
  f.ConnectAll();
  const std::string hash = f.Hash(*f.Start());
  auto code = [&](UploadKind kind, const std::string& type, const std::string& h) {
    return f.runs->BeginUpload("agency-a", h, kind, type).status().code();
  };
  EXPECT_EQ(code(UploadKind::kRecords, "", hash), absl::StatusCode::kUnavailable);
  EXPECT_EQ(code(UploadKind::kReferences, "", hash), absl::StatusCode::kUnavailable);
  EXPECT_EQ(code(UploadKind::kTags, "bsn", hash), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(UploadKind::kTags, "iban", std::string(64, 'x')), absl::StatusCode::kNotFound);
  EXPECT_EQ(f.runs->BeginFetch("agency-a", hash, FetchKind::kOverlap, "iban").status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(f.runs->OpenReport("harbour-1", "c").status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(f.runs->OpenReport("harbour-9", "c").status().code(), absl::StatusCode::kNotFound);
}

TEST(RunsTest, ErasingWaitsForReadersAndCancelStopsUploads) {
  RunsFixture f(2);
  f.Open();
  f.RegisterPurpose();
  f.ConnectAll();
  const std::string hash = f.Hash(*f.Start());
  auto ticket = f.runs->BeginUpload("agency-a", hash, UploadKind::kTags, "iban");
  ASSERT_TRUE(ticket.ok());
  EXPECT_TRUE(f.runs->StillOpen(**ticket).ok());
  ASSERT_TRUE(f.runs->Cancel("harbour-1", "c", f.Key("c", "Cancel", "x")).ok());
  EXPECT_FALSE(f.runs->StillOpen(**ticket).ok());
  f.Work();
  EXPECT_FALSE(f.Status("harbour-1").erased);
  ticket->reset();
  f.Work();
  EXPECT_TRUE(f.Status("harbour-1").erased);
}

TEST(RunsTest, ProgressShowsNoFiguresOnceRecordsAreCompared) {
  RunsFixture f(2);
  f.Open();
  f.RegisterPurpose();
  f.ConnectAll();
  const std::string hash = f.Hash(*f.Start());
  ASSERT_TRUE(f.runs->SetProgress("agency-a", hash, {"evaluating", 5, 12}).ok());
  EXPECT_EQ(f.runs->Get("harbour-1")->progress[0].second.total, 12U);
  for (const FakeAgency& agency : TwoAgencies()) {
    ASSERT_TRUE(HandTags(f, agency, hash, 0, "iban").ok());
    ASSERT_TRUE(HandTags(f, agency, hash, 1, "kvk").ok());
  }
  f.Work();
  ASSERT_EQ(f.Status("harbour-1").phase, Phase::kConfirming);
  ASSERT_TRUE(f.runs->SetProgress("agency-a", hash, {"confirming", 3, 3}).ok());
  EXPECT_EQ(f.runs->Get("harbour-1")->progress[0].second.total, 0U);
  EXPECT_EQ(f.runs->Get("harbour-1")->progress[0].second.stage, "confirming");
}

TEST(RunsTest, LeftOversAreErasedAtTheStart) {
  RunsFixture f(2);
  f.Open();
  const std::string root = RunDirectory::Runs(f.dir.path());
  ASSERT_TRUE(f.fs.MakePrivateDirectory(root + "/gone-7/1").ok());
  ASSERT_TRUE(common::WriteFileAtomic(f.fs, root + "/gone-7/1/tags-0-0", "tags").ok());
  f.Open();
  EXPECT_TRUE(std::filesystem::is_empty(root));
  EXPECT_EQ(f.audit.Count("run.leftovers.erased"), 1);
}

TEST(RunsTest, PurposesExpireWithTheirReports) {
  RunsFixture f(2);
  f.Open();
  f.RegisterPurpose();
  f.ConnectAll();
  const std::string run_id = *f.Start();
  Drive(f, run_id, TwoAgencies());
  ExpectDone(f, run_id);
  f.clock.SetNow(absl::FromUnixSeconds(authority::testing::Sample::kNotAfter + 1));
  f.runs->Tick();
  EXPECT_EQ(f.runs->OpenReport(run_id, "c").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(f.audit.Count("purpose.expired.erased"), 1);
}

TEST(RunsTest, PurposesMustBeSignedAndGrow) {
  RunsFixture f(2);
  f.Open();
  v1::SignedDocument unsigned_one = f.sample.SignedPurpose();
  unsigned_one.mutable_signatures()->RemoveLast();
  EXPECT_FALSE(f.runs->RegisterPurpose(unsigned_one, "c", f.Key("c", "R", "1")).ok());
  EXPECT_EQ(f.audit.Count("purpose.refused"), 1);
  EXPECT_TRUE(f.purposes->All().empty());
  f.RegisterPurpose();
  f.sample.purpose.set_title("Another text");
  EXPECT_EQ(f.runs->RegisterPurpose(f.sample.SignedPurpose(), "c", f.Key("c", "R", "2")).code(),
            absl::StatusCode::kAlreadyExists);
  f.sample.purpose.set_version(2);
  EXPECT_TRUE(f.runs->RegisterPurpose(f.sample.SignedPurpose(), "c", f.Key("c", "R", "3")).ok());
  f.sample.purpose.set_version(1);
  EXPECT_FALSE(f.runs->RegisterPurpose(f.sample.SignedPurpose(), "c", f.Key("c", "R", "4")).ok());
  f.Open();
  ASSERT_EQ(f.purposes->All().size(), 1U);
  EXPECT_EQ(f.purposes->All()[0]->body().version(), 2U);
}

TEST(SchedulerTest, StartsNightlyRunsOnceAndMakesUpForAMissedOne) {
  RunsFixture f(2);
  f.Open();
  f.RegisterPurpose();
  f.ConnectAll();
  const auto entry = MakeScheduleEntry("harbour", "02:30", {}, "Europe/Amsterdam", absl::Hours(4));
  ASSERT_TRUE(entry.ok());
  auto scheduler = std::make_unique<Scheduler>(std::vector<ScheduleEntry>{*entry}, *f.runs,
                                               *f.journal, f.audit, f.clock);
  scheduler->Tick();
  EXPECT_TRUE(f.runs->List(10)->empty());
  f.clock.SetNow(NextStart(*entry, f.clock.Now()));
  scheduler->Tick();
  scheduler->Tick();
  ASSERT_EQ(f.runs->List(10)->size(), 1U);
  EXPECT_EQ(f.runs->List(10)->front().row.started_by, "schedule");
  ASSERT_TRUE(f.runs->Cancel("harbour-1", "c", f.Key("c", "Cancel", "x")).ok());
  f.clock.Advance(absl::Minutes(5));
  scheduler->Tick();
  EXPECT_EQ(f.runs->List(10)->size(), 1U);
  // Down over the next start, and back within the window: started once.
  scheduler.reset();
  f.clock.SetNow(NextStart(*entry, f.clock.Now()) + absl::Hours(1));
  f.Open();
  scheduler = std::make_unique<Scheduler>(std::vector<ScheduleEntry>{*entry}, *f.runs, *f.journal,
                                          f.audit, f.clock);
  scheduler->Tick();
  EXPECT_EQ(f.runs->List(10)->size(), 1U) << "no node is connected yet";
  f.ConnectAll();
  f.clock.Advance(absl::Seconds(31));
  scheduler->Tick();
  EXPECT_EQ(f.runs->List(10)->size(), 2U);
}

}  // namespace
}  // namespace raakvlak::matcher
