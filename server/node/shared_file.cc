#include "server/node/shared_file.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "server/node/status_macros.h"

namespace raakvlak::node {
namespace {

std::string Label(const std::string& type, const std::string& counterpart) {
  return absl::StrCat("shared tags ", type, " ", counterpart);
}

}  // namespace

absl::StatusOr<SharedWriter> SharedWriter::Create(const RunFiles& files,
                                                  const std::string& identifier_type,
                                                  const std::string& counterpart) {
  NODE_ASSIGN_OR_RETURN(
      auto file, RecordFileWriter::Create(
                     files.seal(), SharedFilePath(files.directory(), identifier_type, counterpart),
                     Label(identifier_type, counterpart)));
  return SharedWriter(std::move(file));
}

absl::Status SharedWriter::Add(const crypto::RunTag& tag, crypto::BlockSecretView block_secret) {
  crypto::ByteWriter entry;
  entry.Raw(tag).Raw(block_secret);
  return file_->Add(entry.view());
}

std::string SharedFilePath(const std::string& run_directory, const std::string& identifier_type,
                           const std::string& counterpart) {
  return absl::StrCat(run_directory, "/shared-", identifier_type, "-with-", counterpart);
}

absl::StatusOr<SharedReader> SharedReader::Open(const RunFiles& files,
                                                const std::string& identifier_type,
                                                const std::string& counterpart) {
  NODE_ASSIGN_OR_RETURN(
      auto file, RecordFileReader::Open(
                     files.seal(), SharedFilePath(files.directory(), identifier_type, counterpart),
                     Label(identifier_type, counterpart)));
  return SharedReader(std::move(file));
}

absl::StatusOr<bool> SharedReader::Next() {
  NODE_ASSIGN_OR_RETURN(bool more, file_->Next());
  if (!more) return false;
  if (file_->record().size() != tag_.size() + 32) {
    return absl::DataLossError("an entry of the shared tags has a wrong size");
  }
  std::memcpy(tag_.data(), file_->record().data(), tag_.size());
  return true;
}

crypto::BlockSecretView SharedReader::block_secret() const {
  return file_->record().subspan(crypto::kRunTagSize).first<32>();
}

absl::StatusOr<crypto::Confirmation> ConfirmationOf(const RunFiles& files,
                                                    const std::string& identifier_type,
                                                    const std::string& counterpart) {
  NODE_ASSIGN_OR_RETURN(SharedReader shared,
                        SharedReader::Open(files, identifier_type, counterpart));
  crypto::Confirmation confirmation;
  while (true) {
    NODE_ASSIGN_OR_RETURN(bool more, shared.Next());
    if (!more) break;
    confirmation.Add(shared.block_secret());
  }
  return confirmation;
}

}  // namespace raakvlak::node
