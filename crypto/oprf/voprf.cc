// The threshold VOPRF over chunks.
#include "crypto/oprf/voprf.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/batch/scalars.h"
#include "crypto/oprf/hash_to_group.h"

namespace raakvlak::crypto {
namespace {

constexpr OprfMode kMode = OprfMode::kVoprf;

absl::Status CheckCount(size_t count) {
  if (count == 0) return absl::InvalidArgumentError("an empty chunk");
  if (count > kMaxChunkElements) {
    return absl::InvalidArgumentError(
        absl::StrCat("a chunk holds at most ", kMaxChunkElements, " elements, not ", count));
  }
  return absl::OkStatus();
}

// The identity, or a zero scalar. Tells nothing of any other.
bool IsAllZero(const std::array<uint8_t, 32>& encoded) {
  std::array<uint64_t, 4> words;
  std::memcpy(words.data(), encoded.data(), sizeof words);
  return (words[0] | words[1] | words[2] | words[3]) == 0;
}

Digest DigestOf(std::span<const EncodedElement> elements) {
  return Sha512(ByteView(elements.empty() ? nullptr : elements.front().data(),
                         elements.size() * sizeof(EncodedElement)));
}

// Scalars in the form the kernels take, wiped when they go.
class ScalarBuffer {
 public:
  explicit ScalarBuffer(const SecretBytes& packed) : scalars_(packed.size() / kScalarSize) {
    if (!scalars_.empty()) {
      std::memcpy(scalars_.data(), packed.Reveal(SecretAccess{}).data(), packed.size());
    }
  }
  ~ScalarBuffer() {
    if (!scalars_.empty()) sodium_memzero(scalars_.data(), scalars_.size() * kScalarSize);
  }
  ScalarBuffer(const ScalarBuffer&) = delete;
  ScalarBuffer& operator=(const ScalarBuffer&) = delete;
  std::span<EncodedScalar> scalars() { return scalars_; }

