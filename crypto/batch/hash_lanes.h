// SHA-512 of many messages, on a multi-lane SHA-512.
#ifndef RAAKVLAK_CRYPTO_BATCH_HASH_LANES_H_
#define RAAKVLAK_CRYPTO_BATCH_HASH_LANES_H_

#include <span>

#include "crypto/batch/types.h"
#include "crypto/batch/vector_ops.h"

namespace raakvlak::crypto {

// out[i] is the SHA-512 of `beginning` || messages[i]. A beginning is of whole blocks, and hashed
// once. Lengths are public.
void HashMessages(const VectorOps& ops, ByteView beginning, std::span<const ByteView> messages,
                  std::span<UniformBytes> out);

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_HASH_LANES_H_
