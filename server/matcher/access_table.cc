// The access table of the matcher.
#include "server/matcher/access_table.h"

#include "absl/strings/str_cat.h"

namespace raakvlak::matcher {

std::vector<common::MethodAccess> MatcherAccessTable() {
  std::vector<common::MethodAccess> table;
  for (const char* method :
       {"WatchRuns", "ReportProgress", "DeclineRun", "UploadTags", "FetchOverlap", "UploadRecords",
        "FetchEncodingTasks", "UploadEncodings", "FetchMatches", "ReportReferences"}) {
    table.push_back(
        {absl::StrCat("/raakvlak.v1.SubmissionService/", method), {common::Role::kNode}});
  }
  for (const char* method : {"StartRun", "ListRuns", "GetRun", "WatchRun", "CancelRun", "GetReport",
                             "RegisterPurpose", "ListPurposes", "GetInfo"}) {
    table.push_back(
        {absl::StrCat("/raakvlak.v1.CoordinationService/", method), {common::Role::kCoordinator}});
  }
  return table;
}

}  // namespace raakvlak::matcher
