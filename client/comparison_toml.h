// The [profile] table of a purpose in TOML: how names and damaged values are linked, with the block
// types that this takes; and what people read of it.
#ifndef RAAKVLAK_CLIENT_COMPARISON_TOML_H_
#define RAAKVLAK_CLIENT_COMPARISON_TOML_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "raakvlak/v1/authority.pb.h"
#include "toml++/toml.h"

namespace raakvlak::client {

// Of any grant or ceiling.
inline constexpr int64_t kMaxEvaluations = 1'000'000'000'000;

// Reads `in` into the profile of `purpose` and adds a policy for each block type that `types` does
// not hold. Only `fields` must be given, as a list of kinds or as a table of names with kinds;
// docs/raak.md shows all keys and defaults. Checks form; bounds are CheckPurposeForm's.
absl::Status ProfileFromToml(const toml::table& in, const std::string& file, v1::Purpose& purpose,
                             std::vector<v1::TypePolicy>& types);

// "block-01" up to the `keys`-th, as a roster with `block_keys` lists them.
std::vector<std::string> BlockTypeNames(size_t keys);

// Type names for people, consecutive block types as one: "iban, block-01 to block-24".
std::string DescribeTypes(const std::vector<std::string>& types);

// One line a type; block types with equal policies in one.
std::string DescribePolicies(const v1::Purpose& purpose);

// Empty where the purpose has no profile.
std::string DescribeProfile(const v1::Purpose& purpose);

}  // namespace raakvlak::client

#endif  // RAAKVLAK_CLIENT_COMPARISON_TOML_H_
