// One function for each identifier type, called by Normalise. Internal to the normalisers: `clean`
// is CleanText of a valid, non-empty raw value.
#ifndef RAAKVLAK_LINKAGE_NORMALISE_FAMILIES_H_
#define RAAKVLAK_LINKAGE_NORMALISE_FAMILIES_H_

#include <string_view>

#include "linkage/normalise/result.h"

namespace raakvlak::linkage {

// bank.cc
NormaliseResult NormaliseIban(std::string_view clean);
NormaliseResult NormaliseBic(std::string_view clean);

// company_number.cc
NormaliseResult NormaliseKvk(std::string_view clean);
NormaliseResult NormaliseVestiging(std::string_view clean);
NormaliseResult NormaliseLei(std::string_view clean);
NormaliseResult NormaliseEori(std::string_view clean);
NormaliseResult NormaliseOin(std::string_view clean);

// fiscal_number.cc
NormaliseResult NormaliseBsn(std::string_view clean);
NormaliseResult NormaliseRsin(std::string_view clean);
NormaliseResult NormaliseBtw(std::string_view clean);

// transport.cc
NormaliseResult NormaliseContainer(std::string_view clean);
NormaliseResult NormaliseImo(std::string_view clean);
NormaliseResult NormaliseKenteken(std::string_view clean);

// document.cc
NormaliseResult NormaliseDocument(std::string_view clean);

// contact.cc
NormaliseResult NormaliseEmail(std::string_view clean);
NormaliseResult NormalisePostcode(std::string_view clean);

// phone.cc
NormaliseResult NormalisePhone(std::string_view clean);

// crypto_address.cc
NormaliseResult NormaliseCryptoAddress(std::string_view clean);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_NORMALISE_FAMILIES_H_
