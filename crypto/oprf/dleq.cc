// Batched DLEQ proofs (RFC 9497 section 2.2.1 and 2.2.2).
#include "crypto/oprf/dleq.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crypto/base/hash.h"
#include "crypto/oprf/composite_weights.h"

namespace raakvlak::crypto {
namespace {

absl::Status CheckShapes(size_t points, size_t c, size_t d) {
  if (c == 0) return absl::InvalidArgumentError("a proof needs at least one element");
  if (c > kMaxProofElements) {
    return absl::InvalidArgumentError(
        absl::StrCat("a proof covers at most ", kMaxProofElements, " elements"));
  }
  if (c != d || points != c) return absl::InvalidArgumentError("unequal numbers of elements");
  return absl::OkStatus();
}

Scalar Challenge(OprfMode mode, const Element& b, const Element& m, const Element& z,
                 const Element& t2, const Element& t3) {
  TranscriptBuilder transcript;
  transcript.Lp(ByteView(b.bytes()))
      .Lp(ByteView(m.bytes()))
      .Lp(ByteView(z.bytes()))
      .Lp(ByteView(t2.bytes()))
      .Lp(ByteView(t3.bytes()))
      .Raw("Challenge");
  return HashToScalar(transcript.view(), mode);
}

absl::StatusOr<Element> WeightedSum(const Kernels& kernels, const PointVector& points,
                                    std::span<const EncodedScalar> weights) {
  absl::StatusOr<EncodedElement> sum = kernels.MultiScalarMultiply(points, weights);
  if (!sum.ok()) return sum.status();
  return Element::ParseAllowingIdentity(*sum);
}

struct Composites {
  Element m;
  Element z;
};

// ComputeCompositesFast: with the key at hand, Z is one multiplication.
absl::StatusOr<Composites> ComposeFast(const Kernels& kernels, OprfMode mode, const SecretScalar& k,
                                       const Element& b, const ProofElements& c,
                                       std::span<const EncodedElement> d) {
  const auto weights = CompositeWeights(kernels, mode, b, c.encoded, d);
  if (!weights.ok()) return weights.status();
  absl::StatusOr<Element> m = WeightedSum(kernels, c.points, *weights);
  if (!m.ok()) return m.status();
  return Composites{*m, m->Multiply(k)};
}

DleqProof Prove(OprfMode mode, const SecretScalar& k, const Element& b,
                const Composites& composites, const SecretScalar& nonce) {
  const Element t2 = Element::MultiplyBase(nonce);
  const Element t3 = composites.m.Multiply(nonce);
  DleqProof proof;
  proof.c = Challenge(mode, b, composites.m, composites.z, t2, t3);
  proof.s = nonce.Minus(k.Times(proof.c)).Publish(SecretAccess{});
  return proof;
}

// H(share, randomness, transcript); not zero except with negligible probability.
SecretScalar DeriveNonce(const SecretScalar& k, const Element& b, const Composites& composites,
                         Random& random) {
  const Secret<32> fresh = random.NewSecret<32>();
  TranscriptBuilder input;
  input.Raw("raakvlak/v1 proof nonce")
      .Raw(k.Reveal(SecretAccess{}))
      .Raw(fresh.Reveal(SecretAccess{}))
      .Raw(b.bytes())
      .Raw(composites.m.bytes())
      .Raw(composites.z.bytes());
  Digest wide = Sha512(input.view());
  SecretScalar nonce = SecretScalar::FromUniform(wide);
  sodium_memzero(wide.data(), wide.size());
  return nonce;
}

}  // namespace

absl::StatusOr<DleqProof> DleqProof::Parse(ByteView bytes) {
  if (bytes.size() != kProofSize) return absl::InvalidArgumentError("a proof has 64 bytes");
  absl::StatusOr<Scalar> c = Scalar::Parse(bytes.first(kScalarSize));
  if (!c.ok()) return c.status();
  absl::StatusOr<Scalar> s = Scalar::Parse(bytes.last(kScalarSize));
  if (!s.ok()) return s.status();
  return DleqProof{*c, *s};
}

std::array<uint8_t, kProofSize> DleqProof::Serialize() const {
  std::array<uint8_t, kProofSize> out;
  std::copy(c.bytes().begin(), c.bytes().end(), out.begin());
  std::copy(s.bytes().begin(), s.bytes().end(), out.begin() + kScalarSize);
  return out;
}

absl::StatusOr<DleqProof> GenerateProof(const Kernels& kernels, OprfMode mode,
                                        const SecretScalar& k, const Element& b,
                                        const ProofElements& c, std::span<const EncodedElement> d,
                                        Random& random) {
  if (absl::Status s = CheckShapes(c.points.size(), c.encoded.size(), d.size()); !s.ok()) return s;
  absl::StatusOr<Composites> composites = ComposeFast(kernels, mode, k, b, c, d);
  if (!composites.ok()) return composites.status();
  return Prove(mode, k, b, *composites, DeriveNonce(k, b, *composites, random));
}

absl::StatusOr<DleqProof> GenerateProofWithNonce(const Kernels& kernels, OprfMode mode,
                                                 const SecretScalar& k, const Element& b,
                                                 const ProofElements& c,
                                                 std::span<const EncodedElement> d,
                                                 const SecretScalar& nonce) {
  if (absl::Status s = CheckShapes(c.points.size(), c.encoded.size(), d.size()); !s.ok()) return s;
  absl::StatusOr<Composites> composites = ComposeFast(kernels, mode, k, b, c, d);
  if (!composites.ok()) return composites.status();
  return Prove(mode, k, b, *composites, nonce);
}

absl::Status VerifyProof(const Kernels& kernels, OprfMode mode, const Element& b,
                         const ProofElements& c, const ProofElements& d, const DleqProof& proof) {
  absl::Status shapes = CheckShapes(c.points.size(), c.encoded.size(), d.encoded.size());
  if (!shapes.ok()) return shapes;
  if (d.points.size() != d.encoded.size()) {
    return absl::InvalidArgumentError("unequal numbers of elements");
  }
  if (b.IsIdentity()) return absl::InvalidArgumentError("the public key is the identity");
  const auto weights = CompositeWeights(kernels, mode, b, c.encoded, d.encoded);
  if (!weights.ok()) return weights.status();
  absl::StatusOr<Element> m = WeightedSum(kernels, c.points, *weights);
  if (!m.ok()) return m.status();
  absl::StatusOr<Element> z = WeightedSum(kernels, d.points, *weights);
  if (!z.ok()) return z.status();
  const Element t2 = Element::MultiplyBase(proof.s) + b.Multiply(proof.c);
  const Element t3 = m->Multiply(proof.s) + z->Multiply(proof.c);
  if (Challenge(mode, b, *m, *z, t2, t3) != proof.c) {
    return absl::PermissionDeniedError("the proof does not hold");
  }
  return absl::OkStatus();
}

absl::Status VerifyProof(const Kernels& kernels, OprfMode mode, const Element& b,
                         std::span<const EncodedElement> c, std::span<const EncodedElement> d,
                         ByteView proof) {
  if (absl::Status s = CheckShapes(c.size(), c.size(), d.size()); !s.ok()) return s;
  absl::StatusOr<DleqProof> parsed = DleqProof::Parse(proof);
  if (!parsed.ok()) return parsed.status();
  absl::StatusOr<PointVector> c_points = kernels.Decode(c, IdentityRule::kRefuse);
  if (!c_points.ok()) return c_points.status();
  absl::StatusOr<PointVector> d_points = kernels.Decode(d, IdentityRule::kRefuse);
  if (!d_points.ok()) return d_points.status();
  return VerifyProof(kernels, mode, b, {*c_points, c}, {*d_points, d}, *parsed);
}

}  // namespace raakvlak::crypto
