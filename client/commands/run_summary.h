// A run's summary as people and programs read it.
#ifndef RAAKVLAK_CLIENT_COMMANDS_RUN_SUMMARY_H_
#define RAAKVLAK_CLIENT_COMMANDS_RUN_SUMMARY_H_

#include <string>

#include "nlohmann/json.hpp"
#include "raakvlak/v1/coordination.pb.h"

namespace raakvlak::client {

nlohmann::ordered_json RunJson(const v1::RunSummary& run);
// Several lines.
std::string RunText(const v1::RunSummary& run);
// "agency-c after attempt 1: it declined", "agency-c from the start: ...".
std::string LeftOutText(const v1::AgencyLeftOut& agency);

}  // namespace raakvlak::client

#endif  // RAAKVLAK_CLIENT_COMMANDS_RUN_SUMMARY_H_
