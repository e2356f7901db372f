// Nodes in one process without a network between them: their cores over real stores in temporary
// directories, driven by hand. For tests.
#ifndef RAAKVLAK_SERVER_NODE_MESH_TESTING_LOCAL_NET_H_
#define RAAKVLAK_SERVER_NODE_MESH_TESTING_LOCAL_NET_H_

#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "authority/testing/sample.h"
#include "crypto/batch/kernels.h"
#include "crypto/oprf/voprf.h"
#include "server/common/testing/temp_dir.h"
#include "server/node/mesh/budget.h"
#include "server/node/mesh/ceremony_participant.h"
#include "server/node/mesh/evaluator.h"
#include "server/node/mesh/key_store.h"
#include "server/node/mesh/run_registry.h"
#include "server/node/mesh/run_secret_store.h"
#include "server/node/mesh/seen_runs.h"

namespace raakvlak::node::testing {

inline constexpr std::string_view kNormaliser = "test-1";

// Every node syncs several databases at each step: on a memory file system, where there is one, the
// tests take seconds instead of minutes.
inline const bool kQuickDisk =
    ::access("/dev/shm", W_OK) == 0 && ::setenv("TMPDIR", "/dev/shm", /*overwrite=*/0) == 0;

template <typename T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) {
    std::cerr << "must not fail: " << value.status() << "\n";
    std::abort();
  }
  return *std::move(value);
}
inline void Must(const absl::Status& status) {
  if (!status.ok()) {
    std::cerr << "must not fail: " << status << "\n";
    std::abort();
  }
}

class RecordingAudit : public common::AuditSink {
 public:
  absl::Status Append(const common::AuditEntry& entry) override {
    const std::lock_guard lock(mutex_);
    entries_.push_back(entry);
    return absl::OkStatus();
  }
  // How often an event stands in the log with this actor.
  int Count(const std::string& event, const std::string& actor) const {
    const std::lock_guard lock(mutex_);
    int count = 0;
    for (const common::AuditEntry& entry : entries_) {
      if (entry.event == event && entry.actor == actor) ++count;
    }
    return count;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<common::AuditEntry> entries_;
};

// A partnership's documents, opened.
struct Partnership {
  explicit Partnership(int members,
                       const std::function<void(authority::testing::Sample&)>& change = nullptr)
      : sample(members) {
    if (change != nullptr) change(sample);
    roster = std::make_unique<authority::Roster>(
        Must(authority::Roster::Open(sample.SignedRoster(), std::nullopt)));
    purpose_document = sample.SignedPurpose();
    purpose = std::make_unique<authority::Purpose>(
        Must(authority::Purpose::Open(purpose_document, *roster)));
  }
  v1::RunManifest Manifest() const {
    v1::RunManifest manifest = sample.Manifest(*roster, *purpose);
    manifest.set_normaliser_version(std::string(kNormaliser));
    return manifest;
  }
  std::string id(size_t node) const {
    return roster->body().members(static_cast<int>(node)).agency_id();
  }
  size_t size() const { return static_cast<size_t>(roster->body().members_size()); }

  authority::testing::Sample sample;
  std::unique_ptr<authority::Roster> roster;
  v1::SignedDocument purpose_document;
  std::unique_ptr<authority::Purpose> purpose;
};

// One node's cores. Kill() and Restart() throw away all that is in memory.
class LocalNode {
 public:
  LocalNode(const Partnership& partnership, size_t index, const common::Clock& clock,
            absl::Duration minimum_epoch_age)
      : partnership_(partnership),
        index_(index),
        clock_(clock),
        minimum_epoch_age_(minimum_epoch_age),
        random_(1000 + index) {
    Restart();
  }

