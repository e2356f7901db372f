// Exact pairs, likeness, the union of both, groups.
#include "server/matcher/matching_stage.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <tuple>

#include "linkage/match/grouping.h"
#include "linkage/match/pairing.h"
#include "linkage/score/assign.h"
#include "linkage/score/strength.h"
#include "server/matcher/exact_stage.h"
#include "server/matcher/pair_scoring.h"

namespace raakvlak::matcher {
namespace {

using linkage::AgreementPattern;
using linkage::Strength;

// In grouping an exact agreement weighs at least so much, in log odds.
constexpr double kHardWeight = 20;

// Two records that agree exactly, were compared, or both.
struct Link {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  // Exact types they agree on; none: alike at most.
  linkage::AgreedTypes exact = 0;
  bool compared = false;
  // By likeness. Exact agreement needs no acceptance.
  bool accepted = false;
  AgreementPattern pattern = linkage::EmptyPattern();
  double score = 0;

  bool is_match() const { return exact != 0 || accepted; }
};

absl::StatusOr<linkage::Pairing> PairExactly(const RunRecords& records,
                                             const StageContext& context) {
  std::vector<linkage::SharedValue> values;
  for (std::uint32_t r = 0; r < records.handles.size(); ++r) {
    for (const StoredValue& value : records.Of(r)) {
      if (context.IsBlock(value.type)) continue;
      values.push_back({r, value.type, value.counterparts, value.tag});
    }
  }
  linkage::PairingLimits limits;
  limits.max_records_per_value = context.max_records_per_value;
  return linkage::PairRecords(records.agency_of, std::move(values), limits);
}

// Both lists in order of (first, second).
std::vector<Link> Union(std::span<const linkage::RecordPair> exact,
                        std::vector<linkage::CandidatePair> compared) {
  std::sort(compared.begin(), compared.end(),
            [](const linkage::CandidatePair& x, const linkage::CandidatePair& y) {
              return std::tie(x.a, x.b) < std::tie(y.a, y.b);
            });
  std::vector<Link> links;
  links.reserve(exact.size() + compared.size());
  std::size_t i = 0;
  for (const linkage::CandidatePair& pair : compared) {
    const auto here = std::tie(pair.a, pair.b);
    for (; i < exact.size() && std::tie(exact[i].first, exact[i].second) < here; ++i) {
      links.push_back(
          {.first = exact[i].first, .second = exact[i].second, .exact = exact[i].types});
    }
    Link& link = links.emplace_back();
    link.first = pair.a;
    link.second = pair.b;
    link.compared = true;
    link.pattern = pair.pattern;
    link.score = pair.score;
    if (i < exact.size() && std::tie(exact[i].first, exact[i].second) == here) {
      link.exact = exact[i++].types;
    }
  }
  for (; i < exact.size(); ++i) {
    links.push_back({.first = exact[i].first, .second = exact[i].second, .exact = exact[i].types});
  }
  return links;
}

bool IsHard(const Link& link, const StageContext& context) {
  return link.exact != 0 && linkage::StrengthOf(link.exact, context.types) == Strength::kHard;
}

// Decides by likeness on the links of two agencies. `taken` is marked for records that agree on a
// checked number with one of the other agency.
void Accept(std::span<Link> links, const StageContext& context, std::vector<bool>& taken) {
  const bool one_to_one = context.profile.deduplicated;
  if (one_to_one) {
    for (const Link& link : links) {
      if (IsHard(link, context)) taken[link.first] = taken[link.second] = true;
    }
  }
  std::vector<linkage::CandidatePair> free;
  std::vector<std::size_t> position;
  for (std::size_t i = 0; i < links.size(); ++i) {
    if (!links[i].compared || taken[links[i].first] || taken[links[i].second]) continue;
    free.push_back({links[i].first, links[i].second, links[i].pattern, links[i].score});
    position.push_back(i);
  }
  for (const std::size_t i : linkage::Assign(free, /*threshold=*/0, one_to_one)) {
    links[position[i]].accepted = true;
  }
  for (const Link& link : links) taken[link.first] = taken[link.second] = false;
}

Strength StrengthOf(const Link& link, const StageContext& context) {
  const Strength by_type =
      link.exact == 0 ? Strength::kPossible : linkage::StrengthOf(link.exact, context.types);
  if (!link.accepted) return by_type;
  const bool strong =
      linkage::StrengthOf(link.score, /*number_agrees=*/false) == linkage::MatchStrength::kStrong;
  // The enumeration begins with the strongest.
  return std::min(by_type, strong ? Strength::kStrong : Strength::kPossible);
}

// Takes out matches by likeness whose records GroupLinks keeps apart; says how many.
std::uint64_t RefuseChains(const RunRecords& records, const StageContext& context,
                           std::vector<Link>& links) {
  std::vector<linkage::ScoredLink> scored;
  scored.reserve(links.size());
  for (const Link& link : links) {
    double score = link.score;
    if (link.exact != 0) {
      const Strength strength = linkage::StrengthOf(link.exact, context.types);
      score = std::max(score, strength == Strength::kHard     ? kHardWeight
                              : strength == Strength::kStrong ? linkage::kStrongScore
                                                              : 0);
    }
    scored.push_back({{records.agency_of[link.first], link.first},
                      {records.agency_of[link.second], link.second},
                      score,
                      link.is_match()});
  }
  // 0: in no group.
  std::vector<std::uint32_t> group_of(records.handles.size(), 0);
  std::uint32_t group = 0;
  for (const linkage::LinkGroup& found :
       linkage::GroupLinks(std::move(scored), context.profile.deduplicated)) {
    ++group;
    for (const linkage::RunRecord& member : found.members) group_of[member.record] = group;
  }
  std::uint64_t refused = 0;
  for (Link& link : links) {
    if (!link.accepted || group_of[link.first] == group_of[link.second]) continue;
    link.accepted = false;
    if (link.exact == 0) ++refused;
  }
  return refused;
}

absl::Status WritePairs(common::FileSystem& fs, const RunDirectory& directory,
                        const StageContext& context, const RunRecords& records,
                        const std::vector<Link>& matches, crypto::Random& random) {
  std::vector<linkage::RecordPair> pairs;
  pairs.reserve(matches.size());
  for (const Link& match : matches) pairs.push_back({match.first, match.second, 1});
  const linkage::Grouping grouping = linkage::GroupPairs(records.agency_of, pairs);

  std::vector<PairId> ids(matches.size());
  for (PairId& id : ids) random.Fill(id);
  std::vector<std::uint32_t> order(ids.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return ids[a] < ids[b]; });

