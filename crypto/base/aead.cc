// XChaCha20-Poly1305 over libsodium.
#include "crypto/base/aead.h"

#include <sodium.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace raakvlak::crypto {

static_assert(kAeadNonceSize == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
static_assert(kAeadTagSize == crypto_aead_xchacha20poly1305_ietf_ABYTES);

Bytes Seal(const Secret<32>& key, ByteView associated_data, ByteView plaintext, Random& random) {
  Bytes out(kAeadOverhead + plaintext.size());
  std::copy(plaintext.begin(), plaintext.end(), out.begin() + kAeadNonceSize);
  SealInPlace(key, associated_data, out, random);
  return out;
}

void SealInPlace(const Secret<32>& key, ByteView associated_data, std::span<uint8_t> box,
                 Random& random) {
  if (box.size() < kAeadOverhead) {
    std::fprintf(stderr, "raakvlak: %zu bytes are too few for a sealed box\n", box.size());
    std::abort();
  }
  uint8_t* const text = box.data() + kAeadNonceSize;
  random.Fill(box.first(kAeadNonceSize));
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      text, nullptr, text, box.size() - kAeadOverhead, associated_data.data(),
      associated_data.size(), nullptr, box.data(), key.Reveal(SecretAccess{}).data());
}

absl::StatusOr<SecretBytes> Open(const Secret<32>& key, ByteView associated_data, ByteView box) {
  SecretBytes copy(box);
  const absl::StatusOr<std::span<uint8_t>> plaintext =
      OpenInPlace(key, associated_data, copy.Mutable(SecretAccess{}));
  if (!plaintext.ok()) return plaintext.status();
  return SecretBytes(std::span<const uint8_t>(*plaintext));
}

absl::StatusOr<std::span<uint8_t>> OpenInPlace(const Secret<32>& key, ByteView associated_data,
                                               std::span<uint8_t> box) {
  if (box.size() < kAeadOverhead) return absl::InvalidArgumentError("sealed box too short");
  uint8_t* const text = box.data() + kAeadNonceSize;
  // libsodium compares the tag before it deciphers.
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          text, nullptr, nullptr, text, box.size() - kAeadNonceSize, associated_data.data(),
          associated_data.size(), box.data(), key.Reveal(SecretAccess{}).data()) != 0) {
    return absl::InvalidArgumentError("sealed box does not open");
  }
  return box.subspan(kAeadNonceSize, box.size() - kAeadOverhead);
}

}  // namespace raakvlak::crypto
