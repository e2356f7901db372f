// What a steward reads of own records that look like one subject.
#include "client/commands/duplicate_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>

namespace raakvlak::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

v1::DuplicateGroup Group(std::initializer_list<const char*> records, bool chained = false,
                         bool disputed = false) {
  v1::DuplicateGroup group;
  for (const char* record : records) group.add_record_ids(record);
  group.set_strength(disputed ? v1::MATCH_STRENGTH_POSSIBLE : v1::MATCH_STRENGTH_STRONG);
  v1::FieldAgreement& field = *group.add_agreement();
  field.set_field("surname");
  field.set_level(v1::AGREEMENT_LEVEL_EXACT);
  group.set_chained(chained);
  group.set_disputed(disputed);
  return group;
}

TEST(DuplicateList, MarksOnlyWhatHangsTogetherThroughAThirdRecord) {
  const std::string plain = DuplicatesText({Group({"1", "2"})});
  EXPECT_THAT(plain, HasSubstr("1, 2"));
  EXPECT_THAT(plain, HasSubstr("1 group of"));
  EXPECT_THAT(plain, Not(HasSubstr("chained")));
  EXPECT_THAT(plain, Not(HasSubstr("disputed")));

  const std::string chain = DuplicatesText({Group({"1", "2"}), Group({"3", "4", "5"}, true)});
  EXPECT_THAT(chain, HasSubstr("strong (chained)"));
  EXPECT_THAT(chain, HasSubstr("2 groups of"));
  EXPECT_THAT(chain, Not(HasSubstr("disputed")));

  const std::string dispute = DuplicatesText({Group({"3", "4", "5"}, true, true)});
  EXPECT_THAT(dispute, HasSubstr("possible (disputed)"));
  EXPECT_THAT(dispute, HasSubstr("perhaps two subjects"));
  EXPECT_THAT(dispute, Not(HasSubstr("chained")));
  EXPECT_EQ(DuplicatesText({}), "no duplicates\n");
}

TEST(DuplicateList, ProgramsReadTheMarksAsWell) {
  const DuplicateGroups groups = {Group({"1", "2"}), Group({"3", "4", "5"}, true, true)};
  const nlohmann::ordered_json json = DuplicatesJson(groups);
  ASSERT_EQ(json["groups"].size(), 2U);
  EXPECT_FALSE(json["groups"][0]["chained"]);
  EXPECT_FALSE(json["groups"][0]["disputed"]);
  EXPECT_TRUE(json["groups"][1]["chained"]);
  EXPECT_TRUE(json["groups"][1]["disputed"]);
  EXPECT_EQ(DuplicatesCsv({groups[1]}),
            "group,record_id,strength,agreement,chained,disputed\r\n"
            "1,3,possible,surname exact,yes,yes\r\n"
            "1,4,possible,surname exact,yes,yes\r\n"
            "1,5,possible,surname exact,yes,yes\r\n");
}

}  // namespace
}  // namespace raakvlak::client
