// Asks everybody for each step at once, and relays what they say.
#include "server/node/mesh/ceremony_leader.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/node/mesh/attribution.h"
#include "server/node/mesh/blame.h"

namespace raakvlak::node {
namespace {

using Messages = std::vector<v1::SignedPayload>;
using CeremonyStub = v1::CeremonyService::StubInterface;

// `first`, whose culprit stays the culprit, and what `other` says in the same message.
absl::Status AlsoAway(const absl::Status& first, const absl::Status& other) {
  absl::Status both(first.code(), absl::StrCat(first.message(), "; ", other.message()));
  first.ForEachPayload([&both](absl::string_view type, const absl::Cord& payload) {
    both.SetPayload(type, payload);
  });
  return both;
}

// Runs `ask` for every member of the roster at once. The answers in order, or the first refusal.
class StepRunner {
 public:
  StepRunner(const CeremonyDependencies& dependencies, const CeremonyProgressCallback& progress)
      : dependencies_(dependencies), progress_(progress) {}

  using Ask = std::function<absl::Status(const std::string& agency, v1::CeremonyMessage& answer)>;

  absl::StatusOr<Messages> Run(const std::string& step, const Ask& ask) {
    const auto& members = dependencies_.roster.body().members();
    std::vector<v1::CeremonyMessage> answers(static_cast<size_t>(members.size()));
    std::vector<absl::Status> statuses(answers.size());
    std::vector<std::string> answered;
    std::mutex mutex;
    std::vector<std::thread> threads;
    threads.reserve(answers.size());
    for (size_t i = 0; i < answers.size(); ++i) {
      threads.emplace_back([&, i] {
        const std::string& agency = members.Get(static_cast<int>(i)).agency_id();
        statuses[i] = ask(agency, answers[i]);
        if (!statuses[i].ok()) return;
        const std::lock_guard lock(mutex);
        answered.push_back(agency);
        if (progress_ != nullptr) progress_(step, answered);
      });
    }
    for (std::thread& thread : threads) thread.join();
    // Who refuses knows more than who stays away; of those who stay away, all are named.
    std::optional<absl::Status> failure;
    for (size_t i = 0; i < statuses.size(); ++i) {
      if (statuses[i].ok()) continue;
      if (failure.has_value() && IsAbsence(*failure) && IsAbsence(statuses[i])) {
        failure = AlsoAway(*failure, statuses[i]);
        continue;
      }
      if (!failure.has_value() || IsAbsence(*failure) || absl::IsCancelled(*failure)) {
        failure = AttributeRefusal(dependencies_.roster,
                                   members.Get(static_cast<int>(i)).agency_id(), statuses[i]);
      }
    }
    if (failure.has_value()) return *failure;
    Messages messages;
    for (v1::CeremonyMessage& answer : answers) {
      messages.push_back(std::move(*answer.mutable_message()));
    }
    return messages;
  }

