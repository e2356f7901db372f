// Scalars modulo the order L of ristretto255 (RFC 9496), always reduced. A Scalar is public, a
// SecretScalar is not: it does not copy, is zeroed, and is read only with a SecretAccess token.
#ifndef RAAKVLAK_CRYPTO_OPRF_SCALAR_H_
#define RAAKVLAK_CRYPTO_OPRF_SCALAR_H_

#include <cstdint>
#include <span>

#include "absl/status/statusor.h"
#include "crypto/base/bytes.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "crypto/batch/types.h"

namespace raakvlak::crypto {

inline constexpr size_t kScalarSize = 32;

// A public scalar. All operations are constant time all the same.
class Scalar {
 public:
  // Zero.
  Scalar() = default;
  static Scalar FromUint(uint64_t value);
  // InvalidArgument unless 32 bytes, little-endian, below L (so no top bit either).
  static absl::StatusOr<Scalar> Parse(ByteView bytes);
  // 64 uniform bytes, little-endian, modulo L.
  static Scalar FromUniform(std::span<const uint8_t, 64> bytes);

  const EncodedScalar& bytes() const { return bytes_; }
  bool IsZero() const;

  friend Scalar operator+(const Scalar& a, const Scalar& b);
  friend Scalar operator-(const Scalar& a, const Scalar& b);
  friend Scalar operator*(const Scalar& a, const Scalar& b);
  // FailedPrecondition for zero.
  absl::StatusOr<Scalar> Inverse() const;
  friend bool operator==(const Scalar& a, const Scalar& b) = default;

 private:
  friend class SecretScalar;
  EncodedScalar bytes_{};
};

// A secret scalar: a key share, a blind, a nonce. Equality is constant time.
class SecretScalar {
 public:
  // Zero.
  SecretScalar() = default;
  // Uniform and not zero.
  static SecretScalar Generate(Random& random);
  // InvalidArgument unless 32 bytes, little-endian, below L.
  static absl::StatusOr<SecretScalar> Parse(ByteView bytes);
  static SecretScalar FromUniform(std::span<const uint8_t, 64> bytes);

  SecretScalar(SecretScalar&&) = default;
  SecretScalar& operator=(SecretScalar&&) = default;

  std::span<const uint8_t, kScalarSize> Reveal(SecretAccess token) const {
    return value_.Reveal(token);
  }
  SecretScalar Clone(SecretAccess token) const;
  // Declares the value public, as for the response of a proof.
  Scalar Publish(SecretAccess token) const;
  bool IsZero() const;

  SecretScalar Plus(const SecretScalar& other) const;
  SecretScalar Times(const SecretScalar& other) const;
  SecretScalar Times(const Scalar& other) const;
  SecretScalar Minus(const SecretScalar& other) const;
  // FailedPrecondition for zero.
  absl::StatusOr<SecretScalar> Inverse() const;

  friend bool operator==(const SecretScalar& a, const SecretScalar& b) {
    return a.value_ == b.value_;
  }
  friend std::ostream& operator<<(std::ostream&, const SecretScalar&) = delete;
  template <typename Sink>
  friend void AbslStringify(Sink&, const SecretScalar&) = delete;
  friend void PrintTo(const SecretScalar&, std::ostream* os) { *os << "(secret)"; }

 private:
  Secret<kScalarSize> value_;
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_OPRF_SCALAR_H_
