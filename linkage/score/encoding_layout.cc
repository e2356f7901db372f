// Sizes and places in encodings.
#include "linkage/score/encoding_layout.h"

namespace raakvlak::linkage {
namespace {

std::size_t FieldBytes(FieldKind kind) {
  return kValueTagBytes + SlotBytes(kind) + (kind == FieldKind::kGivenName ? kInitialBytes : 0) +
         (kind == FieldKind::kCompanyName ? kCompanyBytes : 0);
}

}  // namespace

std::size_t SlotBytes(FieldKind kind) { return EncodedSlots(kind) / 2 * 3; }

std::size_t EncodedSlots(FieldKind kind) {
  switch (kind) {
    case FieldKind::kExact:
      return 0;
    case FieldKind::kDate:
      return kDateSlots;
    case FieldKind::kAddress:
    case FieldKind::kCompanyName:
      return 32;
    default:
      return 24;
  }
}

std::size_t FieldOffset(const Profile& profile, std::size_t field) {
  std::size_t at = kPresenceBytes;
  for (std::size_t f = 0; f < field; ++f) at += FieldBytes(profile.fields[f].kind);
  return at;
}

std::size_t EncodedSize(const Profile& profile) {
  return FieldOffset(profile, profile.fields.size());
}

bool IsWellFormed(const Profile& profile, std::string_view encoding) {
  if (encoding.size() != EncodedSize(profile)) return false;
  for (std::size_t bit = profile.fields.size(); bit < 8 * kPresenceBytes; ++bit) {
    if ((static_cast<std::uint8_t>(encoding[bit / 8]) >> (bit % 8) & 1) != 0) return false;
  }
  std::size_t at = kPresenceBytes;
  for (const ComparedField& field : profile.fields) {
    if (field.kind == FieldKind::kCompanyName) {
      const std::size_t words = at + kValueTagBytes + SlotBytes(field.kind) + kValueTagBytes;
      for (std::size_t w = 0; w < kCompanyWords; ++w) {
        const auto weight = static_cast<std::uint8_t>(encoding[words + w * kWordBytes]);
        if (weight > kMaxWordWeight) return false;
      }
    }
    at += FieldBytes(field.kind);
  }
  return true;
}

}  // namespace raakvlak::linkage
