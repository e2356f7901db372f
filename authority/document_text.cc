// Reading and writing the file form of signed documents.
#include "authority/document_text.h"

#include "absl/strings/escaping.h"
#include "authority/document.h"
#include "nlohmann/json.hpp"

namespace raakvlak::authority {
namespace {

constexpr char kFormat[] = "raakvlak signed document v1";

absl::StatusOr<std::string> Decode(const nlohmann::json& object, const char* key) {
  if (!object.contains(key) || !object[key].is_string()) {
    return absl::InvalidArgumentError(std::string("the document lacks ") + key);
  }
  std::string bytes;
  if (!absl::Base64Unescape(object[key].get<std::string>(), &bytes)) {
    return absl::InvalidArgumentError(std::string("the document's ") + key + " is not Base64");
  }
  return bytes;
}

}  // namespace

std::string FormatDocument(const v1::SignedDocument& document) {
  nlohmann::ordered_json out;
  out["format"] = kFormat;
  out["kind"] = document.kind();
  out["body"] = absl::Base64Escape(document.body());
  out["signatures"] = nlohmann::ordered_json::array();
  for (const v1::DocumentSignature& signature : document.signatures()) {
    out["signatures"].push_back({{"agency_id", signature.agency_id()},
                                 {"signature", absl::Base64Escape(signature.signature())}});
  }
  return out.dump(2) + "\n";
}

absl::StatusOr<v1::SignedDocument> ParseDocument(std::string_view text) {
  if (text.size() > 2 * kMaxDocumentBytes) {
    return absl::InvalidArgumentError("the document is too large");
  }
  const nlohmann::json in = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!in.is_object() || !in.contains("format") || in["format"] != kFormat) {
    return absl::InvalidArgumentError(
        "this is not a signed document of Raakvlak; make one with `raak roster new` or `raak "
        "purpose new`");
  }
  v1::SignedDocument document;
  if (!in.contains("kind") || !in["kind"].is_string()) {
    return absl::InvalidArgumentError("the document lacks kind");
  }
  document.set_kind(in["kind"].get<std::string>());
  auto body = Decode(in, "body");
  if (!body.ok()) return body.status();
  document.set_body(*body);
  if (!in.contains("signatures") || !in["signatures"].is_array() || in["signatures"].size() > 20) {
    return absl::InvalidArgumentError("the document's signatures must be a list of at most 20");
  }
  for (const nlohmann::json& entry : in["signatures"]) {
    if (!entry.is_object() || !entry.contains("agency_id") || !entry["agency_id"].is_string()) {
      return absl::InvalidArgumentError("a signature lacks agency_id");
    }
    auto signature = Decode(entry, "signature");
    if (!signature.ok()) return signature.status();
    v1::DocumentSignature& out = *document.add_signatures();
    out.set_agency_id(entry["agency_id"].get<std::string>());
    out.set_signature(*signature);
  }
  return document;
}

}  // namespace raakvlak::authority
