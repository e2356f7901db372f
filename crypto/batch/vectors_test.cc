// Every usable backend, and the emulated ones, against the official vectors of RFC 9496, and of
// hash-to-group.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "crypto/batch/emulated.h"
#include "crypto/batch/kernels.h"
#include "crypto/batch/rfc9496_vectors.h"
#include "crypto/batch/test_util.h"

namespace raakvlak::crypto {
namespace {

ByteView View(std::string_view s) { return {reinterpret_cast<const uint8_t*>(s.data()), s.size()}; }

// The emulated backends too.
std::vector<const Kernels*> Tested() {
  std::vector<const Kernels*> tested = AvailableKernels();
  tested.insert(tested.end(), EmulatedKernels().begin(), EmulatedKernels().end());
  return tested;
}

std::vector<EncodedElement> Encoded(const Kernels& kernels,
                                    const absl::StatusOr<PointVector>& points) {
  EXPECT_TRUE(points.ok()) << points.status();
  if (!points.ok()) return {};
  std::vector<EncodedElement> out(points->size());
  EXPECT_TRUE(kernels.Encode(*points, out).ok());
  return out;
}

TEST(VectorsTest, SmallMultiplesOfTheGenerator) {
  std::vector<EncodedScalar> scalars;
  std::vector<EncodedElement> want;
  for (std::string_view hex : kSmallMultiples) {
    scalars.push_back(EncodedScalar{static_cast<uint8_t>(scalars.size())});
    want.push_back(FromHex<32>(hex));
  }
  for (const Kernels* kernels : Tested()) {
    SCOPED_TRACE(std::string(kernels->name()));
    EXPECT_EQ(Encoded(*kernels, kernels->FixedBase(scalars)), want);
    std::vector<EncodedElement> got(want.size());
    ASSERT_TRUE(kernels->FixedBaseEncode(scalars, got).ok());
    EXPECT_EQ(got, want);
    // The vectors decode, and encode to themselves.
    EXPECT_EQ(Encoded(*kernels, kernels->Decode(want, IdentityRule::kAllow)), want);
    const std::vector<EncodedElement> generators(want.size(), want[1]);
    auto points = kernels->Decode(generators, IdentityRule::kRefuse);
    ASSERT_TRUE(points.ok());
    ASSERT_TRUE(kernels->MultiplyEachEncode(*points, scalars, got).ok());
    EXPECT_EQ(got, want);
  }
}

TEST(VectorsTest, BadEncodingsAreRefusedAtEveryPosition) {
  const EncodedElement good = FromHex<32>(kSmallMultiples[1]);
  for (const Kernels* kernels : Tested()) {
    SCOPED_TRACE(std::string(kernels->name()));
    for (std::string_view hex : kBadEncodings) {
      for (size_t position : {0, 3, 7, 8, 10}) {
        std::vector<EncodedElement> batch(11, good);
        batch[position] = FromHex<32>(hex);
        size_t bad = 99;
        auto points = kernels->Decode(batch, IdentityRule::kAllow, &bad);
        EXPECT_EQ(points.status().code(), absl::StatusCode::kInvalidArgument) << hex;
        EXPECT_EQ(bad, position) << hex;
      }
    }
  }
}

TEST(VectorsTest, HighBitIsRefused) {
  for (const Kernels* kernels : Tested()) {
    for (std::string_view hex : kSmallMultiples) {
      EncodedElement e = FromHex<32>(hex);
      EXPECT_TRUE(kernels->Decode({&e, 1}, IdentityRule::kAllow).ok());
      e[31] |= 0x80;
      EXPECT_FALSE(kernels->Decode({&e, 1}, IdentityRule::kAllow).ok()) << hex;
    }
  }
}

TEST(VectorsTest, ElementDerivation) {
  std::vector<UniformBytes> inputs;
  std::vector<EncodedElement> want;
  for (const DerivationVector& v : kDerivations) {
    inputs.push_back(FromHex<64>(v.input));
    want.push_back(FromHex<32>(v.element));
  }
  for (const Kernels* kernels : Tested()) {
    SCOPED_TRACE(std::string(kernels->name()));
    EXPECT_EQ(Encoded(*kernels, kernels->MapToGroup(inputs)), want);
  }
}

TEST(VectorsTest, HashToGroup) {
  constexpr std::string_view kTag = "ristretto255_XMD:SHA-512_R255MAP_RO_";
  const std::vector<ByteView> messages = {View(""), View("abc"), View("kvk:12345678")};
  const std::vector<EncodedElement> want = {
      FromHex<32>("d2ef0e42a21c1b4221350ac82ad8669a18a0994df551ac07597a704a23d36436"),
      FromHex<32>("76a44d9dbe1079e8ca0637f69161de4b76e66d9604fc759c48e13bc5b30adc44"),
      FromHex<32>("3ed41160ccf5420e2cea439799ce709b29c5cd1147b0978fee93adc4ea48ba4c")};
  for (const Kernels* kernels : Tested()) {
    SCOPED_TRACE(std::string(kernels->name()));
    EXPECT_EQ(Encoded(*kernels, kernels->HashToGroup(messages, View(kTag))), want);
  }
}

nlohmann::json SharedVectors(const std::string& name) {
  const std::filesystem::path path = std::filesystem::path(RAAKVLAK_SHARED_DIR) / "vectors" / name;
  std::ifstream file(path);
  return file ? nlohmann::json::parse(file) : nlohmann::json();
}

TEST(VectorsTest, HashToGroupFromSharedFile) {
  const nlohmann::json file = SharedVectors("hash_to_ristretto255.json");
  if (file.is_null()) GTEST_SKIP() << "the shared vectors are not there";
  for (const auto& vector : file["vectors"]) {
    std::string message;
    if (vector.contains("msg")) {
      message = vector["msg"];
    } else {
      const std::string hex = vector["msg_hex"];
      message.resize(hex.size() / 2);
      sodium_hex2bin(reinterpret_cast<uint8_t*>(message.data()), message.size(), hex.data(),
                     hex.size(), nullptr, nullptr, nullptr);
    }
    const std::string dst = vector.value("DST", "ristretto255_XMD:SHA-512_R255MAP_RO_");
    const std::vector<ByteView> messages = {View(message)};
    for (const Kernels* kernels : Tested()) {
      const auto got = Encoded(*kernels, kernels->HashToGroup(messages, View(dst)));
      ASSERT_EQ(got.size(), 1u);
      EXPECT_EQ(ToHex(got[0]), vector["P"]) << kernels->name();
    }
  }
}

}  // namespace
}  // namespace raakvlak::crypto