 private:
  const CeremonyDependencies& dependencies_;
  const CeremonyProgressCallback& progress_;
};

v1::CeremonyStepRequest Relay(const v1::CeremonySession& session, const Messages& messages) {
  v1::CeremonyStepRequest request;
  request.set_session_id(session.session_id());
  for (const v1::SignedPayload& message : messages) *request.add_messages() = message;
  return request;
}

void AbortEverywhere(const CeremonyDependencies& dependencies, const v1::CeremonySession& session,
                     const absl::Status& why) {
  v1::AbortCeremonyRequest request;
  request.set_session_id(session.session_id());
  request.set_blamed(CulpritOf(why));
  request.set_reason(std::string(why.message()).substr(0, 512));
  RetryPolicy once = dependencies.step_policy;
  once.deadline = once.call_timeout = std::min(once.call_timeout, absl::Seconds(2));
  static_cast<void>(dependencies.self.Abort(dependencies.peers.own_id(), request));
  std::vector<std::thread> threads;
  for (const std::string& peer : dependencies.peers.ids()) {
    threads.emplace_back([&dependencies, &request, &once, peer] {
      v1::AbortCeremonyResponse response;
      static_cast<void>(
          dependencies.peers.Call(peer, &CeremonyStub::Abort, request, response, once, nullptr));
    });
  }
  for (std::thread& thread : threads) thread.join();
}

template <typename T>
absl::Status Take(absl::StatusOr<T> result, T& out) {
  if (!result.ok()) return result.status();
  out = *std::move(result);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<uint64_t> LeadCeremony(const CeremonyDependencies& dependencies,
                                      const CeremonyProgressCallback& progress,
                                      const std::function<bool()>& cancelled) {
  if (absl::Status status = ResolvePending(dependencies, cancelled); !status.ok()) return status;
  const Peers& peers = dependencies.peers;
  const std::string& own_id = peers.own_id();
  CeremonyParticipant& self = dependencies.self;
  const RetryPolicy& policy = dependencies.step_policy;

  v1::CeremonySession session;
  {
    std::string id(32, '\0');
    std::vector<uint8_t> bytes(32);
    dependencies.random.Fill(bytes);
    id.assign(bytes.begin(), bytes.end());
    session.set_session_id(id);
  }
  session.set_roster_hash(crypto::ToString(dependencies.roster.hash()));
  session.set_epoch(dependencies.key_store.active_epoch() + 1);
  session.set_leader(own_id);

  StepRunner runner(dependencies, progress);
  const auto fail = [&](const absl::Status& status) {
    AbortEverywhere(dependencies, session, status);
    return status;
  };

  v1::BeginCeremonyRequest begin;
  *begin.mutable_session() = session;
  absl::StatusOr<Messages> messages =
      runner.Run("begin", [&](const std::string& agency, v1::CeremonyMessage& answer) {
        if (agency == own_id) return Take(self.Begin(own_id, begin), answer);
        return peers.Call(agency, &CeremonyStub::Begin, begin, answer, policy, cancelled);
      });
  if (!messages.ok()) return fail(messages.status());

  struct StepCall {
    const char* name;
    absl::StatusOr<v1::CeremonyMessage> (CeremonyParticipant::*own)(std::string_view,
                                                                    const v1::CeremonyStepRequest&);
    Peers::UnaryMethod<CeremonyStub, v1::CeremonyStepRequest, v1::CeremonyMessage> remote;
  };
  constexpr StepCall kSteps[] = {
      {"reveal", &CeremonyParticipant::Reveal, &CeremonyStub::Reveal},
      {"deal", &CeremonyParticipant::Deal, &CeremonyStub::Deal},
      {"finish", &CeremonyParticipant::Finish, &CeremonyStub::Finish},
  };
  for (const StepCall& step : kSteps) {
    const v1::CeremonyStepRequest request = Relay(session, *messages);
    messages = runner.Run(step.name, [&](const std::string& agency, v1::CeremonyMessage& answer) {
      if (agency == own_id) return Take((self.*step.own)(own_id, request), answer);
      return peers.Call(agency, step.remote, request, answer, policy, cancelled);
    });
    if (!messages.ok()) return fail(messages.status());
  }

  // The own activation checks every certificate; only then are the others asked.
  const v1::CeremonyStepRequest certificates = Relay(session, *messages);
  if (absl::Status status = self.Activate(own_id, certificates).status(); !status.ok()) {
    return fail(status);
  }
  const absl::StatusOr<Messages> activated = runner.Run("activate", [&](const std::string& agency,
                                                                        v1::CeremonyMessage&) {
    if (agency == own_id) return absl::OkStatus();
    v1::ActivateCeremonyResponse response;
    return peers.Call(agency, &CeremonyStub::Activate, certificates, response, policy, cancelled);
  });
  if (!activated.ok()) {
    // The epoch stands: whoever missed this step takes it from its peers.
    static_cast<void>(dependencies.audit.Append(
        {.event = "ceremony.activation_missed",
         .actor = CulpritOf(activated.status()),
         .outcome = "failed",
         .fields = {{"epoch", absl::StrCat(session.epoch())},
                    {"reason", std::string(activated.status().message())}}}));
  }
  return session.epoch();
}

absl::Status ResolvePending(const CeremonyDependencies& dependencies,
                            const std::function<bool()>& cancelled) {
  const std::optional<v1::CeremonySession> pending = dependencies.key_store.pending_session();
  if (!pending.has_value()) return absl::OkStatus();
  if (pending->epoch() <= dependencies.key_store.active_epoch()) return absl::OkStatus();
  if (pending->roster_hash() != crypto::ToString(dependencies.roster.hash())) {
    return absl::OkStatus();  // The roster has changed since: its ceremony is another one.
  }
  const std::string& own_id = dependencies.peers.own_id();
  v1::FetchTranscriptsRequest fetch;
  fetch.set_session_id(pending->session_id());
  absl::StatusOr<v1::CeremonyStepRequest> own = dependencies.self.FetchTranscripts(fetch);
  if (!own.ok()) return own.status();

  std::map<std::string, v1::SignedPayload> certificates;
  certificates[own_id] = own->messages(0);
  std::optional<absl::Status> unsettled;
  bool dead = false;
  RetryPolicy policy = dependencies.step_policy;
  policy.deadline = policy.call_timeout;
  for (const std::string& peer : dependencies.peers.ids()) {
    v1::CeremonyStepRequest answer;
    const absl::Status status = dependencies.peers.Call(peer, &CeremonyStub::FetchTranscripts,
                                                        fetch, answer, policy, cancelled);
    if (absl::IsNotFound(status)) {
      dead = true;
      continue;
    }
    if (!status.ok()) {
      unsettled = status;
      continue;
    }
    // Active there: its certificates speak for themselves. A bad answer settles nothing.
    if (answer.messages_size() == dependencies.roster.body().members_size() &&
        dependencies.self.Activate(peer, answer).ok()) {
      return absl::OkStatus();
    }
    if (answer.messages_size() == 1) certificates[peer] = answer.messages(0);
  }
  if (dead) return absl::OkStatus();
  if (certificates.size() < static_cast<size_t>(dependencies.roster.body().members_size())) {
    if (unsettled.has_value()) {
      return BlamedError(absl::StatusCode::kUnavailable, CulpritOf(*unsettled),
                         absl::StrCat("an earlier key ceremony cannot be settled without it: ",
                                      std::string(unsettled->message())));
    }
    return absl::UnavailableError("an earlier key ceremony cannot be settled yet");
  }
  v1::CeremonyStepRequest all;
  all.set_session_id(pending->session_id());
  for (const v1::Member& member : dependencies.roster.body().members()) {
    *all.add_messages() = certificates[member.agency_id()];
  }
  return dependencies.self.Activate(own_id, all).status();
}

}  // namespace raakvlak::node
