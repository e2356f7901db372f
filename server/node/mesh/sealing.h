// Sealing of small secrets in the stores of this room: one key per store, derived from the
// machine's wrapping key, and a name that a sealed value is bound to, so that no value can be put
// in another's place.
#ifndef RAAKVLAK_SERVER_NODE_MESH_SEALING_H_
#define RAAKVLAK_SERVER_NODE_MESH_SEALING_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "crypto/base/bytes.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"

namespace raakvlak::node {

// HKDF-SHA512(salt = "raakvlak/v1 store", ikm = wrapping key, info = store).
crypto::Secret<32> DeriveStoreKey(const crypto::Secret<32>& wrapping_key, std::string_view store);

crypto::Bytes SealValue(const crypto::Secret<32>& key, std::string_view name,
                        crypto::ByteView value, crypto::Random& random);
// DataLoss if it was altered, moved or sealed under another wrapping key.
absl::StatusOr<crypto::SecretBytes> OpenValue(const crypto::Secret<32>& key, std::string_view name,
                                              crypto::ByteView box);

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_MESH_SEALING_H_
