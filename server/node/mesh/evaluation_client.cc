// One stream an evaluator: a thread that keeps it open and reads, one that writes.
#include "server/node/mesh/evaluation_client.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/common/grpc_status.h"
#include "server/common/sealed_file.h"
#include "server/node/mesh/blame.h"
#include "server/node/mesh/sealing.h"
#include "server/node/mesh/signed_payload.h"

namespace raakvlak::node {

using crypto::AsBytes;
using crypto::kElementSize;

EvidenceStore::EvidenceStore(common::FileSystem& fs, std::string directory, crypto::Secret<32> key,
                             crypto::Random& random, common::AuditSink& audit)
    : fs_(fs),
      directory_(std::move(directory)),
      key_(std::move(key)),
      random_(random),
      audit_(audit) {}

absl::StatusOr<std::unique_ptr<EvidenceStore>> EvidenceStore::Open(
    common::FileSystem& fs, const std::string& directory, const crypto::Secret<32>& wrapping_key,
    crypto::Random& random, common::AuditSink& audit) {
  if (absl::Status status = fs.MakePrivateDirectory(directory); !status.ok()) return status;
  return std::unique_ptr<EvidenceStore>(
      new EvidenceStore(fs, directory, DeriveStoreKey(wrapping_key, "evidence"), random, audit));
}

absl::StatusOr<std::string> EvidenceStore::Keep(std::string_view peer, std::string_view reason,
                                                const v1::EvaluateRequest& request,
                                                const v1::EvaluateResponse& response) {
  std::array<uint8_t, 8> id{};
  random_.Fill(id);
  const std::string name = absl::StrCat(std::string(peer), "-", crypto::ToHex(id), ".evidence");
  crypto::ByteWriter writer;
  writer.Lp32(AsBytes(request.SerializeAsString()))
      .Lp32(AsBytes(response.SerializeAsString()))
      .Lp32(AsBytes(reason));
  absl::Status status = common::WriteSealedFile(fs_, absl::StrCat(directory_, "/", name), key_,
                                                "evidence", writer.view(), random_);
  if (status.ok()) {
    status = audit_.Append({.event = "evaluation.bad_answer",
                            .actor = std::string(peer),
                            .outcome = "failed",
                            .fields = {{"evidence", name}, {"reason", std::string(reason)}}});
  }
  if (!status.ok()) return status;
  return name;
}

// The wire: chunks of many callers on one stream. Knows nothing of what is in them.
class EvaluationClient::Stream {
 public:
  Stream(v1::EvaluationService::StubInterface* stub, std::string evaluator,
         EvaluationClientOptions options)
      : stub_(stub), evaluator_(std::move(evaluator)), options_(options) {}

  ~Stream() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      if (context_ != nullptr) context_->TryCancel();
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  absl::StatusOr<v1::EvaluateResponse> Ask(const v1::EvaluateRequest& request,
                                           const std::stop_token& stop) {
    auto entry = std::make_shared<Entry>();
    entry->request = request;
    std::unique_lock lock(mutex_);
    if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
    if (!Wait(lock, stop, [this] { return unanswered_.size() < options_.window; })) {
      return absl::CancelledError("cancelled");
    }
    if (!failure_.ok()) return failure_;
    if (unanswered_.empty()) last_progress_ = absl::Now();
    unanswered_.push_back(entry);
    changed_.notify_all();
    if (!Wait(lock, stop, [&] { return entry->response.has_value(); })) {
      return absl::CancelledError("cancelled");
    }
    if (!entry->response.has_value()) return failure_;
    return *std::move(entry->response);
  }

  // Nothing more is sent or given out.
  void Fail(const absl::Status& failure) {
    const std::lock_guard lock(mutex_);
    FailLocked(failure);
  }

 private:
  struct Entry {
    v1::EvaluateRequest request;
    std::optional<v1::EvaluateResponse> response;
  };

  // Until `ready`, a failure or a stop; false for a stop. Watches over the answers meanwhile.
  template <typename Ready>
  bool Wait(std::unique_lock<std::mutex>& lock, const std::stop_token& stop, Ready ready) {
    while (true) {
      const bool woken = changed_.wait_for(lock, stop, std::chrono::seconds(1),
                                           [&] { return ready() || !failure_.ok() || stopping_; });
      if (stop.stop_requested() || stopping_) return false;
      if (woken) return true;
      if (!unanswered_.empty() && absl::Now() - last_progress_ > options_.answer_timeout) {
        FailLocked(BlamedError(absl::StatusCode::kDeadlineExceeded, evaluator_,
                               "answered no chunk in time"));
      }
    }
  }

  void FailLocked(const absl::Status& failure) {
    if (failure_.ok()) failure_ = failure;
    if (context_ != nullptr) context_->TryCancel();
    changed_.notify_all();
  }

