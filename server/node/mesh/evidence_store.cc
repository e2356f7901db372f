// One sealed file a bad answer.
#include "server/node/mesh/evidence_store.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "server/common/sealed_file.h"
#include "server/node/mesh/sealing.h"

namespace raakvlak::node {

using crypto::AsBytes;

EvidenceStore::EvidenceStore(common::FileSystem& fs, std::string directory, crypto::Secret<32> key,
                             crypto::Random& random, common::AuditSink& audit)
    : fs_(fs),
      directory_(std::move(directory)),
      key_(std::move(key)),
      random_(random),
      audit_(audit) {}

absl::StatusOr<std::unique_ptr<EvidenceStore>> EvidenceStore::Open(
    common::FileSystem& fs, const std::string& directory, const crypto::Secret<32>& wrapping_key,
    crypto::Random& random, common::AuditSink& audit) {
  if (absl::Status status = fs.MakePrivateDirectory(directory); !status.ok()) return status;
  return std::unique_ptr<EvidenceStore>(
      new EvidenceStore(fs, directory, DeriveStoreKey(wrapping_key, "evidence"), random, audit));
}

absl::StatusOr<std::string> EvidenceStore::Keep(std::string_view peer, std::string_view reason,
                                                const v1::EvaluateRequest& request,
                                                const v1::EvaluateResponse& response) {
  std::array<uint8_t, 8> id{};
  random_.Fill(id);
  const std::string name = absl::StrCat(std::string(peer), "-", crypto::ToHex(id), ".evidence");
  crypto::ByteWriter writer;
  writer.Lp32(AsBytes(request.SerializeAsString()))
      .Lp32(AsBytes(response.SerializeAsString()))
      .Lp32(AsBytes(reason));
  absl::Status status = common::WriteSealedFile(fs_, absl::StrCat(directory_, "/", name), key_,
                                                "evidence", writer.view(), random_);
  if (status.ok()) {
    status = audit_.Append({.event = "evaluation.bad_answer",
                            .actor = std::string(peer),
                            .outcome = "failed",
                            .fields = {{"evidence", name}, {"reason", std::string(reason)}}});
  }
  if (!status.ok()) return status;
  return name;
}

}  // namespace raakvlak::node
