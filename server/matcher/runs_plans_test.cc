// Purposes with a profile: who is told to plan, and what a run starts with.
#include <gtest/gtest.h>

#include "authority/manifest.h"
#include "server/matcher/testing/runs_fixture.h"

namespace raakvlak::matcher {
namespace {

using testing::RunsFixture;

v1::PlanOffer PlanOf(const RunsFixture& f, std::uint64_t records, int keys) {
  v1::PlanOffer offer;
  offer.set_purpose_id("harbour");
  const auto purpose = authority::Purpose::Open(f.sample.SignedPurpose(), *f.roster);
  offer.set_purpose_hash(crypto::ToString(purpose->hash()));
  offer.set_records(records);
  for (int key = 0; key < keys; ++key) {
    v1::PlannedKey& planned = *offer.mutable_plan()->add_keys();
    for (const std::uint32_t field : {0U, 2U}) {
      v1::KeyComponent& component = *planned.add_components();
      component.set_field(field);
      component.set_form(field == 0 ? "full" : absl::StrCat("part", key));
    }
  }
  return offer;
}

std::vector<OfferView> Offers(RunsFixture& f, const std::string& agency, std::uint64_t* version) {
  return f.runs->WaitForOffers(agency, version, absl::ZeroDuration());
}

v1::RunManifest ManifestOf(RunsFixture& f, const std::string& run_id) {
  absl::StatusOr<RunView> view = f.runs->Get(run_id);
  EXPECT_TRUE(view.ok()) << view.status();
  v1::RunManifest manifest;
  EXPECT_TRUE(manifest.ParseFromString(view->row.manifest));
  return manifest;
}

TEST(RunsPlansTest, NodesHearOfPurposesToPlanForOnceAndAgainWhenOneIsRegistered) {
  RunsFixture f(3, 4);
  f.Open();
  std::uint64_t early = 0;
  EXPECT_TRUE(Offers(f, "agency-a", &early).empty());
  f.RegisterPurpose();
  const auto offers = Offers(f, "agency-a", &early);
  ASSERT_EQ(offers.size(), 1U);
  EXPECT_TRUE(offers[0].manifest.empty());
  EXPECT_EQ(offers[0].purpose_document, f.sample.SignedPurpose().SerializeAsString());
  EXPECT_TRUE(Offers(f, "agency-a", &early).empty());
  // After a restart as well, and to nobody whom it does not concern.
  f.Open();
  std::uint64_t anew = 0;
  EXPECT_EQ(Offers(f, "agency-b", &anew).size(), 1U);
  EXPECT_TRUE(Offers(f, "agency-b", &anew).empty());
  std::uint64_t other = 0;
  EXPECT_TRUE(Offers(f, "agency-z", &other).empty());
  f.clock.Advance(absl::Hours(24 * 365 * 20));
  std::uint64_t late = 0;
  EXPECT_TRUE(Offers(f, "agency-a", &late).empty()) << "the purpose has expired";
}

TEST(RunsPlansTest, APurposeWithoutProfileIsNothingToPlanFor) {
  RunsFixture f(2);
  f.Open();
  f.RegisterPurpose();
  std::uint64_t version = 0;
  EXPECT_TRUE(Offers(f, "agency-a", &version).empty());
}

TEST(RunsPlansTest, ARunStartsWithThePlanOfTheLargestFileWhenAllHavePlanned) {
  RunsFixture f(3, 4);
  f.Open();
  f.RegisterPurpose();
  f.Connect("agency-a", {1, "test-1", {PlanOf(f, 64, 2)}});
  f.Connect("agency-b", {1, "test-1", {PlanOf(f, 128, 3)}});
  f.Connect("agency-c", {1, "test-1", {}});
  const auto early = f.Start();
  EXPECT_EQ(early.status().code(), absl::StatusCode::kAborted) << early.status();
  EXPECT_NE(early.status().message().find("agency-c"), absl::string_view::npos);
  f.Connect("agency-c", {1, "test-1", {PlanOf(f, 64, 1)}});
  // The same request: the refusal was no answer.
  const auto run_id = f.Start();
  ASSERT_TRUE(run_id.ok()) << run_id.status();
  const v1::RunManifest manifest = ManifestOf(f, *run_id);
  EXPECT_EQ(manifest.planner(), "agency-b");
  EXPECT_EQ(manifest.plan().SerializeAsString(), PlanOf(f, 128, 3).plan().SerializeAsString());
  const std::vector<std::string> types(manifest.identifier_types().begin(),
                                       manifest.identifier_types().end());
  EXPECT_EQ(types, (std::vector<std::string>{"block-01", "block-02", "block-03", "iban", "kvk"}));
  EXPECT_EQ(manifest.grants_size(), 5);
}

TEST(RunsPlansTest, ASmallerAttemptKeepsThePlanEvenOfTheAgencyThatLeft) {
  RunsFixture f(3, 4);
  f.Open();
  f.RegisterPurpose();
  for (const char* agency : {"agency-a", "agency-b", "agency-c"}) {
    const std::uint64_t records = std::string(agency) == "agency-c" ? 128 : 64;
    f.Connect(agency, {1, "test-1", {PlanOf(f, records, 2)}});
  }
  const auto run_id = f.Start();
  ASSERT_TRUE(run_id.ok()) << run_id.status();
  const v1::RunManifest before = ManifestOf(f, *run_id);
  const absl::Status declined =
      f.runs->Decline("agency-c", f.Hash(*run_id), "no disk", "",
                      RunsFixture::Key("agency-c", "DeclineRun", "decline"));
  ASSERT_TRUE(declined.ok()) << declined;
  const v1::RunManifest after = ManifestOf(f, *run_id);
  EXPECT_EQ(after.attempt(), 2U);
  EXPECT_EQ(after.agencies_size(), 2);
  EXPECT_EQ(after.planner(), "agency-c");
  EXPECT_EQ(after.plan().SerializeAsString(), before.plan().SerializeAsString());
  EXPECT_EQ(after.identifier_types_size(), before.identifier_types_size());
}

TEST(RunsPlansTest, ExactTypesNeedNoPlanAndOneBlockTypeMeansAll) {
  RunsFixture f(2, 4);
  f.Open();
  f.RegisterPurpose();
  f.Connect("agency-a", {1, "test-1", {PlanOf(f, 64, 2)}});
  f.Connect("agency-b");
  Runs::StartCommand command{.purpose_id = "harbour",
                             .types = {"iban"},
                             .started_by = "coordinator",
                             .actor = "coordinator",
                             .key = std::nullopt};
  const auto exact = f.runs->Start(command);
  ASSERT_TRUE(exact.ok()) << exact.status();
  EXPECT_FALSE(ManifestOf(f, *exact).has_plan());
  EXPECT_EQ(ManifestOf(f, *exact).identifier_types_size(), 1);
  ASSERT_TRUE(f.runs->Cancel(*exact, "c", RunsFixture::Key("c", "Cancel", "x")).ok());
  f.Work();
  f.Connect("agency-b", {1, "test-1", {PlanOf(f, 64, 2)}});
  command.types = {"block-04"};
  const auto blocks = f.runs->Start(command);
  ASSERT_TRUE(blocks.ok()) << blocks.status();
  EXPECT_EQ(ManifestOf(f, *blocks).identifier_types_size(), 2);
  EXPECT_EQ(ManifestOf(f, *blocks).plan().keys_size(), 2);
}

TEST(RunsPlansTest, WhereNobodyFindsAKeyExactTypesAreLinkedAndThatIsSaid) {
  RunsFixture f(2, 4);
  f.Open();
  f.RegisterPurpose();
  for (const char* agency : {"agency-a", "agency-b"}) {
    f.Connect(agency, {1, "test-1", {PlanOf(f, 64, 0)}});
  }
  const auto run_id = f.Start();
  ASSERT_TRUE(run_id.ok()) << run_id.status();
  EXPECT_FALSE(ManifestOf(f, *run_id).has_plan());
  EXPECT_EQ(ManifestOf(f, *run_id).identifier_types_size(), 2);
  ASSERT_EQ(f.runs->Get(*run_id)->row.warnings.size(), 1U);
}

TEST(RunsPlansTest, ANodeThatOpensItsStreamAnewIsWaitedFor) {
  RunsFixture f(3, 2);
  f.Open();
  f.RegisterPurpose();
  for (const char* agency : {"agency-a", "agency-b", "agency-c"}) {
    f.Connect(agency, {1, "test-1", {PlanOf(f, 64, 2)}});
  }
  f.clock.Advance(absl::Hours(1));
  f.guards.pop_back();
  EXPECT_EQ(f.Start().status().code(), absl::StatusCode::kAborted);
  // Gone for good: the run begins without it.
  f.clock.Advance(absl::Minutes(1));
  const auto run_id = f.Start();
  ASSERT_TRUE(run_id.ok()) << run_id.status();
  EXPECT_EQ(ManifestOf(f, *run_id).agencies_size(), 2);
}

TEST(RunsPlansTest, AHostilePlanIsRefusedNamedAndAudited) {
  RunsFixture f(2, 2);
  f.Open();
  f.RegisterPurpose();
  v1::WatchRunsRequest request;
  *request.add_plans() = PlanOf(f, 64, 2);
  EXPECT_TRUE(f.runs->CheckAnnouncedPlans("agency-b", request).ok());
  *request.add_plans() = PlanOf(f, 64, 3);
  const absl::Status refused = f.runs->CheckAnnouncedPlans("agency-b", request);
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(std::string(refused.message()).rfind("agency-b: ", 0), 0U) << refused;
  EXPECT_EQ(f.audit.Count("upload.refused"), 1);
}

}  // namespace
}  // namespace raakvlak::matcher
