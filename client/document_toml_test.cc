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

TEST(DocumentToml, AProfileNeedsItsFieldsOnly) {
  const std::string good = kPurpose;
  auto purpose = PurposeFromToml(
      good + "[profile]\nfields = [\"person_name\", \"date\", \"phone\"]\n", "p.toml");
  ASSERT_TRUE(purpose.ok()) << purpose.status();
  const v1::ComparisonProfile& profile = purpose->profile();
  ASSERT_EQ(profile.fields_size(), 4);
  EXPECT_EQ(profile.fields(0).name(), "given_name");
  EXPECT_EQ(profile.fields(1).kind(), "surname");
  EXPECT_EQ(profile.version(), 1u);
  EXPECT_EQ(profile.block_cap(), 10u);
  EXPECT_EQ(profile.max_keys(), 24u);
  EXPECT_EQ(profile.max_exposure(), 800u);
  EXPECT_TRUE(profile.deduplicated());
  // block-01 to block-24, iban, kvk.
  ASSERT_EQ(purpose->types_size(), 26);
  EXPECT_EQ(purpose->types(0).identifier_type(), "block-01");
  EXPECT_EQ(purpose->types(0).run_grant(), 1'000'000u);
  EXPECT_EQ(purpose->types(0).epoch_ceiling(), 10'000'000u);
  EXPECT_EQ(purpose->types(0).max_records_per_value(), 10u);
  EXPECT_EQ(purpose->types(23).identifier_type(), "block-24");
  const std::string text = DescribePurpose(*purpose);
  EXPECT_NE(text.find("compared fields   given_name, surname, date, phone\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find("8.00%"), std::string::npos) << text;
  EXPECT_NE(text.find("block-01 to block-24: each at most 1000000"), std::string::npos) << text;
  EXPECT_EQ(text.find("block-02"), std::string::npos) << text;
}

TEST(DocumentToml, AProfileMayStandWithoutExactTypesAndSayEverything) {
  const std::string exact = kPurpose;
  auto purpose = PurposeFromToml(exact.substr(0, exact.find("[[type]]")) + R"([profile]
version = 3
block_cap = 5
max_keys = 2
max_exposure = 0.0125
deduplicated = false
run_grant = 500
epoch_ceiling = 900
[profile.fields]
surname = "surname"
born = "date"
gender = "exact"
)",
                                 "p.toml");
  ASSERT_TRUE(purpose.ok()) << purpose.status();
  const v1::ComparisonProfile& profile = purpose->profile();
  ASSERT_EQ(profile.fields_size(), 3);
  EXPECT_EQ(profile.fields(0).name(), "surname");
  EXPECT_EQ(profile.fields(1).name(), "born");
  EXPECT_EQ(profile.fields(1).kind(), "date");
  EXPECT_EQ(profile.fields(2).name(), "gender");
  EXPECT_EQ(profile.version(), 3u);
  EXPECT_EQ(profile.max_exposure(), 125u);
  EXPECT_FALSE(profile.deduplicated());
  ASSERT_EQ(purpose->types_size(), 2);
  EXPECT_EQ(purpose->types(1).run_grant(), 500u);
  EXPECT_EQ(purpose->types(1).epoch_ceiling(), 900u);
  EXPECT_EQ(purpose->types(1).max_records_per_value(), 5u);
  EXPECT_NE(DescribePurpose(*purpose).find("surname, born (date), gender (exact)"),
            std::string::npos);
}

TEST(DocumentToml, BlockGrantsFollowTheLargestFileThatATypeExpects) {
  auto purpose = PurposeFromToml(std::string(kPurpose) +
                                     "[[type]]\nname = \"phone\"\nrun_grant = 4000000\n"
                                     "[profile]\nfields = [\"surname\", \"date\"]\n",
                                 "p.toml");
  ASSERT_TRUE(purpose.ok()) << purpose.status();
  EXPECT_EQ(purpose->types(0).run_grant(), 4'000'000u);
  EXPECT_EQ(purpose->types(0).epoch_ceiling(), 40'000'000u);
}

TEST(DocumentToml, RefusesProfilesWithFileAndKey) {
  const std::string good = kPurpose;
  const std::string start = good + "[profile]\nfields = [\"surname\", \"date\"]\n";
  ASSERT_TRUE(PurposeFromToml(start, "p.toml").ok());
  for (const std::string& bad :
       {good + "[profile]\n", good + "[profile]\nfields = [\"surname\"]\n",
        good + "[profile]\nfields = [\"surname\", \"shoe size\"]\n",
        good + "[profile.fields]\nsurname = 3\n", start + "max_exposure = 1.5\n",
        start + "max_exposure = 0\n", start + "max_keys = 25\n", start + "deduplicated = 1\n",
        start + "blockcap = 3\n", good + "[[type]]\nname = \"block-01\"\n"}) {
    const auto status = PurposeFromToml(bad, "p.toml").status();
    ASSERT_FALSE(status.ok()) << bad;
    EXPECT_EQ(status.message().substr(0, 6), "p.toml") << status;
  }
}

TEST(DocumentToml, ARosterListsBlockTypesByTheirNumber) {
  const auto roster = [&](const std::string& blocks) {
    std::string toml = R"(partnership = "Harbour"
not_after = 2027-12-31
identifier_types = ["kvk", "iban"]
coordinators = ["uri:raakvlak:coordinator"]
)" + blocks + R"(
[matcher]
endpoint = "matcher.example:7440"
identities = ["uri:raakvlak:matcher"]
signing_key = "KEY"
)";
    for (const std::string agency : {"police", "customs"}) {
      toml += "[[member]]\nagency_id = \"" + agency + "\"\ndisplay_name = \"" + agency +
              "\"\ncontact_desk = \"desk@" + agency + ".example\"\nendpoint = \"" + agency +
              ".example:1\"\nnode_identities = [\"uri:raakvlak:node:" + agency +
              "\"]\nsteward_identities = [\"uri:raakvlak:steward:" + agency +
              "\"]\nroster_key = \"KEY\"\nofficer_key = \"KEY\"\n";
    }
    // Keys must differ.
    for (int i = 1; toml.find("KEY") != std::string::npos; ++i) {
      toml.replace(toml.find("KEY"), 3, std::string(63, '0') + std::to_string(i));
    }
    return RosterFromToml(toml, "r.toml");
  };
  auto with = roster("block_keys = 3");
  ASSERT_TRUE(with.ok()) << with.status();
  ASSERT_EQ(with->identifier_types_size(), 5);
  EXPECT_EQ(with->identifier_types(0), "block-01");
  EXPECT_EQ(with->identifier_types(3), "iban");
  EXPECT_NE(DescribeRoster(*with).find("identifier types  block-01 to block-03, iban, kvk\n"),
            std::string::npos);
  EXPECT_EQ(roster("")->identifier_types_size(), 2);
  EXPECT_FALSE(roster("block_keys = 25").ok());
}

}  // namespace
}  // namespace raakvlak::client
