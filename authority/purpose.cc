// Parsing, bounds and look-ups of purposes.
#include "authority/purpose.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "authority/comparison.h"
#include "authority/validate.h"

namespace raakvlak::authority {
namespace {

absl::Status CheckTypes(const v1::Purpose& purpose) {
  std::vector<std::string> names;
  for (const v1::TypePolicy& type : purpose.types()) {
    names.push_back(type.identifier_type());
    const std::string of = " of type " + type.identifier_type();
    if (absl::Status s = CheckText("identifier_type", type.identifier_type(), 1, 32); !s.ok()) {
      return s;
    }
    if (type.run_grant() == 0)
      return absl::InvalidArgumentError("run_grant" + of + " must be 1 or more");
    if (type.epoch_ceiling() < type.run_grant()) {
      return absl::InvalidArgumentError("epoch_ceiling" + of + " must be at least its run_grant");
    }
    if (type.max_records_per_value() < 1 || type.max_records_per_value() > 10000) {
      return absl::InvalidArgumentError("max_records_per_value" + of + " must be 1 to 10000");
    }
  }
  if (names.empty() || names.size() > kMaxTypes) {
    return absl::InvalidArgumentError(absl::StrCat("types must list 1 to ", kMaxTypes));
  }
  return CheckAscending("types", names);
}

}  // namespace

absl::Status CheckPurposeForm(const v1::Purpose& purpose) {
  for (const absl::Status& s :
       {CheckId("purpose_id", purpose.purpose_id()), CheckText("title", purpose.title(), 1, 256),
        CheckText("legal_basis", purpose.legal_basis(), 1, 1024),
        CheckText("approver", purpose.approver(), 1, 256),
        CheckText("dataset_selection", purpose.dataset_selection(), 0, 1024), CheckTypes(purpose),
        CheckProfile(purpose)}) {
    if (!s.ok()) return s;
  }
  if (purpose.version() < 1) return absl::InvalidArgumentError("version must be 1 or more");
  const std::vector<std::string> agencies(purpose.agencies().begin(), purpose.agencies().end());
  if (agencies.size() < kMinMembers || agencies.size() > kMaxMembers) {
    return absl::InvalidArgumentError(
        absl::StrCat("agencies must be ", kMinMembers, " to ", kMaxMembers));
  }
  for (const std::string& agency : agencies) {
    if (absl::Status s = CheckId("agency", agency); !s.ok()) return s;
  }
  if (absl::Status s = CheckAscending("agencies", agencies); !s.ok()) return s;
  if (purpose.minimum_count() > 1000) {
    return absl::InvalidArgumentError("minimum_count must be 0 to 1000");
  }
  // Scheduled does not mean unbounded: a purpose always ends.
  if (purpose.not_before() <= 0 || purpose.not_after() <= purpose.not_before()) {
    return absl::InvalidArgumentError("not_after must lie after not_before, both set");
  }
  return absl::OkStatus();
}

absl::StatusOr<Purpose> Purpose::Open(const v1::SignedDocument& document, const Roster& roster) {
  if (document.kind() != kPurposeKind) return absl::InvalidArgumentError("this is not a purpose");
  if (document.body().size() > kMaxDocumentBytes) {
    return absl::InvalidArgumentError("the purpose is larger than 1 MiB");
  }
  Purpose purpose;
  if (!purpose.body_.ParseFromString(document.body())) {
    return absl::InvalidArgumentError("the purpose's body cannot be read");
  }
  if (absl::Status s = CheckPurposeForm(purpose.body_); !s.ok()) return s;
  for (const std::string& agency : purpose.body_.agencies()) {
    if (roster.FindMember(agency) == nullptr) {
      return absl::FailedPreconditionError("the purpose names " + agency +
                                           ", which is not on the roster");
    }
    absl::Status s = VerifyOfficerSignature(document, agency, roster.OfficerKey(agency));
    if (!s.ok()) return s;
  }
  for (const v1::TypePolicy& type : purpose.body_.types()) {
    if (!roster.HasType(type.identifier_type())) {
      return absl::FailedPreconditionError("the purpose names type " + type.identifier_type() +
                                           ", for which the roster has no linkage key");
    }
  }
  purpose.document_ = document;
  purpose.hash_ = DocumentHash(document);
  return purpose;
}

absl::Status Purpose::CheckValidAt(int64_t unix_seconds) const {
  if (unix_seconds < body_.not_before()) {
    return absl::FailedPreconditionError("the purpose is not valid yet");
  }
  if (unix_seconds > body_.not_after()) {
    return absl::FailedPreconditionError(
        "the purpose has expired; its officers must sign a new version");
  }
  return absl::OkStatus();
}

bool Purpose::HasAgency(std::string_view agency_id) const {
  return std::find(body_.agencies().begin(), body_.agencies().end(), agency_id) !=
         body_.agencies().end();
}

const v1::TypePolicy* Purpose::FindType(std::string_view identifier_type) const {
  for (const v1::TypePolicy& type : body_.types()) {
    if (type.identifier_type() == identifier_type) return &type;
  }
  return nullptr;
}

}  // namespace raakvlak::authority
