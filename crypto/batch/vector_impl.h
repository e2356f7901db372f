// The batch operations of VectorOps over a lane field. Every vector backend is an instance.
#ifndef RAAKVLAK_CRYPTO_BATCH_VECTOR_IMPL_H_
#define RAAKVLAK_CRYPTO_BATCH_VECTOR_IMPL_H_

#include "crypto/batch/curve.h"
#include "crypto/batch/fixed_base.h"
#include "crypto/batch/msm.h"
#include "crypto/batch/recode_lanes.h"
#include "crypto/batch/ristretto.h"
#include "crypto/batch/vector_io.h"
#include "crypto/batch/vector_ops.h"

namespace raakvlak::crypto {

template <typename F>
struct VectorImpl {
  using C = Curve<F>;
  using R = Ristretto<F>;
  using Io = VectorIo<F>;
  using L = typename F::Lanes;
  using Mask = typename F::Mask;
  using Extended = typename C::Extended;
  using Projective = typename C::Projective;
  using Completed = typename C::Completed;
  using Cached = typename C::Cached;
  using Doubled = typename R::Doubled;
  using Canonical = typename F::Canonical;
  static constexpr size_t kLanes = F::kLanes;
  static constexpr size_t kN = F::kInterleave;
  // Groups that share an inversion when doubles are encoded.
  static constexpr size_t kBlock = 16;
  static constexpr size_t kTable = 8;

  static void Decode(const uint8_t* in, size_t n, void* points, uint8_t* ok) {
    Extended* out = static_cast<Extended*>(points);
    const size_t groups = Io::Groups(n);
    for (size_t g = 0; g < groups; g += kN) {
      F s[kN];
      Extended p[kN];
      Mask valid[kN];
      for (size_t i = 0; i < kN; ++i) s[i] = Io::LoadElements(in, 32, (g + i) * kLanes, n);
      R::Decode(s, p, valid);
      for (size_t i = 0; i < kN && g + i < groups; ++i) {
        out[g + i] = p[i];
        const uint32_t bits = L::MaskBits(valid[i]);
        for (size_t l = 0; l < kLanes && (g + i) * kLanes + l < n; ++l) {
          ok[(g + i) * kLanes + l] = static_cast<uint8_t>((bits >> l) & 1);
        }
      }
    }
  }

  static void Encode(const void* points, size_t n, uint8_t* out) {
    const Extended* in = static_cast<const Extended*>(points);
    const size_t groups = Io::Groups(n);
    for (size_t g = 0; g < groups; g += kN) {
      Extended p[kN];
      Canonical c[kN];
      for (size_t i = 0; i < kN; ++i) p[i] = in[g + i < groups ? g + i : g];
      R::Encode(p, c);
      for (size_t i = 0; i < kN && g + i < groups; ++i) {
        Io::StoreElements(c[i], out, (g + i) * kLanes, n);
      }
    }
  }

  // Both halves of the inputs of kN / 2 groups, from group `group` on: they are mapped side by
  // side.
  static RAAKVLAK_INLINE void LoadHalves(const uint8_t* in, size_t group, size_t n, F (&t)[kN]) {
    for (size_t i = 0; i < kN; ++i) {
      t[i] = Io::LoadElements(in + 32 * (i % 2), 64, (group + i / 2) * kLanes, n);
    }
  }

  static void Map(const uint8_t* in, size_t n, void* points) {
    static_assert(kN % 2 == 0);
    Extended* out = static_cast<Extended*>(points);
    const size_t groups = Io::Groups(n);
    for (size_t g = 0; g < groups; g += kN / 2) {
      F t[kN];
      LoadHalves(in, g, n, t);
      Completed c[kN];
      R::Map(t, c);
      for (size_t i = 0; i < kN / 2 && g + i < groups; ++i) {
        const Extended a = C::ToExtended(c[2 * i]);
        const Extended b = C::ToExtended(c[2 * i + 1]);
        C::Add(a, b, out[g + i]);
      }
    }
  }

  // table[i] for the index in the masks' bits, without an address that depends on them.
  static RAAKVLAK_INLINE F Pick(const Cached* table, F Cached::*part, const Mask* bit) {
    F r;
    for (size_t i = 0; i < F::kLimbs; ++i) {
      const auto a = L::Select(bit[0], (table[1].*part).v[i], (table[0].*part).v[i]);
      const auto b = L::Select(bit[0], (table[3].*part).v[i], (table[2].*part).v[i]);
      const auto c = L::Select(bit[0], (table[5].*part).v[i], (table[4].*part).v[i]);
      const auto d = L::Select(bit[0], (table[7].*part).v[i], (table[6].*part).v[i]);
      r.v[i] = L::Select(bit[2], L::Select(bit[1], d, c), L::Select(bit[1], b, a));
    }
    return r;
  }

