// A matcher's core on a real disk, with a clock, an audit log and a file system that tests hold in
// their hands; it can be killed and opened again.
#ifndef RAAKVLAK_SERVER_MATCHER_TESTING_RUNS_FIXTURE_H_
#define RAAKVLAK_SERVER_MATCHER_TESTING_RUNS_FIXTURE_H_

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "authority/testing/sample.h"
#include "server/common/testing/temp_dir.h"
#include "server/matcher/runs.h"

namespace raakvlak::matcher::testing {

// Thrown where the process is to die.
struct Crash {};

// Counts the steps that leave something behind, and dies at one of them, before or after it.
class CrashPoint {
 public:
  void Arm(int at, bool after) {
    at_ = at;
    after_ = after;
    seen_ = 0;
  }
  void Disarm() { at_ = -1; }
  int seen() const { return seen_; }

  template <typename F>
  auto Step(F&& f) {
    const bool here = seen_++ == at_;
    if (here && !after_) throw Crash{};
    auto result = f();
    if (here) throw Crash{};
    return result;
  }

 private:
  int at_ = -1;
  bool after_ = false;
  int seen_ = 0;
};

class CrashFileSystem : public common::FileSystem {
 public:
  explicit CrashFileSystem(CrashPoint& point) : point_(point) {}

  absl::StatusOr<std::unique_ptr<common::WritableFile>> Create(const std::string& path) override {
    return point_.Step([&] { return real_.Create(path); });
  }
  absl::StatusOr<std::unique_ptr<common::WritableFile>> OpenAppend(
      const std::string& path) override {
    return real_.OpenAppend(path);
  }
  absl::StatusOr<std::unique_ptr<common::ReadableFile>> OpenRead(const std::string& path) override {
    return real_.OpenRead(path);
  }
  absl::Status Rename(const std::string& from, const std::string& to) override {
    return point_.Step([&] { return real_.Rename(from, to); });
  }
  absl::Status Truncate(const std::string& path, uint64_t size) override {
    return real_.Truncate(path, size);
  }
  // Destructors remove unfinished files and scratch: they cannot die on the way.
  absl::Status Remove(const std::string& path) override { return real_.Remove(path); }
  absl::Status RemoveTree(const std::string& path) override {
    if (path.find("scratch") != std::string::npos) return real_.RemoveTree(path);
    return point_.Step([&] { return real_.RemoveTree(path); });
  }
  absl::Status SyncDirectory(const std::string& path) override {
    return point_.Step([&] { return real_.SyncDirectory(path); });
  }
  absl::Status MakePrivateDirectory(const std::string& path) override {
    return point_.Step([&] { return real_.MakePrivateDirectory(path); });
  }
  absl::StatusOr<std::vector<std::string>> List(const std::string& path) override {
    return real_.List(path);
  }
  bool Exists(const std::string& path) override { return real_.Exists(path); }

 private:
  CrashPoint& point_;
  common::PosixFileSystem real_;
};

class RecordingAudit : public common::AuditSink {
 public:
  explicit RecordingAudit(CrashPoint& point) : point_(point) {}
  absl::Status Append(const common::AuditEntry& entry) override {
    return point_.Step([&] {
      std::lock_guard lock(mutex_);
      if (broken) return absl::ResourceExhaustedError("the audit log cannot be written");
      entries_.push_back(entry);
      return absl::OkStatus();
    });
  }
  int Count(const std::string& event) const {
    std::lock_guard lock(mutex_);
    int n = 0;
    for (const common::AuditEntry& entry : entries_) n += entry.event == event ? 1 : 0;
    return n;
  }
  std::vector<common::AuditEntry> entries() const {
    std::lock_guard lock(mutex_);
    return entries_;
  }
  bool broken = false;

 private:
  CrashPoint& point_;
  mutable std::mutex mutex_;
  std::vector<common::AuditEntry> entries_;
};

// These tests die in the process, not in the machine: memory holds their files as well as a disk,
// and hundreds of runs take seconds.
inline bool PreferMemoryForFiles() {
  return access("/dev/shm", W_OK | X_OK) == 0 && setenv("TMPDIR", "/dev/shm", 0) == 0;
}

class RunsFixture {
 public:
  // With `keys` above 0 the purpose has a comparison profile and may plan that many.
  explicit RunsFixture(int members, std::uint32_t keys = 0)
      : sample(members), fs(crash), audit(crash) {
    if (keys > 0) sample.AddProfile(keys);
    options.data_dir = dir.path();
    options.default_normaliser_version = "test-1";
    auto opened = authority::Roster::Open(sample.SignedRoster(), std::nullopt);
    EXPECT_TRUE(opened.ok()) << opened.status();
    roster.emplace(*std::move(opened));
  }

