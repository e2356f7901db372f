// Components: the parts of field values that compound blocking keys are made of ("first three
// letters of the surname", "year and day of birth").
//
// Pure functions, thread safe. Values are normalised (profile.h).
#ifndef RAAKVLAK_LINKAGE_FUZZY_COMPONENT_H_
#define RAAKVLAK_LINKAGE_FUZZY_COMPONENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "linkage/score/profile.h"

namespace raakvlak::linkage {

enum class ComponentForm : std::uint8_t {
  kFull,
  kInitial,
  kFirst2,
  kFirst3,
  kFirst4,
  kLast3,
  kLast4,
  kChars2To3,
  kChars2To4,
  kPhonetic3,
  kPhonetic4,
  kDateYear,
  kDateMonthDay,
  kDateYearDay,       // yy + dd
  kDateYearMonth,     // yyyymm
  kDateYearSortedMd,  // yyyy + the lesser and the greater of month and day
  kRest,              // all but the last four
  kMiddle4,
  kFirstHalf,   // of a postcode, and one character
  kSecondHalf,  // of a postcode
  // Of two fields, the same whichever stands in which: find crossed fields.
  kNamesSorted,    // given name and surname in alphabetical order
  kSortedFirst3,   // parts of both, in alphabetical order
  kSortedLast3,    //
  kSortedFirst4,   //
  kLesserFirst4,   // of the one that comes first in alphabetical order, or the only one
  kGreaterFirst4,  // of the one that comes last, or the only one
  kLongestWord,    // of a company name: most likely the one that tells it apart
  kWordsSorted,    // words in alphabetical order, so that their order does not matter
};

// "full", "first3", ...: as written in plans.
std::string_view ComponentFormName(ComponentForm form);
std::optional<ComponentForm> ParseComponentForm(std::string_view name);

struct Component {
  std::uint16_t field = 0;
  // A second field that the component reads as well, or kNoField.
  std::uint16_t other_field = kNoField;
  ComponentForm form = ComponentForm::kFull;

  static constexpr std::uint16_t kNoField = 0xffff;

  // Bit i is set if field i is read.
  std::uint32_t FieldMask() const {
    return (1u << field) | (other_field == kNoField ? 0u : 1u << other_field);
  }
  bool operator==(const Component&) const = default;
};

// All components of a profile's fields, in a fixed order: part of the blocking plan's definition.
std::vector<Component> ComponentsOf(const Profile& profile);

// How many kinds of field the components read. Texts and codes may be anything, so each such field
// counts as a kind of its own.
std::size_t CountKinds(const Profile& profile, const std::vector<Component>& components);

// "surname.first3"
std::string ComponentName(const Profile& profile, const Component& component);

// The component's value in row `row`; empty where the record cannot have one.
std::string ComponentValue(const Profile& profile, const RecordTable& table, std::size_t row,
                           const Component& component);

// A consonant skeleton in which Dutch and common foreign sound-alikes meet (ij/y/ei, ck/k, s/z,
// v/f, d/t, doubled letters), of at most `length` characters. Expects folded text.
std::string PhoneticKey(std::string_view text, std::size_t length);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_FUZZY_COMPONENT_H_
