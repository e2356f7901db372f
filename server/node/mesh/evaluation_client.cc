// From a chunk to a signed request, from a signed answer to a verified partial.
#include "server/node/mesh/evaluation_client.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/node/mesh/blame.h"
#include "server/node/mesh/signed_payload.h"

namespace raakvlak::node {

using crypto::AsBytes;
using crypto::kElementSize;

EvaluationClient::EvaluationClient() = default;
EvaluationClient::~EvaluationClient() = default;

absl::StatusOr<std::unique_ptr<EvaluationClient>> EvaluationClient::Create(
    const Dependencies& dependencies, std::shared_ptr<RunContext> run,
    std::string_view identifier_type, std::string_view evaluator, EvaluationStreamOptions options) {
  const std::string& own_id = dependencies.peers.own_id();
  absl::StatusOr<std::shared_ptr<const crypto::Committee>> committee =
      run->CryptoCommittee(own_id, identifier_type);
  if (!committee.ok()) return committee.status();
  std::unique_ptr<EvaluationClient> client(new EvaluationClient());
  client->dependencies_ = std::make_unique<const Dependencies>(dependencies);
  client->index_ = run->keys().IndexOf(evaluator);
  if (client->index_ == 0 || !(*committee)->Contains(client->index_)) {
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(evaluator), " is not in the own committee"));
  }
  client->run_ = std::move(run);
  client->identifier_type_ = std::string(identifier_type);
  client->evaluator_ = std::string(evaluator);
  client->committee_ = *std::move(committee);
  if (evaluator != own_id) {
    options.window = std::max<size_t>(options.window, 1);
    client->stream_ = std::make_unique<EvaluationStream>(dependencies.peers.evaluation(evaluator),
                                                         client->evaluator_, options);
  }
  return client;
}

absl::StatusOr<crypto::VerifiedPartial> EvaluationClient::Ask(uint64_t chunk_number,
                                                              const crypto::BlindedChunk& chunk,
                                                              std::stop_token stop) {
  if (chunk.size() == 0 || chunk.size() > kMaxWireChunkElements) {
    return absl::InvalidArgumentError("a chunk on the wire has 1 to 32,767 elements");
  }
  if (stream_ == nullptr) {
    return dependencies_->own_evaluator.EvaluateOwn(*run_, identifier_type_, chunk);
  }
  const std::string& own_id = dependencies_->peers.own_id();
  v1::ChunkHeader header;
  header.set_manifest_hash(crypto::ToString(run_->manifest_hash()));
  header.set_identifier_type(identifier_type_);
  for (const uint32_t index : run_->CommitteeOf(own_id)) header.add_share_indices(index);
  header.set_chunk_number(chunk_number);
  header.set_elements_digest(crypto::ToString(chunk.digest()));
  header.set_count(static_cast<uint32_t>(chunk.size()));
  v1::EvaluateRequest request;
  *request.mutable_header() =
      SignPayload(dependencies_->roster_key, own_id, kChunkContext, header.SerializeAsString());
  request.set_elements(chunk.encoded().data(), chunk.size() * kElementSize);

  absl::StatusOr<v1::EvaluateResponse> response = stream_->Ask(request, stop);
  if (!response.ok()) return response.status();
  absl::StatusOr<crypto::VerifiedPartial> partial = Check(*response, chunk_number, chunk);
  if (partial.ok()) return partial;
  absl::Status status = WithBlame(partial.status(), evaluator_);
  const absl::StatusOr<std::string> kept =
      dependencies_->evidence.Keep(evaluator_, std::string(status.message()), request, *response);
  if (!kept.ok()) {
    status = BlamedError(status.code(), evaluator_,
                         absl::StrCat("gave a bad answer, of which no evidence could be kept: ",
                                      std::string(kept.status().message())));
  }
  // Nothing of this evaluator is taken any more.
  stream_->Fail(status);
  return status;
}

absl::StatusOr<crypto::VerifiedPartial> EvaluationClient::Check(
    const v1::EvaluateResponse& response, uint64_t chunk_number,
    const crypto::BlindedChunk& chunk) const {
  if (absl::Status status = VerifyPayload(dependencies_->roster.RosterKey(evaluator_), evaluator_,
                                          kEvaluationContext, response.header());
      !status.ok()) {
    return status;
  }
  v1::EvaluationHeader header;
  if (!header.ParseFromString(response.header().payload())) {
    return absl::InvalidArgumentError("malformed header of an evaluation");
  }
  if (header.manifest_hash() != crypto::ToString(run_->manifest_hash()) ||
      header.identifier_type() != identifier_type_ ||
      header.requester() != dependencies_->peers.own_id() ||
      header.chunk_number() != chunk_number ||
      header.request_digest() != crypto::ToString(chunk.digest())) {
    return absl::PermissionDeniedError("answered another chunk than it was asked");
  }
  crypto::Sha512Hasher hasher;
  hasher.Update(AsBytes(response.elements())).Update(AsBytes(response.proof()));
  if (header.response_digest() != crypto::ToString(hasher.Finish())) {
    return absl::PermissionDeniedError("sent elements that do not match their signed digest");
  }
  if (response.elements().size() != chunk.size() * kElementSize) {
    return absl::InvalidArgumentError("evaluated another number of elements than it was asked");
  }
  std::vector<crypto::EncodedElement> elements(chunk.size());
  std::memcpy(elements.data(), response.elements().data(), response.elements().size());
  size_t bad_element = 0;
  absl::StatusOr<crypto::VerifiedPartial> partial =
      crypto::VerifyChunk(dependencies_->kernels, *committee_, index_, chunk, elements,
                          AsBytes(response.proof()), &bad_element);
  if (partial.ok()) return partial;
  return absl::Status(partial.status().code(),
                      absl::StrCat("its evaluation of chunk ", chunk_number,
                                   " does not hold: ", std::string(partial.status().message())));
}

}  // namespace raakvlak::node
