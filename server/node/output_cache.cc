#include "server/node/output_cache.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "crypto/base/bytes.h"
#include "crypto/base/hash.h"
#include "server/node/status_macros.h"

namespace raakvlak::node {

using crypto::SecretAccess;

namespace {
constexpr std::size_t kEntrySize = 32 + 64;
constexpr std::string_view kEpochPrefix = "epoch-";
constexpr std::string_view kLocalKeyLabel = "local key";

bool EntryIsSound(crypto::ByteView record) { return record.size() == kEntrySize; }
}  // namespace

// --- reading -------------------------------------------------------------------------------------

absl::Status OutputReader::Advance(Source& source) {
  NODE_ASSIGN_OR_RETURN(bool more, source.file->Next());
  source.started = true;
  source.ended = !more;
  if (more && !EntryIsSound(source.file->record())) {
    return absl::DataLossError("an entry of the output cache has the wrong size");
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> OutputReader::Next() {
  const Source* least = nullptr;
  for (Source& source : sources_) {
    if (!source.started) NODE_RETURN_IF_ERROR(Advance(source));
    // What has been given out already is passed over in every file.
    while (!source.ended && started_ &&
           std::memcmp(source.file->record().data(), key_.data(), key_.size()) <= 0) {
      NODE_RETURN_IF_ERROR(Advance(source));
    }
    if (source.ended) continue;
    if (least == nullptr ||
        std::memcmp(source.file->record().data(), least->file->record().data(), key_.size()) < 0) {
      least = &source;
    }
  }
  if (least == nullptr) {
    ended_ = true;
    return false;
  }
  crypto::ByteView record = least->file->record();
  std::memcpy(key_.data(), record.data(), key_.size());
  std::memcpy(output_.Mutable(SecretAccess{}).data(), record.data() + key_.size(), 64);
  started_ = true;
  return true;
}

crypto::OprfOutputView OutputReader::output() const { return output_.Reveal(SecretAccess{}); }

absl::StatusOr<bool> OutputReader::Seek(const ValueKey& key) {
  while (!ended_ && (!started_ || key_ < key)) {
    NODE_ASSIGN_OR_RETURN(bool more, Next());
    if (!more) break;
  }
  return !ended_ && started_ && key_ == key;
}

// --- writing -------------------------------------------------------------------------------------

absl::Status OutputWriter::Add(const ValueKey& key, crypto::OprfOutputView output) {
  if (last_.has_value() && key <= *last_) {
    return absl::InvalidArgumentError("entries of the output cache must ascend");
  }
  NODE_RETURN_IF_ERROR(file_->AddJoined({key, output}));
  last_ = key;
  return absl::OkStatus();
}

absl::Status OutputWriter::Finish() { return file_->Finish(); }

OutputCache::OutputCache(SealContext seal, std::string directory,
                         const std::string& identifier_type, const std::string& normaliser_version)
    : seal_(seal), directory_(std::move(directory)) {
  const crypto::Digest version = crypto::Sha512(crypto::AsBytes(normaliser_version));
  name_ = absl::StrCat(identifier_type, "-", crypto::ToHex(crypto::ByteView(version).first(8)));
  stem_ = directory_ + "/" + name_;
  label_ = absl::StrCat("output cache ", identifier_type, " ", normaliser_version);
}

absl::StatusOr<std::vector<std::string>> OutputCache::Segments() const {
  NODE_ASSIGN_OR_RETURN(std::vector<std::string> names, seal_.fs->List(directory_));
  std::vector<std::string> segments;
  const std::string prefix = name_ + ".segment-";
  for (const std::string& name : names) {
    if (name.starts_with(prefix) && !name.ends_with(".tmp")) {
      segments.push_back(directory_ + "/" + name);
    }
  }
  return segments;
}

absl::StatusOr<OutputReader> OutputCache::Read() const {
  NODE_ASSIGN_OR_RETURN(std::vector<std::string> paths, Segments());
  if (seal_.fs->Exists(CachePath())) paths.push_back(CachePath());
  OutputReader reader;
  for (const std::string& path : paths) {
    OutputReader::Source source;
    NODE_ASSIGN_OR_RETURN(source.file, RecordFileReader::Open(seal_, path, label_));
    reader.sources_.push_back(std::move(source));
  }
  return reader;
}

absl::StatusOr<OutputWriter> OutputCache::NewFile(const std::string& path) const {
  OutputWriter writer;
  NODE_ASSIGN_OR_RETURN(writer.file_, RecordFileWriter::Create(seal_, path, label_));
  return writer;
}

absl::StatusOr<OutputWriter> OutputCache::NewSegment() {
  NODE_ASSIGN_OR_RETURN(std::vector<std::string> segments, Segments());
  std::uint64_t number = 0;
  for (const std::string& path : segments) {
    const std::string digits = path.substr(path.rfind('-') + 1);
    std::uint64_t taken = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), taken);
    number = std::max(number, taken + 1);
  }
  return NewFile(absl::StrFormat("%s.segment-%08d", stem_, number));
}

// --- renewing ------------------------------------------------------------------------------------

absl::StatusOr<OutputRenewal> OutputCache::Renew() {
  NODE_ASSIGN_OR_RETURN(OutputReader known, Read());
  OutputRenewal renewal(*this, std::move(known));
  NODE_ASSIGN_OR_RETURN(renewal.segments_, Segments());
  if (!renewal.segments_.empty() || seal_.fs->Exists(CachePath())) {
    NODE_ASSIGN_OR_RETURN(renewal.replacement_, NewFile(ReplacementPath()));
  }
  return renewal;
}

absl::StatusOr<bool> OutputRenewal::Keep(const ValueKey& key) {
  NODE_ASSIGN_OR_RETURN(bool found, known_.Seek(key));
  if (found) NODE_RETURN_IF_ERROR(replacement_->Add(key, known_.output()));
  return found;
}

absl::Status OutputRenewal::Commit() {
  if (!replacement_.has_value()) return absl::OkStatus();
  common::FileSystem& fs = *cache_->seal_.fs;
  NODE_RETURN_IF_ERROR(replacement_->Finish());
  NODE_RETURN_IF_ERROR(fs.Rename(cache_->ReplacementPath(), cache_->CachePath()));
  NODE_RETURN_IF_ERROR(fs.SyncDirectory(cache_->directory_));
  for (const std::string& path : segments_) NODE_RETURN_IF_ERROR(fs.Remove(path));
  return absl::OkStatus();
}

// --- epochs --------------------------------------------------------------------------------------

std::string EpochCacheDirectory(const std::string& root, std::uint64_t epoch) {
  return absl::StrCat(root, "/", std::string(kEpochPrefix), epoch);
}

absl::StatusOr<crypto::Secret<32>> EpochLocalKey(const SealContext& seal, const std::string& root,
                                                 std::uint64_t epoch) {
  const std::string directory = EpochCacheDirectory(root, epoch);
  NODE_RETURN_IF_ERROR(seal.fs->MakePrivateDirectory(directory));
  const std::string path = directory + "/local-key";
  if (!seal.fs->Exists(path)) {
    crypto::Secret<32> fresh = seal.random->NewSecret<32>();
    NODE_RETURN_IF_ERROR(common::WriteSealedFile(*seal.fs, path, *seal.key, kLocalKeyLabel,
                                                 fresh.Reveal(SecretAccess{}), *seal.random));
    return fresh;
  }
  NODE_ASSIGN_OR_RETURN(crypto::SecretBytes stored,
                        common::ReadSealedFile(*seal.fs, path, *seal.key, kLocalKeyLabel, 32));
  if (stored.size() != 32) return absl::DataLossError("the epoch's local key has a wrong size");
  return crypto::Secret<32>(stored.Reveal(SecretAccess{}).first<32>());
}

absl::Status RemoveOlderEpochs(common::FileSystem& fs, const std::string& root,
                               std::uint64_t epoch) {
  NODE_ASSIGN_OR_RETURN(std::vector<std::string> names, fs.List(root));
  for (const std::string& name : names) {
    if (!name.starts_with(kEpochPrefix)) continue;
    std::uint64_t found = 0;
    const char* end = name.data() + name.size();
    auto parsed = std::from_chars(name.data() + kEpochPrefix.size(), end, found);
    if (parsed.ec != std::errc() || parsed.ptr != end || found >= epoch) continue;
    NODE_RETURN_IF_ERROR(fs.RemoveTree(root + "/" + name));
  }
  return absl::OkStatus();
}

}  // namespace raakvlak::node
