// Comparing keyed encodings (linkage/fuzzy/encoder.h): the matcher's side. Nothing here can make an
// encoding.
//
// Pure functions, thread safe. Accepts any bytes.
#ifndef RAAKVLAK_LINKAGE_SCORE_COMPARE_ENCODINGS_H_
#define RAAKVLAK_LINKAGE_SCORE_COMPARE_ENCODINGS_H_

#include <cstddef>
#include <string_view>

#include "linkage/score/encoding_layout.h"
#include "linkage/score/levels.h"
#include "linkage/score/profile.h"

namespace raakvlak::linkage {

// Agreement of two encodings made under one block key. False, and `*out` untouched, if a size is
// wrong. Crossed given name and surname are compared crosswise where both sides agree better so.
bool CompareEncodings(const Profile& profile, std::string_view a, std::string_view b,
                      AgreementPattern* out);

// The similarity of one field as the matcher sees it, 0 to 1; 0 where one is missing. Not shown to
// anybody: for the scoring of single name pairs, and tests.
double EncodedSimilarity(const Profile& profile, std::string_view a, std::string_view b,
                         std::size_t field);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_SCORE_COMPARE_ENCODINGS_H_
