// What `raak roster` and `raak purpose` do alike: make, sign, save.
#ifndef RAAKVLAK_CLIENT_COMMANDS_DOCUMENT_COMMANDS_H_
#define RAAKVLAK_CLIENT_COMMANDS_DOCUMENT_COMMANDS_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "authority/roster.h"
#include "raakvlak/v1/authority.pb.h"

namespace raakvlak::client {

// Reads a document and checks its kind; errors name the file.
absl::StatusOr<v1::SignedDocument> ReadDocument(const std::string& path, std::string_view kind);
absl::Status WriteDocument(const std::string& path, const v1::SignedDocument& document);

// Puts an error behind the file's name.
absl::Status InFile(const std::string& path, const absl::Status& status);

// Signs the document in `path` as the officer of `agency_id`, whose public key must be
// `officer_key`.
absl::Status SignFile(const std::string& path, v1::SignedDocument document,
                      const std::string& agency_id, const crypto::VerifyKey& officer_key,
                      const std::string& key_path);

// Reads a roster and checks every signature.
absl::StatusOr<authority::Roster> OpenRosterFile(const std::string& path);

}  // namespace raakvlak::client

#endif  // RAAKVLAK_CLIENT_COMMANDS_DOCUMENT_COMMANDS_H_
