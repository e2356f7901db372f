// What stewards decided of matches: match or no match, kept for later runs of the purpose and
// reported as PairReference.decision. A decision belongs to a purpose, a counterpart, a reference
// and an own record.
//
// At rest only a keyed hash tells which match a decision is of, and what was decided is sealed: the
// database holds neither record ids nor references. Erased when the purpose ends.
#ifndef RAAKVLAK_SERVER_NODE_REVIEW_STORE_H_
#define RAAKVLAK_SERVER_NODE_REVIEW_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/base/secret.h"
#include "raakvlak/v1/common.pb.h"
#include "server/common/clock.h"
#include "server/common/request_ids.h"
#include "server/common/sqlite.h"
#include "server/node/record_file.h"

namespace raakvlak::node {

// Which match a decision is of.
struct ReviewedMatch {
  std::string purpose_id;
  std::string counterpart;
  std::string reference;
  std::string record_id;
};

// What is decided, and of what kind of match: so that each kind's false positives can be counted.
struct Review {
  // REVIEW_DECISION_UNSPECIFIED takes an earlier decision back.
  v1::ReviewDecision decision = v1::REVIEW_DECISION_UNSPECIFIED;
  v1::MatchStrength strength = v1::MATCH_STRENGTH_POSSIBLE;
  // "given_name: close, surname: exact"; no value of a record.
  std::string rule;
  // The purpose's end; Unix seconds.
  std::int64_t keep_until = 0;
};

struct RuleCount {
  v1::MatchStrength strength = v1::MATCH_STRENGTH_POSSIBLE;
  std::string rule;
  std::uint64_t matches = 0;
  std::uint64_t no_matches = 0;
};

// Thread-safe. Every change is durable once it returns OK.
class ReviewStore {
 public:
  // `seal` has the node's wrapping key; it and `clock` must outlive the store. `directory` is made
  // if needed.
  static absl::StatusOr<std::unique_ptr<ReviewStore>> Open(const SealContext& seal,
                                                           const common::Clock& clock,
                                                           const std::string& directory);
  // Whether nothing is decided of any match, as in most runs: then nothing need be looked up.
  absl::StatusOr<bool> Empty();
  // UNSPECIFIED where nothing is decided.
  absl::StatusOr<v1::ReviewDecision> DecisionOf(const ReviewedMatch& match);
  // The latest decision holds. Idempotent by caller and request id: AlreadyExists if the id was
  // used for another decision.
  absl::Status Decide(std::string_view caller, std::string_view request_id,
                      const ReviewedMatch& match, const Review& review);
  // The strongest first, then by rule.
  absl::StatusOr<std::vector<RuleCount>> Count();
  // Erases decisions of purposes that have ended, and old request ids.
  absl::Status Sweep();

 private:
  ReviewStore(const SealContext& seal, const common::Clock& clock, crypto::Secret<64> keys,
              std::unique_ptr<common::Database> database);
  std::string KeyOf(const ReviewedMatch& match) const;
  absl::StatusOr<Review> OpenReview(const std::string& key, const std::string& sealed) const;

  const SealContext seal_;
  const common::Clock& clock_;
  const crypto::Secret<32> lookup_key_;
  const crypto::Secret<32> sealing_key_;
  const std::unique_ptr<common::Database> database_;
  common::RequestIds request_ids_;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_REVIEW_STORE_H_
