// Names from syllables, the i-th name 1/i as frequent as the first (Zipf).
#include "linkage/fuzzy/testing/people.h"

#include <cmath>
#include <cstdio>
#include <string_view>

namespace raakvlak::linkage::testing {
namespace {

constexpr std::string_view kSyllables[] = {"ba",  "ke", "lin", "der", "mo",  "ven", "sta", "ru",
                                           "ijs", "te", "gro", "hul", "pie", "na",  "wou", "fri"};

std::string DateOf(std::uint64_t day) {
  char text[16];
  std::snprintf(text, sizeof(text), "%04u%02u%02u", static_cast<unsigned>(1930 + day / 336),
                static_cast<unsigned>(day / 28 % 12 + 1), static_cast<unsigned>(day % 28 + 1));
  return text;
}

}  // namespace

Profile PersonProfile() {
  Profile profile;
  profile.fields = {{"given_name", FieldKind::kGivenName}, {"surname", FieldKind::kSurname},
                    {"birth_date", FieldKind::kDate},      {"gender", FieldKind::kExact},
                    {"phone", FieldKind::kPhone},          {"postcode", FieldKind::kPostcode}};
  return profile;
}

RecordTable MakeTable(const std::vector<Person>& people) {
  RecordTable table;
  table.columns.resize(6);
  for (const Person& p : people) {
    table.columns[0].push_back(p.given_name);
    table.columns[1].push_back(p.surname);
    table.columns[2].push_back(p.birth_date);
    table.columns[3].push_back(p.gender);
    table.columns[4].push_back(p.phone);
    table.columns[5].push_back(p.postcode);
  }
  return table;
}

std::string PeopleMaker::Name(std::size_t most, std::size_t syllables) {
  // Evenly over the logarithm of the rank is Zipf's law.
  auto rank = static_cast<std::uint64_t>(std::exp(random_.Unit() * std::log(most)));
  SeededRandom spelling(rank * 31 + syllables);
  std::string out;
  for (std::size_t s = 0; s < syllables; ++s) out += kSyllables[spelling.Below(16)];
  return out;
}

std::string PeopleMaker::Digits(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(static_cast<char>('0' + random_.Below(10)));
  return out;
}

Person PeopleMaker::Make() {
  Person p;
  p.given_name = Name(2000, 3);
  p.surname = Name(20000, 4);
  p.birth_date = DateOf(random_.Below(336 * 80));
  p.gender = random_.Chance(0.5) ? "m" : "v";
  p.phone = "06" + Digits(8);
  p.postcode = Digits(4) + "ab";
  return p;
}

std::vector<Person> PeopleMaker::Make(std::size_t count) {
  std::vector<Person> out;
  out.reserve(count);
  for (std::size_t i = 0; i < count; ++i) out.push_back(Make());
  return out;
}

Person PeopleMaker::Relative(const Person& person) {
  Person out = Make();
  out.surname = person.surname;
  out.phone = person.phone;
  out.postcode = person.postcode;
  return out;
}

Person PeopleMaker::Damaged(const Person& person, double wrong, double missing) {
  Person out = person;
  for (std::string* value : {&out.given_name, &out.surname, &out.birth_date, &out.phone}) {
    if (random_.Chance(missing)) {
      value->clear();
    } else if (random_.Chance(wrong) && !value->empty()) {
      char& c = (*value)[random_.Below(value->size())];
      c = static_cast<char>(c >= 'a' ? 'a' + random_.Below(26) : '0' + random_.Below(10));
    }
  }
  return out;
}

}  // namespace raakvlak::linkage::testing
