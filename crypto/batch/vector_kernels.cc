// A backend made of VectorOps: storage, scalars into digits, and work in chunks of a size that
// keeps what is derived from secrets small and in cache.
#include "crypto/batch/vector_kernels.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <new>
#include <vector>

#include "crypto/batch/expand_lanes.h"
#include "crypto/batch/hash_lanes.h"
#include "crypto/batch/recode.h"
#include "crypto/batch/scalars.h"

namespace raakvlak::crypto {
namespace {

// Aligned memory that is wiped when it goes.
class Buffer {
 public:
  explicit Buffer(size_t bytes)
      : bytes_(bytes), data_(static_cast<uint8_t*>(::operator new (bytes, std::align_val_t{64}))) {}
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() {
    sodium_memzero(data_, bytes_);
    ::operator delete (data_, std::align_val_t{64});
  }
  uint8_t* data() { return data_; }
  const uint8_t* data() const { return data_; }

 private:
  const size_t bytes_;
  uint8_t* const data_;
};

class VectorPoints : public PointStorage {
 public:
  explicit VectorPoints(size_t bytes, bool affine_points) : groups(bytes), affine(affine_points) {}
  Buffer groups;
  const bool affine;  // all have Z = 1
};

class VectorTable : public TableStorage {
 public:
  explicit VectorTable(size_t bytes) : entries(bytes) {}
  Buffer entries;
};

// Elements handled at a time; a multiple of every number of lanes.
constexpr size_t kChunk = 1024;
// Below this number, multiplying each point and adding beats filling buckets.
constexpr size_t kLeastForBuckets = 48;

// Whether the bytes are a field element below p and not negative, as an encoding must be.
bool IsCanonicalAndEven(const EncodedElement& e) {
  if ((e[31] & 0x80) != 0 || (e[0] & 1) != 0) return false;
  if (e[31] != 0x7f || e[0] < 0xed) return true;
  return std::any_of(e.begin() + 1, e.end() - 1, [](uint8_t byte) { return byte != 0xff; });
}

// Of what is public.
bool IsZero(const EncodedElement& e) {
  std::array<uint64_t, 4> words;
  std::memcpy(words.data(), e.data(), sizeof words);
  return (words[0] | words[1] | words[2] | words[3]) == 0;
}

class VectorKernels final : public Kernels {
 public:
  VectorKernels(std::string_view name, const VectorOps& ops) : name_(name), ops_(ops) {}

  std::string_view name() const override { return name_; }

 protected:
  std::unique_ptr<PointStorage> DoDecode(std::span<const EncodedElement> encodings,
                                         IdentityRule rule, size_t* first_bad) const override {
    const size_t n = encodings.size();
    auto storage = NewPoints(n, true);
    std::vector<uint8_t> ok(n);
    ops_.decode(encodings.front().data(), n, storage->groups.data(), ok.data());
    for (size_t i = 0; i < n; ++i) {
      const bool identity = IsZero(encodings[i]);
      if (ok[i] == 0 || !IsCanonicalAndEven(encodings[i]) ||
          (identity && rule == IdentityRule::kRefuse)) {
        *first_bad = i;
        return nullptr;
      }
    }
    return storage;
  }

  void DoEncode(const PointStorage& points, std::span<EncodedElement> out) const override {
    ops_.encode(Groups(points), out.size(), out.front().data());
  }

  std::unique_ptr<PointStorage> DoHashToGroup(std::span<const ByteView> messages,
                                              ByteView dst) const override {
    const size_t n = messages.size();
    auto storage = NewPoints(n, false);
    std::vector<UniformBytes> uniform(std::min(n, kChunk));
    for (size_t at = 0; at < n; at += kChunk) {
      const size_t count = std::min(kChunk, n - at);
      DoExpandMessages(messages.subspan(at, count), dst, {uniform.data(), count});
      ops_.map(uniform.front().data(), count, storage->groups.data() + Offset(at));
    }
    sodium_memzero(uniform.data(), uniform.size() * sizeof(UniformBytes));
    return storage;
  }

  void DoExpandMessages(std::span<const ByteView> messages, ByteView dst,
                        std::span<UniformBytes> out) const override {
    if (ops_.sha512 == nullptr) return Kernels::DoExpandMessages(messages, dst, out);
    ExpandMessages64(ops_, messages, dst, out);
  }

