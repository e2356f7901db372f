// Scoring names without other fields.
#include "linkage/fuzzy/name_pair.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "linkage/fuzzy/encoder.h"
#include "linkage/fuzzy/record_preparer.h"
#include "linkage/normalise/company_name.h"
#include "linkage/normalise/person_name.h"
#include "linkage/score/compare_encodings.h"
#include "linkage/score/profile.h"

namespace raakvlak::linkage {
namespace {

constexpr std::array<std::uint8_t, 16> kDummyKey = {};
// Sound-alikes meet under a weak key: alike enough to be looked at, never certain.
constexpr double kSoundAlike = 0.80;

// Any value of one among the values of the other.
bool Same(const NormaliseResult& a, const NormaliseResult& b) {
  if (!a.ok() || !b.ok()) return false;
  std::set<std::string> values(a.alternatives.begin(), a.alternatives.end());
  values.insert(a.value);
  if (values.contains(b.value)) return true;
  return std::any_of(b.alternatives.begin(), b.alternatives.end(),
                     [&](const std::string& v) { return values.contains(v); });
}

std::string Join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& w : words) out += (out.empty() ? "" : " ") + w;
  return out;
}

// Compares texts through encodings made for this one comparison.
class PairComparer {
 public:
  explicit PairComparer(FieldKind kind, const std::vector<std::string>& all = {}) {
    profile_.fields = {{"name", kind}};
    RecordTable table;
    table.columns = {all};
    encoder_.emplace_back(profile_, table, kDummyKey);
  }
  double operator()(const std::string& a, const std::string& b) const {
    if (a.empty() || b.empty()) return 0;
    RecordTable table;
    table.columns = {{a, b}};
    const BlockKey key{};
    return EncodedSimilarity(profile_, encoder_[0].Encode(key, table, 0),
                             encoder_[0].Encode(key, table, 1), 0);
  }

 private:
  Profile profile_;
  std::vector<RecordEncoder> encoder_;
};

double PersonScore(const std::string& left, const std::string& right, const PairComparer& alike) {
  const PersonName a = ParsePersonName(left);
  const PersonName b = ParsePersonName(right);
  if (a.reason == RefusalReason::kPlaceholder || b.reason == RefusalReason::kPlaceholder) return 0;
  if (!a.suffix.empty() && !b.suffix.empty() && a.suffix != b.suffix) return 0;
  // One word is a name of either kind.
  const auto families = [](const PersonName& n) {
    std::vector<std::string> out;
    for (const FamilyName* f : {&n.family, &n.partner}) {
      if (f->surname.empty()) continue;
      out.push_back(f->surname);
      if (f->surname_expanded != f->surname) out.push_back(f->surname_expanded);
    }
    if (out.empty()) out.push_back(Join(n.given_names));
    return out;
  };
  double family = 0;
  for (const std::string& x : families(a)) {
    for (const std::string& y : families(b)) family = std::max(family, alike(x, y));
  }
  double given = 1;
  const bool both = !a.family.surname.empty() && !b.family.surname.empty() && !a.initials.empty() &&
                    !b.initials.empty();
  if (both && (a.only_initials || b.only_initials)) {
    // Initials of one begin those of the other.
    const std::size_t n = std::min(a.initials.size(), b.initials.size());
    given = a.initials.compare(0, n, b.initials, 0, n) == 0 ? 0.9 : 0;
  } else if (both) {
    given = alike(Join(a.given_names), Join(b.given_names));
    if (a.given_names[0] == b.given_names[0]) given = std::max(given, 0.9);
  }
  double score = std::min(family, given);
  // Word order not known: "Jansen Maria".
  if (both && !a.only_initials && !b.only_initials) {
    score = std::max(score, std::min(alike(Join(a.given_names), b.family.surname),
                                     alike(a.family.surname, Join(b.given_names))));
  }
  const std::string key_a = WeakPersonKey(a);
  if (!key_a.empty() && key_a == WeakPersonKey(b) && given >= 0.5) {
    score = std::max(score, kSoundAlike);
  }
  return score;
}

double CompanyScore(const CompanyName& a, const CompanyName& b, const PairComparer& alike) {
  if (a.reason == RefusalReason::kPlaceholder || b.reason == RefusalReason::kPlaceholder) return 0;
  if (!a.legal_form.empty() && !b.legal_form.empty() && a.legal_form != b.legal_form &&
      a.legal_country == b.legal_country) {
    return 0;
  }
  if (a.liability != b.liability && !a.liability.empty() && !b.liability.empty()) return 0;
  return alike(Join(a.words), Join(b.words));
}

}  // namespace

std::vector<NamePairScore> ScoreNamePairs(const std::vector<std::string>& left,
                                          const std::vector<std::string>& right, NameKind kind) {
  std::vector<NamePairScore> out(left.size());
  if (kind == NameKind::kPerson) {
    const PairComparer alike(FieldKind::kSurname);
    for (std::size_t i = 0; i < left.size(); ++i) {
      out[i].score = PersonScore(left[i], right[i], alike);
      out[i].same = Same(NormalisePersonName(ParsePersonName(left[i])),
                         NormalisePersonName(ParsePersonName(right[i])));
      if (out[i].same) out[i].score = 1;
    }
    return out;
  }
  std::set<std::string> distinct;
  for (const auto* names : {&left, &right}) {
    for (const std::string& n : *names) distinct.insert(Join(ParseCompanyName(n).words));
  }
  const PairComparer alike(FieldKind::kCompanyName,
                           std::vector<std::string>(distinct.begin(), distinct.end()));
  for (std::size_t i = 0; i < left.size(); ++i) {
    const CompanyName a = ParseCompanyName(left[i]);
    const CompanyName b = ParseCompanyName(right[i]);
    out[i].score = CompanyScore(a, b, alike);
    out[i].same = Same(NormaliseCompanyName(a), NormaliseCompanyName(b));
    if (out[i].same) out[i].score = 1;
  }
  return out;
}

}  // namespace raakvlak::linkage
