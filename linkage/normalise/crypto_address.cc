// Addresses of crypto-assets: Bitcoin and Litecoin (Base58Check; Bech32, BIP-173; Bech32m,
// BIP-350), Tron (Base58Check) and Ethereum (EIP-55).
#include <sodium.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "linkage/normalise/compact.h"
#include "linkage/normalise/families.h"
#include "linkage/normalise/keccak.h"

namespace raakvlak::linkage {
namespace {

NormaliseResult BadCharacters() {
  return NormaliseResult::Refuse(RefusalReason::kCharacters,
                                 "a character that this kind of address never has");
}

NormaliseResult BadChecksum() {
  return NormaliseResult::Refuse(RefusalReason::kChecksum,
                                 "the checksum does not fit: a typing error, or case was lost");
}

NormaliseResult BadLength() {
  return NormaliseResult::Refuse(RefusalReason::kLength, "not the length of such an address");
}

bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// `digits` follows 0x. EIP-55 hides a checksum in the case of the letters; all-lower and all-upper
// forms carry none.
NormaliseResult Ethereum(std::string_view digits) {
  if (digits.size() != 40) return BadLength();
  bool lower_seen = false;
  bool upper_seen = false;
  std::string lower;
  for (char c : digits) {
    if (!IsHex(c)) return BadCharacters();
    lower_seen |= IsLower(c);
    upper_seen |= IsUpper(c);
    lower.push_back(ToLower(c));
  }
  if (lower_seen && upper_seen) {
    const auto hash = Keccak256(lower);
    for (std::size_t i = 0; i < digits.size(); ++i) {
      const int nibble = i % 2 == 0 ? hash[i / 2] >> 4 : hash[i / 2] & 0x0F;
      if (IsDigit(digits[i])) continue;
      if (IsUpper(digits[i]) != (nibble >= 8)) return BadChecksum();
    }
  }
  return NormaliseResult::Ok("0x" + lower);
}

std::uint32_t Bech32Polymod(std::uint32_t checksum, std::uint8_t value) {
  constexpr std::array<std::uint32_t, 5> kGenerator = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa,
                                                       0x3d4233dd, 0x2a1462b3};
  const std::uint32_t top = checksum >> 25;
  checksum = (checksum & 0x1ffffff) << 5 ^ value;
  for (std::size_t i = 0; i < kGenerator.size(); ++i) {
    if (top >> i & 1) checksum ^= kGenerator[i];
  }
  return checksum;
}

// A segregated witness address: human-readable part, '1', witness version, program, six of
// checksum.
NormaliseResult Bech32(std::string_view address, std::string_view prefix) {
  constexpr std::string_view kAlphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
  if (address.size() > 90 || address.size() < prefix.size() + 1 + 1 + 6) return BadLength();
  bool lower_seen = false;
  bool upper_seen = false;
  std::string lower;
  for (char c : address) {
    lower_seen |= IsLower(c);
    upper_seen |= IsUpper(c);
    lower.push_back(ToLower(c));
  }
  if (lower_seen && upper_seen) {
    return NormaliseResult::Refuse(RefusalReason::kStructure,
                                   "upper and lower case are mixed in a bech32 address");
  }
  std::uint32_t checksum = 1;
  for (char c : prefix) checksum = Bech32Polymod(checksum, static_cast<std::uint8_t>(c >> 5));
  checksum = Bech32Polymod(checksum, 0);
  for (char c : prefix) checksum = Bech32Polymod(checksum, static_cast<std::uint8_t>(c & 31));
  std::vector<std::uint8_t> data;
  for (char c : std::string_view(lower).substr(prefix.size() + 1)) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return BadCharacters();
    data.push_back(static_cast<std::uint8_t>(value));
    checksum = Bech32Polymod(checksum, data.back());
  }
  const int version = data.front();
  // BIP-350: version 0 has the checksum of bech32, later ones that of bech32m.
  constexpr std::uint32_t kBech32 = 1;
  constexpr std::uint32_t kBech32m = 0x2bc830a3;
  if (checksum != (version == 0 ? kBech32 : kBech32m)) return BadChecksum();
  if (version > 16) {
    return NormaliseResult::Refuse(RefusalReason::kStructure, "there is no such witness version");
  }
  const std::size_t groups = data.size() - 1 - 6;
  const std::size_t bytes = groups * 5 / 8;
  const std::size_t spare_bits = groups * 5 % 8;
  if (spare_bits > 4 || (spare_bits > 0 && (data[groups] & ((1u << spare_bits) - 1)) != 0)) {
    return NormaliseResult::Refuse(RefusalReason::kStructure, "the padding is not zero");
  }
  if (bytes < 2 || bytes > 40 || (version == 0 && bytes != 20 && bytes != 32)) return BadLength();
  return NormaliseResult::Ok(std::move(lower));
}