  auto writer = FramedWriter::Create(fs, directory.Pairs(), kPairsMagic);
  if (!writer.ok()) return writer.status();
  for (const std::uint32_t i : order) {
    const Link& match = matches[i];
    // Records lie agency after agency, so the first of a pair is of the first agency.
    StoredPair stored;
    stored.id = ids[i];
    stored.first_agency = records.agency_of[match.first];
    stored.second_agency = records.agency_of[match.second];
    stored.first = records.handles[match.first];
    stored.second = records.handles[match.second];
    stored.first_record = match.first;
    stored.second_record = match.second;
    stored.types = match.exact;
    stored.strength = StrengthOf(match, context);
    stored.group = grouping.group_of_pair[i];
    ForEachAgreed(records, match.first, match.second, [&](const StoredValue& value) {
      // An exact value that was skipped does not count; every shared block does.
      if (context.IsBlock(value.type)) {
        stored.types |= linkage::AgreedTypes{1} << value.type;
      } else if ((match.exact >> value.type & 1) == 0) {
        return;
      }
      stored.agreed.push_back(value.tag);
    });
    std::sort(stored.agreed.begin(), stored.agreed.end());
    if (stored.agreed.size() > kMaxAgreedTags) stored.agreed.resize(kMaxAgreedTags);
    if (match.compared) {
      stored.agreement.assign(
          match.pattern.begin(),
          match.pattern.begin() + static_cast<std::ptrdiff_t>(context.profile.fields.size()));
    }
    if (absl::Status s = (*writer)->Add(Encode(stored)); !s.ok()) return s;
  }
  return (*writer)->Finish().status();
}

}  // namespace

absl::StatusOr<MatchOutcome> MatchRecords(common::FileSystem& fs, const RunDirectory& directory,
                                          const StageContext& context,
                                          std::span<const UnconfirmedPair> unconfirmed,
                                          crypto::Random& random) {
  MatchOutcome outcome;
  if (!context.LinksBlocks()) {
    absl::StatusOr<ExactOutcome> exact = MatchExactly(fs, directory, context, unconfirmed, random);
    if (!exact.ok()) return exact.status();
    outcome.pairs = exact->pairs;
    outcome.skipped_values = exact->skipped_values;
    return outcome;
  }
  absl::StatusOr<RunRecords> records = LoadRecords(fs, directory, context, unconfirmed);
  if (!records.ok()) return records.status();
  absl::StatusOr<linkage::Pairing> exact = PairExactly(*records, context);
  if (!exact.ok()) return exact.status();
  outcome.skipped_values = exact->skipped_values;

  std::vector<Link> links;
  auto scoring = PairScoring::Open(fs, directory, context);
  if (!scoring.ok()) return scoring.status();
  auto agencies_of = [&](const linkage::RecordPair& pair) {
    return std::pair<int, int>(records->agency_of[pair.first], records->agency_of[pair.second]);
  };
  std::stable_sort(exact->pairs.begin(), exact->pairs.end(),
                   [&](const auto& x, const auto& y) { return agencies_of(x) < agencies_of(y); });
  std::vector<bool> taken(records->handles.size(), false);
  std::size_t at = 0;
  const int n = static_cast<int>(context.agencies.size());
  for (int a = 0; a < n; ++a) {
    for (int b = a + 1; b < n; ++b) {
      absl::StatusOr<ScoredCandidates> scored = (*scoring)->Score(a, b);
      if (!scored.ok()) return scored.status();
      if (scored->few_own_pairs) outcome.few_own_pairs.emplace_back(a, b);
      const std::size_t begin = at;
      while (at < exact->pairs.size() && agencies_of(exact->pairs[at]) == std::make_pair(a, b)) {
        ++at;
      }
      std::vector<Link> of_two =
          Union(std::span(exact->pairs).subspan(begin, at - begin), std::move(scored->pairs));
      Accept(of_two, context, taken);
      links.insert(links.end(), of_two.begin(), of_two.end());
    }
  }
  if (absl::Status s = (*scoring)->Finish(); !s.ok()) return s;
  outcome.refused_chains = RefuseChains(*records, context, links);
  std::erase_if(links, [](const Link& link) { return !link.is_match(); });
  outcome.pairs = links.size();
  if (absl::Status s = WritePairs(fs, directory, context, *records, links, random); !s.ok()) {
    return s;
  }
  return outcome;
}

}  // namespace raakvlak::matcher
