// What all commands share: the options before the subcommand, output, progress, and Ctrl-C.
#ifndef RAAKVLAK_CLIENT_SESSION_H_
#define RAAKVLAK_CLIENT_SESSION_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/connection.h"
#include "client/profile.h"

namespace raakvlak::client {

// One invocation of `raak`. Interrupt() may come from another thread; the rest from one.
class Session {
 public:
  Session(std::ostream& out, std::ostream& err, bool err_is_terminal);

  // Set by the options before the subcommand.
  std::string profile_path;
  Profile overrides;
  bool json = false;

  std::ostream& out() { return out_; }
  std::ostream& err() { return err_; }

  // Profile and overrides together, then a channel.
  absl::StatusOr<std::shared_ptr<grpc::Channel>> Open(Peer peer);

  // A context with a deadline, which Ctrl-C cancels. Keep it alive for the call.
  std::unique_ptr<grpc::ClientContext> NewContext(std::chrono::seconds deadline);
  // The context is about to go away.
  void Release(grpc::ClientContext* context);

  // Ctrl-C: cancels what is going on. True from then on.
  void Interrupt();
  bool interrupted();

  // A bar that redraws itself on a terminal; in a pipe, a line when the label changes or a tenth
  // more is done. Silent with --json. `total` 0: not known.
  void Progress(const std::string& label, uint64_t done, uint64_t total);
  // Ends the bar's line, if one is open.
  void EndProgress();

  // Remembers how the command ended; main() exits with it.
  void Finish(const absl::Status& status);
  // A command line that could not be understood.
  void FinishUsage(const std::string& message);
  void FinishWith(int exit_code) { exit_code_ = exit_code; }
  int exit_code() const { return exit_code_; }

 private:
  void Report(const std::string& message);

  std::ostream& out_;
  std::ostream& err_;
  const bool terminal_;
  int exit_code_ = 0;
  bool bar_open_ = false;
  std::string last_label_;
  uint64_t last_tenth_ = 0;
  std::chrono::steady_clock::time_point last_drawn_{};
  std::mutex mutex_;
  bool interrupted_ = false;
  std::vector<grpc::ClientContext*> contexts_;
};

// Columns padded to the widest value; the first row is the heading.
std::string FormatTable(const std::vector<std::vector<std::string>>& rows);

}  // namespace raakvlak::client

#endif  // RAAKVLAK_CLIENT_SESSION_H_