// Base58Check of a version byte and 20 bytes of hash. Case matters and is kept.
NormaliseResult Base58(std::string_view address) {
  constexpr std::string_view kAlphabet =
      "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  constexpr std::size_t kPayload = 21;
  constexpr std::size_t kSize = kPayload + 4;
  for (char c : address) {
    if (kAlphabet.find(c) == std::string_view::npos) return BadCharacters();
  }
  if (address.size() < 25 || address.size() > 35) return BadLength();
  std::array<std::uint8_t, kSize> bytes{};
  for (char c : address) {
    auto carry = static_cast<std::uint32_t>(kAlphabet.find(c));
    for (std::size_t i = kSize; i-- > 0;) {
      carry += 58u * bytes[i];
      bytes[i] = static_cast<std::uint8_t>(carry);
      carry >>= 8;
    }
    if (carry != 0) return BadLength();
  }
  // Each leading '1' is a zero byte: exactly as many as the decoded bytes have.
  std::size_t ones = 0;
  while (ones < address.size() && address[ones] == '1') ++ones;
  std::size_t zeros = 0;
  while (zeros < kSize && bytes[zeros] == 0) ++zeros;
  if (ones != zeros) return BadLength();
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> once;
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> twice;
  crypto_hash_sha256(once.data(), bytes.data(), kPayload);
  crypto_hash_sha256(twice.data(), once.data(), once.size());
  for (std::size_t i = 0; i < 4; ++i) {
    if (twice[i] != bytes[kPayload + i]) return BadChecksum();
  }
  switch (bytes[0]) {
    case 0x00:  // Bitcoin, key hash: 1...
    case 0x05:  // Bitcoin, script hash: 3...
    case 0x30:  // Litecoin, key hash: L...
    case 0x32:  // Litecoin, script hash: M...
    case 0x41:  // Tron: T...
      return NormaliseResult::Ok(std::string(address));
    default:
      return NormaliseResult::Refuse(RefusalReason::kUnknownCountry,
                                     "not an address of a known main network");
  }
}

bool StartsWith(std::string_view text, std::string_view lower_prefix) {
  if (text.size() < lower_prefix.size()) return false;
  for (std::size_t i = 0; i < lower_prefix.size(); ++i) {
    if (ToLower(text[i]) != lower_prefix[i]) return false;
  }
  return true;
}

}  // namespace

NormaliseResult NormaliseCryptoAddress(std::string_view clean) {
  for (std::string_view scheme : {"bitcoin:", "ethereum:", "litecoin:", "tron:"}) {
    if (StartsWith(clean, scheme)) clean.remove_prefix(scheme.size());
  }
  if (clean.find(' ') != std::string_view::npos) return BadCharacters();
  if (StartsWith(clean, "0x")) return Ethereum(clean.substr(2));
  if (StartsWith(clean, "bc1")) return Bech32(clean, "bc");
  if (StartsWith(clean, "ltc1")) return Bech32(clean, "ltc");
  return Base58(clean);
}

}  // namespace raakvlak::linkage
