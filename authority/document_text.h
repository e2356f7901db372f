// The file form of a signed document: JSON that names its kind, with the body and signatures in
// Base64. People read it through `raak roster show` and `raak purpose show`, which print the body
// itself.
#ifndef RAAKVLAK_AUTHORITY_DOCUMENT_TEXT_H_
#define RAAKVLAK_AUTHORITY_DOCUMENT_TEXT_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "raakvlak/v1/authority.pb.h"

namespace raakvlak::authority {

std::string FormatDocument(const v1::SignedDocument& document);

// InvalidArgument when the text is not such a document; the error says what is wrong.
absl::StatusOr<v1::SignedDocument> ParseDocument(std::string_view text);

}  // namespace raakvlak::authority

#endif  // RAAKVLAK_AUTHORITY_DOCUMENT_TEXT_H_
