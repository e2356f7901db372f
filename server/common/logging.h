// The program's log: one JSON object a line on standard error, whatever is in the message. Log with
// spdlog::info("...", ...) after InitLogging. Never log a secret, an identifier or a tag.
#ifndef RAAKVLAK_SERVER_COMMON_LOGGING_H_
#define RAAKVLAK_SERVER_COMMON_LOGGING_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace spdlog {
class formatter;
}

namespace raakvlak::common {

// {"time":"2026-11-25T22:00:00.123Z","level":"info","program":"...","message":"..."}; control
// characters, quotes and bad UTF-8 in the message are escaped or replaced, so that nobody can forge
// a line.
std::unique_ptr<spdlog::formatter> MakeJsonFormatter(std::string program);

// Sets spdlog's default logger. `level` is trace, debug, info, warn, error or off; InvalidArgument
// else. gRPC's own messages go to it too, its errors as warnings ("grpc: ...").
absl::Status InitLogging(const std::string& program, std::string_view level);

}  // namespace raakvlak::common

#endif  // RAAKVLAK_SERVER_COMMON_LOGGING_H_
