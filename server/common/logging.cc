#include "server/common/logging.h"

#include <grpc/support/log.h>
#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace raakvlak::common {
namespace {

class JsonFormatter : public spdlog::formatter {
 public:
  explicit JsonFormatter(std::string program) : program_(std::move(program)) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    nlohmann::ordered_json line;
    line["time"] = absl::FormatTime("%Y-%m-%d%ET%H:%M:%E3SZ", absl::FromChrono(message.time),
                                    absl::UTCTimeZone());
    const auto level = spdlog::level::to_string_view(message.level);
    line["level"] = std::string(level.data(), level.size());
    line["program"] = program_;
    line["message"] = std::string(message.payload.data(), message.payload.size());
    std::string text =
        line.dump(-1, ' ', /*ensure_ascii=*/true, nlohmann::ordered_json::error_handler_t::replace);
    text += '\n';
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonFormatter>(program_);
  }

 private:
  const std::string program_;
};

// What gRPC has to say (GRPC_VERBOSITY; errors by default) as lines like ours. Most of its errors
// are a peer's: a handshake that failed, a connection that broke.
void LogForGrpc(gpr_log_func_args* args) {
  const auto level = args->severity == GPR_LOG_SEVERITY_ERROR  ? spdlog::level::warn
                     : args->severity == GPR_LOG_SEVERITY_INFO ? spdlog::level::info
                                                               : spdlog::level::debug;
  spdlog::log(level, "grpc: {}", args->message);
}

}  // namespace

std::unique_ptr<spdlog::formatter> MakeJsonFormatter(std::string program) {
  return std::make_unique<JsonFormatter>(std::move(program));
}

absl::Status InitLogging(const std::string& program, std::string_view level) {
  for (const auto& [name, value] :
       {std::pair<std::string_view, spdlog::level::level_enum>{"trace", spdlog::level::trace},
        {"debug", spdlog::level::debug},
        {"info", spdlog::level::info},
        {"warn", spdlog::level::warn},
        {"error", spdlog::level::err},
        {"off", spdlog::level::off}}) {
    if (name != level) continue;
    auto logger = std::make_shared<spdlog::logger>(
        program, std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_formatter(MakeJsonFormatter(program));
    logger->set_level(value);
    logger->flush_on(spdlog::level::trace);
    spdlog::set_default_logger(std::move(logger));
    gpr_set_log_function(LogForGrpc);
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "'", std::string(level), "' is no log level; use trace, debug, info, warn, error or off"));
}

}  // namespace raakvlak::common
