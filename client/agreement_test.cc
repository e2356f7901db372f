// What a match rests on, in words.
#include "client/commands/agreement.h"

#include <gtest/gtest.h>

namespace raakvlak::client {
namespace {

FieldAgreements Sample() {
  FieldAgreements agreement;
  const std::pair<const char*, v1::AgreementLevel> fields[] = {
      {"given_name", v1::AGREEMENT_LEVEL_CLOSE},
      {"phone", v1::AGREEMENT_LEVEL_UNSPECIFIED},
      {"date", v1::AGREEMENT_LEVEL_EXACT}};
  for (const auto& [name, level] : fields) {
    v1::FieldAgreement& field = *agreement.Add();
    field.set_field(name);
    field.set_level(level);
  }
  return agreement;
}

TEST(Agreement, LeavesOutWhatWasNotCompared) {
  EXPECT_EQ(AgreementText(Sample()), "given_name close, date exact");
  EXPECT_EQ(AgreementText(FieldAgreements()), "");
  EXPECT_EQ(AgreementJson(Sample())["phone"], "not compared");
}

TEST(Agreement, NamesEqualIdentifiersFirst) {
  google::protobuf::RepeatedPtrField<std::string> types;
  EXPECT_EQ(RestsOn(types, Sample()), "given_name close, date exact");
  *types.Add() = "iban";
  EXPECT_EQ(RestsOn(types, Sample()), "iban; given_name close, date exact");
  EXPECT_EQ(RestsOn(types, FieldAgreements()), "iban");
}

TEST(Agreement, NothingDecidedIsUndecided) {
  EXPECT_EQ(DecisionLabel(v1::REVIEW_DECISION_UNSPECIFIED), "undecided");
  EXPECT_EQ(DecisionLabel(v1::REVIEW_DECISION_NO_MATCH), "no match");
}

}  // namespace
}  // namespace raakvlak::client
