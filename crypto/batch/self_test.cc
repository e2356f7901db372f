// The start-up self-test: a backend against libsodium, to the bit, on fixed inputs.
#include <sodium.h>

#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crypto/batch/backends.h"
#include "crypto/batch/expand_message.h"

namespace raakvlak::crypto {
namespace {

// Not a multiple of any backend's lanes, and more than two groups of eight.
constexpr size_t kCount = 19;

constexpr EncodedScalar kOrderMinusOne = {
    0xec, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

// Encodings that RFC 9496, appendix A.3 lists as bad: one of each kind, and bit 255 on the
// generator, which libsodium 1.0.18 lets pass.
const std::vector<std::string>& BadEncodings() {
  static const auto* const bad = new std::vector<std::string>{
      "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",  // not canonical
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // p
      "0100000000000000000000000000000000000000000000000000000000000000",  // negative
      "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",  // not a square
      "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",  // negative xy
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // s = -1, y = 0
      "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2df6",  // generator, bit 255
  };
  return *bad;
}

EncodedElement FromHex(const std::string& hex) {
  EncodedElement element{};
  std::ignore = sodium_hex2bin(element.data(), element.size(), hex.data(), hex.size(), nullptr,
                               nullptr, nullptr);
  return element;
}

struct Inputs {
  std::vector<std::vector<uint8_t>> messages;
  std::vector<ByteView> views;
  std::vector<UniformBytes> uniform;
  std::vector<EncodedElement> elements;  // the identity among them
  std::vector<EncodedScalar> scalars;    // edge cases among them
};

Inputs MakeInputs(ByteView dst) {
  Inputs in;
  for (size_t i = 0; i < kCount; ++i) {
    // Lengths around SHA-512's block borders.
    in.messages.emplace_back(i * 17, static_cast<uint8_t>(i));
    in.uniform.push_back(ExpandMessage64(in.messages.back(), dst));
    EncodedElement element{};
    if (i != 4) crypto_core_ristretto255_from_hash(element.data(), in.uniform.back().data());
    in.elements.push_back(element);
    EncodedScalar scalar{};
    UniformBytes wide;
    crypto_hash_sha512(wide.data(), in.uniform.back().data(), 64);
    crypto_core_ristretto255_scalar_reduce(scalar.data(), wide.data());
    in.scalars.push_back(scalar);
  }
  in.views.assign(in.messages.begin(), in.messages.end());
  in.scalars[0] = EncodedScalar{};
  in.scalars[1] = EncodedScalar{1};
  in.scalars[2] = EncodedScalar{2};
  in.scalars[3] = kOrderMinusOne;
  in.scalars[5] = EncodedScalar{};
  in.scalars[5][31] = 0x10;  // 2^252
  return in;
}

absl::Status Mismatch(const Kernels& kernels, std::string_view what) {
  return absl::InternalError(absl::StrCat("backend ", std::string(kernels.name()), ": ",
                                          std::string(what), " differs from libsodium"));
}

#define RAAKVLAK_RETURN_IF_ERROR(expression)                                  \
  do {                                                                        \
    if (const absl::Status& s_ = (expression); !s_.ok()) {                    \
      return absl::InternalError(absl::StrCat("self-test: ", s_.ToString())); \
    }                                                                         \
  } while (false)

absl::Status CheckDecode(const Kernels& kernels, const Inputs& in) {
  for (const std::string& hex : BadEncodings()) {
    auto spoilt = in.elements;
    spoilt[13] = FromHex(hex);
    spoilt[17] = spoilt[13];
    size_t bad = 0;
    if (kernels.Decode(spoilt, IdentityRule::kAllow, &bad).ok() || bad != 13) {
      return absl::InternalError(absl::StrCat("backend ", std::string(kernels.name()),
                                              ": accepts the bad encoding ", hex));
    }
  }
  size_t bad = 0;
  if (kernels.Decode(in.elements, IdentityRule::kRefuse, &bad).ok() || bad != 4) {
    return Mismatch(kernels, "refusing the identity");
  }
  return absl::OkStatus();
}

absl::Status CheckHash(const Kernels& kernels, const Inputs& in, ByteView dst) {
  std::vector<EncodedElement> want = in.elements;
  crypto_core_ristretto255_from_hash(want[4].data(), in.uniform[4].data());
  std::vector<EncodedElement> got(kCount);
  std::vector<UniformBytes> digests(kCount);
  RAAKVLAK_RETURN_IF_ERROR(kernels.Hash(in.views, digests));
  for (size_t i = 0; i < kCount; ++i) {
    UniformBytes digest;
    crypto_hash_sha512(digest.data(), in.views[i].data(), in.views[i].size());
    if (digests[i] != digest) return Mismatch(kernels, "Hash");
  }
  std::array<uint8_t, 128> beginning;
  for (size_t i = 0; i < beginning.size(); ++i) beginning[i] = static_cast<uint8_t>(i);
  RAAKVLAK_RETURN_IF_ERROR(kernels.HashAfter(beginning, in.views, digests));
  for (size_t i = 0; i < kCount; ++i) {
    crypto_hash_sha512_state state;
    crypto_hash_sha512_init(&state);
    crypto_hash_sha512_update(&state, beginning.data(), beginning.size());
    crypto_hash_sha512_update(&state, in.views[i].data(), in.views[i].size());
    UniformBytes digest;
    crypto_hash_sha512_final(&state, digest.data());
    if (digests[i] != digest) return Mismatch(kernels, "HashAfter");
  }
  auto hashed = kernels.HashToGroup(in.views, dst);
  RAAKVLAK_RETURN_IF_ERROR(hashed.status());
  RAAKVLAK_RETURN_IF_ERROR(kernels.Encode(*hashed, got));
  if (got != want) return Mismatch(kernels, "HashToGroup");
  auto mapped = kernels.MapToGroup(in.uniform);
  RAAKVLAK_RETURN_IF_ERROR(mapped.status());
  RAAKVLAK_RETURN_IF_ERROR(kernels.Encode(*mapped, got));
  if (got != want) return Mismatch(kernels, "MapToGroup");
  RAAKVLAK_RETURN_IF_ERROR(kernels.MapToGroupEncode(in.uniform, got));
  if (got != want) return Mismatch(kernels, "MapToGroupEncode");
  return absl::OkStatus();
}

absl::Status CheckMultiply(const Kernels& kernels, const Inputs& in, const PointVector& points) {
  std::vector<EncodedElement> want(kCount);
  std::vector<EncodedElement> got(kCount);
  for (size_t i = 0; i < kCount; ++i) {
    std::ignore =
        crypto_scalarmult_ristretto255(want[i].data(), in.scalars[i].data(), in.elements[i].data());
  }
  RAAKVLAK_RETURN_IF_ERROR(kernels.MultiplyEachEncode(points, in.scalars, got));
  if (got != want) return Mismatch(kernels, "MultiplyEachEncode");
  auto each = kernels.MultiplyEach(points, in.scalars);
  RAAKVLAK_RETURN_IF_ERROR(each.status());
  RAAKVLAK_RETURN_IF_ERROR(kernels.Encode(*each, got));
  if (got != want) return Mismatch(kernels, "MultiplyEach");

  EncodedElement sum{};
  for (const EncodedElement& term : want) {
    std::ignore = crypto_core_ristretto255_add(sum.data(), sum.data(), term.data());
  }
  auto combined = kernels.MultiScalarMultiply(points, in.scalars);
  RAAKVLAK_RETURN_IF_ERROR(combined.status());
  if (*combined != sum) return Mismatch(kernels, "MultiScalarMultiply");
  auto summed = kernels.Sum(*each);
  RAAKVLAK_RETURN_IF_ERROR(summed.status());
  if (*summed != sum) return Mismatch(kernels, "Sum");

  for (size_t which : {0, 1, 3, 7}) {
    const EncodedScalar& scalar = in.scalars[which];
    for (size_t i = 0; i < kCount; ++i) {
      std::ignore =
          crypto_scalarmult_ristretto255(want[i].data(), scalar.data(), in.elements[i].data());
    }
    RAAKVLAK_RETURN_IF_ERROR(kernels.MultiplyCommonEncode(points, scalar, got));
    if (got != want) return Mismatch(kernels, "MultiplyCommonEncode");
    auto common = kernels.MultiplyCommon(points, scalar);
    RAAKVLAK_RETURN_IF_ERROR(common.status());
    RAAKVLAK_RETURN_IF_ERROR(kernels.Encode(*common, got));
    if (got != want) return Mismatch(kernels, "MultiplyCommon");
  }
  return absl::OkStatus();
}

absl::Status CheckFixedBaseAndAdd(const Kernels& kernels, const Inputs& in,
                                  const PointVector& points) {
  std::vector<EncodedElement> want(kCount);
  std::vector<EncodedElement> got(kCount);
  for (size_t i = 0; i < kCount; ++i) {
    std::ignore = crypto_scalarmult_ristretto255_base(want[i].data(), in.scalars[i].data());
  }
  RAAKVLAK_RETURN_IF_ERROR(kernels.FixedBaseEncode(in.scalars, got));
  if (got != want) return Mismatch(kernels, "FixedBaseEncode");
  auto fixed = kernels.FixedBase(in.scalars);
  RAAKVLAK_RETURN_IF_ERROR(fixed.status());
  RAAKVLAK_RETURN_IF_ERROR(kernels.Encode(*fixed, got));
  if (got != want) return Mismatch(kernels, "FixedBase");

  const EncodedElement& base = in.elements[kCount - 1];
  auto table = kernels.MakeBaseTable(base);
  RAAKVLAK_RETURN_IF_ERROR(table.status());
  auto shifted = kernels.AddMultiples(points, *table, in.scalars);
  RAAKVLAK_RETURN_IF_ERROR(shifted.status());
  RAAKVLAK_RETURN_IF_ERROR(kernels.Encode(*shifted, got));
  std::vector<EncodedElement> multiples(kCount);
  for (size_t i = 0; i < kCount; ++i) {
    std::ignore =
        crypto_scalarmult_ristretto255(multiples[i].data(), in.scalars[i].data(), base.data());
    std::ignore = crypto_core_ristretto255_add(multiples[i].data(), in.elements[i].data(),
                                               multiples[i].data());
  }
  if (got != multiples) return Mismatch(kernels, "AddMultiples");

  auto added = kernels.Add(points, *fixed);
  RAAKVLAK_RETURN_IF_ERROR(added.status());
  RAAKVLAK_RETURN_IF_ERROR(kernels.Encode(*added, got));
  for (size_t i = 0; i < kCount; ++i) {
    std::ignore =
        crypto_core_ristretto255_add(want[i].data(), in.elements[i].data(), want[i].data());
  }
  if (got != want) return Mismatch(kernels, "Add");
  auto blinded = kernels.AddGeneratorMultiples(points, in.scalars);
  RAAKVLAK_RETURN_IF_ERROR(blinded.status());
  RAAKVLAK_RETURN_IF_ERROR(kernels.Encode(*blinded, got));
  if (got != want) return Mismatch(kernels, "AddGeneratorMultiples");
  return absl::OkStatus();
}

}  // namespace

absl::Status SelfTest(const Kernels& kernels) {
  if (sodium_init() < 0) return absl::InternalError("libsodium does not start");
  static constexpr std::array<uint8_t, 9> kTag = {'s', 'e', 'l', 'f', '-', 't', 'e', 's', 't'};
  const Inputs in = MakeInputs(kTag);
  if (auto s = CheckDecode(kernels, in); !s.ok()) return s;
  if (auto s = CheckHash(kernels, in, kTag); !s.ok()) return s;
  auto points = kernels.Decode(in.elements, IdentityRule::kAllow);
  RAAKVLAK_RETURN_IF_ERROR(points.status());
  if (auto s = CheckMultiply(kernels, in, *points); !s.ok()) return s;
  return CheckFixedBaseAndAdd(kernels, in, *points);
}

}  // namespace raakvlak::crypto
