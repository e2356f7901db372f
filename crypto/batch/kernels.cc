// The checks that every batch operation shares, before a backend does the work.
#include "crypto/batch/kernels.h"

#include <sodium.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "crypto/batch/expand_message.h"
#include "crypto/batch/lane_batches.h"
#include "crypto/batch/scalars.h"

namespace raakvlak::crypto {
namespace {

absl::Status CheckSizes(size_t points, size_t other, std::string_view what) {
  if (points == other) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(points, " elements but ", other, " ",
                                                 absl::string_view(what.data(), what.size())));
}

// Not inlined: the constant-time test knows it by its name.
__attribute__((noinline)) absl::Status CheckScalars(std::span<const EncodedScalar> scalars) {
  for (size_t i = 0; i < scalars.size(); ++i) {
    if (!IsCanonicalScalar(scalars[i])) {
      return absl::InvalidArgumentError(
          absl::StrCat("scalar ", i, " is not reduced modulo the group order"));
    }
  }
  return absl::OkStatus();
}

// RFC 9380, section 5.3.3.
std::vector<uint8_t> ShortenTag(ByteView dst) {
  static constexpr std::string_view kPrefix = "H2C-OVERSIZE-DST-";
  std::vector<uint8_t> input(kPrefix.begin(), kPrefix.end());
  input.insert(input.end(), dst.begin(), dst.end());
  std::vector<uint8_t> hash(crypto_hash_sha512_BYTES);
  crypto_hash_sha512(hash.data(), input.data(), input.size());
  return hash;
}

}  // namespace

absl::Status Kernels::CheckOwner(const PointVector& points) const {
  if (points.empty() || points.owner_ == this) return absl::OkStatus();
  return absl::InvalidArgumentError("the points belong to another backend");
}

absl::StatusOr<PointVector> Kernels::Decode(std::span<const EncodedElement> encodings,
                                            IdentityRule rule, size_t* first_bad) const {
  if (encodings.empty()) return PointVector();
  size_t bad = 0;
  std::unique_ptr<PointStorage> storage = DoDecode(encodings, rule, &bad);
  if (storage == nullptr) {
    if (first_bad != nullptr) *first_bad = bad;
    return absl::InvalidArgumentError(
        absl::StrCat("encoding ", bad, " is not a valid ristretto255 element",
                     rule == IdentityRule::kRefuse ? " other than the identity" : ""));
  }
  return PointVector(this, encodings.size(), std::move(storage));
}

absl::Status Kernels::Encode(const PointVector& points, std::span<EncodedElement> out) const {
  if (auto s = CheckOwner(points); !s.ok()) return s;
  if (auto s = CheckSizes(points.size(), out.size(), "outputs"); !s.ok()) return s;
  if (!points.empty()) DoEncode(*points.storage_, out);
  return absl::OkStatus();
}

absl::StatusOr<PointVector> Kernels::HashToGroup(std::span<const ByteView> messages,
                                                 ByteView dst) const {
  if (dst.empty()) return absl::InvalidArgumentError("the domain separation tag is empty");
  if (messages.empty()) return PointVector();
  std::vector<uint8_t> shortened;
  if (dst.size() > 255) {
    shortened = ShortenTag(dst);
    dst = shortened;
  }
  return PointVector(this, messages.size(), DoHashToGroup(messages, dst));
}

absl::Status Kernels::ExpandMessages(std::span<const ByteView> messages, ByteView dst,
                                     std::span<UniformBytes> out) const {
  if (dst.empty()) return absl::InvalidArgumentError("the domain separation tag is empty");
  if (auto s = CheckSizes(messages.size(), out.size(), "outputs"); !s.ok()) return s;
  std::vector<uint8_t> shortened;
  if (dst.size() > 255) {
    shortened = ShortenTag(dst);
    dst = shortened;
  }
  if (!messages.empty()) DoExpandMessages(messages, dst, out);
  return absl::OkStatus();
}

absl::Status Kernels::Hash(std::span<const ByteView> messages, std::span<UniformBytes> out) const {
  if (auto s = CheckSizes(messages.size(), out.size(), "outputs"); !s.ok()) return s;
  if (!messages.empty()) DoHash({}, messages, out);
  return absl::OkStatus();
}

