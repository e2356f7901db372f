// Elements of ristretto255 over libsodium 1.0.18, with the checks it lacks.
#include "crypto/oprf/element.h"

#include <sodium.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace raakvlak::crypto {
namespace {

// Every Element is valid, so libsodium can refuse one only after memory has been corrupted.
void Require(int result) {
  if (result != 0) {
    std::fprintf(stderr, "raakvlak: libsodium refused a validated group element\n");
    std::abort();
  }
}

EncodedElement MultiplyRaw(std::span<const uint8_t, kScalarSize> scalar,
                           const EncodedElement& element) {
  EncodedElement out{};
  // -1 stands for "refused" and for "the result is the identity"; only the latter can happen here.
  if (crypto_scalarmult_ristretto255(out.data(), scalar.data(), element.data()) != 0) out.fill(0);
  return out;
}

EncodedElement MultiplyBaseRaw(std::span<const uint8_t, kScalarSize> scalar) {
  EncodedElement out{};
  if (crypto_scalarmult_ristretto255_base(out.data(), scalar.data()) != 0) out.fill(0);
  return out;
}

}  // namespace

Element::Element() : bytes_(kGenerator) {}

Element Element::Identity() { return Element(EncodedElement{}); }

absl::StatusOr<Element> Element::ParseAllowingIdentity(ByteView bytes) {
  if (bytes.size() != kElementSize) return absl::InvalidArgumentError("an element has 32 bytes");
  if ((bytes[kElementSize - 1] & 0x80) != 0 ||
      crypto_core_ristretto255_is_valid_point(bytes.data()) != 1) {
    return absl::InvalidArgumentError("not the encoding of a group element");
  }
  EncodedElement encoded;
  std::copy(bytes.begin(), bytes.end(), encoded.begin());
  return Element(encoded);
}

absl::StatusOr<Element> Element::Parse(ByteView bytes) {
  absl::StatusOr<Element> element = ParseAllowingIdentity(bytes);
  if (element.ok() && element->IsIdentity()) {
    return absl::InvalidArgumentError("the identity element");
  }
  return element;
}

Element Element::FromUniform(std::span<const uint8_t, 64> bytes) {
  EncodedElement out;
  Require(crypto_core_ristretto255_from_hash(out.data(), bytes.data()));
  return Element(out);
}

Element Element::MultiplyBase(const Scalar& scalar) {
  return Element(MultiplyBaseRaw(scalar.bytes()));
}

Element Element::MultiplyBase(const SecretScalar& scalar) {
  return Element(MultiplyBaseRaw(scalar.Reveal(SecretAccess{})));
}

bool Element::IsIdentity() const { return sodium_is_zero(bytes_.data(), bytes_.size()) != 0; }

Element Element::Multiply(const Scalar& scalar) const {
  return Element(MultiplyRaw(scalar.bytes(), bytes_));
}

Element Element::Multiply(const SecretScalar& scalar) const {
  return Element(MultiplyRaw(scalar.Reveal(SecretAccess{}), bytes_));
}

Element operator+(const Element& a, const Element& b) {
  EncodedElement out;
  Require(crypto_core_ristretto255_add(out.data(), a.bytes_.data(), b.bytes_.data()));
  return Element(out);
}

Element operator-(const Element& a, const Element& b) {
  EncodedElement out;
  Require(crypto_core_ristretto255_sub(out.data(), a.bytes_.data(), b.bytes_.data()));
  return Element(out);
}

}  // namespace raakvlak::crypto
