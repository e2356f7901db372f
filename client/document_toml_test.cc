// The TOML that officers write: defaults, dates, and what is refused.
#include "client/document_toml.h"

#include <gtest/gtest.h>

namespace raakvlak::client {
namespace {

constexpr char kPurpose[] = R"(purpose_id = "harbour"
title = "Harbour"
legal_basis = "law"
approver = "board"
agencies = ["police", "customs"]
not_before = 2026-01-01
not_after = 2026-01-02
[[type]]
name = "kvk"
[[type]]
name = "iban"
run_grant = 5
)";

TEST(DocumentToml, PurposeHasSoundDefaults) {
  auto purpose = PurposeFromToml(kPurpose, "p.toml");
  ASSERT_TRUE(purpose.ok()) << purpose.status();
  EXPECT_EQ(purpose->agencies(0), "customs");
  EXPECT_EQ(purpose->minimum_count(), 10u);
  EXPECT_EQ(purpose->types(0).identifier_type(), "iban");
  EXPECT_EQ(purpose->types(0).run_grant(), 5u);
  EXPECT_EQ(purpose->types(1).run_grant(), 1'000'000u);
  // From the first second of its first day to the last of its last.
  EXPECT_EQ(purpose->not_before(), 1767225600);
  EXPECT_EQ(purpose->not_after(), 1767225600 + 2 * 86400 - 1);
  EXPECT_EQ(FormatTime(purpose->not_after()), "2026-01-02 23:59 UTC");
}

TEST(DocumentToml, RefusesWithFileAndKey) {
  const std::string good = kPurpose;
  for (const std::string& bad : {good + "colour = 1\n", good + "[[type]]\nname = \"shoe size\"\n",
                                 good.substr(good.find('\n') + 1), std::string("x = \n"),
                                 std::string("agencies = 1\n") + good}) {
    const auto status = PurposeFromToml(bad, "p.toml").status();
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.message().substr(0, 6), "p.toml") << status;
  }
}

}  // namespace
}  // namespace raakvlak::client