  void DoHash(ByteView beginning, std::span<const ByteView> messages,
              std::span<UniformBytes> out) const override {
    if (ops_.sha512 == nullptr) return Kernels::DoHash(beginning, messages, out);
    HashMessages(ops_, beginning, messages, out);
  }

  std::unique_ptr<PointStorage> DoMapToGroup(std::span<const UniformBytes> inputs) const override {
    auto storage = NewPoints(inputs.size(), false);
    ops_.map(inputs.front().data(), inputs.size(), storage->groups.data());
    return storage;
  }

  void DoMapToGroupEncode(std::span<const UniformBytes> inputs,
                          std::span<EncodedElement> out) const override {
    ops_.map_encode(inputs.front().data(), inputs.size(), out.front().data());
  }

  std::unique_ptr<PointStorage> DoMultiplyCommon(const PointStorage& points, size_t count,
                                                 const EncodedScalar& scalar) const override {
    auto storage = NewPoints(count, false);
    Buffer codes(kMultiplyDigits * ops_.lanes);
    RecodeCommon(scalar, codes);
    ops_.multiply(Groups(points), GroupCount(count), codes.data(), 0, storage->groups.data());
    return storage;
  }

  void DoMultiplyCommonEncode(const PointStorage& points, const EncodedScalar& scalar,
                              std::span<EncodedElement> out) const override {
    EncodedScalar half = HalveScalar(scalar);
    Buffer codes(kMultiplyDigits * ops_.lanes);
    RecodeCommon(half, codes);
    sodium_memzero(half.data(), half.size());
    ops_.multiply_encode(Groups(points), out.size(), codes.data(), 0, out.front().data());
  }

  std::unique_ptr<PointStorage> DoMultiplyEach(
      const PointStorage& points, std::span<const EncodedScalar> scalars) const override {
    auto storage = NewPoints(scalars.size(), false);
    const size_t stride = kMultiplyDigits * ops_.lanes;
    ForChunks(scalars, 4, kMultiplyDigits, false, [&](size_t at, size_t n, const uint8_t* codes) {
      ops_.multiply(Groups(points) + Offset(at), GroupCount(n), codes, stride,
                    storage->groups.data() + Offset(at));
    });
    return storage;
  }

  void DoMultiplyEachEncode(const PointStorage& points, std::span<const EncodedScalar> scalars,
                            std::span<EncodedElement> out) const override {
    const size_t stride = kMultiplyDigits * ops_.lanes;
    ForChunks(scalars, 4, kMultiplyDigits, true, [&](size_t at, size_t n, const uint8_t* codes) {
      ops_.multiply_encode(Groups(points) + Offset(at), n, codes, stride, out[at].data());
    });
  }

  std::unique_ptr<PointStorage> DoFixedBase(std::span<const EncodedScalar> scalars) const override {
    auto storage = NewPoints(scalars.size(), false);
    const size_t digits = BaseDigits(ops_.base_window);
    ForChunks(scalars, ops_.base_window, digits, false,
              [&](size_t at, size_t n, const uint8_t* codes) {
                ops_.fixed_base(GeneratorTable(), nullptr, GroupCount(n), codes,
                                storage->groups.data() + Offset(at));
              });
    return storage;
  }

  void DoFixedBaseEncode(std::span<const EncodedScalar> scalars,
                         std::span<EncodedElement> out) const override {
    const size_t digits = BaseDigits(ops_.base_window);
    ForChunks(scalars, ops_.base_window, digits, true,
              [&](size_t at, size_t n, const uint8_t* codes) {
                ops_.fixed_base_encode(GeneratorTable(), n, codes, out[at].data());
              });
  }

  std::unique_ptr<TableStorage> DoMakeBaseTable(const EncodedElement& base) const override {
    size_t unused = 0;
    const auto decoded = DoDecode({&base, 1}, IdentityRule::kAllow, &unused);
    auto table = std::make_unique<VectorTable>(ops_.base_table_bytes);
    ops_.make_base_table(Groups(*decoded), table->entries.data());
    return table;
  }

  std::unique_ptr<PointStorage> DoAddMultiples(
      const PointStorage& points, const TableStorage* base,
      std::span<const EncodedScalar> scalars) const override {
    auto storage = NewPoints(scalars.size(), false);
    const void* table =
        base == nullptr ? GeneratorTable() : static_cast<const VectorTable*>(base)->entries.data();
    const size_t digits = BaseDigits(ops_.base_window);
    ForChunks(scalars, ops_.base_window, digits, false,
              [&](size_t at, size_t n, const uint8_t* codes) {
                ops_.fixed_base(table, Groups(points) + Offset(at), GroupCount(n), codes,
                                storage->groups.data() + Offset(at));
              });
    return storage;
  }