  // Which of a group's odd multiples each lane wants.
  struct Digit {
    Mask bit[3];
    Mask negative;
  };
  static RAAKVLAK_INLINE Digit LoadDigit(const uint8_t* codes) {
    return {{L::CodeBit(codes, 0), L::CodeBit(codes, 1), L::CodeBit(codes, 2)},
            L::CodeBit(codes, 7)};
  }

  // One group times its scalars.
  static __attribute__((noinline)) void MultiplyGroup(const Extended& p, const uint8_t* codes,
                                                      Extended* out) {
    // Odd multiples P, 3P, .. 15P.
    Cached table[kTable];
    table[0] = C::ToCached(p);
    Extended multiple;
    C::Double({p.x, p.y, p.z}, multiple);
    const Cached twice = C::ToCached(multiple);
    multiple = p;
    Projective q;
    for (size_t i = 1; i < kTable; ++i) {
      C::Add(multiple, twice, multiple);
      table[i] = C::ToCached(multiple);
      if (i == 1) {
        // The top digit is 1 or 3, for the scalar is below 2^254.
        const Mask three = L::CodeBit(codes + (kMultiplyDigits - 1) * kLanes, 0);
        q = {F::Select(three, multiple.x, p.x), F::Select(three, multiple.y, p.y),
             F::Select(three, multiple.z, p.z)};
      }
    }
    // A part of the next term is picked beside each doubling: loads there, multiplications here.
    // The running point is a local that no function takes by reference, so that it stays in
    // registers.
    static constexpr F Cached::*kParts[4] = {&Cached::plus, &Cached::minus, &Cached::z2,
                                             &Cached::t2d};
    F picked[4];
    Completed c;
    for (size_t i = kMultiplyDigits - 1; i-- > 0;) {
      const Digit digit = LoadDigit(codes + i * kLanes);
      // Unrolled, it would hardly fit the instruction cache: the compiler may not know the count.
      size_t doublings = 3;
      __asm__("" : "+r"(doublings));
      for (size_t j = 0; j < doublings; ++j) {
        picked[j] = Pick(table, kParts[j], digit.bit);
        C::DoubleCompleted(q, c);
        C::Finish(c, q);
      }
      picked[3] = Pick(table, kParts[3], digit.bit);
      Extended acc;
      C::DoubleCompleted(q, c);
      C::Finish(c, acc);
      const Cached term =
          C::NegateIf(digit.negative, Cached{picked[0], picked[1], picked[2], picked[3]});
      C::AddCompleted(acc, term, c);
      C::Finish(c, q);
    }
    // T is needed at the very end alone.
    *out = {q.x, q.y, q.z, F::Mul(c.e, c.h)};
    Io::Wipe(picked, sizeof picked);
    Io::Wipe(table, sizeof table);
  }

  static void Multiply(const void* points, size_t groups, const uint8_t* codes, size_t stride,
                       void* out) {
    for (size_t g = 0; g < groups; ++g) {
      MultiplyGroup(static_cast<const Extended*>(points)[g], codes + g * stride,
                    static_cast<Extended*>(out) + g);
    }
  }

  // Encodes up to kBlock groups, from element `first` of `n` on.
  static __attribute__((noinline)) void EncodeDoubled(const Doubled* state, size_t groups,
                                                      size_t first, size_t n, uint8_t* out) {
    F product[kBlock];
    F prefix[kBlock];
    Mask zero[kBlock];
    F running = F::One();
    for (size_t g = 0; g < groups; ++g) {
      const F efgh = F::Mul(state[g].eg, state[g].fh);
      zero[g] = F::Freeze(efgh).IsZero();
      product[g] = F::Select(zero[g], F::One(), efgh);
      prefix[g] = running;
      running = F::Mul(running, product[g]);
    }
    F inverse = R::Invert(running);
    for (size_t g = groups; g-- > 0;) {
      const F own = F::Select(zero[g], F::Zero(), F::Mul(inverse, prefix[g]));
      inverse = F::Mul(inverse, product[g]);
      Io::StoreElements(R::EncodeDoubled(state[g], own), out, first + g * kLanes, n);
    }
    Io::Wipe(product, sizeof product);
    Io::Wipe(prefix, sizeof prefix);
  }

  // Encodes twice each of up to kBlock groups.
  static void EncodeDoubles(const Extended* p, size_t groups, size_t first, size_t n,
                            uint8_t* out) {
    Doubled state[kBlock];
    for (size_t g = 0; g < groups; ++g) state[g] = R::Double(p[g]);
    EncodeDoubled(state, groups, first, n, out);
    Io::Wipe(state, sizeof state);
  }

