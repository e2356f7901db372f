// Byte strings: views, hex and Base32, and the strict writer and reader that every transcript and
// message of this room is made with.
#ifndef RAAKVLAK_CRYPTO_BASE_BYTES_H_
#define RAAKVLAK_CRYPTO_BASE_BYTES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace raakvlak::crypto {

using Bytes = std::vector<uint8_t>;
using ByteView = std::span<const uint8_t>;

// The bytes of a string, without copying. The string must outlive the view.
ByteView AsBytes(std::string_view text);
// The bytes as a string, for the wire.
std::string ToString(ByteView bytes);

std::string ToHex(ByteView bytes);
// Lower or upper case, even length; anything else is InvalidArgument.
absl::StatusOr<Bytes> FromHex(std::string_view hex);
// RFC 4648 section 6, upper case, no padding.
std::string ToBase32(ByteView bytes);

// Longest string that a two-byte length prefix can carry.
inline constexpr size_t kMaxLengthPrefixed = 65535;

// lp(x) of the protocol: two bytes big-endian length, then x. A string over kMaxLengthPrefixed is
// a programming error and stops the process; callers bound what comes from outside first.
Bytes Lp(ByteView bytes);
Bytes Lp(std::string_view text);

// Appends to a byte string. What it holds may be secret: it is wiped when the writer goes away.
// Not thread-safe.
class ByteWriter {
 public:
  ByteWriter() = default;
  ~ByteWriter();
  ByteWriter(const ByteWriter&) = delete;
  ByteWriter& operator=(const ByteWriter&) = delete;

  // Integers are big-endian.
  ByteWriter& U8(uint8_t value);
  ByteWriter& U16(uint16_t value);
  ByteWriter& U32(uint32_t value);
  ByteWriter& U64(uint64_t value);
  ByteWriter& Raw(ByteView bytes);
  ByteWriter& Raw(std::string_view text);
  // Two-byte length prefix.
  ByteWriter& Lp(ByteView bytes);
  ByteWriter& Lp(std::string_view text);
  // Four-byte length prefix, for message bodies.
  ByteWriter& Lp32(ByteView bytes);

  ByteView view() const { return bytes_; }
  size_t size() const { return bytes_.size(); }
  // Gives the bytes away; the writer is empty afterwards.
  Bytes Take();

 private:
  // Grows without leaving copies of the old contents behind.
  void Append(const uint8_t* data, size_t size);
  Bytes bytes_;
};

// A transcript is a byte string built up field by field.
using TranscriptBuilder = ByteWriter;

// Reads what a ByteWriter wrote. The first failure sticks: later reads give zeros and empty views,
// and Finish() reports it. Views point into the input.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : rest_(bytes) {}

  uint8_t U8();
  uint16_t U16();
  uint32_t U32();
  uint64_t U64();
  ByteView Raw(size_t size);
  template <size_t N>
  std::array<uint8_t, N> Array() {
    std::array<uint8_t, N> out{};
    ByteView view = Raw(N);
    for (size_t i = 0; i < view.size(); ++i) out[i] = view[i];
    return out;
  }
  // A length-prefixed string of at most `max` bytes.
  ByteView Lp(size_t max = kMaxLengthPrefixed);
  ByteView Lp32(size_t max);

  bool ok() const { return ok_; }
  void Fail() { ok_ = false; }
  size_t remaining() const { return rest_.size(); }
  // OK only if nothing failed and nothing is left. `what` names the message in the error.
  absl::Status Finish(std::string_view what) const;

 private:
  ByteView rest_;
  bool ok_ = true;
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BASE_BYTES_H_
