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

}  // namespace raakvlak::linkage
