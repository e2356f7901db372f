// XChaCha20-Poly1305 with the value's name as associated data.
#include "server/node/mesh/sealing.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "crypto/base/aead.h"
#include "crypto/base/hash.h"

namespace raakvlak::node {

crypto::Secret<32> DeriveStoreKey(const crypto::Secret<32>& wrapping_key, std::string_view store) {
  return crypto::HkdfSha512<32>(crypto::AsBytes("raakvlak/v1 store"),
                                wrapping_key.Reveal(crypto::SecretAccess{}),
                                crypto::AsBytes(store));
}

crypto::Bytes SealValue(const crypto::Secret<32>& key, std::string_view name,
                        crypto::ByteView value, crypto::Random& random) {
  return crypto::Seal(key, crypto::AsBytes(name), value, random);
}

absl::StatusOr<crypto::SecretBytes> OpenValue(const crypto::Secret<32>& key, std::string_view name,
                                              crypto::ByteView box) {
  absl::StatusOr<crypto::SecretBytes> value = crypto::Open(key, crypto::AsBytes(name), box);
  if (value.ok()) return value;
  return absl::DataLossError(
      absl::StrCat("a sealed ", std::string(name.substr(0, name.find(':'))),
                   " does not open: the file is damaged, or the wrapping key is another one"));
}

}  // namespace raakvlak::node
