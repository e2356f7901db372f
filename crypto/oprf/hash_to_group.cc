// expand_message_xmd, HashToGroup, HashToScalar.
#include "crypto/oprf/hash_to_group.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "crypto/base/hash.h"

namespace raakvlak::crypto {
namespace {

constexpr size_t kBlockSize = 128;  // s_in_bytes of SHA-512

std::array<uint8_t, 64> Expand64(ByteView message, std::string_view dst) {
  absl::StatusOr<Bytes> bytes = ExpandMessageXmd(message, AsBytes(dst), 64);
  if (!bytes.ok()) {
    std::fprintf(stderr, "raakvlak: empty domain separation tag\n");
    std::abort();
  }
  std::array<uint8_t, 64> out;
  std::copy(bytes->begin(), bytes->end(), out.begin());
  sodium_memzero(bytes->data(), bytes->size());
  return out;
}

}  // namespace

std::string OprfContext(OprfMode mode) {
  std::string out = "OPRFV1-";
  out.push_back(static_cast<char>(mode));
  out += "-ristretto255-SHA512";
  return out;
}

absl::StatusOr<Bytes> ExpandMessageXmd(ByteView message, ByteView dst, size_t size) {
  const size_t rounds = (size + kDigestSize - 1) / kDigestSize;
  if (dst.empty()) return absl::InvalidArgumentError("empty domain separation tag");
  if (rounds > 255 || size > 65535) return absl::InvalidArgumentError("too many bytes asked for");
  Bytes tag(dst.begin(), dst.end());
  if (tag.size() > 255) {
    const Digest hashed = Sha512Hasher().Update(AsBytes("H2C-OVERSIZE-DST-")).Update(dst).Finish();
    tag.assign(hashed.begin(), hashed.end());
  }
  tag.push_back(static_cast<uint8_t>(tag.size()));

  static constexpr std::array<uint8_t, kBlockSize> kZeros{};
  const std::array<uint8_t, 3> length = {static_cast<uint8_t>(size >> 8),
                                         static_cast<uint8_t>(size), 0};
  const Digest b0 =
      Sha512Hasher().Update(kZeros).Update(message).Update(length).Update(tag).Finish();
  Bytes out;
  out.reserve(rounds * kDigestSize);
  Digest block{};
  for (size_t i = 1; i <= rounds; ++i) {
    for (size_t k = 0; k < kDigestSize; ++k) block[k] ^= b0[k];
    const uint8_t counter = static_cast<uint8_t>(i);
    block = Sha512Hasher().Update(block).Update({&counter, 1}).Update(tag).Finish();
    out.insert(out.end(), block.begin(), block.end());
  }
  out.resize(size);
  return out;
}

Element HashToGroup(ByteView message, std::string_view dst) {
  std::array<uint8_t, 64> uniform = Expand64(message, dst);
  Element out = Element::FromUniform(uniform);
  sodium_memzero(uniform.data(), uniform.size());
  return out;
}

Scalar HashToScalar(ByteView message, std::string_view dst) {
  return Scalar::FromUniform(Expand64(message, dst));
}

Element HashToGroup(ByteView message, OprfMode mode) {
  return HashToGroup(message, "HashToGroup-" + OprfContext(mode));
}

Scalar HashToScalar(ByteView message, OprfMode mode) {
  return HashToScalar(message, "HashToScalar-" + OprfContext(mode));
}

}  // namespace raakvlak::crypto
