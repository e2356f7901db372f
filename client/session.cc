// Options, output, progress and Ctrl-C.
#include "client/session.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/exit_code.h"
#include "nlohmann/json.hpp"

namespace raakvlak::client {
namespace {

constexpr int kBarWidth = 30;
constexpr auto kRedraw = std::chrono::milliseconds(100);

}  // namespace

Session::Session(std::ostream& out, std::ostream& err, bool err_is_terminal)
    : out_(out), err_(err), terminal_(err_is_terminal) {}

absl::StatusOr<std::shared_ptr<grpc::Channel>> Session::Open(Peer peer) {
  Profile profile;
  const std::string path = profile_path.empty() ? DefaultProfilePath() : profile_path;
  if (!path.empty()) {
    auto read = ReadProfile(path);
    if (!read.ok()) return read.status();
    profile = *std::move(read);
  }
  return Connect(Merge(profile, overrides), peer);
}

std::unique_ptr<grpc::ClientContext> Session::NewContext(std::chrono::seconds deadline) {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() + deadline);
  std::lock_guard lock(mutex_);
  contexts_.push_back(context.get());
  if (interrupted_) context->TryCancel();
  return context;
}

void Session::Release(grpc::ClientContext* context) {
  std::lock_guard lock(mutex_);
  std::erase(contexts_, context);
}

void Session::Interrupt() {
  std::lock_guard lock(mutex_);
  interrupted_ = true;
  for (grpc::ClientContext* context : contexts_) context->TryCancel();
}

bool Session::interrupted() {
  std::lock_guard lock(mutex_);
  return interrupted_;
}

void Session::Progress(const std::string& label, uint64_t done, uint64_t total) {
  if (json) return;
  const auto now = std::chrono::steady_clock::now();
  const uint64_t percent = total == 0 ? 0 : std::min<uint64_t>(100, done * 100 / total);
  if (terminal_) {
    if (bar_open_ && label == last_label_ && now - last_drawn_ < kRedraw && done != total) return;
    std::string line = absl::StrCat("\r\033[K", label, " ");
    if (total != 0) {
      const int filled = static_cast<int>(percent) * kBarWidth / 100;
      absl::StrAppend(&line, "[", std::string(static_cast<size_t>(filled), '#'),
                      std::string(static_cast<size_t>(kBarWidth - filled), '.'), "] ", percent,
                      "%");
    } else if (done != 0) {
      absl::StrAppend(&line, done);
    }
    err_ << line << std::flush;
    bar_open_ = true;
  } else if (label != last_label_ || (total != 0 && percent / 10 != last_tenth_)) {
    err_ << label;
    if (total != 0) err_ << " " << percent << "%";
    err_ << "\n" << std::flush;
  }
  last_label_ = label;
  last_tenth_ = percent / 10;
  last_drawn_ = now;
}

void Session::EndProgress() {
  if (bar_open_) err_ << "\n" << std::flush;
  bar_open_ = false;
  last_label_.clear();
}

void Session::Finish(const absl::Status& status) {
  EndProgress();
  exit_code_ = interrupted() ? kExitInterrupted : ExitCodeOf(status);
  if (!status.ok()) Report(interrupted() ? "interrupted" : std::string(status.message()));
}

void Session::FinishUsage(const std::string& message) {
  exit_code_ = kExitUsage;
  Report(message);
}

void Session::Report(const std::string& message) {
  if (json) {
    nlohmann::ordered_json error;
    error["error"] = {{"code", exit_code_}, {"message", message}};
    out_ << error.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
  }
  err_ << "raak: " << message << "\n";
}

std::string FormatTable(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      absl::StrAppend(&line, row[i]);
      if (i + 1 < row.size()) line.append(widths[i] - row[i].size() + 2, ' ');
    }
    // An empty last cell leaves no blanks behind.
    line.resize(line.find_last_not_of(' ') + 1);
    absl::StrAppend(&out, line, "\n");
  }
  return out;
}

}  // namespace raakvlak::client
