// Reading, signing and saving documents.
#include "client/commands/document_commands.h"

#include "absl/strings/str_cat.h"
#include "authority/document_text.h"
#include "client/files.h"

namespace raakvlak::client {

absl::Status InFile(const std::string& path, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(path, ": ", std::string(status.message())));
}

absl::StatusOr<v1::SignedDocument> ReadDocument(const std::string& path, std::string_view kind) {
  auto text = ReadFile(path);
  if (!text.ok()) return text.status();
  auto document = authority::ParseDocument(*text);
  if (!document.ok()) return InFile(path, document.status());
  if (document->kind() != kind) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is a ", document->kind(), ", not a ", std::string(kind)));
  }
  return document;
}

absl::Status WriteDocument(const std::string& path, const v1::SignedDocument& document) {
  return WriteFile(path, authority::FormatDocument(document));
}

absl::Status SignFile(const std::string& path, v1::SignedDocument document,
                      const std::string& agency_id, const crypto::VerifyKey& officer_key,
                      const std::string& key_path) {
  auto key = ReadSigningKey(key_path);
  if (!key.ok()) return key.status();
  if (key->verify_key() != officer_key) {
    return absl::PermissionDeniedError(absl::StrCat(
        key_path, " is not the key that the roster names for the officer of ", agency_id));
  }
  authority::SignDocument(document, agency_id, *key);
  return WriteDocument(path, document);
}

absl::StatusOr<authority::Roster> OpenRosterFile(const std::string& path) {
  auto document = ReadDocument(path, authority::kRosterKind);
  if (!document.ok()) return document.status();
  auto roster = authority::Roster::Open(*document, std::nullopt);
  if (!roster.ok()) return InFile(path, roster.status());
  return roster;
}

}  // namespace raakvlak::client