absl::Status Kernels::HashAfter(ByteView beginning, std::span<const ByteView> messages,
                                std::span<UniformBytes> out) const {
  if (beginning.size() % kSha512Block != 0) {
    return absl::InvalidArgumentError("a common beginning is of whole blocks of 128 bytes");
  }
  if (auto s = CheckSizes(messages.size(), out.size(), "outputs"); !s.ok()) return s;
  if (!messages.empty()) DoHash(beginning, messages, out);
  return absl::OkStatus();
}

void Kernels::DoExpandMessages(std::span<const ByteView> messages, ByteView dst,
                               std::span<UniformBytes> out) const {
  for (size_t i = 0; i < messages.size(); ++i) out[i] = ExpandMessage64(messages[i], dst);
}

void Kernels::DoHash(ByteView beginning, std::span<const ByteView> messages,
                     std::span<UniformBytes> out) const {
  crypto_hash_sha512_state begun;
  crypto_hash_sha512_init(&begun);
  crypto_hash_sha512_update(&begun, beginning.data(), beginning.size());
  crypto_hash_sha512_state state;
  for (size_t i = 0; i < messages.size(); ++i) {
    state = begun;
    crypto_hash_sha512_update(&state, messages[i].data(), messages[i].size());
    crypto_hash_sha512_final(&state, out[i].data());
  }
  sodium_memzero(&begun, sizeof begun);
  sodium_memzero(&state, sizeof state);
}

absl::StatusOr<PointVector> Kernels::MapToGroup(std::span<const UniformBytes> inputs) const {
  if (inputs.empty()) return PointVector();
  return PointVector(this, inputs.size(), DoMapToGroup(inputs));
}

absl::Status Kernels::HashToGroupEncode(std::span<const ByteView> messages, ByteView dst,
                                        std::span<EncodedElement> out) const {
  // In chunks: what is derived from secrets stays small and in cache.
  static constexpr size_t kChunk = 1024;
  if (auto s = CheckSizes(messages.size(), out.size(), "outputs"); !s.ok()) return s;
  std::vector<UniformBytes> uniform(std::min(kChunk, messages.size()));
  absl::Status status;
  for (size_t at = 0; status.ok() && (at == 0 || at < messages.size()); at += kChunk) {
    const size_t count = std::min(kChunk, messages.size() - at);
    const std::span<UniformBytes> expanded = std::span(uniform).first(count);
    status = ExpandMessages(messages.subspan(at, count), dst, expanded);
    if (status.ok()) status = MapToGroupEncode(expanded, out.subspan(at, count));
  }
  sodium_memzero(uniform.data(), uniform.size() * sizeof(UniformBytes));
  return status;
}

absl::Status Kernels::MapToGroupEncode(std::span<const UniformBytes> inputs,
                                       std::span<EncodedElement> out) const {
  if (auto s = CheckSizes(inputs.size(), out.size(), "outputs"); !s.ok()) return s;
  if (!inputs.empty()) DoMapToGroupEncode(inputs, out);
  return absl::OkStatus();
}

absl::StatusOr<PointVector> Kernels::MultiplyCommon(const PointVector& points,
                                                    const EncodedScalar& scalar) const {
  if (auto s = CheckOwner(points); !s.ok()) return s;
  if (auto s = CheckScalars({&scalar, 1}); !s.ok()) return s;
  if (points.empty()) return PointVector();
  return PointVector(this, points.size(),
                     DoMultiplyCommon(*points.storage_, points.size(), scalar));
}

absl::Status Kernels::MultiplyCommonEncode(const PointVector& points, const EncodedScalar& scalar,
                                           std::span<EncodedElement> out) const {
  if (auto s = CheckOwner(points); !s.ok()) return s;
  if (auto s = CheckSizes(points.size(), out.size(), "outputs"); !s.ok()) return s;
  if (auto s = CheckScalars({&scalar, 1}); !s.ok()) return s;
  if (!points.empty()) DoMultiplyCommonEncode(*points.storage_, scalar, out);
  return absl::OkStatus();
}

absl::StatusOr<PointVector> Kernels::MultiplyEach(const PointVector& points,
                                                  std::span<const EncodedScalar> scalars) const {
  if (auto s = CheckOwner(points); !s.ok()) return s;
  if (auto s = CheckSizes(points.size(), scalars.size(), "scalars"); !s.ok()) return s;
  if (auto s = CheckScalars(scalars); !s.ok()) return s;
  if (points.empty()) return PointVector();
  return PointVector(this, points.size(), DoMultiplyEach(*points.storage_, scalars));
}