  std::unique_ptr<PointStorage> DoAdd(const PointStorage& a, const PointStorage& b,
                                      size_t count) const override {
    auto storage = NewPoints(count, false);
    ops_.add(Groups(a), Groups(b), GroupCount(count), storage->groups.data());
    return storage;
  }

  EncodedElement DoSum(const PointStorage& points, size_t count) const override {
    EncodedElement sum;
    ops_.sum(Groups(points), count, sum.data());
    return sum;
  }

  EncodedElement DoMultiScalarMultiply(const PointStorage& points,
                                       std::span<const EncodedScalar> weights) const override {
    if (weights.size() < kLeastForBuckets) {
      return DoSum(*DoMultiplyEach(points, weights), weights.size());
    }
    std::vector<uint8_t> digits(weights.size() * 32);
    for (size_t i = 0; i < weights.size(); ++i) RecodeSigned(weights[i], &digits[32 * i]);
    Buffer scratch(ops_.msm_scratch_bytes(weights.size()));
    EncodedElement sum;
    ops_.msm(Groups(points), weights.size(), static_cast<const VectorPoints&>(points).affine,
             digits.data(), scratch.data(), sum.data());
    return sum;
  }

 private:
  size_t GroupCount(size_t n) const { return (n + ops_.lanes - 1) / ops_.lanes; }
  // Where element `first`, the first of its group, begins.
  size_t Offset(size_t first) const { return first / ops_.lanes * ops_.group_bytes; }
  std::unique_ptr<VectorPoints> NewPoints(size_t n, bool affine) const {
    return std::make_unique<VectorPoints>(GroupCount(n) * ops_.group_bytes, affine);
  }
  static const uint8_t* Groups(const PointStorage& points) {
    return static_cast<const VectorPoints&>(points).groups.data();
  }

  void RecodeCommon(const EncodedScalar& scalar, Buffer& codes) const {
    Buffer words(5 * ops_.lanes * sizeof(uint64_t));
    auto* first = reinterpret_cast<uint64_t*>(words.data());
    std::memset(first, 0, 5 * ops_.lanes * sizeof(uint64_t));
    for (size_t lane = 0; lane < ops_.lanes; ++lane) MakeOdd(scalar, ops_.lanes, first + lane);
    ops_.recode(first, 4, kMultiplyDigits, codes.data());
  }

  // Calls work(first, count, codes) for chunks of the scalars, halved first if `halve`.
  template <typename Work>
  void ForChunks(std::span<const EncodedScalar> scalars, int window, size_t digits, bool halve,
                 const Work& work) const {
    const size_t lanes = ops_.lanes;
    Buffer codes(GroupCount(std::min(kChunk, scalars.size())) * lanes * digits);
    Buffer words(5 * lanes * sizeof(uint64_t));
    auto* first = reinterpret_cast<uint64_t*>(words.data());
    std::memset(first, 0, 5 * lanes * sizeof(uint64_t));
    for (size_t at = 0; at < scalars.size(); at += kChunk) {
      const size_t count = std::min(kChunk, scalars.size() - at);
      for (size_t group = 0; group < GroupCount(count); ++group) {
        for (size_t lane = 0; lane < lanes; ++lane) {
          const size_t i = group * lanes + lane;
          // Spare lanes of the last group multiply by zero.
          EncodedScalar scalar{};
          if (i < count) scalar = halve ? HalveScalar(scalars[at + i]) : scalars[at + i];
          MakeOdd(scalar, lanes, first + lane);
          sodium_memzero(scalar.data(), scalar.size());
        }
        ops_.recode(first, window, digits, codes.data() + group * lanes * digits);
      }
      work(at, count, codes.data());
    }
  }

  const void* GeneratorTable() const {
    std::call_once(generator_once_, [this] { generator_ = DoMakeBaseTable(kGenerator); });
    return static_cast<const VectorTable&>(*generator_).entries.data();
  }

  const std::string_view name_;
  const VectorOps& ops_;
  mutable std::once_flag generator_once_;
  mutable std::unique_ptr<TableStorage> generator_;
};

}  // namespace

std::unique_ptr<Kernels> MakeVectorKernels(std::string_view name, const VectorOps& ops) {
  return std::make_unique<VectorKernels>(name, ops);
}

}  // namespace raakvlak::crypto
