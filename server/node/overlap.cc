#include "server/node/overlap.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "server/node/mesh/blame.h"
#include "server/node/mesh/signed_payload.h"
#include "server/node/status_macros.h"

namespace raakvlak::node {

using crypto::SecretAccess;

namespace {

constexpr std::string_view kMatcher = "matcher";

absl::Status Liar(std::string_view what) {
  return BlamedError(absl::StatusCode::kPermissionDenied, kMatcher, what);
}

}  // namespace

absl::Status OverlapReceiver::Take(const v1::OverlapChunk& chunk) {
  if (!writer_.has_value()) {
    NODE_RETURN_IF_ERROR(Begin(chunk.counterpart()));
  } else if (!chunk.counterpart().empty() && chunk.counterpart() != current_) {
    return Liar(absl::StrCat("it began with the overlap with ", chunk.counterpart(),
                             " before it had ended the one with ", current_));
  }
  NODE_RETURN_IF_ERROR(TakeTags(chunk.tags()));
  return chunk.has_statement() ? End(chunk.statement()) : absl::OkStatus();
}

absl::Status OverlapReceiver::Begin(const std::string& counterpart) {
  if (!parameters_.counterparts.contains(counterpart)) {
    return Liar(absl::StrCat("it told of an overlap with '", counterpart,
                             "', which is no counterpart in this run"));
  }
  if (done_.contains(counterpart)) {
    return Liar(absl::StrCat("it told of the overlap with ", counterpart, " twice"));
  }
  current_ = counterpart;
  NODE_ASSIGN_OR_RETURN(
      own_, TagTableReader::Open(files_.seal(), files_.directory(), parameters_.identifier_type));
  NODE_ASSIGN_OR_RETURN(writer_,
                        SharedWriter::Create(files_, parameters_.identifier_type, counterpart));
  hasher_.emplace();
  last_.reset();
  count_ = 0;
  return absl::OkStatus();
}

absl::Status OverlapReceiver::TakeTags(std::string_view tags) {
  if (tags.size() % crypto::kRunTagSize != 0) return Liar("it sent a part of a tag");
  hasher_->Update(crypto::AsBytes(tags));
  for (std::size_t at = 0; at < tags.size(); at += crypto::kRunTagSize) {
    crypto::RunTag tag;
    std::memcpy(tag.data(), tags.data() + at, tag.size());
    if (last_.has_value() && tag <= *last_) {
      return Liar("the shared tags that it sent do not ascend");
    }
    last_ = tag;
    NODE_ASSIGN_OR_RETURN(bool ours, own_->Seek(tag));
    if (!ours) {
      return Liar(absl::StrCat("it said that a tag is shared with ", current_,
                               " which this agency never uploaded"));
    }
    if (parameters_.ceiling != 0 && count_ >= parameters_.ceiling) {
      return Liar(absl::StrCat("it answered with more shared tags with ", current_,
                               " than the purpose's overlap ceiling of ", parameters_.ceiling));
    }
    NODE_RETURN_IF_ERROR(writer_->Add(tag, own_->block_secret(SecretAccess{})));
    ++count_;
  }
  return absl::OkStatus();
}

absl::Status OverlapReceiver::End(const v1::SignedPayload& statement) {
  NODE_RETURN_IF_ERROR(
      VerifyPayload(*parameters_.matcher_key, kMatcher, kOverlapContext, statement));
  v1::OverlapStatement said;
  if (!said.ParseFromString(statement.payload())) return Liar("its statement cannot be read");
  const crypto::Digest digest = hasher_->Finish();
  if (said.manifest_hash() != crypto::ToString(parameters_.manifest_hash) ||
      said.identifier_type() != parameters_.identifier_type ||
      said.recipient() != parameters_.own_id || said.counterpart() != current_) {
    return Liar("its statement is about another run, type or pair");
  }
  if (said.count() != count_ || said.tags_digest() != crypto::ToString(digest)) {
    return Liar("its statement does not fit the tags that it sent");
  }
  if (parameters_.keep) NODE_RETURN_IF_ERROR(parameters_.keep(current_, statement));
  NODE_RETURN_IF_ERROR(writer_->Finish());
  writer_.reset();
  own_.reset();
  done_.insert(current_);
  return absl::OkStatus();
}

absl::Status OverlapReceiver::Finish() {
  if (writer_.has_value()) {
    return absl::UnavailableError(
        absl::StrCat("the matcher broke off in the overlap with ", current_));
  }
  for (const std::string& counterpart : parameters_.counterparts) {
    if (!done_.contains(counterpart)) {
      return Liar(absl::StrCat("it said nothing of the overlap with ", counterpart));
    }
  }
  return absl::OkStatus();
}

}  // namespace raakvlak::node
