// What a steward reads of own matches.
#include "client/commands/match_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace raakvlak::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

v1::StewardMatch Match(const char* record, bool chained) {
  v1::StewardMatch match;
  match.set_reference("ABCDEFGHIJKLMNOP");
  match.set_record_id(record);
  match.set_counterpart("police");
  match.set_counterpart_contact("desk@police.example");
  match.set_strength(v1::MATCH_STRENGTH_STRONG);
  v1::FieldAgreement& field = *match.add_agreement();
  field.set_field("surname");
  field.set_level(v1::AGREEMENT_LEVEL_EXACT);
  match.set_run_id("harbour-7");
  match.set_chained(chained);
  return match;
}

TEST(MatchList, AMatchHeldTogetherByAThirdRecordIsMarked) {
  const std::string plain = MatchesText({Match("1", false)});
  EXPECT_THAT(plain, HasSubstr("surname exact"));
  EXPECT_THAT(plain, Not(HasSubstr("chained")));
  const std::string marked = MatchesText({Match("1", false), Match("2", true)});
  EXPECT_THAT(marked, HasSubstr("surname exact (chained)"));
  EXPECT_THAT(marked,
              HasSubstr("\nchained: some of the records are alike only through another of them\n"));
  EXPECT_EQ(MatchesText({}), "no matches\n");
}

TEST(MatchList, ProgramsReadTheMarkAsWell) {
  const StewardMatches matches = {Match("1", false), Match("2", true)};
  const nlohmann::ordered_json json = MatchesJson(matches);
  ASSERT_EQ(json["matches"].size(), 2U);
  EXPECT_EQ(json["matches"][0]["chained"], false);
  EXPECT_EQ(json["matches"][1]["chained"], true);
  EXPECT_EQ(json["matches"][1]["agreement"]["surname"], "exact");
  EXPECT_EQ(
      MatchesCsv({matches[1]}),
      "reference,record_id,counterpart,contact,strength,agreed,agreement,decision,chained\r\n"
      "ABCDEFGHIJKLMNOP,2,police,desk@police.example,strong,,surname exact,undecided,yes\r\n");
}

}  // namespace
}  // namespace raakvlak::client
