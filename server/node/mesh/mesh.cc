// Putting the parts together.
#include "server/node/mesh/mesh.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace raakvlak::node {

Mesh::Mesh(MeshOptions options, const Dependencies& dependencies)
    : options_(std::move(options)), dependencies_(dependencies) {}

Mesh::~Mesh() { Stop(); }

absl::StatusOr<std::unique_ptr<Mesh>> Mesh::Open(MeshOptions options,
                                                 const Dependencies& dependencies,
                                                 const crypto::Secret<32>& wrapping_key) {
  const authority::Roster& roster = dependencies.roster;
  if (roster.FindMember(options.own_id) == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("agency ", options.own_id, " is not on the roster"));
  }
  if (roster.RosterKey(options.own_id) != dependencies.roster_key.verify_key()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the roster key of ", options.own_id, " on the roster is another one"));
  }
  if (absl::Status status = dependencies.fs.MakePrivateDirectory(options.directory); !status.ok()) {
    return status;
  }
  std::unique_ptr<Mesh> mesh(new Mesh(std::move(options), dependencies));
  const MeshOptions& o = mesh->options_;
  const auto open = [](auto opened, auto& place) {
    if (!opened.ok()) return opened.status();
    place = *std::move(opened);
    return absl::OkStatus();
  };
  for (const absl::Status& status :
       {open(KeyStore::Open(o.directory + "/keys.db", wrapping_key, dependencies.random),
             mesh->key_store_),
        open(RunSecretStore::Open(o.directory + "/runs.db", wrapping_key, dependencies.random),
             mesh->secrets_),
        open(SeenRunStore::Open(o.directory + "/seen.db"), mesh->seen_),
        open(BudgetLedger::Open(o.directory + "/budget.db"), mesh->budget_),
        open(EvidenceStore::Open(dependencies.fs, o.directory + "/evidence", wrapping_key,
                                 dependencies.random, dependencies.audit),
             mesh->evidence_)}) {
    if (!status.ok()) return status;
  }
  mesh->peers_ =
      std::make_unique<Peers>(roster, o.own_id, o.tls, dependencies.roster_access, o.channels);
  mesh->registry_ = std::make_unique<RunRegistry>(
      RunRegistry::Dependencies{.roster = roster,
                                .own_id = o.own_id,
                                .normaliser_version = o.normaliser_version,
                                .roster_key = dependencies.roster_key,
                                .key_store = *mesh->key_store_,
                                .secrets = *mesh->secrets_,
                                .seen = *mesh->seen_,
                                .random = dependencies.random,
                                .clock = dependencies.clock});
  mesh->evaluator_ =
      std::make_unique<Evaluator>(Evaluator::Dependencies{.registry = *mesh->registry_,
                                                          .budget = *mesh->budget_,
                                                          .audit = dependencies.audit,
                                                          .kernels = dependencies.kernels,
                                                          .random = dependencies.random});
  Mesh* const self = mesh.get();
  mesh->participant_ = std::make_unique<CeremonyParticipant>(CeremonyParticipant::Dependencies{
      .roster = roster,
      .own_id = o.own_id,
      .roster_key = dependencies.roster_key,
      .key_store = *mesh->key_store_,
      .random = dependencies.random,
      .clock = dependencies.clock,
      .audit = dependencies.audit,
      .minimum_epoch_age = o.minimum_epoch_age,
      .settle_pending =
          [self] {
            return ResolvePending(self->CeremonyParts(), [self] { return self->stopping_.load(); });
          },
      // What runs of the old epoch still hold of it goes too.
      .on_activated = [self](uint64_t) { static_cast<void>(self->registry_->EndRetired()); }});
  return mesh;
}

EvaluationClient::Dependencies Mesh::ClientDependencies() const {
  return {.roster = dependencies_.roster,
          .roster_key = dependencies_.roster_key,
          .own_evaluator = *evaluator_,
          .peers = *peers_,
          .evidence = *evidence_,
          .kernels = dependencies_.kernels};
}

Mesh::Services Mesh::MakeServices(const common::CallerResolver& callers) {
  evaluation_service_ = std::make_unique<EvaluationServiceImpl>(
      EvaluationServiceImpl::Dependencies{.callers = callers,
                                          .registry = *registry_,
                                          .evaluator = *evaluator_,
                                          .pool = dependencies_.pool,
                                          .audit = dependencies_.audit});
  ceremony_service_ = std::make_unique<CeremonyServiceImpl>(callers, *participant_);
  return {evaluation_service_.get(), ceremony_service_.get()};
}

CeremonyDependencies Mesh::CeremonyParts() {
  return {.roster = dependencies_.roster,
          .self = *participant_,
          .key_store = *key_store_,
          .peers = *peers_,
          .random = dependencies_.random,
          .audit = dependencies_.audit,
          .step_policy = options_.ceremony_step};
}

void Mesh::Start() {
  if (settler_.joinable()) return;
  settler_ = std::thread([this] { SettleLoop(); });
}

void Mesh::SettleLoop() {
  const std::function<bool()> stopped = [this] { return stopping_.load(); };
  absl::Duration wait = absl::Seconds(1);
  while (!stopped()) {
    const std::optional<v1::CeremonySession> pending = key_store_->pending_session();
    // A ceremony that is only just being finished settles itself.
    if (!SleepUnlessCancelled(pending.has_value() ? wait : absl::Seconds(5), stopped)) return;
    if (!pending.has_value()) continue;
    static_cast<void>(ResolvePending(CeremonyParts(), stopped));
    wait = std::min(wait * 2, absl::Minutes(1));
  }
}

void Mesh::Stop() {
  stopping_ = true;
  if (settler_.joinable()) settler_.join();
}

absl::StatusOr<uint64_t> Mesh::LeadCeremony(const CeremonyProgressCallback& progress,
                                            const std::function<bool()>& cancelled) {
  const std::unique_lock leading(leading_, std::try_to_lock);
  if (!leading.owns_lock()) {
    return absl::FailedPreconditionError("a ceremony is being led from here already");
  }
  return node::LeadCeremony(CeremonyParts(), progress, [this, &cancelled] {
    return stopping_.load() || (cancelled != nullptr && cancelled());
  });
}

}  // namespace raakvlak::node
