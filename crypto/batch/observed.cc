// Hands every operation on, between two calls of the observer.
#include "crypto/batch/observed.h"

#include <sodium.h>

#include <vector>

namespace raakvlak::crypto {

class ObservedKernels final : public Kernels {
 public:
  ObservedKernels(const Kernels& inner, KernelObserver& observer)
      : inner_(inner), observer_(observer) {}

  std::string_view name() const override { return inner_.name(); }

 protected:
  using Storage = std::unique_ptr<PointStorage>;

  Storage DoDecode(std::span<const EncodedElement> encodings, IdentityRule rule,
                   size_t* first_bad) const override {
    const Observation seen(observer_);
    return inner_.DoDecode(encodings, rule, first_bad);
  }
  void DoEncode(const PointStorage& points, std::span<EncodedElement> out) const override {
    const Observation seen(observer_);
    inner_.DoEncode(points, out);
  }
  Storage DoHashToGroup(std::span<const ByteView> messages, ByteView dst) const override {
    std::vector<UniformBytes> uniform(messages.size());
    inner_.DoExpandMessages(messages, dst, uniform);
    Storage mapped = DoMapToGroup(uniform);
    sodium_memzero(uniform.data(), uniform.size() * sizeof(UniformBytes));
    return mapped;
  }
  void DoExpandMessages(std::span<const ByteView> messages, ByteView dst,
                        std::span<UniformBytes> out) const override {
    inner_.DoExpandMessages(messages, dst, out);
  }
  void DoHash(ByteView beginning, std::span<const ByteView> messages,
              std::span<UniformBytes> out) const override {
    inner_.DoHash(beginning, messages, out);
  }
  Storage DoMapToGroup(std::span<const UniformBytes> inputs) const override {
    const Observation seen(observer_);
    return inner_.DoMapToGroup(inputs);
  }
  void DoMapToGroupEncode(std::span<const UniformBytes> inputs,
                          std::span<EncodedElement> out) const override {
    const Observation seen(observer_);
    inner_.DoMapToGroupEncode(inputs, out);
  }
  Storage DoMultiplyCommon(const PointStorage& points, size_t count,
                           const EncodedScalar& scalar) const override {
    const Observation seen(observer_);
    return inner_.DoMultiplyCommon(points, count, scalar);
  }
  void DoMultiplyCommonEncode(const PointStorage& points, const EncodedScalar& scalar,
                              std::span<EncodedElement> out) const override {
    const Observation seen(observer_);
    inner_.DoMultiplyCommonEncode(points, scalar, out);
  }
  Storage DoMultiplyEach(const PointStorage& points,
                         std::span<const EncodedScalar> scalars) const override {
    const Observation seen(observer_);
    return inner_.DoMultiplyEach(points, scalars);
  }
  void DoMultiplyEachEncode(const PointStorage& points, std::span<const EncodedScalar> scalars,
                            std::span<EncodedElement> out) const override {
    const Observation seen(observer_);
    inner_.DoMultiplyEachEncode(points, scalars, out);
  }
  Storage DoFixedBase(std::span<const EncodedScalar> scalars) const override {
    const Observation seen(observer_);
    return inner_.DoFixedBase(scalars);
  }
  void DoFixedBaseEncode(std::span<const EncodedScalar> scalars,
                         std::span<EncodedElement> out) const override {
    const Observation seen(observer_);
    inner_.DoFixedBaseEncode(scalars, out);
  }
  std::unique_ptr<TableStorage> DoMakeBaseTable(const EncodedElement& base) const override {
    const Observation seen(observer_);
    return inner_.DoMakeBaseTable(base);
  }
  Storage DoAddMultiples(const PointStorage& points, const TableStorage* base,
                         std::span<const EncodedScalar> scalars) const override {
    const Observation seen(observer_);
    return inner_.DoAddMultiples(points, base, scalars);
  }
  Storage DoAdd(const PointStorage& a, const PointStorage& b, size_t count) const override {
    const Observation seen(observer_);
    return inner_.DoAdd(a, b, count);
  }
  EncodedElement DoSum(const PointStorage& points, size_t count) const override {
    const Observation seen(observer_);
    return inner_.DoSum(points, count);
  }
  EncodedElement DoMultiScalarMultiply(const PointStorage& points,
                                       std::span<const EncodedScalar> weights) const override {
    const Observation seen(observer_);
    return inner_.DoMultiScalarMultiply(points, weights);
  }

 private:
  class Observation {
   public:
    explicit Observation(KernelObserver& observer)
        : observer_(observer), begun_(observer.OperationBegins()) {}
    ~Observation() { observer_.OperationEnds(begun_); }
    Observation(const Observation&) = delete;
    Observation& operator=(const Observation&) = delete;

   private:
    KernelObserver& observer_;
    const std::int64_t begun_;
  };

  const Kernels& inner_;
  KernelObserver& observer_;
};

std::unique_ptr<Kernels> MakeObservedKernels(const Kernels& kernels, KernelObserver& observer) {
  return std::make_unique<ObservedKernels>(kernels, observer);
}

}  // namespace raakvlak::crypto
