// SHA-512, HMAC-SHA-512 and HKDF with SHA-512 (FIPS 180-4, RFC 2104, RFC 5869).
#ifndef RAAKVLAK_CRYPTO_BASE_HASH_H_
#define RAAKVLAK_CRYPTO_BASE_HASH_H_

#include <sodium.h>

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "crypto/base/bytes.h"
#include "crypto/base/secret.h"

namespace raakvlak::crypto {

inline constexpr size_t kDigestSize = 64;
using Digest = std::array<uint8_t, kDigestSize>;

Digest Sha512(ByteView message);

// SHA-512 in pieces. Not thread-safe; its state is wiped when it goes away.
class Sha512Hasher {
 public:
  Sha512Hasher();
  ~Sha512Hasher();
  // A copy continues from the same state.
  Sha512Hasher(const Sha512Hasher&) = default;
  Sha512Hasher& operator=(const Sha512Hasher&) = default;

  Sha512Hasher& Update(ByteView bytes);
  // Gives the digest and starts afresh.
  Digest Finish();

 private:
  crypto_hash_sha512_state state_;
};

// The key may be of any length.
Digest HmacSha512(ByteView key, ByteView message);

// HMAC under one key, many times: the key schedule is done once. Mac() is const and thread-safe.
class HmacSha512Key {
 public:
  explicit HmacSha512Key(ByteView key);
  ~HmacSha512Key();
  HmacSha512Key(HmacSha512Key&& other) noexcept;
  HmacSha512Key& operator=(HmacSha512Key&& other) noexcept;

  Digest Mac(ByteView message) const;

 private:
  crypto_auth_hmacsha512_state state_;
};

// HKDF-Extract: the pseudorandom key.
Secret<64> HkdfSha512Extract(ByteView salt, ByteView input_key);
// HKDF-Expand into `out`, at most 255 * 64 bytes (more is a programming error and stops the
// process). `key` should hold at least 64 bytes of a pseudorandom key.
void HkdfSha512Expand(ByteView key, ByteView info, std::span<uint8_t> out);

// Extract, then expand to N bytes.
template <size_t N>
Secret<N> HkdfSha512(ByteView salt, ByteView input_key, ByteView info) {
  Secret<64> prk = HkdfSha512Extract(salt, input_key);
  Secret<N> out;
  HkdfSha512Expand(prk.Reveal(SecretAccess{}), info, out.Mutable(SecretAccess{}));
  return out;
}

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BASE_HASH_H_
