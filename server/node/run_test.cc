// Whole runs of three real nodes over mutual TLS, with a matcher that can lie and fail.
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "crypto/base/bytes.h"
#include "server/common/fs.h"
#include "server/node/testing/cluster.h"

namespace raakvlak::node {
namespace {

using testing::Cluster;

constexpr char kSchema[] = "record_id = \"id\"\n[columns]\nkvk = \"kvk\"\n";

struct Row {
  std::string id;
  std::string kvk;
};
std::string Csv(const std::vector<Row>& rows) {
  std::string csv = "id,kvk\n";
  for (const Row& row : rows) absl::StrAppend(&csv, row.id, ",", row.kvk, "\n");
  return csv;
}
// Numbers that only one agency has, so that there is something to leave out.
std::vector<Row> Own(int agency, int count) {
  std::vector<Row> rows;
  rows.reserve(count);
  for (int i = 0; i < count; ++i) {
    rows.push_back({absl::StrFormat("own%d-%04d", agency, i),
                    absl::StrFormat("%08d", 10'000'000 * (agency + 1) + i)});
  }
  return rows;
}

// What everything writes to the log in this test program.
class LogCapture {
 public:
  LogCapture() {
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(text_);
    before_ = spdlog::default_logger();
    auto logger = std::make_shared<spdlog::logger>("test", sink);
    logger->set_level(spdlog::level::trace);
    spdlog::set_default_logger(logger);
  }
  ~LogCapture() { spdlog::set_default_logger(before_); }
  std::string text() {
    spdlog::default_logger()->flush();
    return text_.str();
  }

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> before_;
};

// 91000001 at a and b, 91000002 at all three (twice at c), 91000003 at b and c.
class RunTest : public ::testing::Test {
 protected:
  void SubmitAll() {
    std::vector<Row> a = Own(0, 300), b = Own(1, 200), c = Own(2, 100);
    a.insert(a.end(), {{"A1", "91000001"}, {"A2", "9100.0002"}});
    b.insert(b.end(), {{"B1", "91000001"}, {"B2", "91000002"}, {"B3", "91000003"}});
    c.insert(c.end(), {{"C2", "91000002"}, {"C3", "91000003"}, {"C4", "91000002"}});
    int node = 0;
    for (const auto& rows : {a, b, c}) {
      v1::SubmitDatasetResponse response;
      grpc::Status status = cluster_.Submit(node++, Csv(rows), kSchema, &response);
      ASSERT_TRUE(status.ok()) << status.error_message();
      ASSERT_EQ(response.records(), rows.size());
    }
  }
  void Prepare() {
    grpc::Status status = cluster_.Ceremony(0);
    ASSERT_TRUE(status.ok()) << status.error_message();
    SubmitAll();
  }
  // Own record id and counterpart to references.
  static std::multimap<std::string, std::string> ByRecord(
      const std::vector<v1::StewardMatch>& matches) {
    std::multimap<std::string, std::string> out;
    for (const v1::StewardMatch& match : matches) {
      out.emplace(match.record_id() + " " + match.counterpart(), match.reference());
    }
    return out;
  }
  static std::set<std::string> Keys(const std::multimap<std::string, std::string>& map) {
    std::set<std::string> keys;
    for (const auto& [key, value] : map) keys.insert(key);
    return keys;
  }
  void ExpectPlantedMatches() {
    auto a = ByRecord(cluster_.Matches(0));
    auto b = ByRecord(cluster_.Matches(1));
    auto c = ByRecord(cluster_.Matches(2));
    EXPECT_EQ(Keys(a), (std::set<std::string>{"A1 agency-b", "A2 agency-b", "A2 agency-c"}));
    EXPECT_EQ(Keys(b),
              (std::set<std::string>{"B1 agency-a", "B2 agency-a", "B2 agency-c", "B3 agency-c"}));
    EXPECT_EQ(Keys(c), (std::set<std::string>{"C2 agency-a", "C2 agency-b", "C3 agency-b",
                                              "C4 agency-a", "C4 agency-b"}));
    EXPECT_EQ(a.count("A2 agency-c"), 2u) << "with C2 and with C4";
    for (const v1::StewardMatch& match : cluster_.Matches(0)) {
      EXPECT_EQ(match.chained(), match.counterpart() == "agency-c") << match.record_id();
    }
    ASSERT_FALSE(a.empty() || b.empty());
    EXPECT_EQ(a.find("A1 agency-b")->second, b.find("B1 agency-a")->second);
    EXPECT_EQ(a.find("A1 agency-b")->second.size(), 16u);
    EXPECT_NE(a.find("A1 agency-b")->second, a.find("A2 agency-b")->second);
    EXPECT_NE(a.find("A2 agency-b")->second, a.find("A2 agency-c")->second)
        << "references are pairwise";
  }

