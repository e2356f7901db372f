// Seeded identities.
#include "demo/identities.h"

#include <array>
#include <cstdio>

namespace raakvlak::demo {
namespace {

// Names that stay apart after normalising: no two differ in case, accents or ij/y alone.
constexpr std::array kGiven = {"Anna",    "Bram",   "Carla",   "Daan",    "Esra",    "Fatima",
                               "Gerrit",  "Hanna",  "Imke",    "Jasper",  "Karel",   "Lotte",
                               "Mohamed", "Noor",   "Omar",    "Pieter",  "Quinten", "Roos",
                               "Sanne",   "Thomas", "Ursula",  "Vera",    "Wouter",  "Xander",
                               "Yara",    "Zeynep", "Johanna", "Maarten", "Ayşe",    "Renée"};
struct Surname {
  const char* prefix;
  const char* name;
};
constexpr std::array kSurnames = {
    Surname{"de", "Vries"},       Surname{"", "Jansen"},        Surname{"van den", "Berg"},
    Surname{"", "Bakker"},        Surname{"van", "Dam"},        Surname{"", "Visser"},
    Surname{"", "Smit"},          Surname{"", "Meijer"},        Surname{"de", "Boer"},
    Surname{"", "Mulder"},        Surname{"de", "Groot"},       Surname{"", "Bos"},
    Surname{"", "Vos"},           Surname{"", "Peters"},        Surname{"", "Hendriks"},
    Surname{"van", "Leeuwen"},    Surname{"", "Dekker"},        Surname{"", "Brouwer"},
    Surname{"de", "Wit"},         Surname{"", "Dijkstra"},      Surname{"", "Smeets"},
    Surname{"van der", "Meer"},   Surname{"van der", "Linden"}, Surname{"", "Kok"},
    Surname{"", "Jacobs"},        Surname{"de", "Haan"},        Surname{"", "Vermeulen"},
    Surname{"van den", "Heuvel"}, Surname{"", "Yılmaz"},        Surname{"van der", "Veen"},
    Surname{"", "Kaya"},          Surname{"", "El Amrani"},     Surname{"", "Käster"},
    Surname{"ter", "Horst"},      Surname{"", "Nguyen"},        Surname{"in 't", "Veld"},
    Surname{"", "Schouten"}};
constexpr std::array kBanks = {"ABNA", "INGB", "RABO", "TRIO", "SNSB"};

// A permutation of [0, modulus) without a table: multiplication by a number coprime to it, and a
// shift.
uint64_t Permute(uint64_t seed, uint64_t number, uint64_t modulus) {
  // Below 2^64 for numbers under 10^7 and seeds under 10^9.
  return (number * 1'000'003 + seed % 1'000'000'000 * 998'244'353) % modulus;
}

std::string Digits(uint64_t value, int width) {
  char buffer[24];
  std::snprintf(buffer, sizeof buffer, "%0*llu", width, static_cast<unsigned long long>(value));
  return buffer;
}

}  // namespace

std::string IbanCheckDigits(const std::string& country, const std::string& bban) {
  uint64_t remainder = 0;
  for (char c : bban + country + "00") {
    const bool letter = c >= 'A' && c <= 'Z';
    const auto value = static_cast<uint64_t>(letter ? c - 'A' + 10 : c - '0');
    remainder = (remainder * (letter ? 100 : 10) + value) % 97;
  }
  return Digits(98 - remainder, 2);
}

Identity MakeIdentity(uint64_t seed, uint64_t number) {
  Identity out;
  // A mixed radix of given name, surname and day keeps name and date together unique.
  constexpr uint64_t kDays = 60 * 12 * 28;
  constexpr uint64_t kSpace = kGiven.size() * kSurnames.size() * kDays;
  uint64_t who = Permute(seed, number, kSpace);
  out.given = kGiven[who % kGiven.size()];
  who /= kGiven.size();
  const Surname& surname = kSurnames[who % kSurnames.size()];
  out.prefix = surname.prefix;
  out.surname = surname.name;
  who /= kSurnames.size();
  // No 1 January: it often stands for an unknown date.
  out.day = 1 + static_cast<int>(who % 28);
  out.month = 1 + static_cast<int>(who / 28 % 12);
  out.year = 1945 + static_cast<int>(who / 28 / 12);
  if (out.day == 1 && out.month == 1) out.day = 29;
  out.kvk = Digits(10'000'000 + Permute(seed + 1, number, 80'000'000), 8);
  const std::string bban = std::string(kBanks[number % kBanks.size()]) +
                           Digits(Permute(seed + 2, number, 1'000'000'000), 10);
  out.iban = "NL" + IbanCheckDigits("NL", bban) + bban;
  out.phone = "6" + Digits(10'000'000 + Permute(seed + 3, number, 50'000'000), 8);
  return out;
}

}  // namespace raakvlak::demo
