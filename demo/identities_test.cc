// Identities never collide, and their numbers are valid.
#include "demo/identities.h"

#include <gtest/gtest.h>

#include "absl/container/flat_hash_set.h"

namespace raakvlak::demo {
namespace {

TEST(Identities, NoTwoShareAField) {
  absl::flat_hash_set<std::string> seen;
  for (uint64_t i = 0; i < 60'000; ++i) {
    const Identity who = MakeIdentity(1, i);
    EXPECT_TRUE(seen.insert(who.kvk).second) << i;
    EXPECT_TRUE(seen.insert(who.iban).second) << i;
    EXPECT_TRUE(seen.insert(who.phone).second) << i;
    EXPECT_TRUE(seen.insert(who.given + "|" + who.surname + "|" +
                            std::to_string(who.year * 10'000 + who.month * 100 + who.day))
                    .second)
        << i;
    EXPECT_EQ(who.kvk.size(), 8u);
    EXPECT_EQ(who.iban.size(), 18u);
    EXPECT_EQ(who.phone.size(), 9u);
  }
}

TEST(Identities, IbanCheckDigitsOfThePublishedExample) {
  EXPECT_EQ(IbanCheckDigits("NL", "ABNA0417164300"), "91");
}

}  // namespace
}  // namespace raakvlak::demo
