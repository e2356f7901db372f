// Company names compared word by word: what a name says of the company, what it says of the trade,
// and what tells two companies of one family apart.
//
// Sound for names without legal form (a field of its own). Pure and thread safe. Works on keyed
// encodings as the matcher gets them; sources: soft TF-IDF (Cohen, Ravikumar, Fienberg 2003).
#ifndef RAAKVLAK_LINKAGE_SCORE_COMPANY_SIMILARITY_H_
#define RAAKVLAK_LINKAGE_SCORE_COMPANY_SIMILARITY_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace raakvlak::linkage {

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

#endif  // RAAKVLAK_LINKAGE_SCORE_COMPANY_SIMILARITY_H_
