#include "server/node/review_store.h"

#include <map>
#include <optional>
#include <utility>

#include "crypto/base/aead.h"
#include "crypto/base/bytes.h"
#include "crypto/base/hash.h"
#include "server/common/sealed_file.h"
#include "server/node/status_macros.h"

namespace raakvlak::node {

using crypto::SecretAccess;

namespace {

constexpr char kMethod[] = "DecideReview";
constexpr std::string_view kKeyLabel = "review keys";

constexpr const char* kMigrations[] = {
    common::kRequestIdsMigration,
    "CREATE TABLE review(key BLOB PRIMARY KEY, keep_until INTEGER NOT NULL, sealed BLOB NOT NULL)"
    " WITHOUT ROWID;"};

// The first half finds decisions, the second seals them. Random, of this store alone, itself sealed
// under the node's wrapping key.
absl::StatusOr<crypto::Secret<64>> StoreKeys(const SealContext& seal, const std::string& path) {
  if (!seal.fs->Exists(path)) {
    crypto::Secret<64> keys = seal.random->NewSecret<64>();
    NODE_RETURN_IF_ERROR(common::WriteSealedFile(*seal.fs, path, *seal.key, kKeyLabel,
                                                 keys.Reveal(SecretAccess{}), *seal.random));
    return keys;
  }
  NODE_ASSIGN_OR_RETURN(crypto::SecretBytes stored,
                        common::ReadSealedFile(*seal.fs, path, *seal.key, kKeyLabel, 64));
  if (stored.size() != 64) return absl::DataLossError("the keys of reviews have a wrong size");
  return crypto::Secret<64>(stored.Reveal(SecretAccess{}).first<64>());
}

}  // namespace

ReviewStore::ReviewStore(const SealContext& seal, const common::Clock& clock,
                         crypto::Secret<64> keys, std::unique_ptr<common::Database> database)
    : seal_(seal),
      clock_(clock),
      lookup_key_(keys.Reveal(SecretAccess{}).first<32>()),
      sealing_key_(keys.Reveal(SecretAccess{}).last<32>()),
      database_(std::move(database)),
      request_ids_(*database_, clock) {}

absl::StatusOr<std::unique_ptr<ReviewStore>> ReviewStore::Open(const SealContext& seal,
                                                               const common::Clock& clock,
                                                               const std::string& directory) {
  NODE_RETURN_IF_ERROR(seal.fs->MakePrivateDirectory(directory));
  NODE_ASSIGN_OR_RETURN(crypto::Secret<64> keys, StoreKeys(seal, directory + "/keys"));
  NODE_ASSIGN_OR_RETURN(auto database,
                        common::Database::Open(directory + "/reviews.db", kMigrations));
  return std::unique_ptr<ReviewStore>(
      new ReviewStore(seal, clock, std::move(keys), std::move(database)));
}

std::string ReviewStore::KeyOf(const ReviewedMatch& match) const {
  crypto::ByteWriter out;
  out.Lp("review").Lp(match.purpose_id).Lp(match.counterpart).Lp(match.reference);
  out.Lp(match.record_id);
  const crypto::Digest digest = crypto::HmacSha512(lookup_key_.Reveal(SecretAccess{}), out.view());
  return crypto::ToString(crypto::ByteView(digest).first(32));
}

// Sealed to its key: u8 decision || u8 strength || lp(rule).
absl::StatusOr<Review> ReviewStore::OpenReview(const std::string& key,
                                               const std::string& sealed) const {
  NODE_ASSIGN_OR_RETURN(crypto::SecretBytes plain,
                        crypto::Open(sealing_key_, crypto::AsBytes(key), crypto::AsBytes(sealed)));
  crypto::ByteReader in(plain.Reveal(SecretAccess{}));
  Review review;
  review.decision = static_cast<v1::ReviewDecision>(in.U8());
  review.strength = static_cast<v1::MatchStrength>(in.U8());
  review.rule = crypto::ToString(in.Lp());
  NODE_RETURN_IF_ERROR(in.Finish("a kept decision"));
  return review;
}

absl::StatusOr<bool> ReviewStore::Empty() {
  NODE_ASSIGN_OR_RETURN(auto row, database_->Query("SELECT 1 FROM review LIMIT 1"));
  NODE_ASSIGN_OR_RETURN(bool found, row.Step());
  return !found;
}

absl::StatusOr<v1::ReviewDecision> ReviewStore::DecisionOf(const ReviewedMatch& match) {
  const std::string key = KeyOf(match);
  NODE_ASSIGN_OR_RETURN(
      auto row, database_->Query("SELECT sealed FROM review WHERE key = ? AND keep_until >= ?",
                                 crypto::AsBytes(key), clock_.UnixSeconds()));
  NODE_ASSIGN_OR_RETURN(bool found, row.Step());
  if (!found) return v1::REVIEW_DECISION_UNSPECIFIED;
  NODE_ASSIGN_OR_RETURN(Review review, OpenReview(key, row.Blob(0)));
  return review.decision;
}

absl::Status ReviewStore::Decide(std::string_view caller, std::string_view request_id,
                                 const ReviewedMatch& match, const Review& review) {
  const std::string key = KeyOf(match);
  crypto::ByteWriter request;
  request.Raw(key).U8(static_cast<std::uint8_t>(review.decision));
  common::Transaction transaction(*database_);
  NODE_ASSIGN_OR_RETURN(std::optional<std::string> before,
                        request_ids_.Find(caller, kMethod, request_id, request.view()));
  if (before.has_value()) return absl::OkStatus();
  if (review.decision == v1::REVIEW_DECISION_UNSPECIFIED) {
    NODE_RETURN_IF_ERROR(database_->Run("DELETE FROM review WHERE key = ?", crypto::AsBytes(key)));
  } else {
    crypto::ByteWriter plain;
    plain.U8(static_cast<std::uint8_t>(review.decision))
        .U8(static_cast<std::uint8_t>(review.strength))
        .Lp(review.rule);
    const crypto::Bytes sealed =
        crypto::Seal(sealing_key_, crypto::AsBytes(key), plain.view(), *seal_.random);
    NODE_RETURN_IF_ERROR(
        database_->Run("INSERT OR REPLACE INTO review(key, keep_until, sealed) VALUES (?, ?, ?)",
                       crypto::AsBytes(key), review.keep_until, crypto::ByteView(sealed)));
  }
  NODE_RETURN_IF_ERROR(request_ids_.Keep(caller, kMethod, request_id, request.view(), ""));
  return transaction.Commit();
}

absl::StatusOr<std::vector<RuleCount>> ReviewStore::Count() {
  NODE_ASSIGN_OR_RETURN(auto row,
                        database_->Query("SELECT key, sealed FROM review WHERE keep_until >= ?",
                                         clock_.UnixSeconds()));
  // Strengths are numbered from the weakest.
  std::map<std::pair<int, std::string>, RuleCount> rules;
  while (true) {
    NODE_ASSIGN_OR_RETURN(bool more, row.Step());
    if (!more) break;
    NODE_ASSIGN_OR_RETURN(Review review, OpenReview(row.Blob(0), row.Blob(1)));
    RuleCount& count = rules[{-static_cast<int>(review.strength), review.rule}];
    count.strength = review.strength;
    count.rule = review.rule;
    ++(review.decision == v1::REVIEW_DECISION_MATCH ? count.matches : count.no_matches);
  }
  std::vector<RuleCount> out;
  out.reserve(rules.size());
  for (auto& [order, count] : rules) out.push_back(std::move(count));
  return out;
}

absl::Status ReviewStore::Sweep() {
  NODE_RETURN_IF_ERROR(request_ids_.Sweep());
  std::int64_t erased = 0;
  {
    common::Transaction transaction(*database_);
    NODE_RETURN_IF_ERROR(
        database_->Run("DELETE FROM review WHERE keep_until < ?", clock_.UnixSeconds()));
    erased = database_->changes();
    NODE_RETURN_IF_ERROR(transaction.Commit());
  }
  // Nothing of what is erased stays in the log of the database.
  return erased > 0 ? database_->Checkpoint() : absl::OkStatus();
}

}  // namespace raakvlak::node
