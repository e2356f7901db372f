// Own value first, then the counterpart's.
#include "server/node/mesh/confirmation.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/node/mesh/blame.h"

namespace raakvlak::node {

absl::StatusOr<OwnConfirmation> MakeConfirmation(const RunContext& run, std::string_view own_id,
                                                 std::string_view counterpart,
                                                 std::string_view identifier_type,
                                                 const crypto::Confirmation& confirmation) {
  absl::StatusOr<std::shared_ptr<const RunKeys>> keys = run.run_keys();
  if (!keys.ok()) return keys.status();
  const auto pair_key = (*keys)->pair_keys.find(counterpart);
  if (pair_key == (*keys)->pair_keys.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(counterpart), " is not a counterpart in this run"));
  }
  OwnConfirmation own;
  own.count = confirmation.count();
  own.sent =
      confirmation.Tag(pair_key->second, run.manifest_hash(), identifier_type, own_id, counterpart);
  own.expected =
      confirmation.Tag(pair_key->second, run.manifest_hash(), identifier_type, counterpart, own_id);
  return own;
}

absl::StatusOr<bool> ConfirmOverlapWith(RunContext& run, const Peers& peers,
                                        std::string_view counterpart,
                                        std::string_view identifier_type,
                                        const crypto::Confirmation& confirmation,
                                        common::AuditSink& audit, const RetryPolicy& policy,
                                        const std::function<bool()>& cancelled) {
  absl::StatusOr<OwnConfirmation> own =
      MakeConfirmation(run, peers.own_id(), counterpart, identifier_type, confirmation);
  if (!own.ok()) return own.status();
  run.SetConfirmation(counterpart, identifier_type, *own);

  v1::ConfirmOverlapRequest request;
  request.set_manifest_hash(crypto::ToString(run.manifest_hash()));
  request.set_identifier_type(std::string(identifier_type));
  request.set_count(own->count);
  request.set_confirmation(crypto::ToString(own->sent));
  v1::ConfirmOverlapResponse response;
  if (absl::Status status =
          peers.Call(counterpart, &v1::EvaluationService::StubInterface::ConfirmOverlap, request,
                     response, policy, cancelled);
      !status.ok()) {
    return status;
  }
  crypto::ConfirmationTag received{};
  bool equal = response.confirmation().size() == received.size();
  if (equal) {
    std::copy(response.confirmation().begin(), response.confirmation().end(), received.begin());
    equal = crypto::EqualConfirmation(received, own->expected);
  }
  if (absl::Status status =
          audit.Append({.event = equal ? "overlap.confirmed" : "overlap.unconfirmed",
                        .actor = std::string(counterpart),
                        .outcome = equal ? "done" : "failed",
                        .fields = {{"run", run.run_id()}, {"type", std::string(identifier_type)}}});
      !status.ok()) {
    return status;
  }
  return equal;
}

}  // namespace raakvlak::node
