// Agreement of compared fields, decisions and matches as people and programs read them.
#ifndef RAAKVLAK_CLIENT_COMMANDS_AGREEMENT_H_
#define RAAKVLAK_CLIENT_COMMANDS_AGREEMENT_H_

#include <string>

#include "google/protobuf/repeated_field.h"
#include "nlohmann/json.hpp"
#include "raakvlak/v1/common.pb.h"

namespace raakvlak::client {

using FieldAgreements = google::protobuf::RepeatedPtrField<v1::FieldAgreement>;

std::string LevelLabel(v1::AgreementLevel level);        // "close"; "not compared"
std::string DecisionLabel(v1::ReviewDecision decision);  // "match", "no match", "undecided"

// "given_name close, surname exact": what was compared, in the profile's order. Empty where the
// match rests on equal identifiers alone.
std::string AgreementText(const FieldAgreements& agreement, const char* separator = ", ");
// What a match rests on: equal identifiers, then compared fields.
std::string RestsOn(const google::protobuf::RepeatedPtrField<std::string>& agreed_types,
                    const FieldAgreements& agreement);
// {"given_name": "close", ...}
nlohmann::ordered_json AgreementJson(const FieldAgreements& agreement);

}  // namespace raakvlak::client

#endif  // RAAKVLAK_CLIENT_COMMANDS_AGREEMENT_H_
