// What the words of a company name say: of the company, of the trade, or that it is another company
// of one family.
//
// Sound for names without legal form (a field of its own). Immutable, thread safe.
#ifndef RAAKVLAK_LINKAGE_FUZZY_COMPANY_WORDS_H_
#define RAAKVLAK_LINKAGE_FUZZY_COMPANY_WORDS_H_

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

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_FUZZY_COMPANY_WORDS_H_
