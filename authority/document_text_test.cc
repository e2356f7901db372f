// The file form keeps every byte, and says what is wrong with a file that is none.
#include "authority/document_text.h"

#include <gtest/gtest.h>

#include "authority/testing/sample.h"

namespace raakvlak::authority {
namespace {

TEST(DocumentText, KeepsEveryByte) {
  testing::Sample sample(3);
  const auto document = sample.SignedRoster();
  auto again = ParseDocument(FormatDocument(document));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), document.SerializeAsString());
}

TEST(DocumentText, SaysWhatIsWrong) {
  testing::Sample sample(2);
  const std::string good = FormatDocument(sample.SignedRoster());
  EXPECT_FALSE(ParseDocument("").ok());
  EXPECT_FALSE(ParseDocument("[1]").ok());
  EXPECT_FALSE(ParseDocument("{\"format\":\"other\"}").ok());
  EXPECT_FALSE(ParseDocument(good.substr(0, good.size() / 2)).ok());
  std::string broken = good;
  broken.replace(broken.find("\"body\": \"") + 9, 2, "!!");
  const auto status = ParseDocument(broken).status();
  EXPECT_NE(status.message().find("body"), std::string::npos) << status;
}

}  // namespace
}  // namespace raakvlak::authority