  // Opens (again) what is on disk.
  void Open() {
    Close();
    auto opened = common::Database::Open(dir / "matcher.db", JournalMigrations());
    ASSERT_TRUE(opened.ok()) << opened.status();
    database = *std::move(opened);
    journal.emplace(*database);
    nodes.emplace(clock);
    std::vector<std::string> unusable;
    auto book = PurposeBook::Open(*roster, *journal, clock, &unusable);
    ASSERT_TRUE(book.ok()) << book.status();
    ASSERT_TRUE(unusable.empty());
    purposes = *std::move(book);
    auto made = Runs::Open(options, {*journal, fs, clock, random, audit, *roster, *purposes, *nodes,
                                     nullptr, nullptr});
    ASSERT_TRUE(made.ok()) << made.status();
    runs = *std::move(made);
  }
  // As when the process is killed: nothing is ended in order.
  void Close() {
    guards.clear();
    runs.reset();
    purposes.reset();
    journal.reset();
    database.reset();
  }
  void RegisterPurpose() {
    const absl::Status status = runs->RegisterPurpose(
        sample.SignedPurpose(), "coordinator", Key("coordinator", "RegisterPurpose", "purpose"));
    ASSERT_TRUE(status.ok()) << status;
  }
  void Connect(const std::string& agency) { Connect(agency, {1, "test-1", {}}); }
  void Connect(const std::string& agency, Announcement announcement) {
    // Guards cannot be moved: made in place.
    guards.emplace_back(new Connections::Guard(nodes->Enter(agency, std::move(announcement))));
  }
  void ConnectAll() {
    for (const v1::Member& member : sample.roster.members()) Connect(member.agency_id());
  }
  static RequestKey Key(const std::string& caller, const std::string& method,
                        const std::string& what) {
    return {caller, method, what + std::string(16, '.'), what};
  }
  absl::StatusOr<std::string> Start(const std::string& request = "start") {
    return runs->Start({.purpose_id = "harbour",
                        .types = {},
                        .started_by = "coordinator",
                        .actor = "coordinator",
                        .key = Key("coordinator", "StartRun", request)});
  }
  // A run of a purpose with a profile (Sample::AddProfile) and that many planned keys, put into the
  // journal as one that was going on; the core is opened again and takes it up.
  std::string StartWithPlan(int keys) {
    const auto purpose = authority::Purpose::Open(sample.SignedPurpose(), *roster);
    EXPECT_TRUE(purpose.ok()) << purpose.status();
    v1::RunManifest body = sample.Manifest(*roster, *purpose);
    body.set_created_at(clock.UnixSeconds());
    body.set_expires_at(clock.UnixSeconds() + absl::ToInt64Seconds(options.run_timeout));
    for (int key = 0; key < keys; ++key) {
      v1::PlannedKey& planned = *body.mutable_plan()->add_keys();
      for (const std::uint32_t field : {0U, 2U}) {
        v1::KeyComponent& component = *planned.add_components();
        component.set_field(field);
        component.set_form(field == 0 ? "full" : absl::StrCat("part", key));
      }
    }
    body.set_planner(body.agencies(0));
    const auto manifest = authority::Manifest::Parse(body.SerializeAsString());
    EXPECT_TRUE(manifest.ok()) << manifest.status();
    RunRow row;
    row.run_id = manifest->run_id();
    row.purpose_id = body.purpose_id();
    row.counter = body.run_counter();
    row.started_by = "coordinator";
    row.started_at = clock.UnixSeconds();
    row.purpose_document = purpose->document().SerializeAsString();
    row.manifest = manifest->bytes();
    row.manifest_hash = crypto::ToString(manifest->hash());
    row.status =
        NewRun(body.agencies_size(), static_cast<std::size_t>(body.identifier_types_size()), true);
    if (!journal->GetRun(row.run_id)->has_value()) {
      EXPECT_TRUE(journal->InsertRun(row).ok());
      Open();
    }
    return row.run_id;
  }
  // HM of the run's present attempt.
  std::string Hash(const std::string& run_id) {
    absl::StatusOr<RunView> view = runs->Get(run_id);
    EXPECT_TRUE(view.ok()) << view.status();
    return view.ok() ? view->row.manifest_hash : "";
  }
  RunStatus Status(const std::string& run_id) {
    absl::StatusOr<RunView> view = runs->Get(run_id);
    EXPECT_TRUE(view.ok()) << view.status();
    return view.ok() ? view->row.status : RunStatus{};
  }
  void Work() {
    while (runs->WorkOnce()) {
    }
  }

  // Before the directory is made.
  const bool in_memory = PreferMemoryForFiles();
  common::testing::TempDir dir;
  authority::testing::Sample sample;
  CrashPoint crash;
  CrashFileSystem fs;
  RecordingAudit audit;
  common::FakeClock clock{
      absl::FromUnixSeconds(authority::testing::Sample::kNotBefore + 1'000'000)};
  crypto::SeededRandom random{7};
  RunsOptions options;
  std::optional<authority::Roster> roster;
  std::unique_ptr<common::Database> database;
  std::optional<RunJournal> journal;
  std::optional<Connections> nodes;
  std::unique_ptr<PurposeBook> purposes;
  std::unique_ptr<Runs> runs;
  std::vector<std::unique_ptr<Connections::Guard>> guards;
};

}  // namespace raakvlak::matcher::testing

#endif  // RAAKVLAK_SERVER_MATCHER_TESTING_RUNS_FIXTURE_H_
