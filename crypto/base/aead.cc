// XChaCha20-Poly1305 over libsodium.
#include "crypto/base/aead.h"

#include <sodium.h>

namespace raakvlak::crypto {

static_assert(kAeadNonceSize == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
static_assert(kAeadTagSize == crypto_aead_xchacha20poly1305_ietf_ABYTES);

Bytes Seal(const Secret<32>& key, ByteView associated_data, ByteView plaintext, Random& random) {
  Bytes out(kAeadOverhead + plaintext.size());
  random.Fill(std::span<uint8_t>(out).first(kAeadNonceSize));
  crypto_aead_xchacha20poly1305_ietf_encrypt(out.data() + kAeadNonceSize, nullptr, plaintext.data(),
                                             plaintext.size(), associated_data.data(),
                                             associated_data.size(), nullptr, out.data(),
                                             key.Reveal(SecretAccess{}).data());
  return out;
}

absl::StatusOr<SecretBytes> Open(const Secret<32>& key, ByteView associated_data, ByteView box) {
  if (box.size() < kAeadOverhead) return absl::InvalidArgumentError("sealed box too short");
  SecretBytes out(box.size() - kAeadOverhead);
  // An empty plaintext still needs somewhere to point.
  uint8_t nothing = 0;
  uint8_t* target = out.empty() ? &nothing : out.Mutable(SecretAccess{}).data();
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          target, nullptr, nullptr, box.data() + kAeadNonceSize, box.size() - kAeadNonceSize,
          associated_data.data(), associated_data.size(), box.data(),
          key.Reveal(SecretAccess{}).data()) != 0) {
    return absl::InvalidArgumentError("sealed box does not open");
  }
  return out;
}

}  // namespace raakvlak::crypto
