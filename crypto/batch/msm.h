// Multi-scalar multiplication with buckets (Pippenger), windows of 8 bits, a bucket in each lane.
// VARIABLE TIME: addresses depend on the weights, which must be public.
#ifndef RAAKVLAK_CRYPTO_BATCH_MSM_H_
#define RAAKVLAK_CRYPTO_BATCH_MSM_H_

#include <type_traits>

#include "crypto/batch/bucket_chains.h"
#include "crypto/batch/curve.h"
#include "crypto/batch/vector_io.h"

namespace raakvlak::crypto {

// A lane sums one bucket from beginning to end, so that its sum stays where it is and only the
// points come from memory. As many windows are worked on in one pass as there are lanes.
template <typename F>
struct Msm {
  using C = Curve<F>;
  using L = typename F::Lanes;
  using Limb = typename F::Limb;
  using Extended = typename C::Extended;
  using Projective = typename C::Projective;
  using Cached = typename C::Cached;
  static constexpr size_t kLanes = F::kLanes;
  static constexpr size_t kWindows = 32;
  static constexpr size_t kPasses = kWindows / kLanes;
  using Chains = BucketChains<kLanes>;
  static constexpr size_t kBuckets = Chains::kBuckets;
  static constexpr size_t kPointLimbs = 4 * F::kLimbs;

  // What the passes work with, in the caller's scratch.
  struct Scratch {
    Limb* buckets;  // bucket after bucket, a point each
    Limb* table;    // a point to add after another, and then the identity
    Chains* chains;
  };

  // Limbs of a point that is added, in whole quadruples, which is what lanes gather.
  template <typename Term>
  static constexpr size_t kTermLimbs = (sizeof(Term) / sizeof(F) * F::kLimbs + 3) / 4 * 4;

  static constexpr size_t Aligned(size_t bytes) { return (bytes + 63) / 64 * 64; }
  static constexpr size_t kBucketBytes = Aligned(Chains::kChains * kPointLimbs * sizeof(Limb));
  static constexpr size_t TableBytes(size_t n) {
    return Aligned((n + kLanes) * kTermLimbs<Cached> * sizeof(Limb));
  }
  static size_t ScratchBytes(size_t n) {
    return kBucketBytes + TableBytes(n) + Aligned(sizeof(Chains)) +
           Chains::Terms(n) * sizeof(uint32_t);
  }
  static Scratch Divide(void* scratch, size_t n) {
    uint8_t* at = static_cast<uint8_t*>(scratch);
    Scratch parts;
    parts.buckets = reinterpret_cast<Limb*>(at);
    parts.table = reinterpret_cast<Limb*>(at += kBucketBytes);
    parts.chains = reinterpret_cast<Chains*>(at += TableBytes(n));
    parts.chains->terms = reinterpret_cast<uint32_t*>(at + Aligned(sizeof(Chains)));
    return parts;
  }

  template <typename Term>
  static RAAKVLAK_INLINE Term ToTerm(const Extended& p) {
    if constexpr (std::is_same_v<Term, Cached>) {
      return C::ToCached(p);
    } else {
      return C::ToAffine(p);
    }
  }

  // The identity, and then the points one after another, so that each is read by itself.
  template <typename Term>
  static __attribute__((noinline)) void Tabulate(const Extended* points, size_t n, Limb* table) {
    Put(ToTerm<Term>(C::Identity()), 0, table);
    for (size_t i = 0; i < n; i += kLanes) {
      const Term group = ToTerm<Term>(points[i / kLanes]);
      for (size_t l = 0; l < kLanes && i + l < n; ++l) {
        Put(group, l, table + (1 + i + l) * kTermLimbs<Term>);
      }
    }
  }
  template <typename Term>
  static RAAKVLAK_INLINE void Put(const Term& group, size_t lane, Limb* out) {
    const Limb* limbs = reinterpret_cast<const Limb*>(&group);
    for (size_t k = 0; k < sizeof(Term) / sizeof(F) * F::kLimbs; ++k) {
      out[k] = limbs[k * kLanes + lane];
    }
  }

