// Keyed encodings of records: what the matcher compares instead of values.
//
// An encoding belongs to one block, one counterpart and one run: its key is derived from the block
// secret and the pair key (protocol.md, "From output to tag"), so that nothing is comparable across
// blocks, counterparts or runs. All encodings of a profile have one size. A text becomes its padded
// character bigrams, each repeated so often that they always fill the same number of 12-bit slots:
// neither the slots nor the number that agree between equal values shows how long the value is. The
// similarity seen is shared bigrams over the bigrams of the longer text.
//
// Pure functions, thread safe.
#ifndef RAAKVLAK_LINKAGE_FUZZY_ENCODER_H_
#define RAAKVLAK_LINKAGE_FUZZY_ENCODER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "linkage/fuzzy/company_words.h"
#include "linkage/score/encoding_layout.h"
#include "linkage/score/profile.h"

namespace raakvlak::linkage {

// HMAC-SHA512 output: HMAC(K_AB, "raakvlak/v1 block" || lp(type) || L). Secret from the matcher.
using BlockKey = std::array<std::uint8_t, 64>;

// `pair_key` is K_AB, `type` the identifier type of the compound key, `block_secret` is L.
BlockKey DeriveBlockKey(std::span<const std::uint8_t> pair_key, std::string_view type,
                        std::span<const std::uint8_t> block_secret);

class RecordEncoder {
 public:
  // `dummy_key` (16 bytes, random, never shared) fills what a record does not have. `table` tells
  // how frequent the words of company names are.
  RecordEncoder(const Profile& profile, const RecordTable& table,
                std::span<const std::uint8_t, 16> dummy_key);

  // Encodes row `row` of `table` under `key`; exactly EncodedSize(profile) bytes.
  std::string Encode(const BlockKey& key, const RecordTable& table, std::size_t row) const;

 private:
  const Profile profile_;
  std::array<std::uint8_t, 16> dummy_key_;
  std::vector<CompanyWordWeights> weights_;  // [field]
};

// The similarity that encodings approximate: shared padded bigrams over those of the longer text.
double BigramOverlap(std::string_view a, std::string_view b);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_FUZZY_ENCODER_H_
