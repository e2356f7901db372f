// The steward's own matches, as people and programs read them.
#ifndef RAAKVLAK_CLIENT_COMMANDS_MATCH_LIST_H_
#define RAAKVLAK_CLIENT_COMMANDS_MATCH_LIST_H_

#include <string>
#include <vector>

#include "nlohmann/json.hpp"
#include "raakvlak/v1/stewardship.pb.h"

namespace raakvlak::client {

using StewardMatches = std::vector<v1::StewardMatch>;

// A table, and below it what its mark means.
std::string MatchesText(const StewardMatches& matches);
// One line a match, after a header.
std::string MatchesCsv(const StewardMatches& matches);
nlohmann::ordered_json MatchesJson(const StewardMatches& matches);

}  // namespace raakvlak::client

#endif  // RAAKVLAK_CLIENT_COMMANDS_MATCH_LIST_H_
