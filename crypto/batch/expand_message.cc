// expand_message_xmd on libsodium's SHA-512.
#include "crypto/batch/expand_message.h"

#include <sodium.h>

namespace raakvlak::crypto {

UniformBytes ExpandMessage64(ByteView message, ByteView dst) {
  // 64 bytes are one block of output: b_1 = H(b_0 || 1 || DST_prime), with
  // b_0 = H(Z_pad || msg || I2OSP(64, 2) || 0 || DST_prime), DST_prime = DST || I2OSP(len, 1).
  static constexpr std::array<uint8_t, 128> kZeroPad{};
  static constexpr std::array<uint8_t, 3> kLength = {0, 64, 0};
  const uint8_t dst_length = static_cast<uint8_t>(dst.size());
  UniformBytes block;
  crypto_hash_sha512_state state;
  crypto_hash_sha512_init(&state);
  crypto_hash_sha512_update(&state, kZeroPad.data(), kZeroPad.size());
  crypto_hash_sha512_update(&state, message.data(), message.size());
  crypto_hash_sha512_update(&state, kLength.data(), kLength.size());
  crypto_hash_sha512_update(&state, dst.data(), dst.size());
  crypto_hash_sha512_update(&state, &dst_length, 1);
  crypto_hash_sha512_final(&state, block.data());

  static constexpr uint8_t kOne = 1;
  crypto_hash_sha512_init(&state);
  crypto_hash_sha512_update(&state, block.data(), block.size());
  crypto_hash_sha512_update(&state, &kOne, 1);
  crypto_hash_sha512_update(&state, dst.data(), dst.size());
  crypto_hash_sha512_update(&state, &dst_length, 1);
  crypto_hash_sha512_final(&state, block.data());
  sodium_memzero(&state, sizeof state);
  return block;
}

}  // namespace raakvlak::crypto
