// Company names compared word by word: what a name says of the company, what it says of the trade,
// and what tells two companies of one family apart.
//
// Sound for names without legal form (a field of its own). Pure and thread safe. Works on keyed
// encodings as the matcher gets them; sources: soft TF-IDF (Cohen, Ravikumar, Fienberg 2003).
#ifndef RAAKVLAK_LINKAGE_FUZZY_COMPANY_SIMILARITY_H_
#define RAAKVLAK_LINKAGE_FUZZY_COMPANY_SIMILARITY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace raakvlak::linkage {

// Words that make another company of it, never to be overlooked: holding, beheer, numerals, years,
// roman numbers.
bool IsDistinguishingWord(std::string_view word);

// How much a word says, 0 to 1: articles and prefixes little, words of trade and place some, names
// all; less for what is frequent in the agency's own file.
class CompanyWordWeights {
 public:
  CompanyWordWeights() = default;
  explicit CompanyWordWeights(const std::vector<std::string>& names);

  double Weight(std::string_view word) const;

 private:
  std::unordered_map<std::string, std::uint32_t> counts_;
  double names_ = 0;
};

// Words of one name that are encoded; more are left out.
inline constexpr std::size_t kCompanyWords = 8;
inline constexpr std::size_t kCompanyWordSlots = 16;

// One word as the matcher sees it.
struct EncodedWord {
  std::uint8_t weight = 0;  // sixteenths; 0: a dummy
  std::uint16_t slots[kCompanyWordSlots] = {};
};

// 0 to 1 from encoded words and the share of slots of the joined names that agree: half of the
// better of joined and word-weighted agreement, half of the worst word's best partner, where a word
// that says little cannot spoil much.
double CompanySimilarity(const std::vector<EncodedWord>& a, const std::vector<EncodedWord>& b,
                         double joined);

// From here on two company names are taken for one.
inline constexpr double kCompanyThreshold = 0.70;

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_FUZZY_COMPANY_SIMILARITY_H_
