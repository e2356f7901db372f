// Check, pay, compute.
#include "server/node/mesh/evaluator.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/node/mesh/blame.h"
#include "server/node/mesh/signed_payload.h"

namespace raakvlak::node {
namespace {

using crypto::AsBytes;
using crypto::kElementSize;

}  // namespace

absl::StatusOr<AdmittedChunk> Evaluator::Check(std::string_view caller,
                                               const v1::EvaluateRequest& request,
                                               BudgetDebit& debit) const {
  const RunRegistry::Dependencies& node = dependencies_.registry.dependencies();
  if (node.roster.FindMember(caller) == nullptr) {
    return absl::PermissionDeniedError("is not on the roster");
  }
  if (absl::Status status =
          VerifyPayload(node.roster.RosterKey(caller), caller, kChunkContext, request.header());
      !status.ok()) {
    return status;
  }
  v1::ChunkHeader header;
  if (!header.ParseFromString(request.header().payload()) ||
      header.elements_digest().size() != crypto::kDigestSize) {
    return absl::InvalidArgumentError("malformed chunk header");
  }
  debit.identifier_type = header.identifier_type();
  debit.chunk_number = header.chunk_number();

  AdmittedChunk chunk;
  absl::StatusOr<std::shared_ptr<RunContext>> run =
      dependencies_.registry.Find(header.manifest_hash());
  if (!run.ok()) return run.status();
  chunk.run = *std::move(run);
  const v1::RunManifest& manifest = chunk.run->manifest().body();
  // Epochs that were retired since the run was taken up.
  if (absl::Status status = node.key_store.ForEpoch(manifest.epoch()).status(); !status.ok()) {
    return status;
  }
  if (node.clock.UnixSeconds() >= manifest.expires_at()) {
    return absl::FailedPreconditionError("the run has expired");
  }
  if (chunk.run->manifest().AgencyIndex(caller) < 0) {
    return absl::PermissionDeniedError("is not a member of the run");
  }
  const int type = chunk.run->manifest().TypeIndex(header.identifier_type());
  if (type < 0) return absl::FailedPreconditionError("asks for a type that is not in the run");
  // Evaluated only after every member has shown the same manifest.
  if (absl::Status status = chunk.run->run_keys().status(); !status.ok()) return status;

  const std::vector<uint32_t> committee = chunk.run->CommitteeOf(caller);
  if (!std::equal(committee.begin(), committee.end(), header.share_indices().begin(),
                  header.share_indices().end())) {
    return absl::PermissionDeniedError("names another committee than the manifest gives it");
  }
  const v1::Member& self = *node.roster.FindMember(node.own_id);
  if (std::find(committee.begin(), committee.end(), self.share_index()) == committee.end()) {
    return absl::PermissionDeniedError("asks a node that is not in its committee");
  }
  const std::string& elements = request.elements();
  const size_t count = elements.size() / kElementSize;
  if (elements.empty()) return absl::InvalidArgumentError("sent a chunk without elements");
  if (elements.size() % kElementSize != 0 || count != header.count()) {
    return absl::InvalidArgumentError("sent another number of elements than it announced");
  }
  if (count > kMaxWireChunkElements) {
    return absl::InvalidArgumentError(
        absl::StrCat("sent ", count, " elements in a chunk, above ", kMaxWireChunkElements));
  }
  chunk.elements_digest = crypto::Sha512(AsBytes(elements));
  if (header.elements_digest() != crypto::ToString(chunk.elements_digest)) {
    return absl::PermissionDeniedError("sent elements that do not match their signed digest");
  }
  absl::StatusOr<std::shared_ptr<const crypto::Committee>> crypto_committee =
      chunk.run->CryptoCommittee(caller, header.identifier_type());
  if (!crypto_committee.ok()) return crypto_committee.status();

  chunk.committee = *std::move(crypto_committee);
  chunk.requester = std::string(caller);
  chunk.identifier_type = header.identifier_type();
  chunk.chunk_number = header.chunk_number();
  chunk.elements.resize(count);
  std::memcpy(chunk.elements.data(), elements.data(), elements.size());
  debit.requester = chunk.requester;
  debit.epoch = manifest.epoch();
  debit.manifest_hash = chunk.run->manifest_hash();
  debit.elements_digest = chunk.elements_digest;
  debit.count = count;
  debit.run_grant = manifest.grants(type);
  debit.epoch_ceiling = chunk.run->purpose().FindType(header.identifier_type())->epoch_ceiling();
  debit.signed_header = request.header().SerializeAsString();
  return chunk;
}

absl::Status Evaluator::Refuse(std::string_view caller, const absl::Status& status,
                               std::string_view identifier_type, uint64_t chunk_number) const {
  const absl::Status refusal = WithBlame(status, caller);
  const absl::Status audited =
      dependencies_.audit.Append({.event = "evaluation.refused",
                                  .actor = std::string(caller),
                                  .outcome = "denied",
                                  .fields = {{"type", std::string(identifier_type)},
                                             {"chunk", absl::StrCat(chunk_number)},
                                             {"reason", std::string(refusal.message())}}});
  return audited.ok() ? refusal : absl::InternalError("the audit log cannot be written");
}

absl::StatusOr<AdmittedChunk> Evaluator::Admit(std::string_view caller,
                                               const v1::EvaluateRequest& request) const {
  BudgetDebit debit;
  absl::StatusOr<AdmittedChunk> chunk = Check(caller, request, debit);
  if (!chunk.ok()) {
    // Not ready yet is no refusal.
    if (absl::IsUnavailable(chunk.status())) return chunk.status();
    return Refuse(caller, chunk.status(), debit.identifier_type, debit.chunk_number);
  }
  const absl::StatusOr<DebitOutcome> outcome = dependencies_.budget.Debit(debit);
  if (!outcome.ok()) {
    if (CulpritOf(outcome.status()).empty()) return outcome.status();
    return Refuse(caller, outcome.status(), debit.identifier_type, debit.chunk_number);
  }
  if (*outcome == DebitOutcome::kCharged) {
    if (absl::Status status = dependencies_.audit.Append(
            {.event = "evaluation.granted",
             .actor = chunk->requester,
             .outcome = "allowed",
             .fields = {{"run", chunk->run->run_id()},
                        {"type", chunk->identifier_type},
                        {"chunk", absl::StrCat(chunk->chunk_number)},
                        {"count", absl::StrCat(chunk->elements.size())}}});
        !status.ok()) {
      return status;
    }
  }
  return chunk;
}

absl::StatusOr<v1::EvaluateResponse> Evaluator::Compute(const AdmittedChunk& chunk) const {
  const RunRegistry::Dependencies& node = dependencies_.registry.dependencies();
  const crypto::DkgKeys& dkg = chunk.run->keys().dkg;
  absl::StatusOr<const crypto::DkgKey*> key = dkg.Find(chunk.identifier_type);
  if (!key.ok()) return key.status();
  absl::StatusOr<crypto::Scalar> lambda = chunk.committee->Lambda(dkg.own_index);
  if (!lambda.ok()) return lambda.status();
  size_t bad_element = 0;
  absl::StatusOr<crypto::EvaluatedChunk> evaluated = crypto::EvaluateChunk(
      dependencies_.kernels, chunk.elements, (*key)->signing_share,
      (*key)->public_shares[dkg.own_index - 1u], *lambda, dependencies_.random, &bad_element);
  if (!evaluated.ok()) {
    if (!absl::IsInvalidArgument(evaluated.status())) return evaluated.status();
    return Refuse(
        chunk.requester,
        absl::InvalidArgumentError(absl::StrCat("sent a bad element at place ", bad_element,
                                                " of chunk ", chunk.chunk_number)),
        chunk.identifier_type, chunk.chunk_number);
  }
  v1::EvaluateResponse response;
  response.set_elements(evaluated->elements.data(), evaluated->elements.size() * kElementSize);
  response.set_proof(crypto::ToString(evaluated->proof));
  crypto::Sha512Hasher hasher;
  hasher.Update(AsBytes(response.elements())).Update(AsBytes(response.proof()));
  v1::EvaluationHeader header;
  header.set_manifest_hash(crypto::ToString(chunk.run->manifest_hash()));
  header.set_identifier_type(chunk.identifier_type);
  header.set_requester(chunk.requester);
  header.set_chunk_number(chunk.chunk_number);
  header.set_request_digest(crypto::ToString(chunk.elements_digest));
  header.set_response_digest(crypto::ToString(hasher.Finish()));
  *response.mutable_header() =
      SignPayload(node.roster_key, node.own_id, kEvaluationContext, header.SerializeAsString());
  return response;
}

absl::StatusOr<crypto::VerifiedPartial> Evaluator::EvaluateOwn(
    RunContext& run, std::string_view identifier_type, const crypto::BlindedChunk& chunk) const {
  const RunRegistry::Dependencies& node = dependencies_.registry.dependencies();
  if (absl::Status status = node.key_store.ForEpoch(run.manifest().body().epoch()).status();
      !status.ok()) {
    return status;
  }
  if (absl::Status status = run.run_keys().status(); !status.ok()) return status;
  absl::StatusOr<std::shared_ptr<const crypto::Committee>> committee =
      run.CryptoCommittee(node.own_id, identifier_type);
  if (!committee.ok()) return committee.status();
  const crypto::DkgKeys& dkg = run.keys().dkg;
  absl::StatusOr<const crypto::DkgKey*> key = dkg.Find(identifier_type);
  if (!key.ok()) return key.status();
  return crypto::EvaluateOwnChunk(dependencies_.kernels, **committee, dkg.own_index, chunk,
                                  (*key)->signing_share);
}

}  // namespace raakvlak::node
