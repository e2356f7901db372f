// Words for the forms of components (linkage/fuzzy/component.h, which the matcher may not link).
#include "authority/plan_text.h"

#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "linkage/types/identifier_type.h"

namespace raakvlak::authority {
namespace {

using FormWords = std::pair<std::string_view, std::string_view>;
constexpr std::array<FormWords, 22> kForms = {{
    {"full", ""},
    {"initial", "initial of "},
    {"first2", "first two letters of "},
    {"first3", "first three letters of "},
    {"first4", "first four characters of "},
    {"last3", "last three letters of "},
    {"last4", "last four characters of "},
    {"chars2-3", "second and third letter of "},
    {"chars2-4", "second to fourth letter of "},
    {"phonetic3", "sound of the beginning of "},
    {"phonetic4", "sound of "},
    {"yyyy", "year of "},
    {"mmdd", "month and day of "},
    {"yydd", "year and day of "},
    {"yyyymm", "year and month of "},
    {"yyyy+sorted(mm,dd)", "year, month and day, in whatever order, of "},
    {"rest", "all but the last four digits of "},
    {"middle4", "middle four digits of "},
    {"first-half", "first half of "},
    {"second-half", "second half of "},
    {"longest-word", "longest word of "},
    {"words-sorted", "words, in whatever order, of "},
}};

// Of components that read two fields.
constexpr std::array<FormWords, 6> kFormsOfTwo = {{
    {"names-sorted", ""},
    {"sorted-first3", "first three letters of "},
    {"sorted-last3", "last three letters of "},
    {"sorted-first4", "first four characters of "},
    {"lesser-first4", "first four characters of the alphabetically first of "},
    {"greater-first4", "first four characters of the alphabetically last of "},
}};

// To two digits: "4.8", "260000".
std::string TwoDigits(double value) {
  const double unit = std::pow(10, std::floor(std::log10(value)) - 1);
  const double rounded = std::round(value / unit) * unit;
  return absl::StrFormat("%.*f", rounded < 10 ? 1 : 0, rounded);
}

// How rare a value of so many bits is: it is one record in so many that has it.
std::string Rarity(double bits) {
  constexpr double kMillion = 1e6;
  constexpr double kBillion = 1e9;
  const double values = std::exp2(bits);
  if (values >= kBillion) return "a billion or more";
  if (values >= kMillion) return TwoDigits(values / kMillion) + " million";
  return TwoDigits(values);
}

std::string Describe(const v1::ComparisonProfile& profile, const v1::KeyComponent& component) {
  const std::string& field = profile.fields(static_cast<int>(component.field())).name();
  if (component.other_field() != 0) {
    const std::string& other = profile.fields(static_cast<int>(component.other_field() - 1)).name();
    for (const auto& [form, words] : kFormsOfTwo) {
      if (form == component.form()) {
        return absl::StrCat(std::string(words), field, " and ", other, " in whatever order");
      }
    }
    return absl::StrCat(field, " and ", other, " (", component.form(), ")");
  }
  for (const auto& [form, words] : kForms) {
    if (form == component.form()) return absl::StrCat(std::string(words), field);
  }
  return absl::StrCat(field, " (", component.form(), ")");
}

}  // namespace

std::vector<std::string> DescribePlan(const v1::ComparisonProfile& profile,
                                      const v1::BlockingPlan& plan) {
  std::vector<std::string> lines;
  for (int key = 0; key < plan.keys_size(); ++key) {
    const v1::PlannedKey& planned = plan.keys(key);
    std::string line(linkage::IdentifierTypeName(linkage::BlockType(static_cast<size_t>(key))));
    const char* separator = ": ";
    for (const v1::KeyComponent& component : planned.components()) {
      absl::StrAppend(&line, separator, Describe(profile, component));
      separator = ", with ";
    }
    absl::StrAppendFormat(&line, "; one record in %s has the same, finds %.1f%%, exposes %.2f%%",
                          Rarity(planned.mean_bits() / 1000.0), planned.coverage() / 100.0,
                          planned.exposure() / 100.0);
    lines.push_back(std::move(line));
  }
  lines.push_back(absl::StrFormat(
      "%d keys, %.1f evaluations a record: expected to find %.1f%%, to expose %.2f%%",
      plan.keys_size(), plan.evaluations_per_record() / 100.0, plan.coverage() / 100.0,
      plan.exposure() / 100.0));
  return lines;
}

}  // namespace raakvlak::authority
