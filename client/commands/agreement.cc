// Words for levels of agreement and for decisions.
#include "client/commands/agreement.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace raakvlak::client {

std::string LevelLabel(v1::AgreementLevel level) {
  switch (level) {
    case v1::AGREEMENT_LEVEL_EXACT:
      return "exact";
    case v1::AGREEMENT_LEVEL_CLOSE:
      return "close";
    case v1::AGREEMENT_LEVEL_ALIKE:
      return "alike";
    case v1::AGREEMENT_LEVEL_FAINT:
      return "faint";
    case v1::AGREEMENT_LEVEL_DIFFERS:
      return "differs";
    default:
      return "not compared";
  }
}

std::string DecisionLabel(v1::ReviewDecision decision) {
  switch (decision) {
    case v1::REVIEW_DECISION_MATCH:
      return "match";
    case v1::REVIEW_DECISION_NO_MATCH:
      return "no match";
    default:
      return "undecided";
  }
}

std::string AgreementText(const FieldAgreements& agreement, const char* separator) {
  std::string out;
  for (const v1::FieldAgreement& field : agreement) {
    if (field.level() == v1::AGREEMENT_LEVEL_UNSPECIFIED) continue;
    absl::StrAppend(&out, out.empty() ? "" : separator, field.field(), " ",
                    LevelLabel(field.level()));
  }
  return out;
}

std::string RestsOn(const google::protobuf::RepeatedPtrField<std::string>& agreed_types,
                    const FieldAgreements& agreement) {
  const std::string compared = AgreementText(agreement);
  const std::string equal = absl::StrJoin(agreed_types, ", ");
  return absl::StrCat(equal, equal.empty() || compared.empty() ? "" : "; ", compared);
}

nlohmann::ordered_json AgreementJson(const FieldAgreements& agreement) {
  nlohmann::ordered_json out = nlohmann::ordered_json::object();
  for (const v1::FieldAgreement& field : agreement) out[field.field()] = LevelLabel(field.level());
  return out;
}

}  // namespace raakvlak::client
