// A signing key survives its file form; anything else is refused without being quoted.
#include "authority/key_text.h"

#include <gtest/gtest.h>

#include "crypto/base/random.h"

namespace raakvlak::authority {
namespace {

std::string Text(const crypto::SigningKey& key) {
  return crypto::ToString(FormatSigningKey(key).Reveal(crypto::SecretAccess{}));
}

TEST(KeyText, KeepsTheKey) {
  crypto::SeededRandom random(7);
  const auto key = crypto::SigningKey::Generate(random);
  auto again = ParseSigningKey(Text(key));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->verify_key(), key.verify_key());
  auto verify = ParseVerifyKey(FormatVerifyKey(key.verify_key()));
  ASSERT_TRUE(verify.ok());
  EXPECT_EQ(*verify, key.verify_key());
}

TEST(KeyText, RefusesWithoutQuoting) {
  crypto::SeededRandom random(7);
  const std::string good = Text(crypto::SigningKey::Generate(random));
  for (const std::string& bad :
       {std::string(), good.substr(1), good.substr(0, good.size() - 2), good + "00",
        std::string("raakvlak signing key v1\n") + std::string(64, 'x')}) {
    const auto status = ParseSigningKey(bad).status();
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(std::string(status.message()).find(good.substr(30, 20)), std::string::npos);
  }
  EXPECT_FALSE(ParseVerifyKey("abcd").ok());
}

}  // namespace
}  // namespace raakvlak::authority
