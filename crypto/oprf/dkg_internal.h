// What the steps of the key ceremony share (dkg.cc, dkg_finish.cc, dkg_keys.cc); not for others.
#ifndef RAAKVLAK_CRYPTO_OPRF_DKG_INTERNAL_H_
#define RAAKVLAK_CRYPTO_OPRF_DKG_INTERNAL_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/oprf/dkg.h"
#include "crypto/oprf/dkg_messages.h"

namespace raakvlak::crypto::dkg_internal {

// Reads the messages of one round: exactly one of each participant, in order of index, of that
// round, well signed; the own one unchanged.
OrBlame<std::vector<SignedMessage>> Collect(const DkgConfig& config, const Digest& config_hash,
                                            DkgRound round, std::span<const Bytes> messages,
                                            ShareIndex own_index, const Bytes& own_message);

// Compares what `sender` says it saw with what was seen here. A difference is proof against the one
// who signed two messages, or, if the other signature is not good, against `sender`.
std::optional<Blame> CompareSeen(const DkgConfig& config, const Digest& config_hash, DkgRound round,
                                 ShareIndex sender, std::span<const MessageProof> theirs,
                                 std::span<const MessageProof> ours);

// What the test evaluation of a key is made on: nobody knows its discrete logarithm, and no OPRF
// input maps to it.
Element TestElement(const Digest& transcript, std::string_view key_name);

DkgKeys CloneKeys(const DkgKeys& keys);

inline ShareIndex IndexAt(size_t place) { return static_cast<ShareIndex>(place + 1); }

}  // namespace raakvlak::crypto::dkg_internal

#endif  // RAAKVLAK_CRYPTO_OPRF_DKG_INTERNAL_H_
