// Names, people and what agencies write down of them.
#include "bench/attacks/dutch_people.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <set>
#include <string_view>

namespace raakvlak::bench {
namespace {

using linkage::FieldKind;
using linkage::SeededRandom;

// Without prefixes, which normalising drops ("de jong").
constexpr std::string_view kSurnames[] = {
    "jong",      "jansen",   "vries",  "berg",      "dijk",     "bakker",    "janssen", "visser",
    "smit",      "meijer",   "boer",   "mulder",    "groot",    "bos",       "vos",     "peters",
    "hendriks",  "leeuwen",  "dekker", "brouwer",   "wit",      "dijkstra",  "smits",   "graaf",
    "meer",      "linden",   "kok",    "jacobs",    "haan",     "vermeulen", "heuvel",  "veen",
    "broek",     "bruijn",   "bruin",  "heijden",   "schouten", "beek",      "willems", "vliet",
    "ven",       "hoekstra", "maas",   "verhoeven", "koster",   "dam",       "prins",   "wal",
    "huisman",   "peeters",  "jonge",  "kuipers",   "veenstra", "post",      "kuiper",  "veldhuis",
    "gerritsen", "kramer",   "laan",   "scholten"};
constexpr double kCounts[] = {83937, 73538, 71099, 58562, 56499, 55273, 54040, 49525, 42280,
                              40047, 38343, 36207, 36147, 35407, 30279, 30111, 29492, 28837,
                              27946, 25419, 24904, 24175, 23816, 21067, 20708};
constexpr double kPopulation = 16'000'000;
// With it about a hundred thousand names make up the population.
constexpr double kTailExponent = 0.74;
constexpr std::size_t kMostSurnames = 120'000;
constexpr std::string_view kStems[] = {
    "aal",  "bam",  "blok",  "boom", "brink", "buur",   "daal",   "dijk", "donk",  "drie",  "eng",
    "fok",  "gel",  "goor",  "haar", "ham",   "hei",    "hof",    "hol",  "horst", "kamp",  "klein",
    "kolk", "kool", "kruis", "lage", "loo",   "mast",   "meul",   "mid",  "moer",  "nieuw", "nij",
    "oost", "paal", "pol",   "roos", "rot",   "schaap", "schoon", "stam", "steen", "ter",   "tim",
    "ven",  "vlas", "voor",  "wage", "wes",   "wil",    "zand",   "zwart"};
constexpr std::string_view kMiddles[] = {"",    "en",  "er",  "ste", "mer",
                                         "kel", "ber", "lin", "ges", "o"};
constexpr std::string_view kEndings[] = {
    "berg", "beek",   "bos", "burg",  "dijk",  "dam",  "daal", "feld", "gaard", "hof",
    "huis", "huizen", "ing", "inga",  "kamp",  "ker",  "laar", "man",  "mans",  "meijer",
    "sen",  "stra",   "sma", "voort", "vliet", "veld", "wijk", "zen"};
constexpr std::string_view kGivenNames[] = {
    "johannes", "maria",     "jan",       "anna",       "cornelis",   "johanna",    "hendrik",
    "cornelia", "willem",    "elisabeth", "pieter",     "wilhelmina", "petrus",     "hendrika",
    "gerrit",   "catharina", "jacobus",   "margaretha", "peter",      "petronella", "dirk",
    "jantje",   "johan",     "adriana",   "martinus",   "monique",    "mark",       "linda",
    "jeroen",   "sandra",    "dennis",    "laura",      "thomas",     "sanne",      "tim",
    "lisa",     "daan",      "emma",      "sem",        "sophie",     "mohamed",    "fatima",
    "ahmed",    "esther",    "bas",       "ingrid",     "erik",       "marieke",    "rob",
    "karin"};

PublicNames Sorted(std::vector<std::string> names, const std::vector<double>& counts) {
  PublicNames out;
  double sum = 0;
  for (const double c : counts) sum += c;
  out.names = std::move(names);
  for (const double c : counts) out.shares.push_back(c / sum);
  return out;
}

class Sampler {
 public:
  explicit Sampler(const PublicNames& names) : names_(names) {
    double sum = 0;
    for (const double s : names.shares) cumulative_.push_back(sum += s);
  }
  const std::string& Draw(SeededRandom& random) const {
    const auto at = std::lower_bound(cumulative_.begin(), cumulative_.end() - 1,
                                     random.Unit() * cumulative_.back());
    return names_.names[static_cast<std::size_t>(at - cumulative_.begin())];
  }

 private:
  const PublicNames& names_;
  std::vector<double> cumulative_;
};

struct Subject {
  std::string values[5];  // in the profile's order
};

std::string Misspelt(std::string value, SeededRandom& random) {
  if (value.empty()) return value;
  const std::size_t at = random.Below(value.size());
  const bool digit = value[at] >= '0' && value[at] <= '9';
  const auto fresh = static_cast<char>(digit ? '0' + random.Below(10) : 'a' + random.Below(26));
  switch (digit ? 0 : random.Below(3)) {
    case 0:
      value[at] = fresh;
      break;
    case 1:
      value.insert(at, 1, fresh);
      break;
    default:
      if (value.size() > 2) value.erase(at, 1);
  }
  return value;
}

std::string Digits(std::size_t count, SeededRandom& random) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(static_cast<char>('0' + random.Below(10)));
  return out;
}

}  // namespace

