// Where what lies in an encoded record: shared by those who make encodings (nodes,
// linkage/fuzzy/encoder.h) and those who compare them (the matcher, compare_encodings.h).
//
// Presence bits (3 bytes), then the fields in the profile's order. Each field: an 8-byte tag of the
// whole value, then its slots of 12 bits, two in three bytes, the first in the low bits. A given
// name has two marks of 16 bits after that; a company name a tag of its distinguishing words and
// its words, each a weight byte and slots. Pure functions, thread safe.
#ifndef RAAKVLAK_LINKAGE_SCORE_ENCODING_LAYOUT_H_
#define RAAKVLAK_LINKAGE_SCORE_ENCODING_LAYOUT_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "linkage/score/company_similarity.h"
#include "linkage/score/profile.h"

namespace raakvlak::linkage {

inline constexpr std::size_t kValueTagBytes = 8;
inline constexpr std::size_t kPresenceBytes = (kMaxComparedFields + 7) / 8;
inline constexpr std::size_t kInitialBytes = 4;  // two 16-bit marks, given names only
inline constexpr std::size_t kDateSlots = 12;
inline constexpr std::uint16_t kSlotMask = 0xfff;
// Numbers of slots are even everywhere, so that they pack without a remainder.
inline constexpr std::size_t kMaxSlots = 32;
// After a company name's slots: a tag of its distinguishing words, then its words.
inline constexpr std::size_t kWordBytes = 1 + kCompanyWordSlots / 2 * 3;
inline constexpr std::size_t kCompanyBytes = kValueTagBytes + kCompanyWords * kWordBytes;

// Bytes of one encoded record.
std::size_t EncodedSize(const Profile& profile);
// Slots (12-bit values) for a field of this kind; 0 for codes, which have a whole-value tag only.
std::size_t EncodedSlots(FieldKind kind);
// Bytes of those slots.
std::size_t SlotBytes(FieldKind kind);
// Where a field begins.
std::size_t FieldOffset(const Profile& profile, std::size_t field);
// Words of company names weigh 1/16 to 1 in sixteenths; 0: a dummy.
inline constexpr std::uint8_t kMaxWordWeight = 16;
// False for bytes that no encoder makes: of another size, with presence bits beyond the profile's
// fields, or with words that weigh more than 1. (Slots and tags may be anything.)
bool IsWellFormed(const Profile& profile, std::string_view encoding);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_SCORE_ENCODING_LAYOUT_H_
