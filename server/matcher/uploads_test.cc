// Hostile uploads: each is refused and leaves no file behind.
#include "server/matcher/uploads.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "server/common/testing/temp_dir.h"
#include "server/matcher/matching_stage.h"
#include "server/matcher/stages.h"
#include "server/matcher/testing/fake_agency.h"

namespace raakvlak::matcher {
namespace {

using testing::FakeAgency;
using testing::TagOf;

std::string Sorted(std::vector<std::string> tags) {
  std::sort(tags.begin(), tags.end());
  std::string all;
  for (const std::string& tag : tags) all += tag;
  return all;
}

class UploadsTest : public ::testing::Test {
 protected:
  // Whatever an upload that failed may have written.
  bool LeftSomething(const std::string& path) {
    return fs_.Exists(path) || fs_.Exists(path + ".tmp");
  }
  absl::Status Tags(std::uint64_t announced, const std::vector<std::string>& messages,
                    std::uint64_t most = 1000) {
    auto upload = TagUpload::Create(fs_, dir_ / "tags", announced, most);
    if (!upload.ok()) return upload.status();
    for (const std::string& message : messages) {
      if (absl::Status s = (*upload)->Add(message); !s.ok()) return s;
    }
    auto result = (*upload)->Finish();
    if (result.ok()) {
      EXPECT_EQ(result->count, announced);
    }
    return result.status();
  }

