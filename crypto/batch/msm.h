// Multi-scalar multiplication with buckets (Pippenger), one window of 8 bits in each lane.
// VARIABLE TIME: addresses depend on the weights, which must be public.
#ifndef RAAKVLAK_CRYPTO_BATCH_MSM_H_
#define RAAKVLAK_CRYPTO_BATCH_MSM_H_

#include <type_traits>

#include "crypto/batch/curve.h"
#include "crypto/batch/vector_io.h"

namespace raakvlak::crypto {

template <typename F>
struct Msm {
  using C = Curve<F>;
  using L = typename F::Lanes;
  using Io = VectorIo<F>;
  using Limb = typename F::Limb;
  using Extended = typename C::Extended;
  using Projective = typename C::Projective;
  using Cached = typename C::Cached;
  static constexpr size_t kLanes = F::kLanes;
  static constexpr size_t kWindows = 32;
  static constexpr size_t kPasses = kWindows / kLanes;
  // Digits reach from -128 to 127; bucket 0 takes the zeros and is not looked at.
  static constexpr size_t kBuckets = 129;
  static constexpr size_t kPointLimbs = 4 * F::kLimbs;
  // A bucket begins at a cache line.
  static constexpr size_t kBucketLimbs = (kPointLimbs + 7) / 8 * 8;
  static constexpr size_t kBucketBytes = kLanes * kBuckets * kBucketLimbs * sizeof(Limb);

  static size_t ScratchBytes(size_t n) { return kBucketBytes + Io::Groups(n) * sizeof(Cached); }

  // bucket[lane][b][limb]
  static RAAKVLAK_INLINE Limb* Bucket(Limb* buckets, size_t lane, size_t b) {
    return buckets + (lane * kBuckets + b) * kBucketLimbs;
  }
  static RAAKVLAK_INLINE Extended Load(Limb* const* at) {
    Extended p;
    L::template Gather<kPointLimbs>(at, p.x.v);
    return p;
  }

  static RAAKVLAK_INLINE void Find(Limb* buckets, const uint8_t* digit, Limb** at) {
    for (size_t l = 0; l < kLanes; ++l) {
      // NOLINTNEXTLINE(bugprone-signed-char-misuse): a signed digit.
      const int d = static_cast<int8_t>(digit[l]);
      at[l] = Bucket(buckets, l, static_cast<size_t>(d < 0 ? -d : d));
    }
  }

  template <bool kAffine>
  static __attribute__((noinline)) void Fill(const Cached* cached, size_t n, size_t pass,
                                             const uint8_t* digits, Limb* buckets) {
    using Term = std::conditional_t<kAffine, typename C::Affine, Cached>;
    digits += pass * kLanes;
    Limb* next[kLanes];
    Find(buckets, digits, next);
    for (size_t i = 0; i < n; ++i) {
      Limb* at[kLanes];
      for (size_t l = 0; l < kLanes; ++l) at[l] = next[l];
      // The buckets lie in the second level of the cache: those of the next point are called for
      // while this one is added.
      if (i + 1 < n) {
        Find(buckets, digits + (i + 1) * kWindows, next);
        for (size_t l = 0; l < kLanes; ++l) {
          for (size_t k = 0; k < kPointLimbs; k += 8) __builtin_prefetch(next[l] + k, 1);
        }
      }
      const auto negative = L::CodeBit(digits + i * kWindows, 7);
      const Cached& group = cached[i / kLanes];
      const size_t lane = i % kLanes;
      const Extended bucket = Load(at);
      Term term;
      term.plus = F::BroadcastLane(group.plus, lane);
      term.minus = F::BroadcastLane(group.minus, lane);
      term.t2d = F::BroadcastLane(group.t2d, lane);
      if constexpr (!kAffine) term.z2 = F::BroadcastLane(group.z2, lane);
      typename C::Completed c;
      C::AddCompleted(bucket, C::NegateIf(negative, term), c);
      Extended result;
      C::Finish(c, result);
      L::template Scatter<kPointLimbs>(at, result.x.v);
    }
  }

  // The sum over b of b * bucket[b], in every lane.
  static __attribute__((noinline)) Extended Collect(Limb* buckets) {
    Extended running = C::Identity();
    Extended total = C::Identity();
    for (size_t b = kBuckets - 1; b > 0; --b) {
      Limb* at[kLanes];
      for (size_t l = 0; l < kLanes; ++l) at[l] = Bucket(buckets, l, b);
      C::Add(running, Load(at), running);
      C::Add(total, running, total);
    }
    return total;
  }

  // The sum, in every lane.
  static Extended Multiply(const Extended* points, size_t n, bool affine, const uint8_t* digits,
                           void* scratch) {
    static_assert(sizeof(Extended) == kPointLimbs * kLanes * sizeof(Limb));
    Limb* buckets = static_cast<Limb*>(scratch);
    Cached* cached = reinterpret_cast<Cached*>(static_cast<uint8_t*>(scratch) + kBucketBytes);
    for (size_t g = 0; g < Io::Groups(n); ++g) cached[g] = C::ToCached(points[g]);
    Extended totals[kPasses];
    const Extended identity = C::Identity();
    for (size_t pass = 0; pass < kPasses; ++pass) {
      for (size_t b = 0; b < kBuckets; ++b) {
        Limb* at[kLanes];
        for (size_t l = 0; l < kLanes; ++l) at[l] = Bucket(buckets, l, b);
        L::template Scatter<kPointLimbs>(at, identity.x.v);
      }
      if (affine) {
        Fill<true>(cached, n, pass, digits, buckets);
      } else {
        Fill<false>(cached, n, pass, digits, buckets);
      }
      totals[pass] = Collect(buckets);
    }
    Extended sum = C::Identity();
    for (size_t w = kWindows; w-- > 0;) {
      Projective q = {sum.x, sum.y, sum.z};
      for (int i = 0; i < 7; ++i) C::Double(q, q);
      C::Double(q, sum);
      C::Add(sum, C::BroadcastLane(totals[w / kLanes], w % kLanes), sum);
    }
    return sum;
  }
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_MSM_H_
