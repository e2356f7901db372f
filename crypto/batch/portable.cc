// The portable backend: libsodium, one element at a time. The reference for all others.
#include <sodium.h>

#include <tuple>
#include <vector>

#include "crypto/batch/backends.h"
#include "crypto/batch/expand_message.h"

namespace raakvlak::crypto {
namespace {

// libsodium has no decoded form, so points are kept encoded (and valid).
class EncodedPoints : public PointStorage {
 public:
  explicit EncodedPoints(size_t size) : points(size) {}
  ~EncodedPoints() override {
    sodium_memzero(points.data(), points.size() * sizeof(EncodedElement));
  }
  std::vector<EncodedElement> points;
};

// Nor has it tables.
class EncodedBase : public TableStorage {
 public:
  explicit EncodedBase(const EncodedElement& element) : base(element) {}
  const EncodedElement base;
};

const std::vector<EncodedElement>& Points(const PointStorage& storage) {
  return static_cast<const EncodedPoints&>(storage).points;
}

// libsodium's return value says whether the result is the identity or the input was invalid. The
// inputs are valid here, and the identity is a result like any other.
void Multiply(EncodedElement& out, const EncodedElement& point, const EncodedScalar& scalar) {
  std::ignore = crypto_scalarmult_ristretto255(out.data(), scalar.data(), point.data());
}

class Portable final : public Kernels {
 public:
  std::string_view name() const override { return "portable"; }

 protected:
  std::unique_ptr<PointStorage> DoDecode(std::span<const EncodedElement> encodings,
                                         IdentityRule rule, size_t* first_bad) const override {
    auto storage = std::make_unique<EncodedPoints>(encodings.size());
    for (size_t i = 0; i < encodings.size(); ++i) {
      const EncodedElement& e = encodings[i];
      // libsodium 1.0.18 ignores bit 255; RFC 9496 refuses it.
      const bool valid = (e[31] & 0x80) == 0 &&
                         crypto_core_ristretto255_is_valid_point(e.data()) == 1 &&
                         (rule == IdentityRule::kAllow || sodium_is_zero(e.data(), 32) == 0);
      if (!valid) {
        *first_bad = i;
        return nullptr;
      }
      storage->points[i] = e;
    }
    return storage;
  }

  void DoEncode(const PointStorage& points, std::span<EncodedElement> out) const override {
    std::copy(Points(points).begin(), Points(points).end(), out.begin());
  }

  std::unique_ptr<PointStorage> DoHashToGroup(std::span<const ByteView> messages,
                                              ByteView dst) const override {
    auto storage = std::make_unique<EncodedPoints>(messages.size());
    for (size_t i = 0; i < messages.size(); ++i) {
      UniformBytes uniform = ExpandMessage64(messages[i], dst);
      crypto_core_ristretto255_from_hash(storage->points[i].data(), uniform.data());
      sodium_memzero(uniform.data(), uniform.size());
    }
    return storage;
  }

  std::unique_ptr<PointStorage> DoMapToGroup(std::span<const UniformBytes> inputs) const override {
    auto storage = std::make_unique<EncodedPoints>(inputs.size());
    DoMapToGroupEncode(inputs, storage->points);
    return storage;
  }

  void DoMapToGroupEncode(std::span<const UniformBytes> inputs,
                          std::span<EncodedElement> out) const override {
    for (size_t i = 0; i < inputs.size(); ++i) {
      crypto_core_ristretto255_from_hash(out[i].data(), inputs[i].data());
    }
  }

  std::unique_ptr<PointStorage> DoMultiplyCommon(const PointStorage& points, size_t count,
                                                 const EncodedScalar& scalar) const override {
    auto storage = std::make_unique<EncodedPoints>(count);
    DoMultiplyCommonEncode(points, scalar, storage->points);
    return storage;
  }

  void DoMultiplyCommonEncode(const PointStorage& points, const EncodedScalar& scalar,
                              std::span<EncodedElement> out) const override {
    for (size_t i = 0; i < out.size(); ++i) Multiply(out[i], Points(points)[i], scalar);
  }

  std::unique_ptr<PointStorage> DoMultiplyEach(
      const PointStorage& points, std::span<const EncodedScalar> scalars) const override {
    auto storage = std::make_unique<EncodedPoints>(scalars.size());
    DoMultiplyEachEncode(points, scalars, storage->points);
    return storage;
  }

  void DoMultiplyEachEncode(const PointStorage& points, std::span<const EncodedScalar> scalars,
                            std::span<EncodedElement> out) const override {
    for (size_t i = 0; i < out.size(); ++i) Multiply(out[i], Points(points)[i], scalars[i]);
  }

  std::unique_ptr<PointStorage> DoFixedBase(std::span<const EncodedScalar> scalars) const override {
    auto storage = std::make_unique<EncodedPoints>(scalars.size());
    DoFixedBaseEncode(scalars, storage->points);
    return storage;
  }

  void DoFixedBaseEncode(std::span<const EncodedScalar> scalars,
                         std::span<EncodedElement> out) const override {
    for (size_t i = 0; i < out.size(); ++i) {
      std::ignore = crypto_scalarmult_ristretto255_base(out[i].data(), scalars[i].data());
    }
  }

  std::unique_ptr<TableStorage> DoMakeBaseTable(const EncodedElement& base) const override {
    return std::make_unique<EncodedBase>(base);
  }

  std::unique_ptr<PointStorage> DoAddMultiples(
      const PointStorage& points, const TableStorage* base,
      std::span<const EncodedScalar> scalars) const override {
    auto storage = std::make_unique<EncodedPoints>(scalars.size());
    if (base == nullptr) {
      DoFixedBaseEncode(scalars, storage->points);
    } else {
      const EncodedElement& element = static_cast<const EncodedBase&>(*base).base;
      for (size_t i = 0; i < scalars.size(); ++i) Multiply(storage->points[i], element, scalars[i]);
    }
    return DoAdd(points, *storage, scalars.size());
  }

  std::unique_ptr<PointStorage> DoAdd(const PointStorage& a, const PointStorage& b,
                                      size_t count) const override {
    auto storage = std::make_unique<EncodedPoints>(count);
    for (size_t i = 0; i < count; ++i) {
      std::ignore = crypto_core_ristretto255_add(storage->points[i].data(), Points(a)[i].data(),
                                                 Points(b)[i].data());
    }
    return storage;
  }

  EncodedElement DoSum(const PointStorage& points, size_t count) const override {
    EncodedElement sum{};
    for (size_t i = 0; i < count; ++i) {
      std::ignore = crypto_core_ristretto255_add(sum.data(), sum.data(), Points(points)[i].data());
    }
    return sum;
  }

  EncodedElement DoMultiScalarMultiply(const PointStorage& points,
                                       std::span<const EncodedScalar> weights) const override {
    EncodedElement sum{};
    for (size_t i = 0; i < weights.size(); ++i) {
      EncodedElement term;
      Multiply(term, Points(points)[i], weights[i]);
      std::ignore = crypto_core_ristretto255_add(sum.data(), sum.data(), term.data());
    }
    return sum;
  }
};

}  // namespace

const Kernels& PortableKernels() {
  static const Portable* const kernels = new Portable();
  return *kernels;
}

}  // namespace raakvlak::crypto
