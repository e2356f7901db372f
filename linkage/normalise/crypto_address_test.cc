// Addresses against the vectors of BIP-173, BIP-350 and EIP-55, and Keccak against its published
// digests.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "linkage/normalise/keccak.h"
#include "linkage/normalise/normalise.h"

namespace raakvlak::linkage {
namespace {

NormaliseResult Address(std::string_view raw) {
  return Normalise(IdentifierType::kCryptoAddress, raw);
}

std::string Hex(const std::array<std::uint8_t, 32>& bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (std::uint8_t byte : bytes) {
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

TEST(KeccakTest, PublishedDigests) {
  EXPECT_EQ(Hex(Keccak256("")), "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
  EXPECT_EQ(Hex(Keccak256("abc")),
            "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
  EXPECT_EQ(Hex(Keccak256("The quick brown fox jumps over the lazy dog")),
            "4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15");
}

TEST(KeccakTest, BlockBoundariesDiffer) {
  // 135, 136 and 137 bytes: padding fits the block, needs a block of its own, spills.
  EXPECT_NE(Keccak256(std::string(135, 'a')), Keccak256(std::string(136, 'a')));
  EXPECT_NE(Keccak256(std::string(136, 'a')), Keccak256(std::string(137, 'a')));
}

TEST(EthereumTest, Eip55) {
  for (std::string_view address :
       {"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "0xde709f2102306220921060314715629080e2fb77"}) {
    EXPECT_TRUE(Address(address).ok()) << address;
  }
  // One letter in the wrong case.
  EXPECT_EQ(Address("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed").reason, RefusalReason::kChecksum);
  EXPECT_EQ(Address("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed").value,
            Address("0X5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED").value);
  EXPECT_EQ(Address("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae").reason, RefusalReason::kLength);
}

TEST(Bech32Test, ValidAddresses) {
  for (std::string_view address :
       {"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
        "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"}) {
    EXPECT_EQ(Address(address).value, address);
  }
  EXPECT_EQ(Address("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4").value,
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4");
}

TEST(Bech32Test, InvalidAddressesOfBip350) {
  for (std::string_view address :
       {"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",  // bech32 for version 1
        "BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh",                      // bech32m for version 0
        "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",  // character
        "BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R",  // version 17
        "bc1pw5dgrnzv",                                                    // program of one byte
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav",
        "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf",  // zero padding > 4
                                                                             // bits
        "bc1gmk9yu", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3T4",
        "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx"}) {
    EXPECT_FALSE(Address(address).ok()) << address;
  }
}

TEST(Base58Test, CaseIsKept) {
  // The address of the first block.
  const std::string_view genesis = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa";
  EXPECT_EQ(Address(genesis).value, genesis);
  EXPECT_EQ(Address("bitcoin:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa").value, genesis);
  EXPECT_FALSE(Address("1a1zp1ep5qgefi2dmptftl5slmv7divfna").ok());
  EXPECT_EQ(Address("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb").reason, RefusalReason::kChecksum);
  EXPECT_EQ(Address("1A1zP1eP5QGefi2DMPTfTL5SLmv7Divf0a").reason, RefusalReason::kCharacters);
  EXPECT_EQ(Address("3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy").value,
            "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy");
  // USDT's contract on Tron.
  EXPECT_TRUE(Address("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t").ok());
}

TEST(Base58Test, LeadingOnesCount) {
  EXPECT_TRUE(Address("1111111111111111111114oLvT2").ok());
  EXPECT_FALSE(Address("11111111111111111111114oLvT2").ok());
  EXPECT_FALSE(Address("111111111111111111114oLvT2").ok());
}

}  // namespace
}  // namespace raakvlak::linkage
