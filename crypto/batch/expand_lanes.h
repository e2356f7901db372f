// expand_message_xmd for many messages, on a multi-lane SHA-512.
#ifndef RAAKVLAK_CRYPTO_BATCH_EXPAND_LANES_H_
#define RAAKVLAK_CRYPTO_BATCH_EXPAND_LANES_H_

#include <span>

#include "crypto/batch/types.h"
#include "crypto/batch/vector_ops.h"

namespace raakvlak::crypto {

// out[i] is ExpandMessage64(messages[i], dst). Messages that take equally many blocks are hashed
// side by side, wherever they stand; lengths are public.
void ExpandMessages64(const VectorOps& ops, std::span<const ByteView> messages, ByteView dst,
                      std::span<UniformBytes> out);

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_EXPAND_LANES_H_
