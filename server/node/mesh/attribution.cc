// Reading "speaker: culprit: reason".
#include "server/node/mesh/attribution.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "server/node/mesh/blame.h"

namespace raakvlak::node {

absl::Status AttributeRefusal(const authority::Roster& roster, std::string_view speaker,
                              const absl::Status& status) {
  if (status.ok() || absl::IsCancelled(status) || IsAbsence(status)) return status;
  std::string said(status.message());
  const std::string prefix = std::string(speaker) + ": ";
  if (said.rfind(prefix, 0) == 0) said = said.substr(prefix.size());
  const size_t colon = said.find(": ");
  if (colon != std::string::npos) {
    const std::string named = said.substr(0, colon);
    if (named != speaker && (named == "matcher" || roster.FindMember(named) != nullptr)) {
      return BlamedError(
          status.code(), named,
          absl::StrCat(said.substr(colon + 2), " (says ", std::string(speaker), ")"));
    }
  }
  return WithBlame(status, speaker);
}

}  // namespace raakvlak::node