  common::testing::TempDir dir_;
  common::PosixFileSystem fs_;
};

TEST_F(UploadsTest, TagsInOrderOverMessagesAreTakenIn) {
  const std::string all = Sorted({TagOf(0, 1), TagOf(0, 2), TagOf(0, 3)});
  EXPECT_TRUE(Tags(3, {all.substr(0, 16), "", all.substr(16)}).ok());
  EXPECT_TRUE(fs_.Exists(dir_ / "tags"));
  EXPECT_TRUE(Tags(0, {}).ok());
}

TEST_F(UploadsTest, HostileTagSets) {
  const std::string all = Sorted({TagOf(0, 1), TagOf(0, 2), TagOf(0, 3)});
  const std::string a = all.substr(0, 16);
  const std::string b = all.substr(16, 16);
  const std::vector<std::pair<const char*, std::function<absl::Status()>>> cases = {
      {"descending", [&] { return Tags(2, {b + a}); }},
      {"descending over messages",
       [&] {
         return Tags(2, {b, a});
       }},
      {"duplicate", [&] { return Tags(2, {a + a}); }},
      {"duplicate over messages",
       [&] {
         return Tags(2, {a, a});
       }},
      {"15 bytes", [&] { return Tags(1, {a.substr(1)}); }},
      {"17 bytes", [&] { return Tags(1, {a + "x"}); }},
      {"a tag split over messages",
       [&] {
         return Tags(1, {a.substr(0, 8), a.substr(8)});
       }},
      {"fewer than announced", [&] { return Tags(3, {a + b}); }},
      {"more than announced", [&] { return Tags(1, {a + b}); }},
      {"more than allowed", [&] { return Tags(11, {}, 10); }},
      {"a message too long", [&] { return Tags(70'000, {std::string(65'537 * 16, 'x')}, 70'000); }},
  };
  for (const auto& [name, attack] : cases) {
    EXPECT_EQ(attack().code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_FALSE(LeftSomething(dir_ / "tags")) << name;
  }
}

// Three agencies; 0 and 1 share value 1, 0 and 2 share value 2; 0 has value 3 alone.
class RecordUploadsTest : public UploadsTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(fs_.MakePrivateDirectory(directory_.path()).ok());
    context_.agencies = {"agency-a", "agency-b", "agency-c"};
    context_.types = {linkage::IdentifierType::kIban};
    context_.type_names = {"iban"};
    context_.max_records_per_value = {50};
    agencies_ = {{"agency-a", {{{0, 1}}, {{0, 2}}, {{0, 3}}}},
                 {"agency-b", {{{0, 1}}, {{0, 9}}}},
                 {"agency-c", {{{0, 2}}, {{0, 8}}}}};
    for (int i = 0; i < 3; ++i) {
      const std::string tags = agencies_[static_cast<std::size_t>(i)].TagSet(0);
      auto upload = TagUpload::Create(fs_, directory_.Tags(0, i), tags.size() / 16, 100);
      ASSERT_TRUE(upload.ok());
      ASSERT_TRUE((*upload)->Add(tags).ok());
      ASSERT_TRUE((*upload)->Finish().ok());
    }
    ASSERT_TRUE(IntersectTags(fs_, directory_, context_).ok());
  }

  static v1::RecordEntry Entry(const std::string& handle, int value, std::uint32_t counterparts,
                               std::uint32_t type = 0) {
    v1::RecordEntry entry;
    entry.set_handle(handle);
    v1::SharedTag& shared = *entry.add_shared();
    shared.set_tag(TagOf(0, value));
    shared.set_counterparts(counterparts);
    shared.set_type_index(type);
    return entry;
  }
  absl::Status Upload(int agency, std::uint64_t announced,
                      const std::vector<v1::RecordEntry>& entries,
                      const std::vector<linkage::AgencyMask>& unconfirmed = {0}) {
    UploadLimits limits;
    limits.max_records = 10;
    auto upload = RecordUpload::Create(
        fs_, directory_, path_, {agency, context_.agencies, context_.type_names, unconfirmed},
        announced, limits);
    if (!upload.ok()) return upload.status();
    for (const v1::RecordEntry& entry : entries) {
      if (absl::Status s = (*upload)->Add(entry); !s.ok()) return s;
    }
    return (*upload)->Finish().status();
  }

  const std::string h1_ = std::string(16, '1');
  const std::string h2_ = std::string(16, '2');
  RunDirectory directory_{dir_.path(), "harbour-1", 1};
  std::string path_ = dir_ / "records";
  StageContext context_;
  std::vector<FakeAgency> agencies_;
};

TEST_F(RecordUploadsTest, TrueClaimsAreTakenIn) {
  EXPECT_TRUE(Upload(0, 2, {Entry(h1_, 1, 0b010), Entry(h2_, 2, 0b100)}).ok());
  EXPECT_TRUE(fs_.Exists(path_));
  EXPECT_TRUE(Upload(0, 0, {}).ok());
  EXPECT_TRUE(Upload(1, 2, {Entry(h1_, 1, 0b001), Entry(h2_, 1, 0b001)}).ok());
}

TEST_F(RecordUploadsTest, HostileRecords) {
  v1::RecordEntry none;
  none.set_handle(h1_);
  v1::RecordEntry twice = Entry(h1_, 1, 0b010);
  *twice.add_shared() = twice.shared(0);
  v1::RecordEntry short_tag = Entry(h1_, 1, 0b010);
  short_tag.mutable_shared(0)->set_tag("short");
  v1::RecordEntry many = Entry(h1_, 1, 0b010);
  for (int i = 0; i < kMaxSharedPerRecord; ++i) *many.add_shared() = Entry(h1_, i, 0b010).shared(0);
  const std::vector<std::pair<const char*, std::function<absl::Status()>>> cases = {
      {"a tag that nobody shares", [&] { return Upload(0, 1, {Entry(h1_, 3, 0b010)}); }},
      {"a tag that another one shares", [&] { return Upload(0, 1, {Entry(h1_, 2, 0b010)}); }},
      {"a tag that one of two shares", [&] { return Upload(0, 1, {Entry(h1_, 1, 0b110)}); }},
      {"a tag of others", [&] { return Upload(2, 1, {Entry(h1_, 1, 0b001)}); }},
      {"a true one before a false one",
       [&] {
         return Upload(0, 2, {Entry(h1_, 1, 0b010), Entry(h2_, 3, 0b100)});
       }},
      {"no counterpart", [&] { return Upload(0, 1, {Entry(h1_, 1, 0)}); }},
      {"itself as counterpart", [&] { return Upload(0, 1, {Entry(h1_, 1, 0b011)}); }},
      {"a counterpart not in the run", [&] { return Upload(0, 1, {Entry(h1_, 1, 0b1010)}); }},
      {"a type not in the run", [&] { return Upload(0, 1, {Entry(h1_, 1, 0b010, 1)}); }},
      {"a type far out", [&] { return Upload(0, 1, {Entry(h1_, 1, 0b010, 4'000'000'000U)}); }},
      {"not confirmed by its own header",
       [&] { return Upload(0, 1, {Entry(h1_, 1, 0b010)}, {0b010}); }},
      {"no shared tag", [&] { return Upload(0, 1, {none}); }},
      {"the same tag twice", [&] { return Upload(0, 1, {twice}); }},
      {"a short tag", [&] { return Upload(0, 1, {short_tag}); }},
      {"too many tags in a record", [&] { return Upload(0, 1, {many}); }},
      {"a short handle", [&] { return Upload(0, 1, {Entry("short", 1, 0b010)}); }},
      {"a handle twice",
       [&] {
         return Upload(0, 2, {Entry(h1_, 1, 0b010), Entry(h1_, 2, 0b100)});
       }},
      {"more than announced",
       [&] {
         return Upload(0, 1, {Entry(h1_, 1, 0b010), Entry(h2_, 2, 0b100)});
       }},
      {"fewer than announced", [&] { return Upload(0, 2, {Entry(h1_, 1, 0b010)}); }},
      {"more than allowed", [&] { return Upload(0, 11, {}); }},
  };
  for (const auto& [name, attack] : cases) {
    EXPECT_EQ(attack().code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_FALSE(LeftSomething(path_)) << name;
  }
}

TEST_F(RecordUploadsTest, UnconfirmedPairsAreNotCompared) {
  path_ = directory_.Records(0);
  ASSERT_TRUE(Upload(0, 2, {Entry(h1_, 1, 0b010), Entry(h2_, 2, 0b100)}).ok());
  path_ = directory_.Records(1);
  ASSERT_TRUE(Upload(1, 1, {Entry(h1_, 1, 0b001)}).ok());
  path_ = directory_.Records(2);
  ASSERT_TRUE(Upload(2, 1, {Entry(h1_, 2, 0b001)}).ok());
  crypto::SeededRandom random(1);
  auto outcome = MatchRecords(fs_, directory_, context_, {}, random);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->pairs, 2U);
  // Whoever of the two could not confirm.
  for (const UnconfirmedPair& pair : {UnconfirmedPair{0, 1, 0}, UnconfirmedPair{1, 0, 0}}) {
    outcome = MatchRecords(fs_, directory_, context_, std::vector<UnconfirmedPair>{pair}, random);
    ASSERT_TRUE(outcome.ok());
    EXPECT_EQ(outcome->pairs, 1U);
  }
}

TEST_F(RecordUploadsTest, AboveTheCeilingNobodyIsAnswered) {
  context_.overlap_ceiling = 1;
  EXPECT_TRUE(IntersectTags(fs_, directory_, context_).ok());
  const std::string tags = Sorted({TagOf(0, 1), TagOf(0, 2), TagOf(0, 3)});
  auto upload = TagUpload::Create(fs_, directory_.Tags(0, 1), 3, 100);
  ASSERT_TRUE((*upload)->Add(tags).ok());
  ASSERT_TRUE((*upload)->Finish().ok());
  const absl::Status status = IntersectTags(fs_, directory_, context_);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("agency-a and agency-b"), absl::string_view::npos);
}

class ReferenceUploadsTest : public RecordUploadsTest {
 protected:
  void SetUp() override {
    RecordUploadsTest::SetUp();
    path_ = directory_.Records(0);
    ASSERT_TRUE(Upload(0, 2, {Entry(h1_, 1, 0b010), Entry(h2_, 2, 0b100)}).ok());
    path_ = directory_.Records(1);
    ASSERT_TRUE(Upload(1, 1, {Entry(h1_, 1, 0b001)}).ok());
    path_ = directory_.Records(2);
    ASSERT_TRUE(Upload(2, 1, {Entry(h1_, 2, 0b001)}).ok());
    crypto::SeededRandom random(1);
    ASSERT_TRUE(MatchRecords(fs_, directory_, context_, {}, random).ok());
    ASSERT_TRUE(ForEachStored<StoredPair>(fs_, directory_.Pairs(), kPairsMagic,
                                          [&](const StoredPair& pair) {
                                            ids_[pair.second_agency] = crypto::ToString(pair.id);
                                            return absl::OkStatus();
                                          })
                    .ok());
    ASSERT_EQ(ids_.size(), 2U);
  }
  static v1::PairReference Ref(const std::string& id, bool accepted = true,
                               const std::string& reference = "ABCDEFGHIJKLMN27") {
    v1::PairReference out;
    out.set_pair_id(id);
    out.set_accepted(accepted);
    out.set_reference(reference);
    return out;
  }
  absl::Status Report(int agency, const std::vector<v1::PairReference>& references,
                      bool links_blocks = false, const v1::ReportReferencesRequest& first = {}) {
    auto upload = ReferenceUpload::Create(fs_, directory_, directory_.References(agency), agency,
                                          links_blocks, first);
    if (!upload.ok()) return upload.status();
    for (const v1::PairReference& reference : references) {
      if (absl::Status s = (*upload)->Add(reference); !s.ok()) return s;
    }
    return (*upload)->Finish().status();
  }
  absl::StatusOr<JoinedReferences> Join() {
    matches_.clear();
    return JoinReferences(fs_, directory_, 3, [&](const AgreedMatch& match) {
      matches_.push_back(match);
      return absl::OkStatus();
    });
  }
  std::vector<AgreedMatch> matches_;
  // By the second agency of the pair; the first is 0.
  std::map<int, std::string> ids_;
};

TEST_F(ReferenceUploadsTest, OnlyMatchesThatBothSidesAcceptAlikeCount) {
  ASSERT_TRUE(Report(0, {Ref(ids_[1]), Ref(ids_[2])}).ok());
  ASSERT_TRUE(Report(1, {Ref(ids_[1])}).ok());
  for (const auto& [reference, agreed] : std::vector<std::pair<v1::PairReference, bool>>{
           {Ref(ids_[2]), true},
           {Ref(ids_[2], false, ""), false},
           {Ref(ids_[2], true, "AAAAAAAAAAAAAAAA"), false}}) {
    ASSERT_TRUE(Report(2, {reference}).ok());
    const auto joined = Join();
    ASSERT_TRUE(joined.ok()) << joined.status();
    EXPECT_EQ(matches_.size(), agreed ? 2U : 1U);
    EXPECT_EQ(joined->disputed.empty(), agreed);
  }
}

TEST_F(ReferenceUploadsTest, HostileReferences) {
  const std::vector<std::pair<const char*, std::vector<v1::PairReference>>> cases = {
      {"none", {}},
      {"one lacking", {Ref(ids_[1])}},
      {"one twice", {Ref(ids_[1]), Ref(ids_[1])}},
      {"one too many", {Ref(ids_[1]), Ref(ids_[2]), Ref(ids_[2])}},
      {"made up", {Ref(ids_[1]), Ref(std::string(16, 'x'))}},
      {"a short id", {Ref(ids_[1]), Ref("x")}},
      {"lower case", {Ref(ids_[1], true, "abcdefghijklmn27"), Ref(ids_[2])}},
      {"short", {Ref(ids_[1], true, "ABC"), Ref(ids_[2])}},
      {"not Base32", {Ref(ids_[1], true, "ABCDEFGHIJKLMN01"), Ref(ids_[2])}},
  };
  for (const auto& [name, references] : cases) {
    EXPECT_EQ(Report(0, references).code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_FALSE(LeftSomething(directory_.References(0))) << name;
  }
  // Another pair's id at an agency that has no part in it.
  EXPECT_EQ(Report(1, {Ref(ids_[2])}).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ReferenceUploadsTest, WhatTheStewardsJudgedIsJoined) {
  v1::PairReference no = Ref(ids_[1]);
  no.set_decision(v1::REVIEW_DECISION_NO_MATCH);
  v1::PairReference yes = Ref(ids_[2]);
  yes.set_decision(v1::REVIEW_DECISION_MATCH);
  ASSERT_TRUE(Report(0, {Ref(ids_[1]), yes}).ok());
  ASSERT_TRUE(Report(1, {no}).ok());
  ASSERT_TRUE(Report(2, {Ref(ids_[2])}).ok());
  const auto joined = Join();
  ASSERT_TRUE(joined.ok()) << joined.status();
  EXPECT_TRUE(joined->disputed.empty());
  ASSERT_EQ(matches_.size(), 2U);
  for (const AgreedMatch& match : matches_) {
    const bool judged_none = match.second_agency == 1;
    EXPECT_EQ(match.first_decision, judged_none ? Decision::kUndecided : Decision::kMatch);
    EXPECT_EQ(match.second_decision, judged_none ? Decision::kNoMatch : Decision::kUndecided);
  }
  // One that does not exist.
  yes.set_decision(static_cast<v1::ReviewDecision>(3));
  EXPECT_EQ(Report(0, {Ref(ids_[1]), yes}).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ReferenceUploadsTest, AnExposureStandsWhereBlocksAreLinked) {
  v1::ReportReferencesRequest first;
  EXPECT_EQ(Report(1, {Ref(ids_[1])}, true, first).code(), absl::StatusCode::kInvalidArgument);
  first.mutable_exposure()->set_records(3);
  first.mutable_exposure()->set_exposed(4);
  EXPECT_EQ(Report(1, {Ref(ids_[1])}, true, first).code(), absl::StatusCode::kInvalidArgument);
  first.mutable_exposure()->set_exposed(1);
  EXPECT_EQ(Report(1, {Ref(ids_[1])}, false, first).code(), absl::StatusCode::kInvalidArgument);
  ASSERT_TRUE(Report(1, {Ref(ids_[1])}, true, first).ok());
  ASSERT_TRUE(Report(0, {Ref(ids_[1]), Ref(ids_[2])}).ok());
  ASSERT_TRUE(Report(2, {Ref(ids_[2])}).ok());
  const auto joined = Join();
  ASSERT_TRUE(joined.ok()) << joined.status();
  EXPECT_EQ(joined->exposure, (std::vector<StoredExposure>{{0, 0}, {3, 1}, {0, 0}}));
  EXPECT_EQ(joined->exposure[1].Share(), 3'334U);
}

TEST_F(UploadsTest, ADamagedFileIsNoticed) {
  StoredRecord record;
  record.values.push_back({1, 2, {}});
  {
    auto writer = FramedWriter::Create(fs_, dir_ / "records", kRecordsMagic);
    ASSERT_TRUE(writer.ok());
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE((*writer)->Add(Encode(record)).ok());
    ASSERT_TRUE((*writer)->Finish().ok());
  }
  auto count = [&](const std::string& path) -> absl::StatusOr<int> {
    int n = 0;
    absl::Status s =
        ForEachStored<StoredRecord>(fs_, path, kRecordsMagic, [&](const StoredRecord& read) {
          EXPECT_EQ(read, record);
          ++n;
          return absl::OkStatus();
        });
    if (!s.ok()) return s;
    return n;
  };
  EXPECT_EQ(*count(dir_ / "records"), 1000);
  auto bytes = common::ReadFile(fs_, dir_ / "records", 1 << 20);
  ASSERT_TRUE(bytes.ok());
  const std::size_t n = bytes->size();
  for (const std::size_t at : {std::size_t{0}, std::size_t{8}, n / 2, n - 80, n - 70, n - 1}) {
    std::string altered = *bytes;
    altered[at] = static_cast<char>(altered[at] ^ 1);
    ASSERT_TRUE(common::WriteFileAtomic(fs_, dir_ / "altered", altered).ok());
    auto reader = FramedReader::Open(fs_, dir_ / "altered", kRecordsMagic);
    absl::Status status = reader.status();
    while (status.ok()) {
      auto frame = (*reader)->Next();
      status = frame.status();
      if (status.ok() && !frame->has_value()) break;
    }
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << at;
  }
  ASSERT_TRUE(common::WriteFileAtomic(fs_, dir_ / "altered", bytes->substr(0, n / 2)).ok());
  EXPECT_FALSE(count(dir_ / "altered").ok());
}

}  // namespace
}  // namespace raakvlak::matcher
