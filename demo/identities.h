// Seeded, Dutch-looking identities that never collide: number i is another one than number j in
// every field.
#ifndef RAAKVLAK_DEMO_IDENTITIES_H_
#define RAAKVLAK_DEMO_IDENTITIES_H_

#include <cstdint>
#include <string>

namespace raakvlak::demo {

// In canonical spelling.
struct Identity {
  std::string given;
  std::string prefix;  // may be empty
  std::string surname;
  int year = 0;
  int month = 0;
  int day = 0;
  std::string kvk;    // 8 digits
  std::string iban;   // NL, 18 characters
  std::string phone;  // 9 digits after the trunk 0, "6........"
};

// The seed moves every identity elsewhere; below 10^7 numbers nothing repeats within a field (name
// and date of birth are one field).
Identity MakeIdentity(uint64_t seed, uint64_t number);

// The two check digits of an IBAN (ISO 13616, mod 97).
std::string IbanCheckDigits(const std::string& country, const std::string& bban);

}  // namespace raakvlak::demo

#endif  // RAAKVLAK_DEMO_IDENTITIES_H_
