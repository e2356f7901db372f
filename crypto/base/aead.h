// Authenticated encryption: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) with a random nonce.
#ifndef RAAKVLAK_CRYPTO_BASE_AEAD_H_
#define RAAKVLAK_CRYPTO_BASE_AEAD_H_

#include <span>

#include "absl/status/statusor.h"
#include "crypto/base/bytes.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"

namespace raakvlak::crypto {

inline constexpr size_t kAeadNonceSize = 24;
inline constexpr size_t kAeadTagSize = 16;
// What Seal adds to the length of the plaintext.
inline constexpr size_t kAeadOverhead = kAeadNonceSize + kAeadTagSize;

// nonce (24 bytes) || ciphertext || tag (16 bytes). The associated data is authenticated, not sent.
Bytes Seal(const Secret<32>& key, ByteView associated_data, ByteView plaintext, Random& random);
// The same where the plaintext stands: `box` has kAeadNonceSize bytes before it and kAeadTagSize
// after it. A smaller box is a programming error and stops the process.
void SealInPlace(const Secret<32>& key, ByteView associated_data, std::span<uint8_t> box,
                 Random& random);

// InvalidArgument if the box is too short, altered, or sealed with another key or other data.
absl::StatusOr<SecretBytes> Open(const Secret<32>& key, ByteView associated_data, ByteView box);
// The same where the box stands; the plaintext is the part of it that is given back. Wiping it is
// the caller's. After an error nothing of a plaintext is in the box.
absl::StatusOr<std::span<uint8_t>> OpenInPlace(const Secret<32>& key, ByteView associated_data,
                                               std::span<uint8_t> box);

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BASE_AEAD_H_
