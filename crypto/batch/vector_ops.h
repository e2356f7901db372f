// The seam between the vector backends' code, compiled for one instruction set each, and the code
// around it, compiled for any CPU. Only plain pointers cross it, so that no function of a library
// header is compiled for an instruction set that the CPU at hand may lack.
#ifndef RAAKVLAK_CRYPTO_BATCH_VECTOR_OPS_H_
#define RAAKVLAK_CRYPTO_BATCH_VECTOR_OPS_H_

#include <cstddef>
#include <cstdint>

namespace raakvlak::crypto {

// Points lie in groups of `lanes`, in `group_bytes` a group, aligned to 64 bytes. Scalars come as
// codes, a byte for each digit and lane: digit-major within a group, the lowest digit first. A
// digit is odd: its index (|digit| - 1) / 2 in the low bits, bit 7 set when it is negative.
struct VectorOps {
  size_t lanes;
  size_t group_bytes;
  size_t base_table_bytes;
  int base_window;  // bits of a fixed-base digit
  // Bytes of scratch that msm needs for n points.
  size_t (*msm_scratch_bytes)(size_t n);

  // Codes of `digits` digits of `window` bits (at most 7) of a group's scalars: odd, below 2^254,
  // as five words each (the last zero), word-major, aligned to 64 bytes.
  void (*recode)(const uint64_t* words, int window, size_t digits, uint8_t* codes);
  // Of the first lane's point, whose Z is 1.
  void (*make_base_table)(const void* point, void* table);
  // `n` canonical, even field elements; ok[i] says whether one is an encoding.
  void (*decode)(const uint8_t* in, size_t n, void* points, uint8_t* ok);
  void (*encode)(const void* points, size_t n, uint8_t* out);
  void (*map)(const uint8_t* in, size_t n, void* points);
  void (*map_encode)(const uint8_t* in, size_t n, uint8_t* out);
  // Codes of 64 digits of 4 bits, of an odd scalar below 2^254; `stride` bytes from group to group
  // (0: the same for all).
  void (*multiply)(const void* points, size_t groups, const uint8_t* codes, size_t stride,
                   void* out);
  // Encodes twice the products.
  void (*multiply_encode)(const void* points, size_t n, const uint8_t* codes, size_t stride,
                          uint8_t* out);
  // Codes of kBaseDigits digits of base_window bits. Adds to `points`, if there are any.
  void (*fixed_base)(const void* table, const void* points, size_t groups, const uint8_t* codes,
                     void* out);
  void (*fixed_base_encode)(const void* table, size_t n, const uint8_t* codes, uint8_t* out);
  void (*add)(const void* a, const void* b, size_t groups, void* out);
  void (*sum)(const void* points, size_t n, uint8_t* out);
  // digits[32 i + w] is digit w of weight i, in [-128, 127], as two's complement. Variable time.
  // `affine`: all points have Z = 1.
  void (*msm)(const void* points, size_t n, bool affine, const uint8_t* digits, void* scratch,
              uint8_t* out);
  // SHA-512's compression of `count` blocks of each lane; state[8 * lanes], word-major. Null
  // when there is none.
  void (*sha512)(uint64_t* state, const uint8_t* const* blocks, size_t count);
};

inline constexpr size_t kMultiplyDigits = 64;
constexpr size_t BaseDigits(int window) {
  return (254 + static_cast<size_t>(window) - 1) / static_cast<size_t>(window);
}

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_VECTOR_OPS_H_
