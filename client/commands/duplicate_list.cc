#include "client/commands/duplicate_list.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/commands/agreement.h"
#include "client/commands/labels.h"

namespace raakvlak::client {
namespace {

// A disputed group is a chain too; what speaks against it says more.
const char* Mark(const v1::DuplicateGroup& group) {
  if (group.disputed()) return " (disputed)";
  return group.chained() ? " (chained)" : "";
}

}  // namespace

std::string DuplicatesText(const DuplicateGroups& groups) {
  if (groups.empty()) return "no duplicates\n";
  std::vector<std::vector<std::string>> rows = {{"records", "strength", "agreement"}};
  bool chained = false;
  bool disputed = false;
  for (const v1::DuplicateGroup& group : groups) {
    disputed |= group.disputed();
    chained |= group.chained() && !group.disputed();
    rows.push_back({absl::StrJoin(group.record_ids(), ", "),
                    absl::StrCat(StrengthLabel(group.strength()), Mark(group)),
                    AgreementText(group.agreement())});
  }
  std::string out = FormatTable(rows);
  absl::StrAppend(&out, groups.size(), groups.size() == 1 ? " group" : " groups",
                  " of records that look like one subject\n");
  if (chained) out += kChainedMeans;
  if (disputed) {
    absl::StrAppend(&out,
                    "disputed: some of the records are unlike each other, though alike to another: "
                    "perhaps two subjects\n");
  }
  return out;
}

std::string DuplicatesCsv(const DuplicateGroups& groups) {
  std::string out = "group,record_id,strength,agreement,chained,disputed\r\n";
  size_t number = 0;
  for (const v1::DuplicateGroup& group : groups) {
    ++number;
    for (const std::string& record : group.record_ids()) {
      absl::StrAppend(&out, number, ",", CsvField(record), ",", StrengthLabel(group.strength()),
                      ",", CsvField(AgreementText(group.agreement(), "; ")), ",",
                      group.chained() ? "yes" : "no", ",", group.disputed() ? "yes" : "no", "\r\n");
    }
  }
  return out;
}

nlohmann::ordered_json DuplicatesJson(const DuplicateGroups& groups) {
  nlohmann::ordered_json out;
  out["groups"] = nlohmann::ordered_json::array();
  for (const v1::DuplicateGroup& group : groups) {
    nlohmann::ordered_json entry;
    entry["record_ids"] =
        std::vector<std::string>(group.record_ids().begin(), group.record_ids().end());
    entry["strength"] = StrengthLabel(group.strength());
    entry["agreement"] = AgreementJson(group.agreement());
    entry["chained"] = group.chained();
    entry["disputed"] = group.disputed();
    out["groups"].push_back(std::move(entry));
  }
  return out;
}

}  // namespace raakvlak::client
