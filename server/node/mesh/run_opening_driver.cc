// One thread a counterpart, two rounds.
#include "server/node/mesh/run_opening_driver.h"

#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/node/mesh/attribution.h"
#include "server/node/mesh/blame.h"

namespace raakvlak::node {
namespace {

// One round with everybody at once; the first error that is not an absence, else an absence.
absl::Status EachCounterpart(const RunContext& run,
                             const std::function<absl::Status(const std::string&)>& round) {
  const std::vector<std::string>& counterparts = run.counterparts();
  std::vector<absl::Status> statuses(counterparts.size());
  std::vector<std::thread> threads;
  threads.reserve(counterparts.size());
  for (size_t i = 0; i < counterparts.size(); ++i) {
    threads.emplace_back([&, i] { statuses[i] = round(counterparts[i]); });
  }
  for (std::thread& thread : threads) thread.join();
  absl::Status worst;
  for (const absl::Status& status : statuses) {
    if (status.ok()) continue;
    if (worst.ok() || IsAbsence(worst) || absl::IsCancelled(worst)) worst = status;
  }
  return worst;
}

// Whom a call that failed blames. An absentee that has opened another manifest meanwhile was
// shown it.
absl::Status Explain(const RunRegistry& registry, const std::string& peer,
                     const absl::Status& status) {
  if (!IsAbsence(status)) {
    return AttributeRefusal(registry.dependencies().roster, peer, status);
  }
  const std::optional<std::string> foreign = registry.ForeignOpeningOf(peer);
  if (!foreign.has_value()) return status;
  // All this time it held to a manifest that nobody offered here: the matcher's doing, or its own.
  return BlamedError(absl::StatusCode::kFailedPrecondition, "matcher",
                     absl::StrCat(peer, " opened another manifest (",
                                  crypto::ToHex(crypto::AsBytes(*foreign)).substr(0, 16),
                                  "...) that this node was not shown"));
}

}  // namespace

absl::Status OpenRunWithPeers(RunRegistry& registry, RunContext& run, const Peers& peers,
                              common::AuditSink& audit, const RetryPolicy& policy,
                              const std::function<bool()>& cancelled) {
  if (run.is_open()) return absl::OkStatus();
  const std::shared_ptr<RunOpening> opening = run.opening();
  if (opening == nullptr) return absl::FailedPreconditionError("the run has ended at this node");

  // Another thread, or a message that came in, may end the opening while a peer is being waited
  // for.
  const auto stopped = [&] {
    return !opening->failure().ok() || (cancelled != nullptr && cancelled());
  };
  const auto finish = [&](absl::Status status) {
    if (absl::IsCancelled(status) && !opening->failure().ok()) status = opening->failure();
    if (status.ok() || absl::IsCancelled(status)) return status;
    if (!IsAbsence(status)) opening->Fail(status);
    static_cast<void>(audit.Append(
        {.event = "run.opening_failed",
         .actor = CulpritOf(status),
         .outcome = "failed",
         .fields = {{"run", run.run_id()}, {"reason", std::string(status.message())}}}));
    return status;
  };

  for (const std::string& peer : run.counterparts()) registry.ForgetForeignOpening(peer);
  v1::OpenRunRequest open;
  *open.mutable_opening() = opening->opening();
  absl::Status status = EachCounterpart(run, [&](const std::string& peer) {
    v1::OpenRunResponse response;
    const absl::Status called = peers.Call(peer, &v1::EvaluationService::StubInterface::OpenRun,
                                           open, response, policy, stopped);
    if (!called.ok()) return Explain(registry, peer, called);
    return opening->AddOpening(peer, response.opening());
  });
  if (!status.ok()) return finish(status);
  // What the reveals rest on must survive a restart.
  if (status = registry.SaveOpening(run); !status.ok()) return finish(status);

  status = EachCounterpart(run, [&](const std::string& peer) {
    absl::StatusOr<v1::SignedPayload> reveal = opening->RevealTo(peer);
    if (!reveal.ok()) return reveal.status();
    v1::RevealRunRequest request;
    *request.mutable_reveal() = *std::move(reveal);
    v1::RevealRunResponse response;
    const absl::Status called = peers.Call(peer, &v1::EvaluationService::StubInterface::RevealRun,
                                           request, response, policy, stopped);
    if (!called.ok()) return Explain(registry, peer, called);
    return opening->AddReveal(peer, response.reveal());
  });
  if (!status.ok()) return finish(status);
  if (status = registry.SaveOpening(run); !status.ok()) return finish(status);
  if (status = audit.Append({.event = "run.opened",
                             .actor = "self",
                             .outcome = "done",
                             .fields = {{"run", run.run_id()}}});
      !status.ok()) {
    return status;
  }
  return finish(run.AdoptKeys());
}

}  // namespace raakvlak::node
