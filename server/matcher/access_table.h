// Who may call which method of the matcher's two services.
#ifndef RAAKVLAK_SERVER_MATCHER_ACCESS_TABLE_H_
#define RAAKVLAK_SERVER_MATCHER_ACCESS_TABLE_H_

#include <vector>

#include "server/common/access.h"

namespace raakvlak::matcher {

std::vector<common::MethodAccess> MatcherAccessTable();

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_ACCESS_TABLE_H_
