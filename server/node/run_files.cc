#include "server/node/run_files.h"

#include "crypto/base/bytes.h"
#include "server/node/status_macros.h"

namespace raakvlak::node {

using crypto::SecretAccess;

namespace {
constexpr std::string_view kLabel = "run key";

std::string DirectoryOfRun(const std::string& root, std::string_view manifest_hash) {
  // Sixteen bytes of HM name the attempt well enough, and paths stay readable.
  return root + "/" + crypto::ToHex(crypto::AsBytes(manifest_hash.substr(0, 16)));
}
}  // namespace

absl::StatusOr<std::unique_ptr<RunFiles>> RunFiles::Open(const SealContext& seal,
                                                         const std::string& root,
                                                         std::string_view manifest_hash) {
  std::string directory = DirectoryOfRun(root, manifest_hash);
  NODE_RETURN_IF_ERROR(seal.fs->MakePrivateDirectory(directory));
  NODE_RETURN_IF_ERROR(seal.fs->MakePrivateDirectory(directory + "/scratch"));
  const std::string path = directory + "/key";
  crypto::Secret<32> key;
  if (seal.fs->Exists(path)) {
    NODE_ASSIGN_OR_RETURN(crypto::SecretBytes stored,
                          common::ReadSealedFile(*seal.fs, path, *seal.key, kLabel, 32));
    if (stored.size() != 32) return absl::DataLossError("a run's key has a wrong size");
    key = crypto::Secret<32>(stored.Reveal(SecretAccess{}).first<32>());
  } else {
    key = seal.random->NewSecret<32>();
    NODE_RETURN_IF_ERROR(common::WriteSealedFile(*seal.fs, path, *seal.key, kLabel,
                                                 key.Reveal(SecretAccess{}), *seal.random));
  }
  return std::unique_ptr<RunFiles>(new RunFiles(seal, std::move(directory), std::move(key)));
}

absl::Status RunFiles::Erase(common::FileSystem& fs, const std::string& root,
                             std::string_view manifest_hash) {
  NODE_RETURN_IF_ERROR(fs.RemoveTree(DirectoryOfRun(root, manifest_hash)));
  return fs.SyncDirectory(root);
}

}  // namespace raakvlak::node
