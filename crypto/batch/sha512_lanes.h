// SHA-512 (FIPS 180-4) of several messages at once, one in each 64-bit lane. Constant time.
#ifndef RAAKVLAK_CRYPTO_BATCH_SHA512_LANES_H_
#define RAAKVLAK_CRYPTO_BATCH_SHA512_LANES_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "crypto/batch/force_inline.h"
#include "crypto/batch/sha512_constants.h"

namespace raakvlak::crypto {

// The 16 big-endian words of each lane's block, word by word: LoadBlock of a W that has nothing
// better.
template <typename W>
RAAKVLAK_INLINE void LoadSha512Block(const uint8_t* const* blocks, size_t at, typename W::V w[16]) {
  for (size_t i = 0; i < 16; ++i) {
    alignas(64) uint64_t words[W::kLanes];
    for (size_t l = 0; l < W::kLanes; ++l) {
      uint64_t word;
      std::memcpy(&word, blocks[l] + at + 8 * i, 8);
      words[l] = __builtin_bswap64(word);
    }
    w[i] = W::Load(words);
  }
}

// W has the vector type V and the operations of a lane of 64-bit words: Add, Xor3, Rotate, Shr,
// Choose(e, f, g), Majority(a, b, c), Set, Load, and LoadBlock(blocks, at, w), which puts the
// big-endian words of each lane's block, `at` bytes behind blocks[lane], into w[0..15].
template <typename W>
struct Sha512Lanes {
  using V = typename W::V;
  static constexpr size_t kLanes = W::kLanes;

  static RAAKVLAK_INLINE V Xor3(V a, V b, V c) { return W::Xor3(a, b, c); }

  static void Compress(uint64_t* state, const uint8_t* const* blocks, size_t count) {
    V s[8];
    for (size_t i = 0; i < 8; ++i) s[i] = W::Load(state + i * kLanes);
    for (size_t n = 0; n < count; ++n) {
      V w[16];
      W::LoadBlock(blocks, 128 * n, w);
      V a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
      for (size_t t = 0; t < 80; t += 16) {
#pragma GCC unroll 16
        for (size_t i = 0; i < 16; ++i) {
          if (t > 0) {
            const V w15 = w[(i + 1) & 15];
            const V w2 = w[(i + 14) & 15];
            const V s0 = Xor3(W::template Rotate<1>(w15), W::template Rotate<8>(w15),
                              W::template Shr<7>(w15));
            const V s1 = Xor3(W::template Rotate<19>(w2), W::template Rotate<61>(w2),
                              W::template Shr<6>(w2));
            w[i] = W::Add(W::Add(w[i], s0), W::Add(w[(i + 9) & 15], s1));
          }
          const V sum1 =
              Xor3(W::template Rotate<14>(e), W::template Rotate<18>(e), W::template Rotate<41>(e));
          const V t1 = W::Add(W::Add(W::Add(h, sum1), W::Choose(e, f, g)),
                              W::Add(W::Set(kSha512Round[t + i]), w[i]));
          const V sum0 =
              Xor3(W::template Rotate<28>(a), W::template Rotate<34>(a), W::template Rotate<39>(a));
          const V t2 = W::Add(sum0, W::Majority(a, b, c));
          h = g;
          g = f;
          f = e;
          e = W::Add(d, t1);
          d = c;
          c = b;
          b = a;
          a = W::Add(t1, t2);
        }
      }
      const V add[8] = {a, b, c, d, e, f, g, h};
      for (size_t i = 0; i < 8; ++i) s[i] = W::Add(s[i], add[i]);
    }
    for (size_t i = 0; i < 8; ++i) W::Store(state + i * kLanes, s[i]);
  }
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_SHA512_LANES_H_
