// What the tests of this room share: hex, the vectors beside the source tree, sharing of a known
// key.
#ifndef RAAKVLAK_CRYPTO_OPRF_TESTING_H_
#define RAAKVLAK_CRYPTO_OPRF_TESTING_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/bytes.h"
#include "crypto/batch/types.h"
#include "crypto/oprf/element.h"
#include "crypto/oprf/scalar.h"
#include "crypto/oprf/shamir.h"

namespace raakvlak::crypto {

inline Bytes Hex(std::string_view hex) {
  absl::StatusOr<Bytes> bytes = FromHex(hex);
  EXPECT_TRUE(bytes.ok()) << hex;
  return bytes.ok() ? *bytes : Bytes{};
}

inline EncodedElement EncodedHex(std::string_view hex) {
  EncodedElement out{};
  const Bytes bytes = Hex(hex);
  EXPECT_EQ(bytes.size(), out.size());
  std::copy_n(bytes.begin(), std::min(bytes.size(), out.size()), out.begin());
  return out;
}

inline Element ElementHex(std::string_view hex) {
  absl::StatusOr<Element> element = Element::Parse(Hex(hex));
  EXPECT_TRUE(element.ok()) << hex;
  return element.ok() ? *element : Element::Generator();
}

inline Scalar ScalarHex(std::string_view hex) {
  absl::StatusOr<Scalar> scalar = Scalar::Parse(Hex(hex));
  EXPECT_TRUE(scalar.ok()) << hex;
  return scalar.ok() ? *scalar : Scalar();
}

inline SecretScalar SecretScalarHex(std::string_view hex) {
  absl::StatusOr<SecretScalar> scalar = SecretScalar::Parse(Hex(hex));
  EXPECT_TRUE(scalar.ok()) << hex;
  return scalar.ok() ? *std::move(scalar) : SecretScalar();
}

// Values separated by commas, as the vectors of RFC 9497 write batches.
inline std::vector<std::string> SplitCommas(const std::string& text) {
  std::vector<std::string> out(1);
  for (char c : text) {
    if (c == ',') {
      out.emplace_back();
    } else {
      out.back().push_back(c);
    }
  }
  return out;
}

// A vector file, or nothing where the files are not at hand.
inline std::optional<nlohmann::json> SharedVectors(const std::string& name) {
  const std::filesystem::path path = std::filesystem::path(RAAKVLAK_SHARED_DIR) / "vectors" / name;
  std::ifstream file(path);
  if (!file) return std::nullopt;
  return nlohmann::json::parse(file);
}

// A key shared among n, as a dealer would: only tests have one.
struct SharedKey {
  Element group_public_key;
  std::vector<SecretScalar> shares;
  std::vector<Element> public_shares;
};
inline SharedKey DealKey(size_t threshold, size_t participants, Random& random) {
  const SecretPolynomial polynomial = SecretPolynomial::Generate(threshold, random);
  SharedKey out;
  out.group_public_key = Element::MultiplyBase(polynomial.constant_term());
  for (size_t i = 1; i <= participants; ++i) {
    out.shares.push_back(polynomial.ShareOf(static_cast<ShareIndex>(i)));
    out.public_shares.push_back(Element::MultiplyBase(out.shares.back()));
  }
  return out;
}

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_OPRF_TESTING_H_
