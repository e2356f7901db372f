// Made-up people for tests: names and places with the skew of real ones, damaged copies,
// households. Deterministic for a seed.
#ifndef RAAKVLAK_LINKAGE_FUZZY_TESTING_PEOPLE_H_
#define RAAKVLAK_LINKAGE_FUZZY_TESTING_PEOPLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "linkage/fuzzy/seeded_random.h"
#include "linkage/score/profile.h"

namespace raakvlak::linkage::testing {

struct Person {
  std::string given_name;
  std::string surname;
  std::string birth_date;  // yyyymmdd
  std::string gender;
  std::string phone;
  std::string postcode;
};

// given_name, surname, birth_date, gender, phone, postcode.
Profile PersonProfile();
RecordTable MakeTable(const std::vector<Person>& people);

class PeopleMaker {
 public:
  explicit PeopleMaker(std::uint64_t seed) : random_(seed) {}

  // Somebody new.
  Person Make();
  std::vector<Person> Make(std::size_t count);
  // Somebody else at the same address, with the same surname.
  Person Relative(const Person& person);
  // As another agency may have written the person down: each field is wrong or missing with the
  // given chance. What is missing stays so.
  Person Damaged(const Person& person, double wrong, double missing);

 private:
  std::string Name(std::size_t most, std::size_t syllables);
  std::string Digits(std::size_t count);

  SeededRandom random_;
};

}  // namespace raakvlak::linkage::testing

#endif  // RAAKVLAK_LINKAGE_FUZZY_TESTING_PEOPLE_H_
