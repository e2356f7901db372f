#include "bench/attacks/rates.h"

#include <cmath>
#include <map>
#include <set>

#include "bench/attacks/attacks.h"
#include "linkage/score/compare_encodings.h"

namespace raakvlak::bench {
namespace {

using nlohmann::ordered_json;

// Surnames guessed right, of all records that were encoded and of all records.
ordered_json Rate(const Guesses& guesses, const Agencies& people, std::size_t encoded,
                  std::size_t records) {
  std::size_t right = 0;
  for (const auto& [handle, name] : guesses) {
    right += people.tables[handle.agency].columns[1][handle.record] == name ? 1 : 0;
  }
  return {{"right", right},
          {"of_encoded_records", Share(right, encoded)},
          {"of_all_records", Share(right, records)}};
}

// Records of agency 0 whose subject agency 1 does not know: what collusion must not open.
std::set<Handle> Strangers(const Agencies& people) {
  const std::set<std::uint32_t> known(people.subjects[1].begin(), people.subjects[1].end());
  std::set<Handle> out;
  for (std::uint32_t row = 0; row < people.subjects[0].size(); ++row) {
    if (!known.contains(people.subjects[0][row])) out.insert({0, row});
  }
  return out;
}

ordered_json Collusion(const Capture& capture, const BlockKeys& keys, const Agencies& people,
                       const PublicNames& surnames) {
  CollusionEffort effort;
  effort.targets = Strangers(people);
  std::set<Handle> exposed;
  for (const CapturedPair& p : capture.pairs) {
    if (p.b.agency == 1 && effort.targets.contains(p.a)) exposed.insert(p.a);
  }
  const CollusionResult result = CollusionAttack(capture, keys, surnames, effort);
  std::size_t names = 0;
  for (const auto& [handle, name] : result.surnames) {
    names += people.tables[0].columns[1][handle.record] == name ? 1 : 0;
  }
  std::size_t dates = 0;
  for (const auto& [handle, date] : result.birth_dates) {
    dates += people.tables[0].columns[2][handle.record] == date ? 1 : 0;
  }
  const double share = Share(exposed.size(), effort.targets.size());
  const double opened = Share(names, result.tried.size());
  return {{"records_without_match", effort.targets.size()},
          {"encoded", exposed.size()},
          {"exposed_share", share},
          {"tried", result.tried.size()},
          {"surnames_opened", opened},
          {"birth_dates_opened", Share(dates, result.tried.size())},
          {"surnames_opened_of_records_without_match", Rounded(share * opened)}};
}

// Pairs that agree in every field and miss none.
ordered_json EqualPairs(const Capture& capture, const Agencies& people) {
  std::size_t equal = 0;
  std::size_t one_person = 0;
  for (const CapturedPair& p : capture.pairs) {
    linkage::AgreementPattern pattern;
    if (!linkage::CompareEncodings(capture.profile, p.encoding_a, p.encoding_b, &pattern)) continue;
    bool all = true;
    for (std::size_t f = 0; f < capture.profile.fields.size(); ++f) all &= pattern[f] == 0;
    if (!all) continue;
    ++equal;
    one_person +=
        people.subjects[p.a.agency][p.a.record] == people.subjects[p.b.agency][p.b.record] ? 1 : 0;
  }
  return {{"pairs", equal}, {"one_person", Share(one_person, equal)}};
}

ordered_json Printed(const PatternCount& count) {
  return {{"largest", count.largest},
          {"mean", Rounded(count.mean)},
          {"expected_as_large", Rounded(count.expected_as_large)}};
}

}  // namespace

double Rounded(double value) { return std::round(value * 1e6) / 1e6; }

double Share(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : Rounded(static_cast<double>(part) / static_cast<double>(whole));
}

ordered_json AttackRates(const Capture& capture, const BlockKeys& keys, const Agencies& people) {
  const PublicNames surnames = DutchSurnames();
  std::set<Handle> encoded;
  for (const CapturedPair& p : capture.pairs) {
    encoded.insert(p.a);
    encoded.insert(p.b);
  }
  std::size_t records = 0;
  for (const linkage::RecordTable& table : people.tables) records += table.rows();
  const auto rate = [&](const Guesses& guesses) {
    return Rate(guesses, people, encoded.size(), records);
  };
  ordered_json out;
  out["encoded_records"] = encoded.size();
  out["candidate_pairs"] = capture.pairs.size();
  out["equal_pairs"] = EqualPairs(capture, people);
  out["surname_clusters"] = SurnameClusters(capture).size();
  const PatternStatistics patterns = PatternsAcrossBlocks(capture);
  out["patterns_across_blocks"] = {{"blocks", patterns.blocks},
                                   {"slots", Printed(patterns.slots)},
                                   {"pairs_of_slots", Printed(patterns.pairs)}};
  out["matcher_alone"] = {{"blind", rate(BlindGuess(capture, surnames))},
                          {"frequency", rate(FrequencyAttack(capture, surnames))},
                          {"graph_matching", rate(GraphAttack(capture, surnames))},
                          {"patterns_within_blocks",
                           rate(PatternAttack(capture, surnames, PatternScope::kWithinBlocks))},
                          {"patterns_across_blocks",
                           rate(PatternAttack(capture, surnames, PatternScope::kAcrossBlocks))},
                          {"similarity_tables", rate(SimilarityTableAttack(capture, surnames))}};
  if (capture.profile.Find(linkage::FieldKind::kDate)) {
    out["matcher_with_agency"] = Collusion(capture, keys, people, surnames);
  }
  return out;
}

}  // namespace raakvlak::bench
