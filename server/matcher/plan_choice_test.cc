// Whose plan a run uses, and which announcements are refused.
#include "server/matcher/plan_choice.h"

#include <gtest/gtest.h>

#include "authority/testing/sample.h"

namespace raakvlak::matcher {
namespace {

using authority::testing::Sample;

// A plan for the sample's profile with `keys` keys.
v1::PlanOffer Offer(const crypto::Digest& purpose, std::uint64_t records, std::uint32_t selectivity,
                    int keys) {
  v1::PlanOffer offer;
  offer.set_purpose_id("harbour");
  offer.set_purpose_hash(crypto::ToString(purpose));
  offer.set_records(records);
  offer.set_selectivity(selectivity);
  for (int key = 0; key < keys; ++key) {
    v1::PlannedKey& planned = *offer.mutable_plan()->add_keys();
    for (const std::uint32_t field : {0U, 2U}) {
      v1::KeyComponent& component = *planned.add_components();
      component.set_field(field);
      component.set_form(field == 0 ? "full" : "part" + std::to_string(key));
    }
  }
  return offer;
}

v1::PlanOffer Pending(const crypto::Digest& purpose) {
  v1::PlanOffer offer;
  offer.set_purpose_id("harbour");
  offer.set_purpose_hash(crypto::ToString(purpose));
  offer.set_pending(true);
  return offer;
}

std::string PlannerOf(const std::map<std::string, std::optional<v1::PlanOffer>>& offers) {
  const auto chosen = ChoosePlan(offers);
  if (!chosen.ok()) return std::string(chosen.status().message());
  return chosen->has_value() ? (*chosen)->planner : "nobody";
}

TEST(PlanChoice, TheLargestFilePlansThenTheLeastSpreadThenTheFirst) {
  const crypto::Digest p{};
  EXPECT_EQ(PlannerOf({{"a", Offer(p, 64, 10, 1)}, {"b", Offer(p, 128, 900, 1)}}), "b");
  EXPECT_EQ(PlannerOf({{"a", Offer(p, 64, 300, 1)}, {"b", Offer(p, 64, 299, 1)}}), "b");
  EXPECT_EQ(PlannerOf({{"a", Offer(p, 64, 300, 1)}, {"b", Offer(p, 64, 300, 1)}}), "a");
  // One whose file makes no key plans nothing for others.
  EXPECT_EQ(PlannerOf({{"a", Offer(p, 64, 300, 1)}, {"b", Offer(p, 512, 0, 0)}}), "a");
  EXPECT_EQ(PlannerOf({{"a", Offer(p, 64, 0, 0)}, {"b", Offer(p, 512, 0, 0)}}), "nobody");
}

TEST(PlanChoice, WaitsForEveryAgencyAndNamesThoseThatLack) {
  const crypto::Digest p{};
  const auto chosen =
      ChoosePlan({{"a", Offer(p, 64, 1, 1)}, {"customs", Pending(p)}, {"police", std::nullopt}});
  EXPECT_EQ(chosen.status().code(), absl::StatusCode::kAborted);
  EXPECT_NE(chosen.status().message().find("customs, police:"), absl::string_view::npos);
}

TEST(PlanChoice, TypesFollowThePlan) {
  const v1::BlockingPlan plan = Offer({}, 1, 1, 2).plan();
  const std::vector<std::string> types = {"block-01", "block-02", "block-03", "iban"};
  EXPECT_EQ(TypesUnder(&plan, types), (std::vector<std::string>{"block-01", "block-02", "iban"}));
  EXPECT_EQ(TypesUnder(nullptr, types), (std::vector<std::string>{"iban"}));
}

class OffersTest : public ::testing::Test {
 protected:
  OffersTest() {
    sample_.AddProfile(2);
    const auto roster = authority::Roster::Open(sample_.SignedRoster(), std::nullopt);
    auto purpose = authority::Purpose::Open(sample_.SignedPurpose(), *roster);
    EXPECT_TRUE(purpose.ok()) << purpose.status();
    purposes_ = {std::make_shared<const authority::Purpose>(*std::move(purpose))};
  }
  absl::Status Check(const std::vector<v1::PlanOffer>& offers) {
    v1::WatchRunsRequest request;
    for (const v1::PlanOffer& offer : offers) *request.add_plans() = offer;
    return CheckPlanOffers(request.plans(), purposes_);
  }
  v1::PlanOffer Good() { return Offer(purposes_[0]->hash(), 64, 100, 2); }

  Sample sample_{2};
  std::vector<std::shared_ptr<const authority::Purpose>> purposes_;
};

TEST_F(OffersTest, TakesPlansPendingOnesAndThoseOfOtherPurposes) {
  EXPECT_TRUE(Check({}).ok());
  EXPECT_TRUE(Check({Good(), Pending(purposes_[0]->hash())}).ok());
  EXPECT_TRUE(Check({Offer(purposes_[0]->hash(), 64, 0, 0)}).ok());
  EXPECT_TRUE(Check({Offer(purposes_[0]->hash(), 0, 0, 0)}).ok());
  EXPECT_TRUE(Check({Offer(purposes_[0]->hash(), 24'576, 100, 2)}).ok());
  // Of a version that is not registered here: not known how many keys it may have.
  EXPECT_TRUE(Check({Offer({}, 64, 100, 9)}).ok());
}

TEST_F(OffersTest, RefusesWhatNoHonestNodeAnnounces) {
  std::vector<v1::PlanOffer> bad(9, Good());
  bad[0].set_records(63);
  bad.push_back(Good());
  bad.back().set_records(0);
  bad[1].set_records(std::uint64_t{1} << 40);
  bad[2].set_purpose_hash("short");
  bad[3].set_purpose_id("");
  bad[4].set_pending(true);
  bad[5].mutable_plan()->set_exposure(10'001);
  // One key more than the profile allows, a field that is not in it, one field only.
  *bad[6].mutable_plan()->add_keys() = Offer({}, 1, 1, 3).plan().keys(2);
  bad[7].mutable_plan()->mutable_keys(0)->mutable_components(1)->set_field(4);
  bad[8].mutable_plan()->mutable_keys(1)->mutable_components()->RemoveLast();
  for (std::size_t i = 0; i < bad.size(); ++i) {
    EXPECT_EQ(Check({bad[i]}).code(), absl::StatusCode::kInvalidArgument) << i;
  }
  EXPECT_FALSE(Check(std::vector<v1::PlanOffer>(101, Good())).ok());
}

}  // namespace
}  // namespace raakvlak::matcher
