// Company names: the legal form in a field of its own, everything that tells two companies apart
// kept.
//
// Thread safe; accepts any bytes.
#ifndef RAAKVLAK_LINKAGE_NORMALISE_COMPANY_NAME_H_
#define RAAKVLAK_LINKAGE_NORMALISE_COMPANY_NAME_H_

#include <string>
#include <string_view>
#include <vector>

#include "linkage/normalise/result.h"

namespace raakvlak::linkage {

struct CompanyName {
  // Folded words without legal form and status, abbreviations written out ("zonen", "gebroeders",
  // "maatschappij"), '&' and '+' as "en". Holding, Beheer, numerals, years and numbers stay.
  std::vector<std::string> words;
  std::vector<std::string>
      words_expanded;         // likewise with ue for ü (FoldTextExpanded); same length
  std::string legal_form;     // canonical, e.g. "bv", "nv", "vof", "gmbh"; empty if none is written
  std::string legal_country;  // "be" of "BV (BE)"; empty as a rule
  std::string liability;      // "ua", "ba", "wa" of a cooperative
  std::string status;  // "in oprichting", "in liquidatie", "in faillissement"; not part of the key
  std::string proprietor;  // the person of "P. Jansen h/o Bloemenhuis Jansen", folded

  // kNone, or why this name must not match anything exactly. Parts are filled as far as possible.
  RefusalReason reason = RefusalReason::kNone;
  std::string_view message;

  bool ok() const { return reason == RefusalReason::kNone; }
};

CompanyName ParseCompanyName(std::string_view raw);

// The exact key: words joined, legal form, liability, proprietor. Status does not count, nor
// spaces.
NormaliseResult NormaliseCompanyName(const CompanyName& name);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_NORMALISE_COMPANY_NAME_H_
