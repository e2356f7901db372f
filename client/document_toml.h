// From the TOML that an officer writes to the body of a roster or purpose, and back to text that
// people read.
#ifndef RAAKVLAK_CLIENT_DOCUMENT_TOML_H_
#define RAAKVLAK_CLIENT_DOCUMENT_TOML_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "raakvlak/v1/authority.pb.h"

namespace raakvlak::client {

// Parses and checks form and bounds; errors name file, line and key. docs/raak.md shows the keys.
absl::StatusOr<v1::Roster> RosterFromToml(std::string_view text, const std::string& file);
absl::StatusOr<v1::Purpose> PurposeFromToml(std::string_view text, const std::string& file);

// Everything in the document, for a person who must decide whether to sign it.
std::string DescribeRoster(const v1::Roster& roster);
std::string DescribePurpose(const v1::Purpose& purpose);

// "2027-12-31 23:59 UTC".
std::string FormatTime(int64_t unix_seconds);

}  // namespace raakvlak::client

#endif  // RAAKVLAK_CLIENT_DOCUMENT_TOML_H_
