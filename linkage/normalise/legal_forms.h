// Spellings of legal forms, and of the states a company can be in. Internal.
//
// A phrase is folded words without dots, as company_name.cc cuts them: "B.V.", "BV" and "b. v." are
// "bv" and "b v". Sources: Dutch Civil Code book 2, ISO 20275 (entity legal forms).
#ifndef RAAKVLAK_LINKAGE_NORMALISE_LEGAL_FORMS_H_
#define RAAKVLAK_LINKAGE_NORMALISE_LEGAL_FORMS_H_

#include <span>
#include <string_view>

namespace raakvlak::linkage {

// Where in a name a phrase is taken for a legal form.
enum class Place { kEnd, kStart, kBoth, kAnywhere };

struct LegalPhrase {
  std::string_view phrase;
  std::string_view form;  // canonical
  Place place;
};

// Longest first, so that "besloten vennootschap met beperkte aansprakelijkheid" wins.
std::span<const LegalPhrase> LegalPhrases();

// Exclusion of liability of a cooperative, at the end: "ua", "ba", "wa".
std::string_view LiabilityOf(std::string_view phrase);

// "in liquidatie" for a phrase that says so, at the end; empty otherwise.
struct StatusPhrase {
  std::string_view phrase;
  std::string_view status;
};
std::span<const StatusPhrase> StatusPhrases();

// "h/o", "t.h.o.d.n.": what goes before is the proprietor, what follows the trade name.
std::span<const std::string_view> TradeNamePhrases();

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_NORMALISE_LEGAL_FORMS_H_