 private:
  std::vector<EncodedScalar> scalars_;
};

// 64 bytes reduced for each: no bias. Drawn in one call, since a call for each costs a system call.
// Internal for a blind of zero, which would send the hashed input as it is: the generator is
// broken.
absl::StatusOr<SecretBytes> DrawBlinds(size_t count, Random& random) {
  SecretBytes wide(count * sizeof(UniformBytes));
  random.Fill(wide.Mutable(SecretAccess{}));
  SecretBytes blinds(count * kScalarSize);
  const ByteView from = wide.Reveal(SecretAccess{});
  const std::span<uint8_t> to = blinds.Mutable(SecretAccess{});
  UniformBytes uniform;
  EncodedScalar blind;
  bool zero = false;
  for (size_t i = 0; i < count; ++i) {
    std::copy_n(from.begin() + i * uniform.size(), uniform.size(), uniform.begin());
    blind = ReduceToScalar(uniform);
    zero = zero || IsAllZero(blind);
    std::copy(blind.begin(), blind.end(), to.begin() + i * kScalarSize);
  }
  sodium_memzero(uniform.data(), uniform.size());
  sodium_memzero(blind.data(), blind.size());
  if (zero) return absl::InternalError("a blind is zero");
  return blinds;
}

EncodedScalar RevealScalar(const SecretScalar& scalar) {
  EncodedScalar out;
  auto bytes = scalar.Reveal(SecretAccess{});
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

}  // namespace

// Reaches into the chunk types, so that nothing else can make or take them apart.
class ChunkAccess {
 public:
  static VerifiedPartial MakePartial(ShareIndex index, const Digest& committee, const Digest& chunk,
                                     PointVector points) {
    VerifiedPartial out;
    out.index_ = index;
    out.committee_ = committee;
    out.chunk_ = chunk;
    out.points_ = std::move(points);
    return out;
  }
  static BlindedChunk MakeBlinded(std::vector<EncodedElement> encoded, PointVector points,
                                  SecretBytes blinds) {
    BlindedChunk out;
    out.digest_ = DigestOf(encoded);
    out.encoded_ = std::move(encoded);
    out.points_ = std::move(points);
    out.blinds_ = std::move(blinds);
    return out;
  }
  static CombinedChunk MakeCombined(const Digest& chunk, const Element& key, PointVector points) {
    CombinedChunk out;
    out.chunk_ = chunk;
    out.key_ = key;
    out.points_ = std::move(points);
    return out;
  }
  static OutputChunk MakeOutputs(SecretBytes outputs) {
    OutputChunk out;
    out.outputs_ = std::move(outputs);
    return out;
  }
  static const PointVector& Points(const BlindedChunk& chunk) { return chunk.points_; }
  static const SecretBytes& Blinds(const BlindedChunk& chunk) { return chunk.blinds_; }
  static const Digest& Committee(const VerifiedPartial& partial) { return partial.committee_; }
  static const Digest& Chunk(const VerifiedPartial& partial) { return partial.chunk_; }
  static PointVector& Points(VerifiedPartial& partial) { return partial.points_; }
  static const Digest& Chunk(const CombinedChunk& combined) { return combined.chunk_; }
  static const PointVector& Points(const CombinedChunk& combined) { return combined.points_; }
  static const Element& Key(const CombinedChunk& combined) { return combined.key_; }
  static const Element& Key(const Unblinder& unblinder) { return unblinder.key_; }
  static const BaseTable& Table(const Unblinder& unblinder) { return unblinder.table_; }
};

absl::StatusOr<BlindedChunk> Blind(const Kernels& kernels, std::span<const ByteView> inputs,
                                   Random& random) {
  if (absl::Status status = CheckCount(inputs.size()); !status.ok()) return status;
  for (ByteView input : inputs) {
    if (input.size() > kMaxLengthPrefixed) {
      return absl::InvalidArgumentError("an input is longer than 65,535 bytes");
    }
  }
  const std::string dst = "HashToGroup-" + OprfContext(kMode);
  absl::StatusOr<PointVector> hashed = kernels.HashToGroup(inputs, AsBytes(dst));
  if (!hashed.ok()) return hashed.status();
  absl::StatusOr<SecretBytes> blinds = DrawBlinds(inputs.size(), random);
  if (!blinds.ok()) return blinds.status();
  absl::StatusOr<PointVector> points =
      kernels.AddGeneratorMultiples(*hashed, ScalarBuffer(*blinds).scalars());
  if (!points.ok()) return points.status();
  std::vector<EncodedElement> encoded(inputs.size());
  if (absl::Status s = kernels.Encode(*points, encoded); !s.ok()) return s;
  return ChunkAccess::MakeBlinded(std::move(encoded), *std::move(points), *std::move(blinds));
}

absl::StatusOr<EvaluatedChunk> EvaluateChunk(const Kernels& kernels,
                                             std::span<const EncodedElement> blinded,
                                             const SecretScalar& share, const Element& public_share,
                                             const Scalar& lambda, Random& random,
                                             size_t* bad_element) {
  if (absl::Status status = CheckCount(blinded.size()); !status.ok()) return status;
  if (lambda.IsZero() || share.IsZero()) return absl::InvalidArgumentError("a zero key");
  if (Element::MultiplyBase(share) != public_share) {
    return absl::FailedPreconditionError("the share does not belong to its public key");
  }
  absl::StatusOr<PointVector> points = kernels.Decode(blinded, IdentityRule::kRefuse, bad_element);
  if (!points.ok()) return points.status();
  const SecretScalar key = share.Times(lambda);
  EvaluatedChunk out;
  out.elements.resize(blinded.size());
  EncodedScalar raw = RevealScalar(key);
  const absl::Status multiplied = kernels.MultiplyCommonEncode(*points, raw, out.elements);
  sodium_memzero(raw.data(), raw.size());
  if (!multiplied.ok()) return multiplied;
  absl::StatusOr<DleqProof> proof = GenerateProof(
      kernels, kMode, key, public_share.Multiply(lambda), {*points, blinded}, out.elements, random);
  if (!proof.ok()) return proof.status();
  out.proof = proof->Serialize();
  return out;
}

absl::StatusOr<VerifiedPartial> VerifyChunk(const Kernels& kernels, const Committee& committee,
                                            ShareIndex evaluator, const BlindedChunk& chunk,
                                            std::span<const EncodedElement> evaluated,
                                            ByteView proof, size_t* bad_element) {
  absl::StatusOr<Element> key = committee.EvaluationKey(evaluator);
  if (!key.ok()) return key.status();
  if (evaluated.size() != chunk.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "participant ", evaluator, " answered ", evaluated.size(), " elements for ", chunk.size()));
  }
  absl::StatusOr<DleqProof> parsed = DleqProof::Parse(proof);
  if (!parsed.ok()) return parsed.status();
  absl::StatusOr<PointVector> points =
      kernels.Decode(evaluated, IdentityRule::kRefuse, bad_element);
  if (!points.ok()) return points.status();
  const absl::Status holds =
      VerifyProof(kernels, kMode, *key, {ChunkAccess::Points(chunk), chunk.encoded()},
                  {*points, evaluated}, *parsed);
  if (!holds.ok()) return holds;
  return ChunkAccess::MakePartial(evaluator, committee.id(), chunk.digest(), *std::move(points));
}