  static void MapEncode(const uint8_t* in, size_t n, uint8_t* out) {
    static_assert(kN % 2 == 0 && kBlock % (kN / 2) == 0);
    const size_t groups = Io::Groups(n);
    Doubled state[kBlock];
    for (size_t g = 0; g < groups; g += kBlock) {
      const size_t count = groups - g < kBlock ? groups - g : kBlock;
      for (size_t i = 0; i < count; i += kN / 2) {
        typename R::Quartic half[kN];
        F t[kN];
        LoadHalves(in, g + i, n, t);
        R::MapToQuartic(t, half);
        for (size_t j = 0; j < kN / 2; ++j) {
          state[i + j] = R::AddOnQuartic(half[2 * j], half[2 * j + 1]);
        }
      }
      EncodeDoubled(state, count, g * kLanes, n, out);
    }
    Io::Wipe(state, sizeof state);
  }

  static void MultiplyEncode(const void* points, size_t n, const uint8_t* codes, size_t stride,
                             uint8_t* out) {
    const Extended* in = static_cast<const Extended*>(points);
    const size_t groups = Io::Groups(n);
    Extended block[kBlock];
    for (size_t g = 0; g < groups; g += kBlock) {
      const size_t count = groups - g < kBlock ? groups - g : kBlock;
      for (size_t i = 0; i < count; ++i) {
        MultiplyGroup(in[g + i], codes + (g + i) * stride, &block[i]);
      }
      EncodeDoubles(block, count, g * kLanes, n, out);
    }
    Io::Wipe(block, sizeof block);
  }

  static void FixedBaseMultiply(const void* table, const void* points, size_t groups,
                                const uint8_t* codes, void* out) {
    const Extended* from = static_cast<const Extended*>(points);
    Extended* to = static_cast<Extended*>(out);
    for (size_t g = 0; g < groups; ++g) to[g] = from == nullptr ? C::Identity() : from[g];
    for (size_t g = 0; g < groups; g += kBlock) {
      FixedBase<F>::Add(table, groups - g < kBlock ? groups - g : kBlock,
                        codes + g * FixedBase<F>::kDigits * kLanes, to + g);
    }
  }

  static void FixedBaseEncode(const void* table, size_t n, const uint8_t* codes, uint8_t* out) {
    const size_t groups = Io::Groups(n);
    Extended block[kBlock];
    for (size_t g = 0; g < groups; g += kBlock) {
      const size_t count = groups - g < kBlock ? groups - g : kBlock;
      FixedBaseMultiply(table, nullptr, count, codes + g * FixedBase<F>::kDigits * kLanes, block);
      EncodeDoubles(block, count, g * kLanes, n, out);
    }
    Io::Wipe(block, sizeof block);
  }

  static void Add(const void* a, const void* b, size_t groups, void* out) {
    const Extended* p = static_cast<const Extended*>(a);
    const Extended* q = static_cast<const Extended*>(b);
    for (size_t g = 0; g < groups; ++g) {
      C::Add(p[g], q[g], static_cast<Extended*>(out)[g]);
    }
  }

  static void Sum(const void* points, size_t n, uint8_t* out) {
    const Extended* p = static_cast<const Extended*>(points);
    Extended total = C::Identity();
    for (size_t g = 0; g < Io::Groups(n); ++g) {
      // The last group's spare lanes hold anything.
      uint8_t used[kLanes];
      for (size_t l = 0; l < kLanes; ++l) used[l] = g * kLanes + l < n ? 1 : 0;
      const Extended term = C::Select(L::CodeBit(used, 0), p[g], C::Identity());
      C::Add(total, term, total);
    }
    Extended sum = C::Identity();
    for (size_t l = 0; l < kLanes; ++l) {
      C::Add(sum, C::BroadcastLane(total, l), sum);
    }
    Encode(&sum, 1, out);
  }

  static void MultiScalarMultiply(const void* points, size_t n, bool affine, const uint8_t* digits,
                                  void* scratch, uint8_t* out) {
    const Extended* p = static_cast<const Extended*>(points);
    Extended sum = Msm<F>::Multiply(p, n, affine, digits, scratch);
    Encode(&sum, 1, out);
  }

  static constexpr VectorOps Ops(void (*sha512)(uint64_t*, const uint8_t* const*, size_t)) {
    return {.lanes = kLanes,
            .group_bytes = sizeof(Extended),
            .base_table_bytes = FixedBase<F>::kBytes,
            .base_window = F::kBaseWindow,
            .msm_scratch_bytes = Msm<F>::ScratchBytes,
            .recode = RecodeLanes<kLanes>::Recode,
            .make_base_table = FixedBase<F>::MakeTable,
            .decode = Decode,
            .encode = Encode,
            .map = Map,
            .map_encode = MapEncode,
            .multiply = Multiply,
            .multiply_encode = MultiplyEncode,
            .fixed_base = FixedBaseMultiply,
            .fixed_base_encode = FixedBaseEncode,
            .add = Add,
            .sum = Sum,
            .msm = MultiScalarMultiply,
            .sha512 = sha512};
  }
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_VECTOR_IMPL_H_
