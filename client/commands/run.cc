// raak run: start, list, show, watch and cancel runs (coordinator).
#include <chrono>
#include <memory>
#include <thread>

#include "absl/strings/str_cat.h"
#include "client/commands/call.h"
#include "client/commands/commands.h"
#include "client/commands/labels.h"
#include "client/commands/run_progress.h"
#include "client/commands/run_summary.h"
#include "client/document_toml.h"
#include "client/exit_code.h"
#include "nlohmann/json.hpp"
#include "raakvlak/v1/coordination.grpc.pb.h"

namespace raakvlak::client {
namespace {

using Stub = v1::CoordinationService::Stub;

struct RunOptions {
  std::string purpose;
  std::vector<std::string> types;
  bool watch = false;
  std::string run;
  uint32_t limit = 20;
};

void PrintSummary(const v1::RunSummary& run, Session& session) {
  session.out() << (session.json ? RunJson(run).dump(2) + "\n" : RunText(run));
}

absl::Status WatchUntilEnd(const std::string& run_id, Session& session) {
  v1::RunSummary last;
  RunProgress progress;
  absl::Status status = Call<v1::CoordinationService>(
      session, Peer::kMatcher, kLongCall, [&](Stub& stub, grpc::ClientContext& context) {
        v1::GetRunRequest request;
        request.set_run_id(run_id);
        auto stream = stub.WatchRun(&context, request);
        v1::RunSummary summary;
        while (stream->Read(&summary)) {
          for (int i = last.left_out_size(); i < summary.left_out_size() && !session.json; ++i) {
            session.EndProgress();
            session.err() << "left out " << LeftOutText(summary.left_out(i)) << "\n";
          }
          last = summary;
          const RunProgress::Bar bar = progress.Take(summary);
          session.Progress(bar.label, bar.done, bar.total);
        }
        return stream->Finish();
      });
  session.EndProgress();
  if (session.interrupted()) {
    session.err() << "the run goes on at the matcher; `raak run watch " << run_id
                  << "` follows it again\n";
  }
  if (!status.ok()) return status;
  PrintSummary(last, session);
  if (last.state() != v1::RUN_STATE_DONE) session.FinishWith(kExitRunFailed);
  return absl::OkStatus();
}

// Asks for the run; while nodes are still planning its blocking, again, for up to two minutes.
absl::Status StartRun(const v1::StartRunRequest& request, v1::StartRunResponse& response,
                      Session& session) {
  constexpr std::chrono::seconds kPatience{120};
  constexpr std::chrono::seconds kPause{2};
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    absl::Status status = Call<v1::CoordinationService>(
        session, Peer::kMatcher, kShortCall, [&](Stub& stub, grpc::ClientContext& context) {
          return stub.StartRun(&context, request, &response);
        });
    const bool again = absl::IsAborted(status) && std::chrono::steady_clock::now() < until;
    if (!again || session.interrupted()) {
      session.EndProgress();
      return status;
    }
    session.Progress(absl::StrCat("waiting: ", status.message()), 0, 0);
    const auto next = std::chrono::steady_clock::now() + kPause;
    while (std::chrono::steady_clock::now() < next && !session.interrupted()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
}

void AddStartRun(CLI::App& run, const std::shared_ptr<RunOptions>& options, Session& session) {
  CLI::App* command = run.add_subcommand("start", "Start a run of a registered purpose");
  command->add_option("purpose", options->purpose, "Purpose, for example harbour")->required();
  command
      ->add_option("--types", options->types,
                   "Identifier types to link (default: all of the purpose)")
      ->delimiter(',');
  command->add_flag("--watch", options->watch, "Follow it to its end; exit 7 if it fails");
  command->footer(
      "\nExamples:\n  raak run start harbour --watch\n  raak run start harbour --types iban,kvk");
  command->callback([options, &session] {
    v1::StartRunRequest request;
    request.set_request_id(NewRequestId());
    request.set_purpose_id(options->purpose);
    for (const std::string& type : options->types) request.add_identifier_types(type);
    v1::StartRunResponse response;
    absl::Status status = StartRun(request, response, session);
    if (!status.ok()) return session.Finish(status);
    if (options->watch) {
      if (!session.json) session.out() << "started " << response.run_id() << "\n" << std::flush;
      status = WatchUntilEnd(response.run_id(), session);
      if (!status.ok()) session.Finish(status);
      return;
    }
    if (session.json) {
      session.out() << nlohmann::ordered_json{{"run", response.run_id()}}.dump(2) << "\n";
    } else {
      session.out() << "started " << response.run_id() << "; `raak run watch " << response.run_id()
                    << "` follows it\n";
    }
  });
}

void AddListRuns(CLI::App& run, const std::shared_ptr<RunOptions>& options, Session& session) {
  CLI::App* command = run.add_subcommand("list", "Runs, newest first");
  command->add_option("--limit", options->limit, "At most so many")
      ->check(CLI::Range(1, 500))
      ->capture_default_str();
  command->footer("\nExample:\n  raak run list --limit 5");
  command->callback([options, &session] {
    v1::ListRunsRequest request;
    request.set_limit(options->limit);
    v1::ListRunsResponse response;
    absl::Status status = Call<v1::CoordinationService>(
        session, Peer::kMatcher, kShortCall, [&](Stub& stub, grpc::ClientContext& context) {
          return stub.ListRuns(&context, request, &response);
        });
    if (!status.ok()) return session.Finish(status);
    if (session.json) {
      nlohmann::ordered_json out;
      out["runs"] = nlohmann::ordered_json::array();
      for (const v1::RunSummary& summary : response.runs()) out["runs"].push_back(RunJson(summary));
      session.out() << out.dump(2) << "\n";
      return;
    }
    if (response.runs().empty()) {
      session.out() << "no runs yet; `raak run start PURPOSE` starts one\n";
      return;
    }
    std::vector<std::vector<std::string>> rows = {
        {"run", "attempt", "state", "started", "ended", "by", "reason"}};
    for (const v1::RunSummary& r : response.runs()) {
      rows.push_back({r.run_id(), absl::StrCat(r.attempt()), StateLabel(r.state()),
                      FormatTime(r.started_at()), FormatTime(r.ended_at()), r.started_by(),
                      r.reason()});
    }
    session.out() << FormatTable(rows);
  });
}

void AddShowRun(CLI::App& run, const std::shared_ptr<RunOptions>& options, Session& session) {
  CLI::App* command =
      run.add_subcommand("show", "One run: state, progress, reason, agencies left out");
  command->add_option("run", options->run, "Run, for example harbour-7")->required();
  command->footer("\nExample:\n  raak run show harbour-7");
  command->callback([options, &session] {
    v1::GetRunRequest request;
    request.set_run_id(options->run);
    v1::RunSummary summary;
    absl::Status status = Call<v1::CoordinationService>(
        session, Peer::kMatcher, kShortCall, [&](Stub& stub, grpc::ClientContext& context) {
          return stub.GetRun(&context, request, &summary);
        });
    if (!status.ok()) return session.Finish(status);
    PrintSummary(summary, session);
  });
}

void AddWatchRun(CLI::App& run, const std::shared_ptr<RunOptions>& options, Session& session) {
  CLI::App* command = run.add_subcommand("watch", "Follow a run to its end");
  command->add_option("run", options->run, "Run, for example harbour-7")->required();
  command->footer(
      "\nExits 7 when the run failed or was cancelled. Ctrl-C stops watching, not the run."
      "\n\nExample:\n  raak run watch harbour-7");
  command->callback([options, &session] {
    absl::Status status = WatchUntilEnd(options->run, session);
    if (!status.ok()) session.Finish(status);
  });
}

void AddCancelRun(CLI::App& run, const std::shared_ptr<RunOptions>& options, Session& session) {
  CLI::App* command = run.add_subcommand("cancel", "Cancel a run; its tags are erased everywhere");
  command->add_option("run", options->run, "Run, for example harbour-7")->required();
  command->footer("\nExample:\n  raak run cancel harbour-7");
  command->callback([options, &session] {
    v1::CancelRunRequest request;
    request.set_request_id(NewRequestId());
    request.set_run_id(options->run);
    v1::CancelRunResponse response;
    absl::Status status = Call<v1::CoordinationService>(
        session, Peer::kMatcher, kShortCall, [&](Stub& stub, grpc::ClientContext& context) {
          return stub.CancelRun(&context, request, &response);
        });
    if (!status.ok()) return session.Finish(status);
    if (session.json) {
      session.out() << nlohmann::ordered_json{{"cancelled", options->run}}.dump(2) << "\n";
    } else {
      session.out() << "cancelled " << options->run << "\n";
    }
  });
}

}  // namespace

void AddRun(CLI::App& app, Session& session) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* run =
      app.add_subcommand("run", "Start, list, show, watch and cancel runs (coordinator)");
  run->require_subcommand(1);
  AddStartRun(*run, options, session);
  AddListRuns(*run, options, session);
  AddShowRun(*run, options, session);
  AddWatchRun(*run, options, session);
  AddCancelRun(*run, options, session);
}

}  // namespace raakvlak::client
