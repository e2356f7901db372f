// Two macros for passing errors on; for .cc files of this room only.
#ifndef RAAKVLAK_SERVER_NODE_STATUS_MACROS_H_
#define RAAKVLAK_SERVER_NODE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define NODE_RETURN_IF_ERROR(expression)                                \
  do {                                                                  \
    if (absl::Status node_status_ = (expression); !node_status_.ok()) { \
      return node_status_;                                              \
    }                                                                   \
  } while (false)

#define NODE_CONCAT_INNER_(a, b) a##b
#define NODE_CONCAT_(a, b) NODE_CONCAT_INNER_(a, b)
#define NODE_ASSIGN_OR_RETURN(declaration, expression) \
  NODE_ASSIGN_OR_RETURN_(NODE_CONCAT_(node_value_, __LINE__), declaration, expression)
// NOLINTBEGIN(bugprone-macro-parentheses): a declaration stands in no parentheses.
#define NODE_ASSIGN_OR_RETURN_(name, declaration, expression) \
  auto name = (expression);                                   \
  if (!name.ok()) return name.status();                       \
  declaration = *std::move(name)
// NOLINTEND(bugprone-macro-parentheses)

#endif  // RAAKVLAK_SERVER_NODE_STATUS_MACROS_H_