  void Kill() {
    participant.reset();
    evaluator.reset();
    registry.reset();
    budget.reset();
    seen.reset();
    secrets.reset();
    keys.reset();
  }
  void Restart() {
    Kill();
    const crypto::Secret<32> wrapping_key(std::array<uint8_t, 32>{7});
    keys = Must(KeyStore::Open(directory / "keys.db", wrapping_key, random_));
    secrets = Must(RunSecretStore::Open(directory / "runs.db", wrapping_key, random_));
    seen = Must(SeenRunStore::Open(directory / "seen.db"));
    budget = Must(BudgetLedger::Open(directory / "budget.db"));
    registry = std::make_unique<RunRegistry>(
        RunRegistry::Dependencies{.roster = *partnership_.roster,
                                  .own_id = id(),
                                  .normaliser_version = std::string(kNormaliser),
                                  .roster_key = roster_key(),
                                  .key_store = *keys,
                                  .secrets = *secrets,
                                  .seen = *seen,
                                  .random = random_,
                                  .clock = clock_});
    evaluator =
        std::make_unique<Evaluator>(Evaluator::Dependencies{.registry = *registry,
                                                            .budget = *budget,
                                                            .audit = audit,
                                                            .kernels = crypto::DefaultKernels(),
                                                            .random = random_});
    participant = std::make_unique<CeremonyParticipant>(
        CeremonyParticipant::Dependencies{.roster = *partnership_.roster,
                                          .own_id = id(),
                                          .roster_key = roster_key(),
                                          .key_store = *keys,
                                          .random = random_,
                                          .clock = clock_,
                                          .audit = audit,
                                          .minimum_epoch_age = minimum_epoch_age_});
  }

  std::string id() const { return partnership_.id(index_); }
  const crypto::SigningKey& roster_key() const { return partnership_.sample.roster_keys[index_]; }

  common::testing::TempDir directory;
  RecordingAudit audit;
  std::unique_ptr<KeyStore> keys;
  std::unique_ptr<RunSecretStore> secrets;
  std::unique_ptr<SeenRunStore> seen;
  std::unique_ptr<BudgetLedger> budget;
  std::unique_ptr<RunRegistry> registry;
  std::unique_ptr<Evaluator> evaluator;
  std::unique_ptr<CeremonyParticipant> participant;

 private:
  const Partnership& partnership_;
  const size_t index_;
  const common::Clock& clock_;
  const absl::Duration minimum_epoch_age_;
  crypto::SeededRandom random_;
};

class LocalNet {
 public:
  explicit LocalNet(int members,
                    const std::function<void(authority::testing::Sample&)>& change = nullptr,
                    absl::Duration minimum_epoch_age = absl::ZeroDuration())
      : partnership(members, change),
        clock(absl::FromUnixSeconds(authority::testing::Sample::kNotBefore + 100)) {
    for (size_t i = 0; i < partnership.size(); ++i) {
      nodes.push_back(std::make_unique<LocalNode>(partnership, i, clock, minimum_epoch_age));
    }
  }
  LocalNode& node(size_t i) { return *nodes[i]; }

  v1::CeremonySession Session(uint64_t epoch, char id = 's') const {
    v1::CeremonySession session;
    session.set_session_id(std::string(32, id));
    session.set_roster_hash(crypto::ToString(partnership.roster->hash()));
    session.set_epoch(epoch);
    session.set_leader(partnership.id(0));
    return session;
  }

  using Answers = std::vector<absl::StatusOr<v1::CeremonyMessage>>;
  // Step 0 is Begin, 3 is Finish; `previous` are the answers of the step before.
  Answers Step(int step, const v1::CeremonySession& session, const Answers& previous) {
    Answers answers;
    for (const auto& node : nodes) answers.push_back(StepAt(*node, step, session, previous));
    return answers;
  }
  static v1::CeremonyStepRequest Relay(const v1::CeremonySession& session,
                                       const Answers& previous) {
    v1::CeremonyStepRequest request;
    request.set_session_id(session.session_id());
    for (const auto& message : previous) {
      *request.add_messages() = message.ok() ? message->message() : v1::SignedPayload();
    }
    return request;
  }
  absl::StatusOr<v1::CeremonyMessage> StepAt(LocalNode& at, int step,
                                             const v1::CeremonySession& session,
                                             const Answers& previous) {
    if (step == 0) {
      v1::BeginCeremonyRequest begin;
      *begin.mutable_session() = session;
      return at.participant->Begin(session.leader(), begin);
    }
    const v1::CeremonyStepRequest request = Relay(session, previous);
    if (step == 1) return at.participant->Reveal(session.leader(), request);
    if (step == 2) return at.participant->Deal(session.leader(), request);
    return at.participant->Finish(session.leader(), request);
  }
  // A whole ceremony that succeeds at every node.
  void HoldCeremony(uint64_t epoch, char id = 's') {
    const v1::CeremonySession session = Session(epoch, id);
    Answers answers;
    for (int step = 0; step < 4; ++step) {
      answers = Step(step, session, answers);
      for (const auto& answer : answers) Must(answer.status());
    }
    for (const auto& node : nodes) {
      Must(node->participant->Activate(session.leader(), Relay(session, answers)).status());
    }
  }

