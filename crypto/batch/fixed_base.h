// Multiples of one base from a table of odd multiples of its powers: an addition a digit and no
// doubling. The digits pick by permutations or scans, so that no address depends on a scalar.
#ifndef RAAKVLAK_CRYPTO_BATCH_FIXED_BASE_H_
#define RAAKVLAK_CRYPTO_BATCH_FIXED_BASE_H_

#include "crypto/batch/curve.h"
#include "crypto/batch/ristretto.h"
#include "crypto/batch/vector_ops.h"

namespace raakvlak::crypto {

template <typename F>
struct FixedBase {
  using C = Curve<F>;
  using L = typename F::Lanes;
  using Limb = typename F::Limb;
  using Extended = typename C::Extended;
  using Affine = typename C::Affine;
  static constexpr size_t kLanes = F::kLanes;
  static constexpr size_t kDigits = BaseDigits(F::kBaseWindow);
  static constexpr size_t kEntries = size_t{1} << (F::kBaseWindow - 1);
  // table[digit][part][limb][entry]
  static constexpr size_t kPart = F::kLimbs * kEntries;
  static constexpr size_t kDigit = 3 * kPart;
  static constexpr size_t kBytes = kDigits * kDigit * sizeof(Limb);

  static RAAKVLAK_INLINE F Lookup(const Limb* part, const typename L::Index& index) {
    F r;
    for (size_t i = 0; i < F::kLimbs; ++i) {
      r.v[i] = L::template Lookup<kEntries>(part + i * kEntries, index);
    }
    return r;
  }

  static RAAKVLAK_INLINE Affine LookupSigned(const Limb* digit, const uint8_t* codes) {
    const typename L::Index index = L::MakeIndex(codes);
    return C::NegateIf(L::CodeBit(codes, 7),
                       Affine{Lookup(digit, index), Lookup(digit + kPart, index),
                              Lookup(digit + 2 * kPart, index)});
  }

  // Adds a multiple to each of any number of groups that fit the first-level cache: digit by digit,
  // so that a digit's part of the table is read from the second level once for all of them.
  static __attribute__((noinline)) void Add(const void* table, size_t groups, const uint8_t* codes,
                                            Extended* out) {
    const Limb* limbs = static_cast<const Limb*>(table);
    for (size_t d = 0; d < kDigits; ++d) {
      for (size_t g = 0; g < groups; ++g) {
        const Affine term = LookupSigned(limbs + d * kDigit, codes + (g * kDigits + d) * kLanes);
        typename C::Completed c;
        C::AddCompleted(out[g], term, c);
        C::Finish(c, out[g]);
      }
    }
  }

  // Of the first lane's point; all lanes compute the same.
  static void MakeTable(const void* point, void* table) {
    Limb* limbs = static_cast<Limb*>(table);
    Extended power = C::BroadcastLane(*static_cast<const Extended*>(point), 0);
    for (size_t d = 0; d < kDigits; ++d) {
      Extended entries[kEntries];
      F prefix[kEntries];
      F running = F::One();
      Extended twice;
      C::Double({power.x, power.y, power.z}, twice);
      const typename C::Cached step = C::ToCached(twice);
      for (size_t e = 0; e < kEntries; ++e) {
        if (e == 0) {
          entries[e] = power;
        } else {
          C::Add(entries[e - 1], step, entries[e]);
        }
        prefix[e] = running;
        running = F::Mul(running, entries[e].z);
      }
      F inverse = Ristretto<F>::Invert(running);
      for (size_t e = kEntries; e-- > 0;) {
        const F own = F::Mul(inverse, prefix[e]);
        inverse = F::Mul(inverse, entries[e].z);
        const F x = F::Mul(entries[e].x, own);
        const F y = F::Mul(entries[e].y, own);
        const Affine affine = C::ToAffine({x, y, F::One(), F::Mul(x, y)});
        Limb* out = limbs + d * kDigit + e;
        Put(F::Reduce(affine.plus), out);
        Put(F::Reduce(affine.minus), out + kPart);
        Put(F::Reduce(affine.t2d), out + 2 * kPart);
      }
      power = twice;
      for (int i = 1; i < F::kBaseWindow; ++i) {
        C::Double({power.x, power.y, power.z}, power);
      }
    }
  }

 private:
  static void Put(const F& value, Limb* out) {
    const Limb* lanes = reinterpret_cast<const Limb*>(value.v);
    for (size_t i = 0; i < F::kLimbs; ++i) out[i * kEntries] = lanes[i * kLanes];
  }
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_FIXED_BASE_H_
