// CSV fields that spreadsheets would run, and names of enumerations.
#include "client/commands/labels.h"

#include <gtest/gtest.h>

namespace raakvlak::client {
namespace {

TEST(Labels, CsvFieldsAreQuotedAndDefused) {
  EXPECT_EQ(CsvField("plain"), "plain");
  EXPECT_EQ(CsvField("a,b"), "\"a,b\"");
  EXPECT_EQ(CsvField("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(CsvField("=1+1"), "'=1+1");
}

TEST(Labels, Enumerations) {
  EXPECT_EQ(StrengthLabel(v1::MATCH_STRENGTH_HARD), "hard");
  EXPECT_EQ(StateLabel(v1::RUN_STATE_DONE), "done");
  EXPECT_TRUE(HasEnded(v1::RUN_STATE_FAILED));
  EXPECT_FALSE(HasEnded(v1::RUN_STATE_MATCHING));
}

}  // namespace
}  // namespace raakvlak::client