absl::StatusOr<VerifiedPartial> EvaluateOwnChunk(const Kernels& kernels, const Committee& committee,
                                                 ShareIndex own, const BlindedChunk& chunk,
                                                 const SecretScalar& share) {
  absl::StatusOr<Scalar> lambda = committee.Lambda(own);
  if (!lambda.ok()) return lambda.status();
  absl::StatusOr<Element> public_key = committee.EvaluationKey(own);
  if (!public_key.ok()) return public_key.status();
  const SecretScalar key = share.Times(*lambda);
  if (key.IsZero() || Element::MultiplyBase(key) != *public_key) {
    return absl::FailedPreconditionError("the share does not belong to its public key");
  }
  EncodedScalar raw = RevealScalar(key);
  absl::StatusOr<PointVector> points = kernels.MultiplyCommon(ChunkAccess::Points(chunk), raw);
  sodium_memzero(raw.data(), raw.size());
  if (!points.ok()) return points.status();
  return ChunkAccess::MakePartial(own, committee.id(), chunk.digest(), *std::move(points));
}

absl::StatusOr<CombinedChunk> CombineChunk(const Kernels& kernels, const Committee& committee,
                                           const BlindedChunk& chunk,
                                           std::vector<VerifiedPartial> partials) {
  std::sort(partials.begin(), partials.end(),
            [](const auto& a, const auto& b) { return a.index() < b.index(); });
  if (partials.size() != committee.indices().size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(partials.size(), " partials of ", committee.indices().size()));
  }
  for (size_t i = 0; i < partials.size(); ++i) {
    if (partials[i].index() != committee.indices()[i]) {
      return absl::InvalidArgumentError("the partials are not of the committee's members");
    }
    if (ChunkAccess::Committee(partials[i]) != committee.id()) {
      return absl::InvalidArgumentError("a partial was made for another committee");
    }
    if (ChunkAccess::Chunk(partials[i]) != chunk.digest()) {
      return absl::InvalidArgumentError("a partial was made for another chunk");
    }
  }
  PointVector sum = std::move(ChunkAccess::Points(partials[0]));
  for (size_t i = 1; i < partials.size(); ++i) {
    absl::StatusOr<PointVector> next = kernels.Add(sum, ChunkAccess::Points(partials[i]));
    if (!next.ok()) return next.status();
    sum = *std::move(next);
  }
  return ChunkAccess::MakeCombined(chunk.digest(), committee.group_public_key(), std::move(sum));
}

absl::StatusOr<Unblinder> Unblinder::Create(const Kernels& kernels,
                                            const Element& group_public_key) {
  if (group_public_key.IsIdentity()) return absl::InvalidArgumentError("a key that is no key");
  absl::StatusOr<BaseTable> table =
      kernels.MakeBaseTable((Element::Identity() - group_public_key).bytes());
  if (!table.ok()) return table.status();
  return Unblinder(group_public_key, *std::move(table));
}

