// expand_message_xmd with SHA-512 to 64 bytes (RFC 9380, section 5.3.1), one message at a time.
#ifndef RAAKVLAK_CRYPTO_BATCH_EXPAND_MESSAGE_H_
#define RAAKVLAK_CRYPTO_BATCH_EXPAND_MESSAGE_H_

#include "crypto/batch/types.h"

namespace raakvlak::crypto {

// `dst` holds 1 to 255 bytes. Constant time but for the lengths.
UniformBytes ExpandMessage64(ByteView message, ByteView dst);

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_EXPAND_MESSAGE_H_
