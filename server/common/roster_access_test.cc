// Who a certificate stands for, given a signed roster.
#include "server/common/roster_access.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "authority/testing/sample.h"

namespace raakvlak::common {
namespace {

class RosterAccessTest : public ::testing::Test {
 protected:
  absl::StatusOr<Caller> Resolve(const std::vector<std::string>& identities) const {
    return SignedRosterAccess(roster_).Resolve(identities);
  }

  const authority::Roster roster_ =
      *authority::Roster::Open(authority::testing::Sample(2).SignedRoster(), std::nullopt);
};

TEST_F(RosterAccessTest, GivesEveryPartyItsRole) {
  EXPECT_EQ(*Resolve({"uri:raakvlak:node:agency-b"}),
            (Caller{Role::kNode, "agency-b", "uri:raakvlak:node:agency-b"}));
  EXPECT_EQ(*Resolve({"uri:raakvlak:steward:agency-a"}),
            (Caller{Role::kSteward, "agency-a", "uri:raakvlak:steward:agency-a"}));
  EXPECT_EQ(*Resolve({"uri:raakvlak:coordinator"}),
            (Caller{Role::kCoordinator, "", "uri:raakvlak:coordinator"}));
  EXPECT_EQ(*Resolve({"uri:raakvlak:matcher"}),
            (Caller{Role::kMatcher, "", "uri:raakvlak:matcher"}));
}

TEST_F(RosterAccessTest, PassesOverNamesThatTheRosterDoesNotKnow) {
  EXPECT_EQ(Resolve({"oin:00000001", "uri:raakvlak:node:agency-a"})->identity,
            "uri:raakvlak:node:agency-a");
}

TEST_F(RosterAccessTest, KnowsNoStranger) {
  EXPECT_EQ(Resolve({"uri:raakvlak:stranger"}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Resolve({}).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(RosterAccessTest, RefusesOneCertificateForTwoParties) {
  EXPECT_EQ(Resolve({"uri:raakvlak:node:agency-a", "uri:raakvlak:node:agency-b"}).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(
      Resolve({"uri:raakvlak:node:agency-a", "uri:raakvlak:steward:agency-a"}).status().code(),
      absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace raakvlak::common
