// The table of types is what signed documents refer to: names may not change, ranks must be
// distinct.
#include "linkage/types/identifier_type.h"

#include <gtest/gtest.h>

#include <set>

namespace raakvlak::linkage {
namespace {

TEST(IdentifierTypeTest, EveryNameReadsBackAsItsType) {
  std::set<std::string_view> names;
  for (const auto& info : AllIdentifierTypes()) {
    EXPECT_EQ(ParseIdentifierType(info.name), info.type) << info.name;
    EXPECT_EQ(&Info(info.type), &info) << info.name;
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
  }
  EXPECT_EQ(names.size(), 46u);
}

TEST(IdentifierTypeTest, NamesAreStable) {
  for (std::string_view name : {"iban",
                                "kvk",
                                "vestiging",
                                "rsin",
                                "bsn",
                                "btw",
                                "eori",
                                "lei",
                                "container",
                                "imo",
                                "kenteken",
                                "phone",
                                "bic",
                                "document",
                                "email",
                                "crypto_address",
                                "person_name",
                                "company_name",
                                "birth_date",
                                "oin",
                                "name_birth_date",
                                "postcode"}) {
    EXPECT_TRUE(ParseIdentifierType(name).has_value()) << name;
  }
}

TEST(IdentifierTypeTest, UnknownNamesAreNotGuessed) {
  EXPECT_FALSE(ParseIdentifierType("IBAN").has_value());
  EXPECT_FALSE(ParseIdentifierType("").has_value());
  EXPECT_FALSE(ParseIdentifierType("iban ").has_value());
}

TEST(IdentifierTypeTest, ADateOfBirthAloneIsNotLinkable) {
  EXPECT_FALSE(Info(IdentifierType::kBirthDate).linkable);
  EXPECT_TRUE(Info(IdentifierType::kNameBirthDate).linkable);
}

TEST(IdentifierTypeTest, BsnIsOffByDefault) {
  EXPECT_TRUE(Info(IdentifierType::kBsn).off_by_default);
  EXPECT_FALSE(Info(IdentifierType::kRsin).off_by_default);
}

TEST(IdentifierTypeTest, ANameAloneIsNeverMoreThanPossible) {
  EXPECT_EQ(Info(IdentifierType::kPersonName).strength, Strength::kPossible);
  EXPECT_EQ(Info(IdentifierType::kCompanyName).strength, Strength::kPossible);
  EXPECT_EQ(Info(IdentifierType::kNameBirthDate).strength, Strength::kStrong);
  EXPECT_EQ(Info(IdentifierType::kIban).strength, Strength::kHard);
}

TEST(IdentifierTypeTest, StrengthNamesReadBack) {
  for (Strength s : {Strength::kHard, Strength::kStrong, Strength::kPossible}) {
    EXPECT_EQ(ParseStrength(StrengthName(s)), s);
  }
  EXPECT_FALSE(ParseStrength("certain").has_value());
}

}  // namespace
}  // namespace raakvlak::linkage
