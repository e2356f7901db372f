// Culprits travel as a payload of absl::Status.
#include "server/node/mesh/blame.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace raakvlak::node {
namespace {

constexpr char kCulpritPayload[] = "raakvlak/blamed";

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

absl::Status BlamedError(absl::StatusCode code, std::string_view culprit, std::string_view reason) {
  absl::Status status(code, absl::StrCat(View(culprit), ": ", View(reason)));
  status.SetPayload(kCulpritPayload, absl::Cord(View(culprit)));
  return status;
}

std::string CulpritOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kCulpritPayload);
  return payload.has_value() ? std::string(*payload) : std::string();
}

absl::Status WithBlame(const absl::Status& status, std::string_view culprit) {
  if (status.ok() || !CulpritOf(status).empty()) return status;
  return BlamedError(status.code(), culprit,
                     std::string_view(status.message().data(), status.message().size()));
}

bool IsAbsence(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

}  // namespace raakvlak::node
