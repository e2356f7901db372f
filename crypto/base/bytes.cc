// Byte strings: hex, Base32, strict writer and reader.
#include "crypto/base/bytes.h"

#include <sodium.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace raakvlak::crypto {
namespace {

[[noreturn]] void StopOnOverlong(size_t size) {
  std::fprintf(stderr, "raakvlak: a string of %zu bytes does not fit its length prefix\n", size);
  std::abort();
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

ByteView AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string ToString(ByteView bytes) {
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::string ToHex(ByteView bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (uint8_t b : bytes) {
    out.push_back(kDigits[b >> 4]);
    out.push_back(kDigits[b & 15]);
  }
  return out;
}

absl::StatusOr<Bytes> FromHex(std::string_view hex) {
  if (hex.size() % 2 != 0) return absl::InvalidArgumentError("hex string of odd length");
  Bytes out;
  out.reserve(hex.size() / 2);
  for (size_t i = 0; i < hex.size(); i += 2) {
    const int high = HexDigit(hex[i]);
    const int low = HexDigit(hex[i + 1]);
    if (high < 0 || low < 0) return absl::InvalidArgumentError("not a hex digit");
    out.push_back(static_cast<uint8_t>(high * 16 + low));
  }
  return out;
}

std::string ToBase32(ByteView bytes) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string out;
  out.reserve((bytes.size() * 8 + 4) / 5);
  uint32_t buffer = 0;
  int bits = 0;
  for (uint8_t b : bytes) {
    buffer = (buffer << 8) | b;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out.push_back(kAlphabet[(buffer >> bits) & 31]);
    }
    buffer &= (1u << bits) - 1;
  }
  if (bits > 0) out.push_back(kAlphabet[(buffer << (5 - bits)) & 31]);
  return out;
}

Bytes Lp(ByteView bytes) {
  ByteWriter writer;
  writer.Lp(bytes);
  return writer.Take();
}

Bytes Lp(std::string_view text) { return Lp(AsBytes(text)); }

ByteWriter::~ByteWriter() {
  if (!bytes_.empty()) sodium_memzero(bytes_.data(), bytes_.size());
}

void ByteWriter::Append(const uint8_t* data, size_t size) {
  if (size == 0) return;
  if (bytes_.size() + size > bytes_.capacity()) {
    Bytes grown;
    const size_t needed = bytes_.size() + size;
    grown.reserve(needed < 256 ? 256 : needed * 2);
    grown.insert(grown.end(), bytes_.begin(), bytes_.end());
    if (!bytes_.empty()) sodium_memzero(bytes_.data(), bytes_.size());
    bytes_ = std::move(grown);
  }
  bytes_.insert(bytes_.end(), data, data + size);
}

ByteWriter& ByteWriter::U8(uint8_t value) {
  Append(&value, 1);
  return *this;
}

ByteWriter& ByteWriter::U16(uint16_t value) {
  const uint8_t out[2] = {static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)};
  Append(out, sizeof out);
  return *this;
}

ByteWriter& ByteWriter::U32(uint32_t value) {
  const uint8_t out[4] = {static_cast<uint8_t>(value >> 24), static_cast<uint8_t>(value >> 16),
                          static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)};
  Append(out, sizeof out);
  return *this;
}

ByteWriter& ByteWriter::U64(uint64_t value) {
  U32(static_cast<uint32_t>(value >> 32));
  return U32(static_cast<uint32_t>(value));
}

ByteWriter& ByteWriter::Raw(ByteView bytes) {
  Append(bytes.data(), bytes.size());
  return *this;
}

ByteWriter& ByteWriter::Raw(std::string_view text) { return Raw(AsBytes(text)); }

ByteWriter& ByteWriter::Lp(ByteView bytes) {
  if (bytes.size() > kMaxLengthPrefixed) StopOnOverlong(bytes.size());
  U16(static_cast<uint16_t>(bytes.size()));
  return Raw(bytes);
}

ByteWriter& ByteWriter::Lp(std::string_view text) { return Lp(AsBytes(text)); }

ByteWriter& ByteWriter::Lp32(ByteView bytes) {
  if (bytes.size() > UINT32_MAX) StopOnOverlong(bytes.size());
  U32(static_cast<uint32_t>(bytes.size()));
  return Raw(bytes);
}

Bytes ByteWriter::Take() {
  Bytes out = std::move(bytes_);
  bytes_.clear();
  return out;
}

ByteView ByteReader::Raw(size_t size) {
  if (!ok_ || size > rest_.size()) {
    ok_ = false;
    return {};
  }
  ByteView out = rest_.first(size);
  rest_ = rest_.subspan(size);
  return out;
}

uint8_t ByteReader::U8() {
  ByteView b = Raw(1);
  return b.empty() ? uint8_t{0} : b[0];
}

uint16_t ByteReader::U16() {
  ByteView b = Raw(2);
  return b.empty() ? uint16_t{0} : static_cast<uint16_t>((b[0] << 8) | b[1]);
}

uint32_t ByteReader::U32() {
  ByteView b = Raw(4);
  if (b.empty()) return 0;
  return (uint32_t{b[0]} << 24) | (uint32_t{b[1]} << 16) | (uint32_t{b[2]} << 8) | b[3];
}

uint64_t ByteReader::U64() {
  const uint64_t high = U32();
  return (high << 32) | U32();
}

ByteView ByteReader::Lp(size_t max) {
  const size_t size = U16();
  if (size > max) ok_ = false;
  return Raw(ok_ ? size : 0);
}

ByteView ByteReader::Lp32(size_t max) {
  const size_t size = U32();
  if (size > max) ok_ = false;
  return Raw(ok_ ? size : 0);
}

absl::Status ByteReader::Finish(std::string_view what) const {
  if (!ok_) return absl::InvalidArgumentError(absl::StrCat(std::string(what), ": malformed"));
  if (!rest_.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(what), ": ", rest_.size(), " bytes too many"));
  }
  return absl::OkStatus();
}

}  // namespace raakvlak::crypto