absl::StatusOr<OutputChunk> FinalizeChunk(const Kernels& kernels, const Unblinder& unblinder,
                                          BlindedChunk chunk, CombinedChunk combined,
                                          std::span<const ByteView> inputs) {
  if (inputs.size() != chunk.size()) {
    return absl::InvalidArgumentError("other inputs than were blinded");
  }
  if (ChunkAccess::Chunk(combined) != chunk.digest()) {
    return absl::InvalidArgumentError("a combination of another chunk");
  }
  if (ChunkAccess::Key(combined) != ChunkAccess::Key(unblinder)) {
    return absl::InvalidArgumentError("a combination under another key");
  }
  // The unblinded elements are secret: whoever has one can test guesses of its input.
  SecretBytes unblinded(chunk.size() * kElementSize);
  {
    absl::StatusOr<PointVector> points =
        kernels.AddMultiples(ChunkAccess::Points(combined), ChunkAccess::Table(unblinder),
                             ScalarBuffer(ChunkAccess::Blinds(chunk)).scalars());
    if (!points.ok()) return points.status();
    std::vector<EncodedElement> encoded(chunk.size());
    if (absl::Status s = kernels.Encode(*points, encoded); !s.ok()) return s;
    // RFC 9497: an input that maps to the identity is refused. Nobody knows one.
    const bool refused = std::any_of(encoded.begin(), encoded.end(), IsAllZero);
    std::memcpy(unblinded.Mutable(SecretAccess{}).data(), encoded.data(), unblinded.size());
    sodium_memzero(encoded.data(), encoded.size() * kElementSize);
    if (refused) return absl::InvalidArgumentError("an input maps to the identity");
  }
  // lp(input) || lp(unblinded element) || "Finalize", one behind the other.
  constexpr std::string_view kLabel = "Finalize";
  size_t total = 0;
  for (const ByteView input : inputs) {
    if (input.size() > kMaxLengthPrefixed) {
      return absl::InvalidArgumentError("other inputs than were blinded");
    }
    total += 2 + input.size() + 2 + kElementSize + kLabel.size();
  }
  SecretBytes hashed(total);
  std::vector<ByteView> messages(inputs.size());
  uint8_t* at = hashed.Mutable(SecretAccess{}).data();
  for (size_t i = 0; i < inputs.size(); ++i) {
    uint8_t* const message = at;
    *at++ = static_cast<uint8_t>(inputs[i].size() >> 8);
    *at++ = static_cast<uint8_t>(inputs[i].size());
    at = std::copy(inputs[i].begin(), inputs[i].end(), at);
    *at++ = 0;
    *at++ = kElementSize;
    const ByteView element =
        unblinded.Reveal(SecretAccess{}).subspan(i * kElementSize, kElementSize);
    at = std::copy(element.begin(), element.end(), at);
    at = std::copy(kLabel.begin(), kLabel.end(), at);
    messages[i] = ByteView(message, at);
  }
  std::vector<UniformBytes> digests(inputs.size());
  static_assert(sizeof(UniformBytes) == kOprfOutputSize);
  if (absl::Status s = kernels.Hash(messages, digests); !s.ok()) return s;
  SecretBytes outputs(inputs.size() * kOprfOutputSize);
  if (!digests.empty()) {
    std::memcpy(outputs.Mutable(SecretAccess{}).data(), digests.data(), outputs.size());
    sodium_memzero(digests.data(), outputs.size());
  }
  return ChunkAccess::MakeOutputs(std::move(outputs));
}

absl::StatusOr<SecretBytes> OprfInput(const Element& group_public_key,
                                      std::string_view identifier_type,
                                      std::string_view normaliser_version,
                                      std::string_view normalised_value) {
  if (identifier_type.empty() || normaliser_version.empty() || normalised_value.empty()) {
    return absl::InvalidArgumentError("an empty part of an OPRF input");
  }
  constexpr std::string_view kLabel = "raakvlak/v1";
  const size_t total = 5 * 2 + kLabel.size() + kElementSize + identifier_type.size() +
                       normaliser_version.size() + normalised_value.size();
  if (identifier_type.size() > kMaxLengthPrefixed ||
      normaliser_version.size() > kMaxLengthPrefixed ||
      normalised_value.size() > kMaxLengthPrefixed || total > kMaxLengthPrefixed) {
    return absl::InvalidArgumentError("an OPRF input over 65,535 bytes");
  }
  SecretBytes input(total);
  uint8_t* at = input.Mutable(SecretAccess{}).data();
  const auto add = [&at](ByteView field) {
    *at++ = static_cast<uint8_t>(field.size() >> 8);
    *at++ = static_cast<uint8_t>(field.size());
    at = std::copy(field.begin(), field.end(), at);
  };
  add(AsBytes(kLabel));
  add(group_public_key.bytes());
  add(AsBytes(identifier_type));
  add(AsBytes(normaliser_version));
  add(AsBytes(normalised_value));
  return input;
}

}  // namespace raakvlak::crypto
