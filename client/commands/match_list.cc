#include "client/commands/match_list.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/commands/agreement.h"
#include "client/commands/labels.h"
#include "client/session.h"

namespace raakvlak::client {

std::string MatchesText(const StewardMatches& matches) {
  if (matches.empty()) return "no matches\n";
  std::vector<std::vector<std::string>> rows = {
      {"reference", "record_id", "counterpart", "contact", "strength", "agreed"}};
  bool chained = false;
  for (const v1::StewardMatch& match : matches) {
    chained |= match.chained();
    rows.push_back({match.reference(), match.record_id(), match.counterpart(),
                    match.counterpart_contact(), StrengthLabel(match.strength()),
                    absl::StrCat(RestsOn(match.agreed_types(), match.agreement()),
                                 match.chained() ? " (chained)" : "")});
  }
  std::string out = FormatTable(rows);
  if (chained) out += kChainedMeans;
  return out;
}

std::string MatchesCsv(const StewardMatches& matches) {
  std::string out =
      "reference,record_id,counterpart,contact,strength,agreed,agreement,decision,chained\r\n";
  for (const v1::StewardMatch& match : matches) {
    absl::StrAppend(&out, CsvField(match.reference()), ",", CsvField(match.record_id()), ",",
                    CsvField(match.counterpart()), ",", CsvField(match.counterpart_contact()), ",",
                    StrengthLabel(match.strength()), ",",
                    CsvField(absl::StrJoin(match.agreed_types(), " ")), ",",
                    CsvField(AgreementText(match.agreement(), "; ")), ",",
                    DecisionLabel(match.decision()), ",", match.chained() ? "yes" : "no", "\r\n");
  }
  return out;
}

nlohmann::ordered_json MatchesJson(const StewardMatches& matches) {
  nlohmann::ordered_json out;
  out["matches"] = nlohmann::ordered_json::array();
  for (const v1::StewardMatch& match : matches) {
    nlohmann::ordered_json entry;
    entry["reference"] = match.reference();
    entry["record_id"] = match.record_id();
    entry["counterpart"] = match.counterpart();
    entry["contact"] = match.counterpart_contact();
    entry["strength"] = StrengthLabel(match.strength());
    entry["agreed"] =
        std::vector<std::string>(match.agreed_types().begin(), match.agreed_types().end());
    entry["agreement"] = AgreementJson(match.agreement());
    entry["decision"] = DecisionLabel(match.decision());
    entry["chained"] = match.chained();
    entry["run"] = match.run_id();
    out["matches"].push_back(std::move(entry));
  }
  return out;
}

}  // namespace raakvlak::client