  // The points of kLanes chains, and which of them are to be negated.
  struct Step {
    const Limb* at[kLanes];
    uint8_t negative[kLanes];
  };
  template <typename Term>
  static RAAKVLAK_INLINE void Find(const Chains& chains, const typename Chains::Chain* chain,
                                   uint32_t k, const Limb* table, Step& step) {
    for (size_t l = 0; l < kLanes; ++l) {
      const uint32_t term = chains.Term(chain[l], k);
      step.at[l] = table + (term >> 1) * kTermLimbs<Term>;
      step.negative[l] = static_cast<uint8_t>(term << 7);
    }
  }
  template <typename Term>
  static RAAKVLAK_INLINE Term Load(const Step& step) {
    struct {
      Term term;
      F spare;  // whole quadruples are gathered
    } padded;
    L::template Gather<kTermLimbs<Term>>(step.at, padded.term.plus.v);
    return C::NegateIf(L::CodeBit(step.negative, 7), padded.term);
  }
  template <typename Term>
  static RAAKVLAK_INLINE Extended First(const Term& q) {
    // Twice its x and y, over twice its z.
    const F x = F::Reduce(F::Sub(q.plus, q.minus));
    const F y = F::Reduce(F::Add(q.plus, q.minus));
    F z;
    if constexpr (std::is_same_v<Term, Cached>) {
      z = F::Reduce(q.z2);
    } else {
      z = F::Add(F::One(), F::One());
    }
    return {F::Mul(x, z), F::Mul(y, z), F::Sqr(z), F::Mul(x, y)};
  }

  // Sums every chain into its bucket.
  template <typename Term>
  static __attribute__((noinline)) void Fill(const Chains& chains, const Limb* table,
                                             Limb* buckets) {
    for (size_t c = 0; c < Chains::kChains; c += kLanes) {
      const typename Chains::Chain* chain = chains.chains + c;
      Step step;
      Find<Term>(chains, chain, 0, table, step);
      Extended sum = First(Load<Term>(step));
      uint32_t longest = 0;
      for (size_t l = 0; l < kLanes; ++l) {
        if (chain[l].length > longest) longest = chain[l].length;
      }
      for (uint32_t k = 1; k < longest; ++k) {
        Find<Term>(chains, chain, k, table, step);
        typename C::Completed completed;
        C::AddCompleted(sum, Load<Term>(step), completed);
        C::Finish(completed, sum);
      }
      Limb* at[kLanes];
      for (size_t l = 0; l < kLanes; ++l) at[l] = buckets + chain[l].bucket * kPointLimbs;
      L::template Scatter<kPointLimbs>(at, sum.x.v);
    }
  }

  // The sum over b of (b + 1) * bucket b, a window in each lane.
  static __attribute__((noinline)) Extended Collect(const Limb* buckets) {
    Extended running = C::Identity();
    Extended total = C::Identity();
    for (size_t b = kBuckets; b-- > 0;) {
      const Limb* at[kLanes];
      for (size_t l = 0; l < kLanes; ++l) at[l] = buckets + (l * kBuckets + b) * kPointLimbs;
      Extended bucket;
      L::template Gather<kPointLimbs>(at, bucket.x.v);
      C::Add(running, bucket, running);
      C::Add(total, running, total);
    }
    return total;
  }

  // The sum, in every lane.
  template <typename Term>
  static Extended Multiply(const Extended* points, size_t n, const uint8_t* digits, void* scratch) {
    static_assert(sizeof(Extended) == kPointLimbs * kLanes * sizeof(Limb));
    const Scratch parts = Divide(scratch, n);
    Tabulate<Term>(points, n, parts.table);
    Extended totals[kPasses];
    for (size_t pass = 0; pass < kPasses; ++pass) {
      parts.chains->Make(digits + pass * kLanes, kWindows, n);
      Fill<Term>(*parts.chains, parts.table, parts.buckets);
      totals[pass] = Collect(parts.buckets);
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
  // `affine`: all points have Z = 1.
  static Extended Multiply(const Extended* points, size_t n, bool affine, const uint8_t* digits,
                           void* scratch) {
    return affine ? Multiply<typename C::Affine>(points, n, digits, scratch)
                  : Multiply<Cached>(points, n, digits, scratch);
  }
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_MSM_H_
