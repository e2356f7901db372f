// The fake matcher's matches: pairs of records that agree on an identifier, or are alike.
#include <algorithm>

#include "linkage/score/levels.h"
#include "linkage/score/strength.h"
#include "linkage/types/identifier_type.h"
#include "server/node/testing/fake_matcher.h"

namespace raakvlak::node::testing {
namespace {

std::string PairId(std::uint64_t n) {
  std::string id(16, '\0');
  for (std::size_t i = 0; i < 8; ++i) id[i] = static_cast<char>(n >> (8 * i));
  return id;
}

bool IsBlock(const std::string& type) {
  return linkage::IsBlockType(*linkage::ParseIdentifierType(type));
}

v1::MatchStrength StrengthOf(const std::string& type) {
  auto known = linkage::ParseIdentifierType(type);
  switch (linkage::Info(*known).strength) {
    case linkage::Strength::kHard:
      return v1::MATCH_STRENGTH_HARD;
    case linkage::Strength::kStrong:
      return v1::MATCH_STRENGTH_STRONG;
    case linkage::Strength::kPossible:
      break;
  }
  return v1::MATCH_STRENGTH_POSSIBLE;
}

}  // namespace

void FakeMatcher::MatchLocked(Run& run) {
  std::uint64_t next = 1;
  v1::Purpose purpose;
  (void)purpose.ParseFromString(run.purpose.body());
  const std::size_t fields = static_cast<std::size_t>(purpose.profile().fields_size());
  const auto& agencies = run.manifest.agencies();
  for (int a = 0; a < agencies.size(); ++a) {
    for (int b = a + 1; b < agencies.size(); ++b) {
      const Alike alike = run.manifest.has_plan() ? ScoreLocked(run, a, b) : Alike();
      const std::vector<v1::RecordEntry>& of_a = run.records[agencies[a]];
      const std::vector<v1::RecordEntry>& of_b = run.records[agencies[b]];
      for (std::size_t i = 0; i < of_a.size(); ++i) {
        for (std::size_t j = 0; j < of_b.size(); ++j) {
          const v1::RecordEntry& left = of_a[i];
          const v1::RecordEntry& right = of_b[j];
          std::set<std::string> tags;
          std::set<std::uint32_t> types;
          for (const v1::SharedTag& x : left.shared()) {
            for (const v1::SharedTag& y : right.shared()) {
              if (x.tag() != y.tag() || x.type_index() != y.type_index()) continue;
              if ((x.counterparts() >> b & 1) == 0 || (y.counterparts() >> a & 1) == 0) continue;
              tags.insert(x.tag());
              types.insert(x.type_index());
            }
          }
          const auto likeness = alike.find({i, j});
          const bool exact = std::any_of(types.begin(), types.end(), [&](std::uint32_t type) {
            return !IsBlock(run.manifest.identifier_types(static_cast<int>(type)));
          });
          if (!exact && likeness == alike.end()) continue;
          v1::NodeMatch match;
          match.set_pair_id(PairId(next));
          match.set_group(next++);
          v1::MatchStrength best = v1::MATCH_STRENGTH_POSSIBLE;
          for (std::uint32_t type : types) {
            match.add_agreed_types(type);
            best =
                std::max(best, StrengthOf(run.manifest.identifier_types(static_cast<int>(type))));
          }
          if (likeness != alike.end()) {
            const linkage::CandidatePair& pair = likeness->second;
            if (pair.score >= linkage::kStrongScore) {
              best = std::max(best, v1::MATCH_STRENGTH_STRONG);
            }
            for (std::size_t f = 0; f < fields; ++f) {
              const std::uint8_t level = pair.pattern[f];
              match.add_agreement(level == linkage::kMissingLevel
                                      ? v1::AGREEMENT_LEVEL_UNSPECIFIED
                                      : static_cast<v1::AgreementLevel>(level + 1));
            }
          }
          match.set_strength(best);
          for (const std::string& tag : tags) match.add_agreed_tags(tag);
          match.set_handle(left.handle());
          match.set_counterpart(agencies[b]);
          run.matches[agencies[a]].push_back(match);
          match.set_handle(right.handle());
          match.set_counterpart(agencies[a]);
          run.matches[agencies[b]].push_back(match);
        }
      }
    }
  }
  // Of chains only those of two records of one counterpart that share an own one.
  for (auto& [agency, matches] : run.matches) {
    std::map<std::pair<std::string, std::string>, int> with;
    for (const v1::NodeMatch& match : matches) ++with[{match.handle(), match.counterpart()}];
    for (v1::NodeMatch& match : matches) {
      match.set_chained(with[{match.handle(), match.counterpart()}] > 1);
    }
  }
}

}  // namespace raakvlak::node::testing
