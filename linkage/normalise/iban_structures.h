// The account number formats of the IBAN registry (ISO 13616), one row a country.
#ifndef RAAKVLAK_LINKAGE_NORMALISE_IBAN_STRUCTURES_H_
#define RAAKVLAK_LINKAGE_NORMALISE_IBAN_STRUCTURES_H_

#include <array>
#include <cstddef>
#include <string_view>

namespace raakvlak::linkage {

struct IbanStructure {
  std::string_view country;
  // The registry's notation for what follows country and check digits: a count, '!', and n
  // (digits), a (upper-case letters) or c (alphanumerics), repeated.
  std::string_view bban;
  std::size_t length;  // of the whole IBAN
};

inline constexpr std::array<IbanStructure, 89> kIbanStructures = {{
    {"AD", "4!n4!n12!c", 24},
    {"AE", "3!n16!n", 23},
    {"AL", "8!n16!c", 28},
    {"AT", "5!n11!n", 20},
    {"AZ", "4!a20!c", 28},
    {"BA", "3!n3!n8!n2!n", 20},
    {"BE", "3!n7!n2!n", 16},
    {"BG", "4!a4!n2!n8!c", 22},
    {"BH", "4!a14!c", 22},
    {"BI", "5!n5!n11!n2!n", 27},
    {"BR", "8!n5!n10!n1!a1!c", 29},
    {"BY", "4!c4!n16!c", 28},
    {"CH", "5!n12!c", 21},
    {"CR", "4!n14!n", 22},
    {"CY", "3!n5!n16!c", 28},
    {"CZ", "4!n16!n", 24},
    {"DE", "8!n10!n", 22},
    {"DJ", "5!n5!n11!n2!n", 27},
    {"DK", "4!n9!n1!n", 18},
    {"DO", "4!c20!n", 28},
    {"EE", "2!n14!n", 20},
    {"EG", "4!n4!n17!n", 29},
    {"ES", "4!n4!n1!n1!n10!n", 24},
    {"FI", "3!n11!n", 18},
    {"FK", "2!a12!n", 18},
    {"FO", "4!n9!n1!n", 18},
    {"FR", "5!n5!n11!c2!n", 27},
    {"GB", "4!a6!n8!n", 22},
    {"GE", "2!a16!n", 22},
    {"GI", "4!a15!c", 23},
    {"GL", "4!n9!n1!n", 18},
    {"GR", "3!n4!n16!c", 27},
    {"GT", "4!c20!c", 28},
    {"HN", "4!a20!n", 28},
    {"HR", "7!n10!n", 21},
    {"HU", "3!n4!n1!n15!n1!n", 28},
    {"IE", "4!a6!n8!n", 22},
    {"IL", "3!n3!n13!n", 23},
    {"IQ", "4!a3!n12!n", 23},
    {"IS", "4!n2!n6!n10!n", 26},
    {"IT", "1!a5!n5!n12!c", 27},
    {"JO", "4!a4!n18!c", 30},
    {"KW", "4!a22!c", 30},
    {"KZ", "3!n13!c", 20},
    {"LB", "4!n20!c", 28},
    {"LC", "4!a24!c", 32},
    {"LI", "5!n12!c", 21},
    {"LT", "5!n11!n", 20},
    {"LU", "3!n13!c", 20},
    {"LV", "4!a13!c", 21},
    {"LY", "3!n3!n15!n", 25},
    {"MC", "5!n5!n11!c2!n", 27},
    {"MD", "2!c18!c", 24},
    {"ME", "3!n13!n2!n", 22},
    {"MK", "3!n10!c2!n", 19},
    {"MN", "4!n12!n", 20},
    {"MR", "5!n5!n11!n2!n", 27},
    {"MT", "4!a5!n18!c", 31},
    {"MU", "4!a2!n2!n12!n3!n3!a", 30},
    {"NI", "4!a20!n", 28},
    {"NL", "4!a10!n", 18},
    {"NO", "4!n6!n1!n", 15},
    {"OM", "3!n16!c", 23},
    {"PK", "4!a16!c", 24},
    {"PL", "8!n16!n", 28},
    {"PS", "4!a21!c", 29},
    {"PT", "4!n4!n11!n2!n", 25},
    {"QA", "4!a21!c", 29},
    {"RO", "4!a16!c", 24},
    {"RS", "3!n13!n2!n", 22},
    {"RU", "9!n5!n15!c", 33},
    {"SA", "2!n18!c", 24},
    {"SC", "4!a2!n2!n16!n3!a", 31},
    {"SD", "2!n12!n", 18},
    {"SE", "3!n16!n1!n", 24},
    {"SI", "5!n8!n2!n", 19},
    {"SK", "4!n6!n10!n", 24},
    {"SM", "1!a5!n5!n12!c", 27},
    {"SO", "4!n3!n12!n", 23},
    {"ST", "4!n4!n11!n2!n", 25},
    {"SV", "4!a20!n", 28},
    {"TL", "3!n14!n2!n", 23},
    {"TN", "2!n3!n13!n2!n", 24},
    {"TR", "5!n1!n16!c", 26},
    {"UA", "6!n19!c", 29},
    {"VA", "3!n15!n", 22},
    {"VG", "4!a16!n", 24},
    {"XK", "4!n10!n2!n", 20},
    {"YE", "4!a4!n18!c", 30},
}};

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_NORMALISE_IBAN_STRUCTURES_H_
