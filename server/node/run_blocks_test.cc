// Whole runs that link blocks: three real nodes over mutual TLS and a matcher that compares and
// scores as the real one does, and can ask for what it should not.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "linkage/fuzzy/testing/people.h"
#include "server/common/fs.h"
#include "server/node/testing/cluster.h"

namespace raakvlak::node {
namespace {

using linkage::testing::PeopleMaker;
using linkage::testing::Person;
using testing::Cluster;

constexpr char kSchema[] =
    "record_id = \"id\"\n[columns]\nkvk = \"kvk\"\n[compare]\nvoornaam = \"given_name\"\n"
    "achternaam = \"surname\"\ngeboren = \"date\"\ntelefoon = \"phone\"\n";

std::string Line(const std::string& id, const Person& person, const std::string& kvk = "") {
  return absl::StrCat(id, ",", kvk, ",", person.given_name, ",", person.surname, ",",
                      person.birth_date, ",", person.phone, "\n");
}

// a and b know 40 people both, as damaged as agencies write them down; "A-n" is "B-n". 200 more at
// each of the two and 60 at c are nobody else's. a has one person twice, as "A-0" and "A-twice".
class RunBlocksTest : public ::testing::Test {
 protected:
  static constexpr int kCommon = 40;

  void Prepare() {
    grpc::Status status = cluster_.Ceremony(0);
    ASSERT_TRUE(status.ok()) << status.error_message();
    PeopleMaker people(7);
    std::string csv[3];
    for (std::string& text : csv) text = "id,kvk,voornaam,achternaam,geboren,telefoon\n";
    for (int i = 0; i < kCommon; ++i) {
      const Person person = people.Make();
      csv[0] += Line(absl::StrCat("A-", i), person);
      csv[1] += Line(absl::StrCat("B-", i), people.Damaged(person, 0.1, 0.05));
      if (i == 0) csv[0] += Line("A-twice", person);
      if (i == 1) planted_surname_ = person.surname;
    }
    for (int i = 0; i < 200; ++i) {
      csv[0] += Line(absl::StrCat("onlyA-", i), people.Make());
      csv[1] += Line(absl::StrCat("onlyB-", i), people.Make());
    }
    for (int i = 0; i < 60; ++i) csv[2] += Line(absl::StrCat("onlyC-", i), people.Make());
    for (int node = 0; node < 3; ++node) {
      status = cluster_.Submit(node, csv[node], kSchema);
      ASSERT_TRUE(status.ok()) << status.error_message();
    }
    cluster_.matcher().OfferPurpose(cluster_.purpose());
    for (int i = 0; i < 600; ++i) {
      const std::vector<v1::PlanOffer> plans = cluster_.matcher().PlansOf("agency-a");
      if (!plans.empty() && !plans[0].pending()) {
        ASSERT_GT(plans[0].plan().keys_size(), 0);
        cluster_.SetPlan(plans[0].plan());
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    FAIL() << "agency-a announces no plan";
  }
  void WaitUntilTidy(const std::string& run) {
    for (int node = 0; node < 3; ++node) {
      for (int i = 0; i < 100 && cluster_.node(node).driver().Where(run).has_value(); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
      }
    }
  }
  std::string RunToItsEnd() {
    std::string run = cluster_.StartRun();
    EXPECT_EQ(cluster_.matcher().WaitForEnd(run, 60), v1::RUN_STATE_DONE)
        << cluster_.matcher().Reason(run);
    WaitUntilTidy(run);
    return run;
  }
  // By own record id; of a it is enough to know the number to know whom it should have met.
  std::map<std::string, v1::StewardMatch> ByRecord(int node) {
    std::map<std::string, v1::StewardMatch> out;
    for (v1::StewardMatch& match : cluster_.Matches(node)) out[match.record_id()] = match;
    return out;
  }
  std::vector<v1::ReviewItem> Reviews(int node, bool all) {
    grpc::ClientContext context;
    v1::ListReviewsRequest request;
    request.set_include_decided(all);
    auto reader = cluster_.steward(node).ListReviews(&context, request);
    std::vector<v1::ReviewItem> items;
    v1::ReviewChunk chunk;
    while (reader->Read(&chunk)) {
      items.insert(items.end(), chunk.items().begin(), chunk.items().end());
    }
    grpc::Status status = reader->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    return items;
  }
  grpc::Status Decide(int node, const v1::StewardMatch& match, v1::ReviewDecision decision,
                      const std::string& request_id = "a request id of 24") {
    grpc::ClientContext context;
    v1::DecideReviewRequest request;
    request.set_request_id(request_id);
    request.set_reference(match.reference());
    request.set_record_id(match.record_id());
    request.set_decision(decision);
    v1::DecideReviewResponse response;
    return cluster_.steward(node).DecideReview(&context, request, &response);
  }

  Cluster cluster_{{"kvk"}, 256, 6};
  std::string planted_surname_;
};

TEST_F(RunBlocksTest, FindsDamagedNamesAndLetsStewardsJudgeThem) {
  Prepare();
  const std::string run = RunToItsEnd();
  const auto a = ByRecord(0);
  const auto b = ByRecord(1);
  std::size_t right = 0;
  for (const auto& [record, match] : a) {
    EXPECT_EQ(match.counterpart(), "agency-b") << record;
    EXPECT_NE(match.strength(), v1::MATCH_STRENGTH_HARD) << "no number agreed";
    EXPECT_EQ(match.agreed_types_size(), 0) << "a block is no agreement";
    ASSERT_EQ(match.agreement_size(), 4);
    EXPECT_EQ(match.agreement(1).field(), "surname");
    const std::string number = record == "A-twice" ? "0" : record.substr(record.find('-') + 1);
    const auto counterpart = b.find("B-" + number);
    if (counterpart == b.end()) continue;
    EXPECT_EQ(counterpart->second.reference(), match.reference()) << record;
    ++right;
  }
  EXPECT_GE(right, 25U) << "of " << kCommon;
  EXPECT_LE(a.size() - right, 1U) << "wrong matches";
  const auto state = cluster_.matcher().run(run);
  for (const auto& [pair, sides] : state.references) {
    ASSERT_EQ(sides.size(), 2U);
    EXPECT_TRUE(sides.begin()->second.accepted() && sides.rbegin()->second.accepted());
    EXPECT_EQ(sides.begin()->second.reference(), sides.rbegin()->second.reference());
    EXPECT_EQ(sides.begin()->second.decision(), v1::REVIEW_DECISION_UNSPECIFIED);
  }
  EXPECT_EQ(state.exposures.at("agency-a").records(), 241U);
  EXPECT_LT(state.exposures.at("agency-a").exposed(), 40U);
  // Nobody hands in what shares no block, and nothing of what goes up is a value.
  EXPECT_LT(state.records.at("agency-a").size(), 100U);
  EXPECT_EQ(cluster_.matcher().received().find(planted_surname_), std::string::npos);

  // A steward judges one of them.
  // Not the one that stands twice: which of the two is matched is a matter of chance.
  const auto beyond_doubt = std::find_if(a.begin(), a.end(), [](const auto& entry) {
    return entry.first != "A-0" && entry.first != "A-twice" &&
           entry.second.strength() == v1::MATCH_STRENGTH_STRONG;
  });
  ASSERT_NE(beyond_doubt, a.end());
  const v1::StewardMatch judged = beyond_doubt->second;
  ASSERT_TRUE(Decide(0, judged, v1::REVIEW_DECISION_NO_MATCH).ok());
  ASSERT_TRUE(Decide(0, judged, v1::REVIEW_DECISION_NO_MATCH).ok()) << "a retry";
  EXPECT_EQ(Decide(0, judged, v1::REVIEW_DECISION_MATCH).error_code(),
            grpc::StatusCode::ALREADY_EXISTS);
  v1::StewardMatch unknown = judged;
  unknown.set_record_id("nobody");
  EXPECT_EQ(Decide(0, unknown, v1::REVIEW_DECISION_MATCH, "another request id").error_code(),
            grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ByRecord(0).at(judged.record_id()).decision(), v1::REVIEW_DECISION_NO_MATCH);
  bool listed = false;
  for (const v1::ReviewItem& item : Reviews(0, /*all=*/true)) {
    ASSERT_EQ(item.own_values_size(), 4);
    EXPECT_EQ(item.own_values(1).field(), "surname");
    EXPECT_FALSE(item.own_values(1).value().empty());
    listed = listed || item.match().record_id() == judged.record_id();
  }
  EXPECT_TRUE(listed);
  for (const v1::ReviewItem& item : Reviews(0, /*all=*/false)) {
    EXPECT_EQ(item.match().strength(), v1::MATCH_STRENGTH_POSSIBLE);
    EXPECT_NE(item.match().record_id(), judged.record_id());
  }
  grpc::ClientContext context;
  v1::ReviewStatistics statistics;
  ASSERT_TRUE(cluster_.steward(0).GetReviewStatistics(&context, {}, &statistics).ok());
  ASSERT_EQ(statistics.rules_size(), 1);
  EXPECT_EQ(statistics.rules(0).no_matches(), 1U);
  EXPECT_EQ(statistics.rules(0).strength(), judged.strength());
  EXPECT_NE(statistics.rules(0).rule().find("surname: "), std::string::npos);
  common::PosixFileSystem fs;
  auto audit = common::ReadFile(fs, cluster_.data_directory(0) + "/audit.log", 64 << 20);
  ASSERT_TRUE(audit.ok());
  EXPECT_NE(audit->find("review.decided"), std::string::npos);
  EXPECT_EQ(audit->find("\"" + judged.record_id() + "\""), std::string::npos);

  // The next run reports the judgement with the same reference.
  const auto next = cluster_.matcher().run(RunToItsEnd());
  std::set<std::string> refused;
  for (const auto& [pair, sides] : next.references) {
    EXPECT_EQ(sides.at("agency-b").decision(), v1::REVIEW_DECISION_UNSPECIFIED);
    if (sides.at("agency-a").decision() == v1::REVIEW_DECISION_NO_MATCH) {
      refused.insert(sides.at("agency-a").reference());
    }
  }
  EXPECT_EQ(refused, std::set<std::string>{judged.reference()});
}

TEST_F(RunBlocksTest, ShowsItsStewardWhoStandsTwiceInTheFile) {
  Prepare();
  const std::string before = cluster_.matcher().received();
  auto duplicates = [&](const std::string& purpose, std::vector<v1::DuplicateGroup>* groups) {
    grpc::ClientContext context;
    v1::ListDuplicatesRequest request;
    request.set_purpose_id(purpose);
    auto reader = cluster_.steward(0).ListDuplicates(&context, request);
    v1::DuplicateChunk chunk;
    while (reader->Read(&chunk)) {
      groups->insert(groups->end(), chunk.groups().begin(), chunk.groups().end());
    }
    return reader->Finish();
  };
  std::vector<v1::DuplicateGroup> groups;
  grpc::Status status = duplicates("harbour", &groups);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(groups.size(), 1U);
  ASSERT_EQ(groups[0].record_ids_size(), 2);
  EXPECT_EQ(groups[0].record_ids(0), "A-0");
  EXPECT_EQ(groups[0].record_ids(1), "A-twice");
  ASSERT_EQ(groups[0].agreement_size(), 4);
  EXPECT_EQ(groups[0].agreement(1).level(), v1::AGREEMENT_LEVEL_EXACT);
  EXPECT_FALSE(groups[0].disputed());
  EXPECT_FALSE(groups[0].chained());
  EXPECT_EQ(cluster_.matcher().received(), before) << "something of it left the node";
  EXPECT_EQ(duplicates("no-such-purpose", &groups).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(RunBlocksTest, ATaskThatWasNotToBeNamesTheMatcherAndNothingIsEncoded) {
  Prepare();
  // One record of b in a block that it is not in: some other record's.
  cluster_.matcher().ask = [](const std::string& agency, std::vector<v1::EncodingTask>& tasks) {
    if (agency != "agency-b") return;
    for (std::size_t i = 1; i < tasks.size(); ++i) {
      if (tasks[i].tag() == tasks[0].tag() || tasks[i].handle() == tasks[0].handle()) continue;
      tasks[0].set_handle(tasks[i].handle());
      return;
    }
  };
  const std::string run = cluster_.StartRun();
  ASSERT_EQ(cluster_.matcher().WaitForEnd(run, 60), v1::RUN_STATE_FAILED);
  const std::string reason = cluster_.matcher().Reason(run);
  EXPECT_NE(reason.find("agency-b"), std::string::npos) << reason;
  EXPECT_NE(reason.find("matcher: it asked for an encoding"), std::string::npos) << reason;
  EXPECT_FALSE(cluster_.matcher().run(run).encoding_uploads.contains("agency-b"));
  common::PosixFileSystem fs;
  auto audit = common::ReadFile(fs, cluster_.data_directory(1) + "/audit.log", 64 << 20);
  ASSERT_TRUE(audit.ok());
  EXPECT_NE(audit->find("encodings.refused"), std::string::npos);
}

TEST_F(RunBlocksTest, SurvivesANodeThatIsEndedWhileItEncodesAndSendsTheSameAgain) {
  Prepare();
  for (const char* step : {"FetchEncodingTasks", "UploadEncodings"}) {
    SCOPED_TRACE(step);
    std::atomic<bool> struck{false};
    cluster_.matcher().before = [&](const std::string& call, const std::string& agency) {
      if (call != step || agency != "agency-b" || struck.exchange(true)) return grpc::Status::OK;
      return grpc::Status(grpc::StatusCode::UNAVAILABLE, "struck");
    };
    const std::string run = cluster_.StartRun();
    for (int i = 0; i < 600 && !struck; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    ASSERT_TRUE(struck);
    cluster_.StopNode(1);
    absl::Status started = cluster_.StartNode(1);
    ASSERT_TRUE(started.ok()) << started;
    ASSERT_EQ(cluster_.matcher().WaitForEnd(run, 60), v1::RUN_STATE_DONE)
        << cluster_.matcher().Reason(run);
    WaitUntilTidy(run);
    const auto uploads = cluster_.matcher().run(run).encoding_uploads.at("agency-b");
    EXPECT_EQ(uploads.size(), std::string(step) == "UploadEncodings" ? 2U : 1U);
    for (const std::string& upload : uploads) EXPECT_EQ(upload, uploads.front());
  }
}

}  // namespace
}  // namespace raakvlak::node
