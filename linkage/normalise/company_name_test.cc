// Company names: one legal form in many spellings, and never two companies made one.
#include "linkage/normalise/company_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace raakvlak::linkage {
namespace {

using testing::ElementsAre;

bool Same(std::string_view a, std::string_view b) {
  const NormaliseResult result_a = NormaliseCompanyName(ParseCompanyName(a));
  const NormaliseResult result_b = NormaliseCompanyName(ParseCompanyName(b));
  if (!result_a.ok() || !result_b.ok()) return false;
  std::vector<std::string> keys_b = result_b.alternatives;
  keys_b.push_back(result_b.value);
  auto known = [&](const std::string& key) {
    return std::find(keys_b.begin(), keys_b.end(), key) != keys_b.end();
  };
  return known(result_a.value) ||
         std::any_of(result_a.alternatives.begin(), result_a.alternatives.end(), known);
}

TEST(CompanyNameTest, TheLegalFormIsAFieldOfItsOwn) {
  const CompanyName name = ParseCompanyName("Jansen Transport B.V.");
  EXPECT_THAT(name.words, ElementsAre("jansen", "transport"));
  EXPECT_EQ(name.legal_form, "bv");
  for (std::string_view raw :
       {"JANSEN TRANSPORT BV", "Jansen Transport b. v.", "B.V. Jansen Transport",
        "Besloten Vennootschap Jansen Transport", "Jansen B.V. Transport",
        "Jansen Transport (B.V.)",
        "Jansen Transport besloten vennootschap met beperkte aansprakelijkheid",
        "JansenTransport B.V"}) {
    EXPECT_TRUE(Same(raw, "Jansen Transport B.V.")) << raw;
  }
}

TEST(CompanyNameTest, AnotherFormIsAnotherCompany) {
  for (std::string_view raw : {"Jansen Transport N.V.", "Jansen Transport VOF", "Jansen Transport",
                               "Stichting Jansen Transport", "Jansen Transport GmbH"}) {
    EXPECT_FALSE(Same(raw, "Jansen Transport B.V.")) << raw;
  }
}

TEST(CompanyNameTest, WhatTellsCompaniesApartStays) {
  EXPECT_FALSE(Same("Jansen B.V.", "Jansen Holding B.V."));
  EXPECT_FALSE(Same("Jansen Holding B.V.", "Jansen Beheer B.V."));
  EXPECT_FALSE(Same("Jansen I B.V.", "Jansen II B.V."));
  EXPECT_FALSE(Same("Jansen 1 B.V.", "Jansen 11 B.V."));
  EXPECT_FALSE(Same("Jansen 1 1 B.V.", "Jansen 11 B.V."));
  EXPECT_FALSE(Same("Jansen Vastgoed 2024 B.V.", "Jansen Vastgoed 2023 B.V."));
  EXPECT_FALSE(Same("De Zwaan B.V.", "Zwaan B.V."));
}

TEST(CompanyNameTest, Abbreviations) {
  EXPECT_TRUE(Same("Gebr. Jansen & Zn. V.O.F.", "Gebroeders Jansen en Zonen VOF"));
  EXPECT_TRUE(Same("Jansen + Zonen VOF", "Jansen & Zonen V.O.F."));
  EXPECT_TRUE(Same("Handelsmij. Jansen N.V.", "Handelsmaatschappij Jansen NV"));
  EXPECT_TRUE(Same("'t Hoekje VOF", "Het Hoekje V.O.F."));
  EXPECT_TRUE(Same("Fa. Jansen", "Firma Jansen"));
  EXPECT_TRUE(Same("Firma Jansen V.O.F.", "Jansen VOF"));
  EXPECT_TRUE(Same("St. Derdengelden Jansen", "Stichting Derdengelden Jansen"));
  EXPECT_TRUE(Same("VvE Dorpsstraat 1", "Vereniging van Eigenaren Dorpsstraat 1"));
}

TEST(CompanyNameTest, StatusDoesNotCount) {
  EXPECT_EQ(ParseCompanyName("Jansen B.V. i.o.").status, "in oprichting");
  for (std::string_view raw : {"Jansen B.V. i.o.", "Jansen B.V. in oprichting",
                               "Jansen B.V. in liquidatie", "Jansen B.V. (in faillissement)"}) {
    EXPECT_TRUE(Same(raw, "Jansen B.V.")) << raw;
  }
}

TEST(CompanyNameTest, TradeNamesAreSplitFromThePerson) {
  const CompanyName name = ParseCompanyName("P. Jansen h/o Bloemenhuis Jansen");
  EXPECT_EQ(name.proprietor, "pjansen");
  EXPECT_THAT(name.words, ElementsAre("bloemenhuis", "jansen"));
  EXPECT_TRUE(Same("P. Jansen h/o Bloemenhuis Jansen", "P Jansen t.h.o.d.n. Bloemenhuis Jansen"));
  EXPECT_FALSE(Same("P. Jansen h/o Bloemenhuis Jansen", "Bloemenhuis Jansen"));
  EXPECT_FALSE(Same("P. Jansen h/o Bloemenhuis Jansen", "K. Jansen h/o Bloemenhuis Jansen"));
  // "Ho" is a name too.
  EXPECT_EQ(ParseCompanyName("Restaurant Ho Lee").proprietor, "");
}

TEST(CompanyNameTest, Cooperatives) {
  EXPECT_EQ(ParseCompanyName("Coöperatie Boerenkracht U.A.").liability, "ua");
  EXPECT_TRUE(Same("Coöperatie Boerenkracht U.A.", "Cooperatieve Vereniging Boerenkracht UA"));
  EXPECT_FALSE(Same("Coöperatie Boerenkracht U.A.", "Coöperatie Boerenkracht B.A."));
}

TEST(CompanyNameTest, FormsOfOtherCountries) {
  EXPECT_TRUE(Same("Acme Ltd", "Acme Limited"));
  EXPECT_FALSE(Same("Acme Ltd", "Acme LLC"));
  EXPECT_TRUE(Same("Acme GmbH", "Acme Gesellschaft mit beschränkter Haftung"));
  EXPECT_FALSE(Same("Acme GmbH", "Acme GmbH & Co. KG"));
  EXPECT_TRUE(Same("Acme GmbH & Co. KG", "Acme GmbH und Co KG"));
  EXPECT_TRUE(Same("Acme Sp. z o.o.", "Acme spółka z ograniczoną odpowiedzialnością"));
  EXPECT_TRUE(Same("Acme A.Ş.", "Acme Anonim Şirketi"));
  EXPECT_TRUE(Same("ООО Ромашка", "OOO Romashka"));
  EXPECT_EQ(ParseCompanyName("Acme BV (BE)").legal_country, "be");
  EXPECT_FALSE(Same("Acme BV (BE)", "Acme BV"));
}

TEST(CompanyNameTest, ANameIsNeverStrippedToNothing) {
  for (std::string_view raw :
       {"Maatschap", "Firma", "AB", "Stichting", "SE N.V.", "CV Service Jansen"}) {
    const CompanyName name = ParseCompanyName(raw);
    EXPECT_TRUE(name.ok()) << raw;
    EXPECT_FALSE(name.words.empty()) << raw;
  }
  EXPECT_EQ(ParseCompanyName("CV Service Jansen").legal_form, "");
  EXPECT_EQ(ParseCompanyName("C.V. Jansen").legal_form, "cv");
}

TEST(CompanyNameTest, UmlautsHaveTwoKeys) {
  EXPECT_TRUE(Same("Müller B.V.", "Mueller BV"));
  EXPECT_TRUE(Same("Müller B.V.", "Muller BV"));
}

TEST(CompanyNameTest, PlaceholdersAndRubbish) {
  EXPECT_EQ(ParseCompanyName("Onbekend B.V.").reason, RefusalReason::kPlaceholder);
  EXPECT_EQ(ParseCompanyName("...").reason, RefusalReason::kCharacters);
  EXPECT_EQ(ParseCompanyName("").reason, RefusalReason::kEmpty);
  EXPECT_EQ(ParseCompanyName(std::string(10'000, 'a')).reason, RefusalReason::kTooLong);
  EXPECT_EQ(ParseCompanyName("J\u0430nsen B.V.").reason, RefusalReason::kMixedScript);
  EXPECT_EQ(ParseCompanyName("\xff").reason, RefusalReason::kInvalidUtf8);
}

}  // namespace
}  // namespace raakvlak::linkage
