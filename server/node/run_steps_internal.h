// Shared by the files that RunSteps is made of; nobody else includes it.
#ifndef RAAKVLAK_SERVER_NODE_RUN_STEPS_INTERNAL_H_
#define RAAKVLAK_SERVER_NODE_RUN_STEPS_INTERNAL_H_

#include <google/protobuf/repeated_ptr_field.h>

#include <string>
#include <string_view>
#include <vector>

namespace raakvlak::node {

// The same for every try of a call, so that the matcher takes it once.
std::string RequestIdOf(std::string_view call, std::string_view manifest_hash,
                        std::string_view detail);

// "block-01" and so on (linkage/types).
bool IsBlockTypeName(std::string_view identifier_type);

inline std::vector<std::string> ListOf(
    const google::protobuf::RepeatedPtrField<std::string>& field) {
  return {field.begin(), field.end()};
}

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_RUN_STEPS_INTERNAL_H_
