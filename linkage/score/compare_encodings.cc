// Agreement levels from slots and tags.
#include "linkage/score/compare_encodings.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <vector>

#include "linkage/score/company_similarity.h"

namespace raakvlak::linkage {
namespace {

void UnpackSlots(std::string_view bytes, std::size_t slots, std::uint16_t* out) {
  for (std::size_t i = 0; i < slots; i += 2) {
    const auto b0 = static_cast<std::uint8_t>(bytes[i / 2 * 3]);
    const auto b1 = static_cast<std::uint8_t>(bytes[i / 2 * 3 + 1]);
    const auto b2 = static_cast<std::uint8_t>(bytes[i / 2 * 3 + 2]);
    out[i] = static_cast<std::uint16_t>(b0 | ((b1 & 0xf) << 8));
    if (i + 1 < slots) out[i + 1] = static_cast<std::uint16_t>((b1 >> 4) | (b2 << 4));
  }
}

bool Present(std::string_view encoding, std::size_t field) {
  return (static_cast<std::uint8_t>(encoding[field / 8]) >> (field % 8) & 1) != 0;
}

std::size_t CommonSlots(std::string_view a, std::string_view b, std::size_t slots) {
  std::uint16_t x[kMaxSlots];
  std::uint16_t y[kMaxSlots];
  UnpackSlots(a, slots, x);
  UnpackSlots(b, slots, y);
  // A peer may have sent them unsorted.
  std::sort(x, x + slots);
  std::sort(y, y + slots);
  std::size_t common = 0;
  for (std::size_t i = 0, j = 0; i < slots && j < slots;) {
    if (x[i] == y[j]) {
      ++common;
      ++i;
      ++j;
    } else if (x[i] < y[j]) {
      ++i;
    } else {
      ++j;
    }
  }
  return common;
}

std::uint8_t LevelOfOverlap(std::size_t common, std::size_t slots) {
  const std::size_t tenths = common * 100;
  if (tenths >= slots * 80) return 1;
  if (tenths >= slots * 60) return 2;
  if (tenths >= slots * 40) return 3;
  return 4;
}

std::vector<EncodedWord> UnpackWords(std::string_view bytes) {
  std::vector<EncodedWord> words(kCompanyWords);
  for (std::size_t w = 0; w < kCompanyWords; ++w) {
    words[w].weight = static_cast<std::uint8_t>(bytes[w * kWordBytes]);
    UnpackSlots(bytes.substr(w * kWordBytes + 1), kCompanyWordSlots, words[w].slots);
    std::sort(std::begin(words[w].slots), std::end(words[w].slots));
  }
  return words;
}

// `x` and `y` begin at the field. Different distinguishing words: different companies.
double CompanyScore(std::string_view x, std::string_view y) {
  const std::size_t slots = EncodedSlots(FieldKind::kCompanyName);
  const double joined =
      static_cast<double>(CommonSlots(x.substr(kValueTagBytes), y.substr(kValueTagBytes), slots)) /
      static_cast<double>(slots);
  const std::size_t at = kValueTagBytes + SlotBytes(FieldKind::kCompanyName);
  if (x.substr(at, kValueTagBytes) != y.substr(at, kValueTagBytes)) return 0;
  return CompanySimilarity(UnpackWords(x.substr(at + kValueTagBytes)),
                           UnpackWords(y.substr(at + kValueTagBytes)), joined);
}

std::uint8_t CompanyLevel(std::string_view x, std::string_view y) {
  const double score = CompanyScore(x, y);
  if (score >= 0.85) return 1;
  if (score >= kCompanyThreshold) return 2;
  return score >= 0.55 ? 3 : 4;
}

std::uint8_t DateLevel(std::string_view a, std::string_view b) {
  std::uint16_t x[kDateSlots];
  std::uint16_t y[kDateSlots];
  UnpackSlots(a, kDateSlots, x);
  UnpackSlots(b, kDateSlots, y);
  int digits = 0;
  for (std::size_t i = 0; i < 8; ++i) digits += x[i] == y[i] ? 1 : 0;
  const bool year = x[8] == y[8];
  const bool month = x[9] == y[9];
  const bool day = x[10] == y[10];
  const bool swapped = year && x[11] == y[11] && !month;
  if (digits >= 7 || swapped) return 1;
  if (digits == 6 || year + month + day >= 2) return 2;
  // The year alone: all that some files know.
  if (digits == 5 || year) return 3;
  return 4;
}

// Level of field `fa` of `a` against field `fb` of `b`, both texts of one key group.
std::uint8_t TextLevel(const Profile& profile, std::string_view a, std::size_t fa,
                       std::string_view b, std::size_t fb) {
  const std::string_view x = a.substr(FieldOffset(profile, fa));
  const std::string_view y = b.substr(FieldOffset(profile, fb));
  if (x.substr(0, kValueTagBytes) == y.substr(0, kValueTagBytes)) return 0;
  const FieldKind kind = profile.fields[fa].kind;
  if (kind == FieldKind::kDate)
    return DateLevel(x.substr(kValueTagBytes), y.substr(kValueTagBytes));
  if (kind == FieldKind::kCompanyName) return CompanyLevel(x, y);
  const std::size_t slots = EncodedSlots(kind);
  if (slots == 0) return 4;
  std::uint8_t level =
      LevelOfOverlap(CommonSlots(x.substr(kValueTagBytes), y.substr(kValueTagBytes), slots), slots);
  if (fa == fb && kind == FieldKind::kGivenName && level > 2) {
    // An initial against a name that begins with it.
    const std::size_t at = kValueTagBytes + SlotBytes(kind);
    if (x.substr(at, 2) == y.substr(at + 2, 2) || x.substr(at + 2, 2) == y.substr(at, 2)) level = 2;
  }
  return level;
}

}  // namespace

bool CompareEncodings(const Profile& profile, std::string_view a, std::string_view b,
                      AgreementPattern* out) {
  const std::size_t size = EncodedSize(profile);
  if (a.size() != size || b.size() != size) return false;
  AgreementPattern pattern = EmptyPattern();
  for (std::size_t f = 0; f < profile.fields.size(); ++f) {
    if (Present(a, f) && Present(b, f)) pattern[f] = TextLevel(profile, a, f, b, f);
  }
  const auto given = profile.Find(FieldKind::kGivenName);
  const auto surname = profile.Find(FieldKind::kSurname);
  if (given && surname && pattern[*given] != kMissingLevel && pattern[*surname] != kMissingLevel) {
    const std::uint8_t first = TextLevel(profile, a, *given, b, *surname);
    const std::uint8_t second = TextLevel(profile, a, *surname, b, *given);
    if (first < pattern[*given] && second < pattern[*surname]) {
      pattern[*given] = first;
      pattern[*surname] = second;
    }
  }
  *out = pattern;
  return true;
}

double EncodedSimilarity(const Profile& profile, std::string_view a, std::string_view b,
                         std::size_t field) {
  const FieldKind kind = profile.fields[field].kind;
  const std::size_t slots = EncodedSlots(kind);
  if (slots == 0 || !Present(a, field) || !Present(b, field)) return 0;
  const std::string_view x = a.substr(FieldOffset(profile, field));
  const std::string_view y = b.substr(FieldOffset(profile, field));
  if (x.substr(0, kValueTagBytes) == y.substr(0, kValueTagBytes)) return 1;
  if (kind == FieldKind::kCompanyName) return CompanyScore(x, y);
  return static_cast<double>(
             CommonSlots(x.substr(kValueTagBytes), y.substr(kValueTagBytes), slots)) /
         static_cast<double>(slots);
}

}  // namespace raakvlak::linkage