absl::Status Kernels::MultiplyEachEncode(const PointVector& points,
                                         std::span<const EncodedScalar> scalars,
                                         std::span<EncodedElement> out) const {
  if (auto s = CheckOwner(points); !s.ok()) return s;
  if (auto s = CheckSizes(points.size(), scalars.size(), "scalars"); !s.ok()) return s;
  if (auto s = CheckSizes(points.size(), out.size(), "outputs"); !s.ok()) return s;
  if (auto s = CheckScalars(scalars); !s.ok()) return s;
  if (!points.empty()) DoMultiplyEachEncode(*points.storage_, scalars, out);
  return absl::OkStatus();
}

absl::StatusOr<PointVector> Kernels::FixedBase(std::span<const EncodedScalar> scalars) const {
  if (auto s = CheckScalars(scalars); !s.ok()) return s;
  if (scalars.empty()) return PointVector();
  return PointVector(this, scalars.size(), DoFixedBase(scalars));
}

absl::Status Kernels::FixedBaseEncode(std::span<const EncodedScalar> scalars,
                                      std::span<EncodedElement> out) const {
  if (auto s = CheckSizes(scalars.size(), out.size(), "outputs"); !s.ok()) return s;
  if (auto s = CheckScalars(scalars); !s.ok()) return s;
  if (!scalars.empty()) DoFixedBaseEncode(scalars, out);
  return absl::OkStatus();
}

absl::StatusOr<BaseTable> Kernels::MakeBaseTable(const EncodedElement& base) const {
  const auto decoded = Decode({&base, 1}, IdentityRule::kAllow);
  if (!decoded.ok()) return decoded.status();
  return BaseTable(this, DoMakeBaseTable(base));
}

absl::StatusOr<PointVector> Kernels::AddMultiples(const PointVector& points, const BaseTable& base,
                                                  std::span<const EncodedScalar> scalars) const {
  // Without a table the generator's is taken: never because one was moved away.
  if (base.owner_ != this || base.storage_ == nullptr) {
    return absl::InvalidArgumentError("a table of another backend, or none");
  }
  return AddMultiplesOf(base.storage_.get(), points, scalars);
}

absl::StatusOr<PointVector> Kernels::AddGeneratorMultiples(
    const PointVector& points, std::span<const EncodedScalar> scalars) const {
  return AddMultiplesOf(nullptr, points, scalars);
}

absl::StatusOr<PointVector> Kernels::AddMultiplesOf(const TableStorage* base,
                                                    const PointVector& points,
                                                    std::span<const EncodedScalar> scalars) const {
  if (auto s = CheckOwner(points); !s.ok()) return s;
  if (auto s = CheckSizes(points.size(), scalars.size(), "scalars"); !s.ok()) return s;
  if (auto s = CheckScalars(scalars); !s.ok()) return s;
  if (points.empty()) return PointVector();
  return PointVector(this, points.size(), DoAddMultiples(*points.storage_, base, scalars));
}

absl::StatusOr<PointVector> Kernels::Add(const PointVector& a, const PointVector& b) const {
  if (auto s = CheckOwner(a); !s.ok()) return s;
  if (auto s = CheckOwner(b); !s.ok()) return s;
  if (auto s = CheckSizes(a.size(), b.size(), "elements to add"); !s.ok()) return s;
  if (a.empty()) return PointVector();
  return PointVector(this, a.size(), DoAdd(*a.storage_, *b.storage_, a.size()));
}

absl::StatusOr<EncodedElement> Kernels::Sum(const PointVector& points) const {
  if (auto s = CheckOwner(points); !s.ok()) return s;
  if (points.empty()) return EncodedElement{};
  return DoSum(*points.storage_, points.size());
}

absl::StatusOr<EncodedElement> Kernels::MultiScalarMultiply(
    const PointVector& points, std::span<const EncodedScalar> weights) const {
  if (auto s = CheckOwner(points); !s.ok()) return s;
  if (auto s = CheckSizes(points.size(), weights.size(), "weights"); !s.ok()) return s;
  if (auto s = CheckScalars(weights); !s.ok()) return s;
  if (points.empty()) return EncodedElement{};
  return DoMultiScalarMultiply(*points.storage_, weights);
}

}  // namespace raakvlak::crypto
