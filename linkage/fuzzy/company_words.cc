// Words of trade and place, and how frequent the others are.
#include "linkage/fuzzy/company_words.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>

namespace raakvlak::linkage {
namespace {

constexpr double kLittle = 0.2;
constexpr double kSome = 0.3;
// A file of fewer names says nothing about frequency.
constexpr double kEnoughNames = 30;

// Sorted: looked up by binary search.
constexpr std::string_view kFunctionWords[] = {
    "aan", "and", "bij", "d", "de", "den", "der", "des", "en",  "for", "het", "in",  "la",
    "le",  "of",  "op",  "t", "te", "ten", "ter", "the", "tot", "van", "vd",  "von", "voor"};
constexpr std::string_view kTradeWords[] = {"administratie", "administraties",
                                            "advies",        "adviesbureau",
                                            "advieskantoor", "adviseurs",
                                            "agency",        "associates",
                                            "bedrijf",       "bedrijven",
                                            "benelux",       "bureau",
                                            "company",       "consultancy",
                                            "consultants",   "consulting",
                                            "diensten",      "dutch",
                                            "europe",        "financial",
                                            "groep",         "group",
                                            "handel",        "handelsonderneming",
                                            "holland",       "industries",
                                            "international", "investments",
                                            "kantoor",       "maatschappij",
                                            "management",    "nederland",
                                            "netherlands",   "nl",
                                            "onderneming",   "partners",
                                            "products",      "projecten",
                                            "projects",      "serv",
                                            "service",       "services",
                                            "solutions",     "systems",
                                            "techniek",      "technology",
                                            "trade",         "trading",
                                            "vennootschap",  "zorg"};

template <std::size_t N>
bool Contains(const std::string_view (&list)[N], std::string_view word) {
  return std::binary_search(std::begin(list), std::end(list), word);
}

}  // namespace

bool IsDistinguishingWord(std::string_view word) {
  if (word == "holding" || word == "holdings" || word == "beheer") return true;
  if (word.empty()) return false;
  if (word.find_first_not_of("0123456789") == std::string_view::npos) return true;
  return word.size() <= 5 && word.find_first_not_of("ivx") == std::string_view::npos;
}

CompanyWordWeights::CompanyWordWeights(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (name.empty()) continue;
    names_ += 1;
    std::set<std::string> words;
    for (std::size_t at = 0; at < name.size();) {
      const std::size_t end = std::min(name.find(' ', at), name.size());
      words.insert(name.substr(at, end - at));
      at = end + 1;
    }
    for (const std::string& w : words) ++counts_[w];
  }
}

double CompanyWordWeights::Weight(std::string_view word) const {
  if (Contains(kFunctionWords, word)) return kLittle;
  double weight = 1;
  if (word.size() == 1) weight = 0.5;
  if (Contains(kTradeWords, word)) weight = kSome;
  if (names_ < kEnoughNames) return weight;
  const auto it = counts_.find(std::string(word));
  if (it == counts_.end() || it->second < 5) return weight;
  return std::min(weight, std::max(kSome, std::log(names_ / it->second) / std::log(names_)));
}

}  // namespace raakvlak::linkage