  LogCapture log_;
  Cluster cluster_{{"kvk"}};
};

TEST_F(RunTest, FindsWhatWasPlantedAndNothingElse) {
  Prepare();
  const std::string run = cluster_.StartRun();
  ASSERT_EQ(cluster_.matcher().WaitForEnd(run, 60), v1::RUN_STATE_DONE)
      << cluster_.matcher().Reason(run);
  // A steward need not know that the nodes tidy up only now.
  EXPECT_EQ(cluster_.Matches(1, "harbour-1").size(), 5u);
  for (int i = 0; i < 100; ++i) {
    bool waiting = false;
    for (int node = 0; node < 3; ++node) {
      waiting = waiting || cluster_.node(node).driver().Where(run).has_value();
    }
    if (!waiting) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  ExpectPlantedMatches();
  const auto state = cluster_.matcher().run(run);
  for (const auto& [pair, sides] : state.references) {
    ASSERT_EQ(sides.size(), 2u);
    EXPECT_TRUE(sides.begin()->second.accepted());
    EXPECT_EQ(sides.begin()->second.reference(), sides.rbegin()->second.reference());
  }
  // Records without a shared tag stayed at home.
  EXPECT_EQ(state.records.at("agency-a").size(), 2u);
  EXPECT_EQ(state.records.at("agency-b").size(), 3u);
  EXPECT_EQ(state.records.at("agency-c").size(), 3u);

  // Nothing of the run is left but the matches; neither log nor wire nor files hold an identifier
  // or record id.
  common::PosixFileSystem fs;
  std::string everything = log_.text() + cluster_.matcher().received();
  for (int node = 0; node < 3; ++node) {
    const std::string data = cluster_.data_directory(node);
    auto runs = fs.List(data + "/runs");
    ASSERT_TRUE(runs.ok());
    EXPECT_TRUE(runs->empty()) << runs->front();
    for (const char* file : {"/audit.log", "/journal.db", "/datasets/datasets.db"}) {
      auto text = common::ReadFile(fs, data + file, 64 << 20);
      ASSERT_TRUE(text.ok()) << text.status();
      everything += *text;
    }
    auto datasets = fs.List(data + "/datasets");
    ASSERT_TRUE(datasets.ok());
    for (const std::string& name : *datasets) {
      if (!name.ends_with(".dataset")) continue;
      auto text = common::ReadFile(fs, data + "/datasets/" + name, 64 << 20);
      ASSERT_TRUE(text.ok());
      everything += *text;
    }
  }
  EXPECT_GT(log_.text().size(), 100u) << "the log is not captured at all";
  for (const char* planted : {"91000001", "91000002", "91000003", "own0-0007", "10000007"}) {
    EXPECT_EQ(everything.find(planted), std::string::npos) << planted;
  }

  // The next run asks nobody for what is known, gives the same references and other tags.
  const auto before = ByRecord(cluster_.Matches(0));
  const auto tags = state.tags.at({"agency-a", "kvk"});
  ASSERT_TRUE(cluster_.Submit(0, Csv({{"A1", "91000001"}, {"A9", "91000009"}}), kSchema).ok());
  const std::string next = cluster_.StartRun();
  ASSERT_EQ(cluster_.matcher().WaitForEnd(next, 60), v1::RUN_STATE_DONE)
      << cluster_.matcher().Reason(next);
  for (int i = 0; i < 100 && cluster_.node(0).driver().Where(next).has_value(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  const auto after = ByRecord(cluster_.Matches(0));
  ASSERT_EQ(after.size(), 1u);
  EXPECT_EQ(after.begin()->second, before.find("A1 agency-b")->second);
  for (const std::string& tag : cluster_.matcher().run(next).tags.at({"agency-a", "kvk"})) {
    EXPECT_FALSE(tags.contains(tag)) << "a tag of the run before";
  }
  v1::NodeStatus status;
  grpc::ClientContext context;
  ASSERT_TRUE(cluster_.steward(1).GetStatus(&context, {}, &status).ok());
  EXPECT_EQ(status.epoch(), 1u);
  EXPECT_TRUE(status.matcher_connected());
  EXPECT_EQ(status.keys_size(), 1);
  std::uint64_t spent = 0;
  for (const v1::BudgetStatus& budget : status.keys(0).budgets()) {
    if (budget.requester() == "agency-a") spent = budget.spent();
  }
  // a's committee is a and b: 302 values in the first run, one new one in the second.
  EXPECT_EQ(spent, 303u);
}

TEST_F(RunTest, NoRecordLeavesForAPairThatTheMatcherLiesAbout) {
  Prepare();
  // a is told that it shares one more of its own tags with b than b has.
  cluster_.matcher().lie = [](const std::string& recipient, const std::string& counterpart,
                              const std::set<std::string>& own, std::set<std::string>& tags) {
    if (recipient != "agency-a" || counterpart != "agency-b") return;
    for (const std::string& tag : own) {
      if (tags.insert(tag).second) return;
    }
  };
  const std::string run = cluster_.StartRun();
  ASSERT_EQ(cluster_.matcher().WaitForEnd(run, 60), v1::RUN_STATE_DONE)
      << cluster_.matcher().Reason(run);
  const auto state = cluster_.matcher().run(run);
  // Agencies a, b, c are bits 0, 1, 2.
  for (const v1::RecordEntry& record : state.records.at("agency-a")) {
    for (const v1::SharedTag& tag : record.shared()) EXPECT_EQ(tag.counterparts() & 2u, 0u);
  }
  for (const v1::RecordEntry& record : state.records.at("agency-b")) {
    for (const v1::SharedTag& tag : record.shared()) EXPECT_EQ(tag.counterparts() & 1u, 0u);
  }
  EXPECT_TRUE(state.unconfirmed.at("agency-a").contains({"agency-b", "kvk"}));
  EXPECT_TRUE(state.unconfirmed.at("agency-b").contains({"agency-a", "kvk"}));
  // Honest pairs go on.
  EXPECT_FALSE(state.records.at("agency-c").empty());
  EXPECT_FALSE(state.unconfirmed.contains("agency-c"));
}

TEST_F(RunTest, AForeignTagNamesTheMatcherAsLiar) {
  Prepare();
  cluster_.matcher().lie = [](const std::string& recipient, const std::string& counterpart,
                              const std::set<std::string>&, std::set<std::string>& tags) {
    if (recipient == "agency-b" && counterpart == "agency-c") tags.insert(std::string(16, 'x'));
  };
  const std::string run = cluster_.StartRun();
  ASSERT_EQ(cluster_.matcher().WaitForEnd(run, 60), v1::RUN_STATE_FAILED);
  EXPECT_NE(cluster_.matcher().Reason(run).find("matcher: it said that a tag is shared with "
                                                "agency-c which this agency never uploaded"),
            std::string::npos)
      << cluster_.matcher().Reason(run);
  EXPECT_TRUE(cluster_.matcher().run(run).records.empty() ||
              !cluster_.matcher().run(run).records.contains("agency-b"));
}

TEST_F(RunTest, SurvivesANodeThatIsEndedAtEveryStep) {
  Prepare();
  for (const char* step : {"WatchRuns", "UploadTags", "FetchOverlap", "UploadRecords",
                           "FetchMatches", "ReportReferences"}) {
    SCOPED_TRACE(step);
    std::atomic<bool> struck{false};
    cluster_.matcher().before = [&](const std::string& call, const std::string& agency) {
      if (call != step || agency != "agency-b" || struck.exchange(true)) return grpc::Status::OK;
      return grpc::Status(grpc::StatusCode::UNAVAILABLE, "struck");
    };
    if (std::string(step) == "WatchRuns") cluster_.StopNode(1);
    const std::string run = cluster_.StartRun();
    if (std::string(step) != "WatchRuns") {
      for (int i = 0; i < 600 && !struck; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      }
      ASSERT_TRUE(struck);
      cluster_.StopNode(1);
    }
    absl::Status started = cluster_.StartNode(1);
    ASSERT_TRUE(started.ok()) << started;
    ASSERT_EQ(cluster_.matcher().WaitForEnd(run, 60), v1::RUN_STATE_DONE)
        << cluster_.matcher().Reason(run);
    for (int node = 0; node < 3; ++node) {
      for (int i = 0; i < 100 && cluster_.node(node).driver().Where(run).has_value(); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
      }
    }
    ExpectPlantedMatches();
  }
}

TEST_F(RunTest, DeclinesWithAReason) {
  ASSERT_TRUE(cluster_.Ceremony(0).ok());
  // No dataset anywhere.
  std::string run = cluster_.StartRun();
  ASSERT_EQ(cluster_.matcher().WaitForEnd(run, 60), v1::RUN_STATE_FAILED);
  EXPECT_NE(cluster_.matcher().Reason(run).find("no dataset has been submitted"), std::string::npos)
      << cluster_.matcher().Reason(run);
  SubmitAll();
  // A grant above the purpose's.
  v1::RunManifest manifest = cluster_.NextManifest();
  manifest.set_grants(0, manifest.grants(0) + 1);
  run = cluster_.matcher().StartRun(manifest, cluster_.purpose());
  ASSERT_EQ(cluster_.matcher().WaitForEnd(run, 60), v1::RUN_STATE_FAILED);
  EXPECT_NE(cluster_.matcher().Reason(run).find("matcher"), std::string::npos)
      << cluster_.matcher().Reason(run);
}

TEST_F(RunTest, APeerThatStaysAwayIsNamed) {
  Prepare();
  cluster_.SetPeerPatience("2s");
  for (int node : {0, 1}) {
    cluster_.StopNode(node);
    ASSERT_TRUE(cluster_.StartNode(node).ok());
  }
  cluster_.StopNode(2);
  const std::string run = cluster_.StartRun();
  ASSERT_EQ(cluster_.matcher().WaitForEnd(run, 60), v1::RUN_STATE_FAILED);
  EXPECT_EQ(cluster_.matcher().Blamed(run), "agency-c") << cluster_.matcher().Reason(run);
}

TEST_F(RunTest, ReadsItsSourceByItself) {
  Prepare();
  common::PosixFileSystem fs;
  const std::string file = cluster_.home(0) + "/source.csv";
  const std::string schema = cluster_.home(0) + "/schema.toml";
  ASSERT_TRUE(common::WriteFileAtomic(fs, schema, std::string_view(kSchema)).ok());
  ASSERT_TRUE(common::WriteFileAtomic(fs, file, Csv({{"S1", "91000003"}})).ok());
  cluster_.SetSource(0, file, schema);
  cluster_.StopNode(0);
  ASSERT_TRUE(cluster_.StartNode(0).ok());
  auto finish = [&] {
    const std::string run = cluster_.StartRun();
    EXPECT_EQ(cluster_.matcher().WaitForEnd(run, 60), v1::RUN_STATE_DONE)
        << cluster_.matcher().Reason(run);
    for (int i = 0; i < 100 && cluster_.node(0).driver().Where(run).has_value(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return Keys(ByRecord(cluster_.Matches(0)));
  };
  const std::set<std::string> first = {"S1 agency-b", "S1 agency-c"};
  EXPECT_EQ(finish(), first);
  // Unchanged: the dataset stays.
  auto datasets = [&] {
    v1::ListDatasetsResponse list;
    grpc::ClientContext context;
    EXPECT_TRUE(cluster_.steward(0).ListDatasets(&context, {}, &list).ok());
    return list.datasets_size() == 0 ? std::string() : list.datasets(0).dataset_id();
  };
  const std::string before = datasets();
  EXPECT_EQ(finish(), first);
  EXPECT_EQ(datasets(), before);
  ASSERT_TRUE(common::WriteFileAtomic(fs, file, Csv({{"S2", "91000001"}})).ok());
  EXPECT_EQ(finish(), std::set<std::string>{"S2 agency-b"});
  EXPECT_NE(datasets(), before);
  // A source that cannot be read: the run is declined, and what was there stays.
  ASSERT_TRUE(common::WriteFileAtomic(fs, file, std::string_view("nonsense")).ok());
  const std::string current = datasets();
  const std::string run = cluster_.StartRun();
  ASSERT_EQ(cluster_.matcher().WaitForEnd(run, 60), v1::RUN_STATE_FAILED);
  EXPECT_NE(cluster_.matcher().Reason(run).find("source was not taken in"), std::string::npos)
      << cluster_.matcher().Reason(run);
  EXPECT_EQ(datasets(), current);
}

TEST_F(RunTest, ASubmissionIsTakenOnceAndABadOneChangesNothing) {
  const std::string csv = Csv({{"1", "91000001"}, {"2", "91000002"}});
  v1::SubmitDatasetResponse first, again;
  const std::string id(16, 'q');
  ASSERT_TRUE(cluster_.Submit(0, csv, kSchema, &first, id).ok());
  ASSERT_TRUE(cluster_.Submit(0, csv, kSchema, &again, id).ok());
  EXPECT_EQ(first.dataset_id(), again.dataset_id());
  EXPECT_EQ(cluster_.Submit(0, csv + "3,91000003\n", kSchema, nullptr, id).error_code(),
            grpc::StatusCode::ALREADY_EXISTS);
  for (const char* bad : {"", "id,kvk\n", "nr,kvk\n1,91000001\n", "id,kvk\n1,\"9100"}) {
    EXPECT_EQ(cluster_.Submit(0, bad, kSchema).error_code(), grpc::StatusCode::INVALID_ARGUMENT)
        << bad;
  }
  EXPECT_EQ(cluster_.Submit(0, csv, "records = 1\n").error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  v1::ListDatasetsResponse list;
  grpc::ClientContext context;
  ASSERT_TRUE(cluster_.steward(0).ListDatasets(&context, {}, &list).ok());
  ASSERT_EQ(list.datasets_size(), 1);
  EXPECT_EQ(list.datasets(0).records(), 2u);
  EXPECT_TRUE(list.datasets(0).current());
  // It is there after a restart.
  cluster_.StopNode(0);
  ASSERT_TRUE(cluster_.StartNode(0).ok());
  grpc::ClientContext second;
  second.set_wait_for_ready(true);
  ASSERT_TRUE(cluster_.steward(0).ListDatasets(&second, {}, &list).ok());
  EXPECT_EQ(list.datasets_size(), 1);
}

}  // namespace
}  // namespace raakvlak::node
