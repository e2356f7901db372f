// RAAKVLAK_INLINE: inlined always. The lane code depends on it twice: for speed, and because a
// function that is compiled for an instruction set must not be shared with code for another.
#ifndef RAAKVLAK_CRYPTO_BATCH_FORCE_INLINE_H_
#define RAAKVLAK_CRYPTO_BATCH_FORCE_INLINE_H_

#define RAAKVLAK_INLINE inline __attribute__((always_inline))
// RAAKVLAK_NOINLINE: never inlined.
#define RAAKVLAK_NOINLINE __attribute__((noinline))

#endif  // RAAKVLAK_CRYPTO_BATCH_FORCE_INLINE_H_