  // Keeps a stream open while there is something to ask.
  void Run() {
    std::optional<absl::Time> broken_since;
    absl::Duration backoff = options_.retry.first_backoff;
    while (true) {
      grpc::ClientContext context;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !unanswered_.empty() || stopping_ || !failure_.ok(); });
        if (stopping_ || !failure_.ok()) return;
        context_ = &context;
        sent_ = 0;
        writer_stop_ = false;
      }
      auto stream = stub_->Evaluate(&context);
      std::thread writer([this, &stream] { Write(*stream); });
      v1::EvaluateResponse response;
      bool unasked = false;
      while (!unasked && stream->Read(&response)) {
        const std::lock_guard lock(mutex_);
        broken_since.reset();
        backoff = options_.retry.first_backoff;
        unasked = sent_ == 0;
        if (unasked) {
          FailLocked(BlamedError(absl::StatusCode::kInvalidArgument, evaluator_,
                                 "answered more chunks than it was asked"));
          break;
        }
        unanswered_.front()->response = std::move(response);
        unanswered_.pop_front();
        --sent_;
        last_progress_ = absl::Now();
        changed_.notify_all();
      }
      {
        const std::lock_guard lock(mutex_);
        writer_stop_ = true;
      }
      changed_.notify_all();
      writer.join();
      const grpc::Status status = stream->Finish();
      {
        const std::lock_guard lock(mutex_);
        context_ = nullptr;
        if (stopping_ || !failure_.ok()) return;
        // An evaluator ends no stream by itself; a connection grown old does.
        const bool passing = status.ok() || status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                             status.error_code() == grpc::StatusCode::CANCELLED;
        if (!broken_since.has_value()) broken_since = absl::Now();
        if (!passing) {
          FailLocked(WithBlame(common::FromGrpc(status), evaluator_));
          return;
        }
        if (!unanswered_.empty() && absl::Now() - *broken_since >= options_.retry.deadline) {
          FailLocked(BlamedError(absl::StatusCode::kUnavailable, evaluator_,
                                 absl::StrCat("does not evaluate: ", status.error_message())));
          return;
        }
      }
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, absl::ToChronoMilliseconds(backoff),
                        [this] { return stopping_ || !failure_.ok(); });
      backoff = std::min(backoff * 2, options_.retry.max_backoff);
    }
  }

  void Write(grpc::ClientReaderWriterInterface<v1::EvaluateRequest, v1::EvaluateResponse>& stream) {
    while (true) {
      std::shared_ptr<Entry> entry;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] {
          return writer_stop_ || stopping_ || !failure_.ok() || sent_ < unanswered_.size();
        });
        if (writer_stop_ || stopping_ || !failure_.ok()) return;
        entry = unanswered_[sent_++];
      }
      if (!stream.Write(entry->request)) return;  // the reader learns why
    }
  }

  v1::EvaluationService::StubInterface* const stub_;
  const std::string evaluator_;
  const EvaluationClientOptions options_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::thread thread_;
  grpc::ClientContext* context_ = nullptr;         // of the open stream
  std::deque<std::shared_ptr<Entry>> unanswered_;  // in the order in which they are sent
  size_t sent_ = 0;                                // of them, on the open stream
  bool writer_stop_ = false;
  bool stopping_ = false;
  absl::Status failure_;
  absl::Time last_progress_ = absl::Now();
};

EvaluationClient::EvaluationClient() = default;
EvaluationClient::~EvaluationClient() = default;

absl::StatusOr<std::unique_ptr<EvaluationClient>> EvaluationClient::Create(
    const Dependencies& dependencies, std::shared_ptr<RunContext> run,
    std::string_view identifier_type, std::string_view evaluator, EvaluationClientOptions options) {
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
    client->stream_ = std::make_unique<Stream>(dependencies.peers.evaluation(evaluator),
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
  std::string& elements = *request.mutable_elements();
  elements.reserve(chunk.size() * kElementSize);
  for (const crypto::EncodedElement& element : chunk.encoded()) {
    elements.append(crypto::ToString(element));
  }

  absl::StatusOr<v1::EvaluateResponse> response = stream_->Ask(request, stop);
  if (!response.ok()) return response.status();
  absl::StatusOr<crypto::VerifiedPartial> partial = Check(request, *response, chunk_number, chunk);
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
    const v1::EvaluateRequest& request, const v1::EvaluateResponse& response, uint64_t chunk_number,
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
      header.request_digest() != crypto::ToString(crypto::Sha512(AsBytes(request.elements())))) {
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
  for (size_t i = 0; i < elements.size(); ++i) {
    std::memcpy(elements[i].data(), response.elements().data() + i * kElementSize, kElementSize);
  }
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
