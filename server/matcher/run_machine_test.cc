// Every event in every status that a run can reach: accepted ones keep the invariants, illegal ones
// are refused and change nothing.
#include "server/matcher/run_machine.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <set>
#include <tuple>

namespace raakvlak::matcher {
namespace {

auto Key(const RunStatus& s) {
  return std::make_tuple(s.phase, s.attempt, s.agencies, s.tags_in, s.records_in, s.encodings_in,
                         s.references_in, s.links_blocks, s.reason, s.erased);
}

std::vector<Event> AllEvents() {
  std::vector<Event> events = {Intersected{},      Paired{},   Matched{},           ReportBuilt{},
                               WorkFailed{"disk"}, TimedOut{}, Cancelled{"enough"}, Erased{}};
  for (int agency : {-1, 0, 1, 2, 3, 31, 32}) {
    for (int type : {-1, 0, 1, 2}) events.push_back(TagsUploaded{agency, type});
    events.push_back(RecordsUploaded{agency});
    events.push_back(EncodingsUploaded{agency});
    events.push_back(ReferencesReported{agency});
    events.push_back(AgencyLost{agency, "down"});
  }
  return events;
}

// `to` is not an earlier attempt or phase than `from`.
bool TimeRunsOneWay(const RunStatus& from, const RunStatus& to) {
  return to.attempt > from.attempt ||
         (to.attempt == from.attempt && !ComesBefore(to.phase, from.phase));
}

void Explore(const RunRules& rules, bool links_blocks, std::size_t* visited,
             std::set<Phase>* phases) {
  const std::vector<Event> events = AllEvents();
  std::map<decltype(Key(RunStatus{})), RunStatus> seen;
  std::deque<RunStatus> queue = {NewRun(3, 2, links_blocks)};
  seen.emplace(Key(queue.front()), queue.front());
  while (!queue.empty()) {
    const RunStatus status = queue.front();
    queue.pop_front();
    phases->insert(status.phase);
    for (const Event& event : events) {
      const absl::StatusOr<Transition> t = Apply(status, rules, event);
      if (!t.ok()) {
        EXPECT_TRUE(t.status().code() == absl::StatusCode::kFailedPrecondition ||
                    t.status().code() == absl::StatusCode::kAlreadyExists ||
                    t.status().code() == absl::StatusCode::kInvalidArgument);
        EXPECT_FALSE(t.status().message().empty());
        continue;
      }
      // Time runs one way; an ended run only gets erased; reasons stand with early ends only.
      EXPECT_TRUE(TimeRunsOneWay(status, t->status));
      EXPECT_NE(Key(t->status), Key(status));
      if (HasEnded(status.phase)) {
        EXPECT_TRUE(std::holds_alternative<Erased>(event));
        RunStatus erased = status;
        erased.erased = true;
        EXPECT_EQ(t->status, erased);
      }
      EXPECT_EQ(t->status.reason.empty(),
                t->status.phase != Phase::kFailed && t->status.phase != Phase::kCancelled);
      EXPECT_EQ(t->announce,
                t->status.phase != status.phase || t->status.attempt != status.attempt);
      // Work is asked for exactly when it newly pends.
      if (t->work) {
        EXPECT_EQ(t->work, PendingWork(t->status));
      } else {
        EXPECT_TRUE(!PendingWork(t->status) || PendingWork(t->status) == PendingWork(status));
      }
      if (t->dropped_agency) {
        EXPECT_TRUE(rules.allow_smaller_attempts);
        EXPECT_GE(t->status.agencies, std::max(2, rules.threshold));
        EXPECT_EQ(t->status.attempt, status.attempt + 1);
        RunStatus fresh = NewRun(status.agencies - 1, 2, links_blocks);
        fresh.attempt = status.attempt + 1;
        EXPECT_EQ(t->status, fresh);
      }
      if (seen.emplace(Key(t->status), t->status).second) queue.push_back(t->status);
    }
  }
  *visited = seen.size();
}

TEST(RunMachineTest, EveryEventInEveryReachableStatus) {
  for (const RunRules& rules : {RunRules{2, true}, RunRules{3, true}, RunRules{2, false}}) {
    std::size_t visited = 0;
    std::set<Phase> phases;
    Explore(rules, /*links_blocks=*/false, &visited, &phases);
    EXPECT_EQ(phases.size(), 8U);
    EXPECT_GT(visited, 80U);
    phases.clear();
    Explore(rules, /*links_blocks=*/true, &visited, &phases);
    EXPECT_EQ(phases.size(), 10U);
    EXPECT_GT(visited, 90U);
  }
}

class Walk {
 public:
  explicit Walk(bool links_blocks = false) : status(NewRun(2, 1, links_blocks)) {}
  Transition Do(const Event& event) {
    absl::StatusOr<Transition> t = Apply(status, RunRules{}, event);
    EXPECT_TRUE(t.ok()) << t.status();
    if (t.ok()) status = t->status;
    return t.ok() ? *t : Transition{};
  }
  absl::Status Try(const Event& event) { return Apply(status, RunRules{}, event).status(); }
  RunStatus status;
};

TEST(RunMachineTest, AWholeRun) {
  Walk walk;
  EXPECT_FALSE(walk.Do(TagsUploaded{0, 0}).announce);
  EXPECT_EQ(walk.Try(TagsUploaded{0, 0}).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(walk.Try(RecordsUploaded{0}).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(walk.Do(TagsUploaded{1, 0}).work, Work::kIntersect);
  EXPECT_EQ(walk.status.phase, Phase::kIntersecting);
  EXPECT_EQ(walk.Do(Intersected{}).work, std::nullopt);
  walk.Do(RecordsUploaded{1});
  EXPECT_EQ(walk.Do(RecordsUploaded{0}).work, Work::kMatch);
  EXPECT_EQ(walk.Try(Intersected{}).code(), absl::StatusCode::kFailedPrecondition);
  walk.Do(Matched{});
  EXPECT_EQ(walk.Try(ReportBuilt{}).code(), absl::StatusCode::kFailedPrecondition);
  walk.Do(ReferencesReported{0});
  EXPECT_EQ(walk.Do(ReferencesReported{1}).work, Work::kBuildReport);
  const Transition done = walk.Do(ReportBuilt{});
  EXPECT_EQ(done.work, Work::kErase);
  EXPECT_TRUE(done.announce);
  walk.Do(Erased{});
  EXPECT_EQ(PendingWork(walk.status), std::nullopt);
  EXPECT_EQ(walk.Try(Cancelled{"late"}).code(), absl::StatusCode::kFailedPrecondition);
}

TEST(RunMachineTest, ARunThatLinksBlocksIsPairedAndEncoded) {
  Walk walk(/*links_blocks=*/true);
  walk.Do(TagsUploaded{0, 0});
  walk.Do(TagsUploaded{1, 0});
  walk.Do(Intersected{});
  walk.Do(RecordsUploaded{0});
  const Transition paired = walk.Do(RecordsUploaded{1});
  EXPECT_EQ(paired.work, Work::kPair);
  EXPECT_EQ(walk.status.phase, Phase::kPairing);
  EXPECT_EQ(walk.Try(EncodingsUploaded{0}).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(walk.Try(Matched{}).code(), absl::StatusCode::kFailedPrecondition);
  const Transition encoding = walk.Do(Paired{});
  EXPECT_EQ(encoding.work, std::nullopt);
  EXPECT_TRUE(encoding.announce);
  EXPECT_EQ(walk.status.phase, Phase::kEncoding);
  walk.Do(EncodingsUploaded{1});
  EXPECT_EQ(walk.Try(EncodingsUploaded{1}).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(walk.Do(EncodingsUploaded{0}).work, Work::kMatch);
  EXPECT_EQ(walk.status.phase, Phase::kMatching);
}

TEST(RunMachineTest, PhasesComeInTheOrderOfARun) {
  EXPECT_TRUE(ComesBefore(Phase::kConfirming, Phase::kPairing));
  EXPECT_TRUE(ComesBefore(Phase::kEncoding, Phase::kMatching));
  EXPECT_FALSE(ComesBefore(Phase::kEncoding, Phase::kConfirming));
  EXPECT_FALSE(ComesBefore(Phase::kFailed, Phase::kDone));
}

TEST(RunMachineTest, ALostAgencyEndsTheRunWhenTooFewRemain) {
  Walk walk;
  EXPECT_EQ(walk.Do(AgencyLost{1, "agency-b declined"}).work, Work::kErase);
  EXPECT_EQ(walk.status.phase, Phase::kFailed);
  EXPECT_EQ(walk.status.reason, "agency-b declined");
}

TEST(RunMachineTest, ALostAgencyLeavesASmallerAttempt) {
  Walk walk;
  walk.status = NewRun(3, 1, true);
  walk.Do(TagsUploaded{0, 0});
  const Transition smaller = walk.Do(AgencyLost{1, "down"});
  EXPECT_EQ(smaller.dropped_agency, 1);
  EXPECT_EQ(walk.status.attempt, 2U);
  EXPECT_EQ(walk.status.tags_in[0], 0U);
  EXPECT_TRUE(walk.status.links_blocks);
  walk.Do(AgencyLost{0, "down too"});
  EXPECT_EQ(walk.status.phase, Phase::kFailed);
}

}  // namespace
}  // namespace raakvlak::matcher