  // Opens a run at every node and among all of them.
  void OpenRun(const std::string& manifest) {
    std::vector<std::shared_ptr<RunContext>> runs;
    runs.reserve(nodes.size());
    for (const auto& node : nodes) {
      runs.push_back(Must(node->registry->TakeUp(manifest, partnership.purpose_document)));
    }
    for (size_t a = 0; a < runs.size(); ++a) {
      for (size_t b = 0; b < runs.size(); ++b) {
        if (a != b) {
          Must(runs[a]->opening()->AddOpening(partnership.id(b), runs[b]->opening()->opening()));
        }
      }
    }
    for (size_t a = 0; a < runs.size(); ++a) {
      for (size_t b = 0; b < runs.size(); ++b) {
        if (a != b) {
          Must(runs[a]->opening()->AddReveal(
              partnership.id(b), Must(runs[b]->opening()->RevealTo(partnership.id(a)))));
        }
      }
    }
    for (size_t a = 0; a < runs.size(); ++a) {
      Must(nodes[a]->registry->SaveOpening(*runs[a]));
      Must(runs[a]->AdoptKeys());
    }
  }

  Partnership partnership;
  common::FakeClock clock;
  std::vector<std::unique_ptr<LocalNode>> nodes;
};

// A chunk of values of one type, blinded by a requester of the net.
struct TestChunk {
  TestChunk(const EpochKeys& keys, std::string_view type, const std::vector<std::string>& values,
            crypto::Random& random) {
    const crypto::Element& group_key = Must(keys.KeyOf(type))->group_public_key;
    for (const std::string& value : values) {
      inputs.push_back(Must(crypto::OprfInput(group_key, type, kNormaliser, value)));
    }
    for (const crypto::SecretBytes& input : inputs) {
      views.push_back(input.Reveal(crypto::SecretAccess{}));
    }
    blinded.emplace(Must(crypto::Blind(crypto::DefaultKernels(), views, random)));
  }
  // Outputs, from one partial of each member of the committee; the chunk is used up.
  absl::StatusOr<crypto::OutputChunk> Finalize(const crypto::Committee& committee,
                                               std::vector<crypto::VerifiedPartial> partials) {
    absl::StatusOr<crypto::CombinedChunk> sum =
        crypto::CombineChunk(crypto::DefaultKernels(), committee, *blinded, std::move(partials));
    if (!sum.ok()) return sum.status();
    const crypto::Unblinder unblinder =
        Must(crypto::Unblinder::Create(crypto::DefaultKernels(), committee.group_public_key()));
    return crypto::FinalizeChunk(crypto::DefaultKernels(), unblinder, *std::move(blinded),
                                 *std::move(sum), views);
  }
  std::string Elements() const {
    std::string bytes;
    for (const crypto::EncodedElement& element : blinded->encoded()) {
      bytes += crypto::ToString(element);
    }
    return bytes;
  }

  std::vector<crypto::SecretBytes> inputs;
  std::vector<crypto::ByteView> views;
  std::optional<crypto::BlindedChunk> blinded;
};

}  // namespace raakvlak::node::testing

#endif  // RAAKVLAK_SERVER_NODE_MESH_TESTING_LOCAL_NET_H_
