// Batch kernels: ristretto255 (RFC 9496) over whole spans of elements, with interchangeable
// backends that agree to the bit.
//
// Elements enter by Decode, HashToGroup, MapToGroup or FixedBase and stay decoded in a PointVector
// until an operation ending in Encode writes them out. Batches of a thousand or more pay best:
// inversions are shared, and a vector backend works on 4 or 8 elements at a time.
//
// Secrets: scalars (except the weights of MultiScalarMultiply) and the inputs of HashToGroup,
// MapToGroup, ExpandMessages, Hash and HashAfter are treated as secret: no branch and no address
// depends on their values. Lengths and counts are public, so is whether an encoding was refused,
// and whether a scalar was canonical. PointVectors zero their memory when they go.
//
// Thread safety: a Kernels is immutable; any number of threads may use one. A PointVector may be
// read by several threads.
//
// Errors: InvalidArgument for unequal sizes, a scalar that is not reduced, a bad encoding, or a
// PointVector of another backend. Outputs are not written when an error is returned.
#ifndef RAAKVLAK_CRYPTO_BATCH_KERNELS_H_
#define RAAKVLAK_CRYPTO_BATCH_KERNELS_H_

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/batch/types.h"

namespace raakvlak::crypto {

class Kernels;

// What a backend keeps of decoded points; only that backend looks inside.
class PointStorage {
 public:
  PointStorage() = default;
  PointStorage(const PointStorage&) = delete;
  PointStorage& operator=(const PointStorage&) = delete;
  virtual ~PointStorage() = default;
};

// Decoded, valid elements in the form of the backend that made them. Move-only; a moved-from
// vector is empty.
class PointVector {
 public:
  PointVector() = default;
  PointVector(PointVector&& other) noexcept
      : owner_(std::exchange(other.owner_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        storage_(std::move(other.storage_)) {}
  PointVector& operator=(PointVector&& other) noexcept {
    owner_ = std::exchange(other.owner_, nullptr);
    size_ = std::exchange(other.size_, 0);
    storage_ = std::move(other.storage_);
    return *this;
  }
  PointVector(const PointVector&) = delete;
  PointVector& operator=(const PointVector&) = delete;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  friend class Kernels;
  PointVector(const Kernels* owner, size_t size, std::unique_ptr<PointStorage> storage)
      : owner_(owner), size_(size), storage_(std::move(storage)) {}

  const Kernels* owner_ = nullptr;
  size_t size_ = 0;
  std::unique_ptr<PointStorage> storage_;
};

// What a backend keeps of a base; only that backend looks inside.
class TableStorage {
 public:
  TableStorage() = default;
  TableStorage(const TableStorage&) = delete;
  TableStorage& operator=(const TableStorage&) = delete;
  virtual ~TableStorage() = default;
};

// Multiples of one public element, made once for many AddMultiples. Up to 300 KB. Immutable: any
// number of threads may read one.
class BaseTable {
 private:
  friend class Kernels;
  BaseTable(const Kernels* owner, std::unique_ptr<const TableStorage> storage)
      : owner_(owner), storage_(std::move(storage)) {}

  const Kernels* owner_;
  std::unique_ptr<const TableStorage> storage_;
};

// Whether Decode takes the identity element.
enum class IdentityRule { kAllow, kRefuse };

class Kernels {
 public:
  virtual ~Kernels() = default;

  // The backend's name: "portable", "avx2", "ifma", ... Shown by --version and in metrics.
  virtual std::string_view name() const = 0;

  // Decodes `encodings` strictly (RFC 9496, section 4.3.1; bit 255 set is refused too).
  // On a refused encoding: InvalidArgument, and its index (the first, if several) in `*first_bad`
  // when that is given.
  absl::StatusOr<PointVector> Decode(std::span<const EncodedElement> encodings, IdentityRule rule,
                                     size_t* first_bad = nullptr) const;

  // Writes the encodings of `points`; `out` must have their number.
  absl::Status Encode(const PointVector& points, std::span<EncodedElement> out) const;

  // RFC 9497's HashToGroup for ristretto255-SHA512: expand_message_xmd (RFC 9380, section 5.3.1)
  // to 64 bytes, then MapToGroup. `dst` is the domain separation tag; it must not be empty, and
  // one longer than 255 bytes is hashed first as RFC 9380 says.
  absl::StatusOr<PointVector> HashToGroup(std::span<const ByteView> messages, ByteView dst) const;

  // What HashToGroup maps: expand_message_xmd of each message to 64 bytes, under the same rules for
  // `dst`. HashToScalar (RFC 9497, section 4.1) reduces it instead.
  absl::Status ExpandMessages(std::span<const ByteView> messages, ByteView dst,
                              std::span<UniformBytes> out) const;

  // SHA-512 of each message.
  absl::Status Hash(std::span<const ByteView> messages, std::span<UniformBytes> out) const;
  // SHA-512 of `beginning` || message for each message. A beginning of whole blocks of 128 bytes
  // (InvalidArgument else) is hashed once for all of them.
  absl::Status HashAfter(ByteView beginning, std::span<const ByteView> messages,
                         std::span<UniformBytes> out) const;

  // The element derivation function of RFC 9496, section 4.3.4.
  absl::StatusOr<PointVector> MapToGroup(std::span<const UniformBytes> inputs) const;

  // The same two, encoded: faster than hashing or mapping and encoding apart.
  absl::Status HashToGroupEncode(std::span<const ByteView> messages, ByteView dst,
                                 std::span<EncodedElement> out) const;
  absl::Status MapToGroupEncode(std::span<const UniformBytes> inputs,
                                std::span<EncodedElement> out) const;

  // scalar * points[i]. The Encode form is faster than multiplying and encoding apart.
  absl::StatusOr<PointVector> MultiplyCommon(const PointVector& points,
                                             const EncodedScalar& scalar) const;
  absl::Status MultiplyCommonEncode(const PointVector& points, const EncodedScalar& scalar,
                                    std::span<EncodedElement> out) const;

  // scalars[i] * points[i].
  absl::StatusOr<PointVector> MultiplyEach(const PointVector& points,
                                           std::span<const EncodedScalar> scalars) const;
  absl::Status MultiplyEachEncode(const PointVector& points, std::span<const EncodedScalar> scalars,
                                  std::span<EncodedElement> out) const;

  // scalars[i] * generator.
  absl::StatusOr<PointVector> FixedBase(std::span<const EncodedScalar> scalars) const;
  absl::Status FixedBaseEncode(std::span<const EncodedScalar> scalars,
                               std::span<EncodedElement> out) const;

  // points[i] + scalars[i] * base: several times faster than MultiplyEach, for one base.
  // InvalidArgument from MakeBaseTable for an encoding that Decode refuses.
  absl::StatusOr<BaseTable> MakeBaseTable(const EncodedElement& base) const;
  absl::StatusOr<PointVector> AddMultiples(const PointVector& points, const BaseTable& base,
                                           std::span<const EncodedScalar> scalars) const;
  // The same of the generator.
  absl::StatusOr<PointVector> AddGeneratorMultiples(const PointVector& points,
                                                    std::span<const EncodedScalar> scalars) const;

  // a[i] + b[i].
  absl::StatusOr<PointVector> Add(const PointVector& a, const PointVector& b) const;

  // The sum of all points, encoded; the identity for none.
  absl::StatusOr<EncodedElement> Sum(const PointVector& points) const;

  // The sum of weights[i] * points[i], encoded; the identity for none. VARIABLE TIME: weights and
  // points must be public (the composites of a batch DLEQ proof, RFC 9497, section 2.2).
  absl::StatusOr<EncodedElement> MultiScalarMultiply(const PointVector& points,
                                                     std::span<const EncodedScalar> weights) const;

 protected:
  // The work itself, called with checked arguments and at least one element.
  // DoDecode returns the index of the first refused encoding in *first_bad and no storage.
  virtual std::unique_ptr<PointStorage> DoDecode(std::span<const EncodedElement> encodings,
                                                 IdentityRule rule, size_t* first_bad) const = 0;
  virtual void DoEncode(const PointStorage& points, std::span<EncodedElement> out) const = 0;
  // `dst` is at most 255 bytes here.
  virtual std::unique_ptr<PointStorage> DoHashToGroup(std::span<const ByteView> messages,
                                                      ByteView dst) const = 0;
  // As they stand, one message after another with libsodium.
  virtual void DoExpandMessages(std::span<const ByteView> messages, ByteView dst,
                                std::span<UniformBytes> out) const;
  virtual void DoHash(ByteView beginning, std::span<const ByteView> messages,
                      std::span<UniformBytes> out) const;
  virtual std::unique_ptr<PointStorage> DoMapToGroup(
      std::span<const UniformBytes> inputs) const = 0;
  virtual void DoMapToGroupEncode(std::span<const UniformBytes> inputs,
                                  std::span<EncodedElement> out) const = 0;
  virtual std::unique_ptr<PointStorage> DoMultiplyCommon(const PointStorage& points, size_t count,
                                                         const EncodedScalar& scalar) const = 0;
  virtual void DoMultiplyCommonEncode(const PointStorage& points, const EncodedScalar& scalar,
                                      std::span<EncodedElement> out) const = 0;
  virtual std::unique_ptr<PointStorage> DoMultiplyEach(
      const PointStorage& points, std::span<const EncodedScalar> scalars) const = 0;
  virtual void DoMultiplyEachEncode(const PointStorage& points,
                                    std::span<const EncodedScalar> scalars,
                                    std::span<EncodedElement> out) const = 0;
  virtual std::unique_ptr<PointStorage> DoFixedBase(
      std::span<const EncodedScalar> scalars) const = 0;
  virtual void DoFixedBaseEncode(std::span<const EncodedScalar> scalars,
                                 std::span<EncodedElement> out) const = 0;
  // `base` is valid.
  virtual std::unique_ptr<TableStorage> DoMakeBaseTable(const EncodedElement& base) const = 0;
  // Of the generator where `base` is null.
  virtual std::unique_ptr<PointStorage> DoAddMultiples(
      const PointStorage& points, const TableStorage* base,
      std::span<const EncodedScalar> scalars) const = 0;
  virtual std::unique_ptr<PointStorage> DoAdd(const PointStorage& a, const PointStorage& b,
                                              size_t count) const = 0;
  virtual EncodedElement DoSum(const PointStorage& points, size_t count) const = 0;
  virtual EncodedElement DoMultiScalarMultiply(const PointStorage& points,
                                               std::span<const EncodedScalar> weights) const = 0;

 private:
  // Hands the work on to another backend (observed.h).
  friend class ObservedKernels;
  absl::Status CheckOwner(const PointVector& points) const;
  absl::StatusOr<PointVector> AddMultiplesOf(const TableStorage* base, const PointVector& points,
                                             std::span<const EncodedScalar> scalars) const;
};

// How a backend fared when the process first asked for one.
struct BackendReport {
  std::string name;
  // OK: usable. Unimplemented: the CPU or the build lacks what it needs. Internal: its self-test
  // disagreed with libsodium; it is not used, and that deserves an alarm.
  absl::Status status;
};

// The outcome of start-up: every backend is held against libsodium once, and the fastest that
// agrees is chosen, or the one that the environment variable RAAKVLAK_BACKEND names.
struct KernelSelection {
  const Kernels* chosen;
  // Not OK when RAAKVLAK_BACKEND names a backend that is unknown or not usable; `chosen` is then
  // the automatic choice. A program should refuse to start.
  absl::Status override_status;
  // In order of preference.
  std::vector<BackendReport> reports;
  // The first failed self-test or a bad override, else OK: one thing to check at start-up.
  absl::Status Problem() const;
};

// Computed at the first call (some milliseconds), the same object ever after.
const KernelSelection& SelectedKernels();

// SelectedKernels().chosen.
const Kernels& DefaultKernels();

// Usable backends, in order of preference. Never empty: "portable" is always there.
const std::vector<const Kernels*>& AvailableKernels();

// NotFound for an unknown name, the report's status for one that is not usable.
absl::StatusOr<const Kernels*> KernelsByName(std::string_view name);

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_KERNELS_H_