PublicNames DutchSurnames() {
  std::vector<std::string> names(std::begin(kSurnames), std::end(kSurnames));
  std::vector<double> counts(std::begin(kCounts), std::end(kCounts));
  std::set<std::string> known(names.begin(), names.end());
  const double last = counts.back();
  const auto known_counts = static_cast<double>(counts.size());
  const auto count_at = [&](std::size_t rank) {
    return last * std::pow(known_counts / static_cast<double>(rank), kTailExponent);
  };
  while (counts.size() < names.size()) counts.push_back(count_at(counts.size() + 1));
  double sum = 0;
  for (const double c : counts) sum += c;
  // The tail falls on until everybody has a name.
  SeededRandom random(2007);
  while (sum < kPopulation && names.size() < kMostSurnames) {
    std::string name(kStems[random.Below(std::size(kStems))]);
    name += kMiddles[random.Below(std::size(kMiddles))];
    if (random.Chance(0.5)) name += kStems[random.Below(std::size(kStems))];
    name += kEndings[random.Below(std::size(kEndings))];
    if (!known.insert(name).second) continue;
    names.push_back(std::move(name));
    counts.push_back(count_at(names.size()));
    sum += counts.back();
  }
  return Sorted(std::move(names), counts);
}

PublicNames DutchGivenNames() {
  std::vector<std::string> names(std::begin(kGivenNames), std::end(kGivenNames));
  std::set<std::string> known(names.begin(), names.end());
  SeededRandom random(1983);
  static constexpr std::string_view kSyllables[] = {"an",  "bel", "ca", "da", "el",  "fen", "ga",
                                                    "han", "ia",  "jo", "ke", "la",  "mi",  "ne",
                                                    "ri",  "sa",  "ta", "vi", "wen", "yl"};
  while (names.size() < 3'000) {
    std::string name;
    for (std::uint64_t s = 2 + random.Below(2); s > 0; --s) {
      name += kSyllables[random.Below(std::size(kSyllables))];
    }
    if (known.insert(name).second) names.push_back(std::move(name));
  }
  std::vector<double> counts;
  counts.reserve(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) counts.push_back(1 / (static_cast<double>(i) + 5));
  return Sorted(std::move(names), counts);
}

Agencies MakeAgencies(const PopulationOptions& options) {
  Agencies out;
  out.profile.fields = {{"given_name", FieldKind::kGivenName},
                        {"surname", FieldKind::kSurname},
                        {"birth_date", FieldKind::kDate},
                        {"postcode", FieldKind::kPostcode},
                        {"phone", FieldKind::kPhone}};
  SeededRandom random(options.seed);
  const PublicNames surnames = DutchSurnames();
  const PublicNames given_names = DutchGivenNames();
  const Sampler surname(surnames);
  const Sampler given(given_names);
  std::vector<Subject> subjects;
  const auto make = [&](const Subject* housemate) {
    Subject s;
    s.values[0] = given.Draw(random);
    s.values[1] = housemate != nullptr ? housemate->values[1] : surname.Draw(random);
    char date[16];
    std::snprintf(
        date, sizeof(date), "%04u%02u%02u", static_cast<unsigned>(1930 + random.Below(80)),
        static_cast<unsigned>(1 + random.Below(12)), static_cast<unsigned>(1 + random.Below(28)));
    s.values[2] = date;
    s.values[3] = housemate != nullptr ? housemate->values[3]
                                       : std::to_string(1000 + random.Below(9000)) +
                                             static_cast<char>('a' + random.Below(26)) +
                                             static_cast<char>('a' + random.Below(26));
    s.values[4] = housemate != nullptr && random.Chance(0.5) ? housemate->values[4]
                                                             : "06" + Digits(8, random);
    subjects.push_back(std::move(s));
    return static_cast<std::uint32_t>(subjects.size() - 1);
  };
  const auto shared =
      static_cast<std::size_t>(options.overlap * static_cast<double>(options.records));
  std::vector<std::uint32_t> common;
  common.reserve(shared);
  for (std::size_t i = 0; i < shared; ++i) common.push_back(make(nullptr));
  for (std::size_t a = 0; a < options.agencies; ++a) {
    std::vector<std::uint32_t> who = common;
    while (who.size() < options.records) {
      if (!who.empty() && random.Chance(options.households)) {
        const Subject housemate = subjects[who[random.Below(who.size())]];
        who.push_back(make(&housemate));
      } else {
        who.push_back(make(nullptr));
      }
    }
    for (std::size_t i = who.size(); i > 1; --i) std::swap(who[i - 1], who[random.Below(i)]);
    linkage::RecordTable table;
    table.columns.resize(out.profile.fields.size());
    for (const std::uint32_t w : who) {
      for (std::size_t f = 0; f < table.columns.size(); ++f) {
        std::string value = subjects[w].values[f];
        if (random.Chance(options.missing)) {
          value.clear();
        } else if (random.Chance(options.typo)) {
          value = Misspelt(std::move(value), random);
        }
        table.columns[f].push_back(std::move(value));
      }
    }
    out.tables.push_back(std::move(table));
    out.subjects.push_back(std::move(who));
  }
  return out;
}

}  // namespace raakvlak::bench
