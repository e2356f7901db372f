// Which points each bucket of a multi-scalar multiplication sums.
// VARIABLE TIME: addresses depend on the digits, which must be public.
#ifndef RAAKVLAK_CRYPTO_BATCH_BUCKET_CHAINS_H_
#define RAAKVLAK_CRYPTO_BATCH_BUCKET_CHAINS_H_

#include <cstddef>
#include <cstdint>

namespace raakvlak::crypto {

// For kWindows neighbouring windows of signed 8-bit digits. Bucket b of window w, of those that sum
// the points whose digit w is b + 1 or -(b + 1), has the number w * kBuckets + b.
template <size_t kWindows>
struct BucketChains {
  static constexpr size_t kBuckets = 128;
  static constexpr size_t kChains = kWindows * kBuckets;

  // The points of one bucket, negated or not, lie one after another in `terms`.
  struct Chain {
    uint32_t first;
    uint32_t length;
    uint32_t bucket;
  };
  // Twice the number of a point, of which the first is 1, plus 1 when its negative is meant. The
  // term at 0, which is in no chain, is 0.
  uint32_t* terms;
  // Those of about one length side by side, the longest first, so that lanes end together.
  Chain chains[kChains];

  // The term at k of a chain; 0, the identity, beyond its end.
  uint32_t Term(const Chain& chain, uint32_t k) const {
    return terms[k < chain.length ? chain.first + k : 0];
  }

  // Words that `terms` must have for n points.
  static constexpr size_t Terms(size_t n) { return kWindows * n + 1; }

  // Digit w of point i is digits[i * stride + w], as two's complement. 2 (n + 1) must fit 32 bits.
  void Make(const uint8_t* digits, size_t stride, size_t n) {
    // How often each digit occurs, then where its next term goes.
    uint32_t place[kWindows][256] = {};
    for (size_t i = 0; i < n; ++i) {
      for (size_t w = 0; w < kWindows; ++w) ++place[w][digits[i * stride + w]];
    }
    Chain unordered[kChains];
    uint32_t of_rank[kRanks] = {};
    uint32_t used = 1;
    for (size_t w = 0; w < kWindows; ++w) {
      // Zeros are in no bucket.
      Take(place[w][0], used);
      for (size_t b = 0; b < kBuckets; ++b) {
        const uint32_t first = used;
        Take(place[w][b + 1], used);
        // The digit 128 is -128.
        if (b + 1 < kBuckets) Take(place[w][255 - b], used);
        unordered[w * kBuckets + b] = {first, used - first,
                                       static_cast<uint32_t>(w * kBuckets + b)};
        ++of_rank[Rank(used - first)];
      }
    }
    terms[0] = 0;
    for (size_t i = 0; i < n; ++i) {
      const uint32_t point = static_cast<uint32_t>(2 * (i + 1));
      for (size_t w = 0; w < kWindows; ++w) {
        const uint8_t digit = digits[i * stride + w];
        terms[place[w][digit]++] = point | (digit >> 7);
      }
    }
    used = 0;
    for (uint32_t& count : of_rank) Take(count, used);
    for (const Chain& chain : unordered) chains[of_rank[Rank(chain.length)]++] = chain;
  }

 private:
  // Lengths that are told apart. Longer chains, of which 4096 random weights have none, may stand
  // in any order, first of all.
  static constexpr size_t kRanks = 512;
  static size_t Rank(uint32_t length) { return length < kRanks ? kRanks - 1 - length : 0; }

  // Makes the place of the next `count` of a count.
  static void Take(uint32_t& count, uint32_t& used) {
    const uint32_t first = used;
    used += count;
    count = first;
  }
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_BUCKET_CHAINS_H_
