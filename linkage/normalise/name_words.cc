// Word lists; see the header.
#include "linkage/normalise/name_words.h"

#include <algorithm>
#include <array>

namespace raakvlak::linkage {
namespace {

// Sorted, for binary search.
constexpr std::array<std::string_view, 149> kPrefixes = {
    "a",          "aan",       "aan de",    "aan den",  "aan der",  "aan het",    "aan t",
    "af",         "ait",       "al",        "am",       "am de",    "auf",        "auf dem",
    "auf den",    "auf der",   "auf ter",   "aus",      "aus dem",  "aus den",    "aus der",
    "aus m",      "ben",       "bij",       "bij de",   "bij den",  "bij het",    "bij t",
    "bin",        "boven d",   "d",         "da",       "dal",      "dalla",      "das",
    "de",         "de die",    "de die le", "de l",     "de la",    "de las",     "de le",
    "de van der", "deca",      "degli",     "dei",      "del",      "della",      "den",
    "der",        "des",       "di",        "die le",   "do",       "don",        "dos",
    "du",         "el",        "het",       "i",        "ibn",      "im",         "in",
    "in de",      "in den",    "in der",    "in het",   "in t",     "l",          "la",
    "las",        "le",        "les",       "lo",       "los",      "of",         "onder",
    "onder de",   "onder den", "onder het", "onder t",  "op",       "op de",      "op den",
    "op der",     "op gen",    "op het",    "op t",     "op ten",   "oulad",      "ould",
    "over",       "over de",   "over den",  "over het", "over t",   "s",          "t",
    "te",         "ten",       "ter",       "tho",      "thoe",     "thor",       "to",
    "toe",        "tot",       "uijt",      "uijt de",  "uijt den", "uijt t",     "uijt te de",
    "uijt ten",   "uit",       "uit de",    "uit den",  "uit het",  "uit t",      "uit te de",
    "uit ten",    "unter",     "van",       "van de",   "van de l", "van den",    "van der",
    "van gen",    "van het",   "van la",    "van t",    "van ter",  "van van de", "ver",
    "vom",        "von",       "von dem",   "von den",  "von der",  "von t",      "voor",
    "voor de",    "voor den",  "voor in t", "voor t",   "vor",      "vor der",    "zu",
    "zum",        "zur",
};
static_assert(std::is_sorted(kPrefixes.begin(), kPrefixes.end()));

template <std::size_t N>
bool Contains(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

constexpr std::array<std::string_view, 3> kVan = {"van de", "van den", "van der"};
constexpr std::array<std::string_view, 3> kIn = {"in de", "in den", "in der"};
constexpr std::array<std::string_view, 3> kAan = {"aan de", "aan den", "aan der"};
constexpr std::array<std::string_view, 3> kOp = {"op de", "op den", "op der"};
constexpr std::array<std::string_view, 1> kVanHet = {"van het"};
constexpr std::array<std::string_view, 1> kVanT = {"van t"};
constexpr std::array<std::string_view, 1> kInHet = {"in het"};
constexpr std::array<std::string_view, 1> kInT = {"in t"};
constexpr std::array<std::string_view, 1> kVanPlain = {"van"};

}  // namespace

bool IsPrefix(std::string_view words) {
  return std::binary_search(kPrefixes.begin(), kPrefixes.end(), words);
}

bool IsStrongPrefixWord(std::string_view word) {
  static constexpr std::array<std::string_view, 34> kWords = {
      "aan", "bij", "d",   "da",    "de",     "del",    "della", "den",  "der",  "des", "di", "dos",
      "du",  "el",  "het", "in",    "la",     "onder",  "op",    "over", "s",    "t",   "te", "ten",
      "ter", "uit", "van", "vande", "vanden", "vander", "vom",   "von",  "voor", "zur"};
  return Contains(kWords, word);
}

std::string_view SplitBelgianPrefix(std::string_view word) {
  if (word == "vanden") return "van den";
  if (word == "vander") return "van der";
  if (word == "vande") return "van de";
  return word;
}

std::span<const std::string_view> PrefixAbbreviation(std::string_view letters) {
  if (letters == "vd") return kVan;
  if (letters == "v") return kVanPlain;
  if (letters == "vh") return kVanHet;
  if (letters == "vt") return kVanT;
  if (letters == "id") return kIn;
  if (letters == "ih") return kInHet;
  if (letters == "it") return kInT;
  if (letters == "ad") return kAan;
  if (letters == "od") return kOp;
  return {};
}

bool IsLeadingTitle(std::string_view word) {
  static constexpr std::array<std::string_view, 35> kWords = {
      "dhr",        "heer", "hr",       "mevr",      "mevrouw", "mw",      "mej",
      "mejuffrouw", "mr",   "mrs",      "ms",        "miss",    "dr",      "drs",
      "ir",         "ing",  "prof",     "professor", "bc",      "ds",      "pater",
      "jhr",        "jkvr", "jonkheer", "jonkvrouw", "fam",     "familie", "weduwe",
      "wed",        "herr", "frau",     "mme",       "mlle",    "sir",     "dame"};
  return Contains(kWords, word);
}

bool IsTrailingTitle(std::string_view word) {
  static constexpr std::array<std::string_view, 11> kWords = {
      "msc", "bsc", "llm", "llb", "phd", "mba", "bba", "mphil", "meng", "beng", "emba"};
  return Contains(kWords, word);
}

bool IsCapitalTitle(std::string_view word) {
  static constexpr std::array<std::string_view, 6> kWords = {"ma", "ba", "ra", "aa", "mpa", "rc"};
  return Contains(kWords, word);
}

bool IsNobleTitle(std::string_view word) {
  static constexpr std::array<std::string_view, 18> kWords = {
      "baron",  "barones",  "graaf",     "gravin",    "burggraaf", "burggravin",
      "hertog", "hertogin", "markies",   "markiezin", "prins",     "prinses",
      "ridder", "jonkheer", "jonkvrouw", "jhr",       "jkvr",      "freiherr"};
  return Contains(kWords, word);
}

std::string_view GenerationSuffix(std::string_view word) {
  if (word == "sr" || word == "sen" || word == "senior") return "sr";
  if (word == "jr" || word == "jun" || word == "junior") return "jr";
  return {};
}

bool IsPatronymicParticle(std::string_view word) {
  return word == "bin" || word == "ibn" || word == "bint";
}

bool IsVietnameseFamilyName(std::string_view word) {
  static constexpr std::array<std::string_view, 16> kWords = {
      "nguyen", "tran", "pham", "huynh", "hoang",  "phan", "vu",    "vo",
      "dang",   "bui",  "ngo",  "duong", "truong", "dinh", "trinh", "dao"};
  return Contains(kWords, word);
}

bool IsNamePlaceholder(std::string_view letters) {
  static constexpr std::array<std::string_view, 22> kWords = {"onbekend",     "onbekende",
                                                              "unknown",      "nn",
                                                              "nomennescio",  "nvt",
                                                              "niet",         "geen",
                                                              "null",         "none",
                                                              "xx",           "xxx",
                                                              "xxxx",         "leeg",
                                                              "nietbekend",   "anoniem",
                                                              "anonymous",    "unbekannt",
                                                              "inconnu",      "nietingevuld",
                                                              "naamonbekend", "onbekendonbekend"};
  return Contains(kWords, letters);
}

Marker MarriageMarker(std::string_view word) {
  if (word == "geb" || word == "geboren" || word == "nee" || word == "born") {
    return Marker::kOwnFollows;
  }
  if (word == "ev" || word == "echtg" || word == "echtgenote" || word == "echtgenoot") {
    return Marker::kPartnerFollows;
  }
  return Marker::kNone;
}

}  // namespace raakvlak::linkage
