// Own records that look like one subject, as people and programs read them.
#ifndef RAAKVLAK_CLIENT_COMMANDS_DUPLICATE_LIST_H_
#define RAAKVLAK_CLIENT_COMMANDS_DUPLICATE_LIST_H_

#include <string>
#include <vector>

#include "nlohmann/json.hpp"
#include "raakvlak/v1/stewardship.pb.h"

namespace raakvlak::client {

using DuplicateGroups = std::vector<v1::DuplicateGroup>;

// A table, and below it what its marks mean.
std::string DuplicatesText(const DuplicateGroups& groups);
// One line a record, after a header.
std::string DuplicatesCsv(const DuplicateGroups& groups);
nlohmann::ordered_json DuplicatesJson(const DuplicateGroups& groups);

}  // namespace raakvlak::client

#endif  // RAAKVLAK_CLIENT_COMMANDS_DUPLICATE_LIST_H_
