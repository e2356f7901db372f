// Hashing to ristretto255 and to its scalars: expand_message_xmd with SHA-512 (RFC 9380 section
// 5.3.1) and the suite ristretto255-SHA512 of RFC 9497 section 4.1. One message at a time, for
// keys and proofs; identifiers are hashed in chunks by crypto/batch.
#ifndef RAAKVLAK_CRYPTO_OPRF_HASH_TO_GROUP_H_
#define RAAKVLAK_CRYPTO_OPRF_HASH_TO_GROUP_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "crypto/base/bytes.h"
#include "crypto/oprf/element.h"
#include "crypto/oprf/scalar.h"

namespace raakvlak::crypto {

// Modes of RFC 9497 section 3.1. Raakvlak evaluates in kVoprf; the others are told apart in proofs
// and serve the official vectors.
enum class OprfMode : uint8_t { kOprf = 0, kVoprf = 1, kPoprf = 2 };

// "OPRFV1-" || mode || "-ristretto255-SHA512".
std::string OprfContext(OprfMode mode);

// InvalidArgument for an empty domain separation tag or more than 255 * 64 (or 65,535) bytes out;
// a tag over 255 bytes is hashed first (section 5.3.3).
absl::StatusOr<Bytes> ExpandMessageXmd(ByteView message, ByteView dst, size_t size);

// The tag must not be empty (a programming error that stops the process).
Element HashToGroup(ByteView message, std::string_view dst);
Scalar HashToScalar(ByteView message, std::string_view dst);

// With the tags of RFC 9497: "HashToGroup-" or "HashToScalar-" || OprfContext(mode).
Element HashToGroup(ByteView message, OprfMode mode);
Scalar HashToScalar(ByteView message, OprfMode mode);

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_OPRF_HASH_TO_GROUP_H_
