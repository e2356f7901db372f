// Enumerations of the wire as people and programs read them.
#ifndef RAAKVLAK_CLIENT_COMMANDS_LABELS_H_
#define RAAKVLAK_CLIENT_COMMANDS_LABELS_H_

#include <string>

#include "raakvlak/v1/common.pb.h"

namespace raakvlak::client {

std::string StrengthLabel(v1::MatchStrength strength);  // "hard"
std::string StateLabel(v1::RunState state);             // "evaluating"
// DONE, FAILED or CANCELLED.
bool HasEnded(v1::RunState state);
// Below a list in which something is marked "(chained)".
inline constexpr char kChainedMeans[] =
    "chained: some of the records are alike only through another of them\n";
// A field of a CSV file, quoted where RFC 4180 asks for it; a leading = + - @ is defused for
// spreadsheets.
std::string CsvField(const std::string& value);

}  // namespace raakvlak::client

#endif  // RAAKVLAK_CLIENT_COMMANDS_LABELS_H_
