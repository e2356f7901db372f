// Pairs of records of two agencies that share confirmed tags, with the types they agree on.
#ifndef RAAKVLAK_LINKAGE_MATCH_PAIRING_H_
#define RAAKVLAK_LINKAGE_MATCH_PAIRING_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "linkage/match/overlap.h"
#include "linkage/match/tag.h"
#include "linkage/types/identifier_type.h"

namespace raakvlak::linkage {

// Bit i set: the records agree on the i-th identifier type of the run.
using AgreedTypes = std::uint64_t;

// That a record holds a value, as far as its agency confirmed it.
struct SharedValue {
  // Position of the record among all records of the run.
  std::uint32_t record = 0;
  // Position of the type among the run's types; below 64.
  std::uint8_t type = 0;
  // Agencies for which the record's agency confirmed the tag.
  AgencyMask counterparts = 0;
  Tag tag;
};

struct PairingLimits {
  // For each type of the run: a value that more records of one agency hold is skipped, because it
  // discriminates nothing.
  std::vector<std::uint32_t> max_records_per_value;
  // A value that would make more pairs of records of two agencies than this is skipped for them.
  std::uint64_t max_pairs_per_value = 1'000'000;
  // In all; more is ResourceExhausted.
  std::uint64_t max_pairs = 100'000'000;
};

// first < second; they are records of different agencies.
struct RecordPair {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  AgreedTypes types = 0;

  friend bool operator==(const RecordPair&, const RecordPair&) = default;
};

struct Pairing {
  // In order of (first, second); each pair once.
  std::vector<RecordPair> pairs;
  // Values skipped by a limit, each counted once.
  std::uint64_t skipped_values = 0;
};

// A record that holds one certain value.
struct ValueHolder {
  std::uint32_t record = 0;
  std::uint8_t agency = 0;
  // As for SharedValue.
  AgencyMask counterparts = 0;
};
// Positions of two holders, the first before the second.
using HolderPairVisitor = std::function<absl::Status(std::size_t, std::size_t)>;

// Visits the pairs of holders of a value of the type whose agencies confirmed it for each other;
// `holders` are in order of agency. False if a limit of one value made it skip some. The visitor's
// error ends it.
absl::StatusOr<bool> CrossHolders(std::span<const ValueHolder> holders, std::uint8_t type,
                                  const PairingLimits& limits, const HolderPairVisitor& visit);

// Pairs records that share a value which the agencies of both confirmed for each other.
// `agency_of[r]` is the agency (below 32) of record r. Takes `values` by value because it sorts
// them. Time n log n in the number of values plus that of the pairs, which the limits bound.
// InvalidArgument for a record, type or agency that does not exist.
absl::StatusOr<Pairing> PairRecords(std::span<const std::uint8_t> agency_of,
                                    std::vector<SharedValue> values, const PairingLimits& limits);

// That there are more pairs than `limits` allow in all.
absl::Status TooManyPairs(const PairingLimits& limits);

// What a pattern is worth: the best of its types. `types` are the run's, in order; at least one
// bit of the pattern must stand for one of them.
Strength StrengthOf(AgreedTypes pattern, std::span<const IdentifierType> types);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_MATCH_PAIRING_H_
