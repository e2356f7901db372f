#include "server/node/duplicate_wire.h"

#include <algorithm>
#include <cstddef>

#include "linkage/score/levels.h"
#include "linkage/score/strength.h"

namespace raakvlak::node {
namespace {

// The least of what any two of the group agree in; a field that no two were compared in stays so.
linkage::AgreementPattern LeastAgreement(const linkage::DuplicateGroup& group) {
  linkage::AgreementPattern least = linkage::EmptyPattern();
  for (const linkage::DuplicatePair& pair : group.pairs) {
    for (std::size_t f = 0; f < least.size(); ++f) {
      if (pair.pattern[f] == linkage::kMissingLevel) continue;
      least[f] = least[f] == linkage::kMissingLevel ? pair.pattern[f]
                                                    : std::max(least[f], pair.pattern[f]);
    }
  }
  return least;
}

// As strong as its weakest pair; what holds together through a third record alone is for the
// steward to judge.
v1::MatchStrength StrengthOf(const linkage::DuplicateGroup& group) {
  const bool strong =
      !group.disputed && std::all_of(group.pairs.begin(), group.pairs.end(), [](const auto& pair) {
        return linkage::StrengthOf(pair.score, /*number_agrees=*/false) ==
               linkage::MatchStrength::kStrong;
      });
  return strong ? v1::MATCH_STRENGTH_STRONG : v1::MATCH_STRENGTH_POSSIBLE;
}

// Some two of it are no pair, as the matcher marks groups over agencies (report_groups.h).
bool Chained(const linkage::DuplicateGroup& group) {
  const std::uint64_t records = group.records.size();
  return group.pairs.size() < records * (records - 1) / 2;
}

}  // namespace

v1::DuplicateGroup DuplicateToWire(const linkage::Profile& profile,
                                   const linkage::DuplicateGroup& group,
                                   const std::map<std::uint32_t, std::string>& record_ids) {
  v1::DuplicateGroup wire;
  for (const std::uint32_t record : group.records) wire.add_record_ids(record_ids.at(record));
  const linkage::AgreementPattern least = LeastAgreement(group);
  for (std::size_t f = 0; f < profile.fields.size(); ++f) {
    v1::FieldAgreement& field = *wire.add_agreement();
    field.set_field(profile.fields[f].name);
    field.set_level(least[f] == linkage::kMissingLevel
                        ? v1::AGREEMENT_LEVEL_UNSPECIFIED
                        : static_cast<v1::AgreementLevel>(least[f] + 1));
  }
  wire.set_strength(StrengthOf(group));
  wire.set_disputed(group.disputed);
  wire.set_chained(Chained(group));
  return wire;
}

}  // namespace raakvlak::node
