// SHA-512, HMAC-SHA-512, HKDF-SHA-512 over libsodium.
#include "crypto/base/hash.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace raakvlak::crypto {

Digest Sha512(ByteView message) {
  Digest out;
  crypto_hash_sha512(out.data(), message.data(), message.size());
  return out;
}

Sha512Hasher::Sha512Hasher() { crypto_hash_sha512_init(&state_); }

Sha512Hasher::~Sha512Hasher() { sodium_memzero(&state_, sizeof state_); }

Sha512Hasher& Sha512Hasher::Update(ByteView bytes) {
  if (!bytes.empty()) crypto_hash_sha512_update(&state_, bytes.data(), bytes.size());
  return *this;
}

Digest Sha512Hasher::Finish() {
  Digest out;
  crypto_hash_sha512_final(&state_, out.data());
  crypto_hash_sha512_init(&state_);
  return out;
}

HmacSha512Key::HmacSha512Key(ByteView key) {
  crypto_auth_hmacsha512_init(&state_, key.data(), key.size());
}

HmacSha512Key::~HmacSha512Key() { sodium_memzero(&state_, sizeof state_); }

HmacSha512Key::HmacSha512Key(HmacSha512Key&& other) noexcept : state_(other.state_) {
  sodium_memzero(&other.state_, sizeof other.state_);
}

HmacSha512Key& HmacSha512Key::operator=(HmacSha512Key&& other) noexcept {
  if (this != &other) {
    state_ = other.state_;
    sodium_memzero(&other.state_, sizeof other.state_);
  }
  return *this;
}

Digest HmacSha512Key::Mac(ByteView message) const {
  crypto_auth_hmacsha512_state state = state_;
  if (!message.empty()) crypto_auth_hmacsha512_update(&state, message.data(), message.size());
  Digest out;
  crypto_auth_hmacsha512_final(&state, out.data());
  sodium_memzero(&state, sizeof state);
  return out;
}

Digest HmacSha512(ByteView key, ByteView message) { return HmacSha512Key(key).Mac(message); }

Secret<64> HkdfSha512Extract(ByteView salt, ByteView input_key) {
  // RFC 5869 section 2.2: an absent salt is HashLen zeros, which HMAC pads an empty key to anyway.
  Digest prk = HmacSha512(salt, input_key);
  Secret<64> out(prk);
  sodium_memzero(prk.data(), prk.size());
  return out;
}

void HkdfSha512Expand(ByteView key, ByteView info, std::span<uint8_t> out) {
  if (out.size() > 255 * kDigestSize) {
    std::fprintf(stderr, "raakvlak: HKDF cannot expand to %zu bytes\n", out.size());
    std::abort();
  }
  const HmacSha512Key hmac(key);
  Digest block{};
  uint8_t counter = 0;
  for (size_t done = 0; done < out.size();) {
    ByteWriter input;
    if (counter > 0) input.Raw(ByteView(block));
    input.Raw(info).U8(++counter);
    block = hmac.Mac(input.view());
    const size_t take = std::min(out.size() - done, block.size());
    std::copy_n(block.begin(), take, out.begin() + static_cast<std::ptrdiff_t>(done));
    done += take;
  }
  sodium_memzero(block.data(), block.size());
}

}  // namespace raakvlak::crypto
