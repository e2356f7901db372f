// A single element of ristretto255 (RFC 9496): a type that cannot hold an invalid encoding. For
// keys, commitments and proofs; whole chunks of elements go through crypto/batch.
#ifndef RAAKVLAK_CRYPTO_OPRF_ELEMENT_H_
#define RAAKVLAK_CRYPTO_OPRF_ELEMENT_H_

#include <cstdint>
#include <span>

#include "absl/status/statusor.h"
#include "crypto/base/bytes.h"
#include "crypto/oprf/scalar.h"

namespace raakvlak::crypto {

inline constexpr size_t kElementSize = 32;

// Holds a canonical encoding. Parse() never gives the identity; arithmetic may, and whoever puts
// an arithmetic result on the wire or takes it as a key asks IsIdentity() first.
class Element {
 public:
  // The generator.
  Element();
  static Element Generator() { return Element(); }
  static Element Identity();
  // Strict decoding of RFC 9496 section 4.3.1: InvalidArgument for any other length, a value not
  // below the field's prime, bit 255, a negative or non-square value, and for the identity.
  // (libsodium 1.0.18 alone would take bit 255 and the identity.)
  static absl::StatusOr<Element> Parse(ByteView bytes);
  // The same, but the identity is taken.
  static absl::StatusOr<Element> ParseAllowingIdentity(ByteView bytes);
  // The derivation function of RFC 9496 section 4.3.4.
  static Element FromUniform(std::span<const uint8_t, 64> bytes);
  // scalar times the generator.
  static Element MultiplyBase(const Scalar& scalar);
  static Element MultiplyBase(const SecretScalar& scalar);

  const EncodedElement& bytes() const { return bytes_; }
  bool IsIdentity() const;

  Element Multiply(const Scalar& scalar) const;
  // Constant time.
  Element Multiply(const SecretScalar& scalar) const;
  friend Element operator+(const Element& a, const Element& b);
  friend Element operator-(const Element& a, const Element& b);
  friend bool operator==(const Element&, const Element&) = default;

 private:
  explicit Element(const EncodedElement& bytes) : bytes_(bytes) {}
  EncodedElement bytes_;
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_OPRF_ELEMENT_H_
