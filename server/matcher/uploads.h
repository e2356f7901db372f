// Strict taking in of what nodes upload: whatever does not fit is an attack until shown otherwise,
// and leaves nothing behind. Each upload is written to a path of its own; the caller moves it to
// its place when it is taken in; scratch lies beside it. No gRPC here; the service feeds messages
// in. Errors are InvalidArgument unless the matcher's own disk failed; they say what was wrong,
// never a tag. Memory does not grow with the upload.
#ifndef RAAKVLAK_SERVER_MATCHER_UPLOADS_H_
#define RAAKVLAK_SERVER_MATCHER_UPLOADS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "raakvlak/v1/submission.pb.h"
#include "server/common/fs.h"
#include "server/matcher/run_directory.h"
#include "server/matcher/scratch.h"

namespace raakvlak::matcher {

struct UploadLimits {
  std::uint64_t max_tags_per_set = 50'000'000;
  std::uint64_t max_records = 10'000'000;
  // Over all records of one upload.
  std::uint64_t max_shared_values = 40'000'000;
};

inline constexpr std::size_t kMaxTagsPerMessage = 65'536;
inline constexpr int kMaxRecordsPerMessage = 8'192;
inline constexpr int kMaxReferencesPerMessage = 8'192;
inline constexpr int kMaxSharedPerRecord = 4'096;

struct UploadResult {
  std::uint64_t count = 0;
  // Of what was stored; the same upload again has the same.
  std::string digest;
};

// The sorted set of tags of one type.
class TagUpload {
 public:
  // `announced` is the number of tags in the header.
  static absl::StatusOr<std::unique_ptr<TagUpload>> Create(common::FileSystem& fs,
                                                           const std::string& path,
                                                           std::uint64_t announced,
                                                           std::uint64_t most);
  absl::Status Add(std::string_view tags);
  absl::StatusOr<UploadResult> Finish();

 private:
  explicit TagUpload(std::uint64_t announced) : announced_(announced) {}
  std::unique_ptr<common::SortedFileWriter> writer_;
  std::uint64_t announced_;
};

// Who uploads records, and what it said it could not confirm.
struct RecordUploadContext {
  int agency = 0;
  std::vector<std::string> agencies;
  std::vector<std::string> types;
  // For each type the counterparts that the header names as unconfirmed.
  std::vector<linkage::AgencyMask> unconfirmed;
};

// Records with confirmed shared tags. Every claim is checked against the overlap that the matcher
// found.
class RecordUpload {
 public:
  static absl::StatusOr<std::unique_ptr<RecordUpload>> Create(
      common::FileSystem& fs, const RunDirectory& directory, const std::string& path,
      RecordUploadContext context, std::uint64_t announced, const UploadLimits& limits);
  absl::Status Add(const v1::RecordEntry& entry);
  absl::StatusOr<UploadResult> Finish();

 private:
  RecordUpload(common::FileSystem& fs, RunDirectory directory, RecordUploadContext context,
               std::uint64_t announced, const UploadLimits& limits);
  absl::Status CheckHandles();
  absl::Status CheckClaims();

  common::FileSystem& fs_;
  RunDirectory directory_;
  RecordUploadContext context_;
  std::uint64_t announced_;
  UploadLimits limits_;
  std::unique_ptr<FramedWriter> writer_;
  std::unique_ptr<Scratch> scratch_;
  std::unique_ptr<common::ExternalSorter> handles_;
  // Everything that the records claim to share: type, tag, counterparts.
  std::unique_ptr<common::ExternalSorter> claims_;
};

// The references of all pairs of the caller, each exactly once, and where blocks are linked what
// that exposed.
class ReferenceUpload {
 public:
  // `first` is the first message; its references are not added yet.
  static absl::StatusOr<std::unique_ptr<ReferenceUpload>> Create(
      common::FileSystem& fs, const RunDirectory& directory, const std::string& path, int agency,
      bool links_blocks, const v1::ReportReferencesRequest& first);
  absl::Status Add(const v1::PairReference& reference);
  absl::StatusOr<UploadResult> Finish();

 private:
  ReferenceUpload(common::FileSystem& fs, RunDirectory directory, std::string path, int agency)
      : fs_(fs), directory_(std::move(directory)), path_(std::move(path)), agency_(agency) {}

  common::FileSystem& fs_;
  RunDirectory directory_;
  std::string path_;
  int agency_;
  StoredExposure exposure_;
  // The caller's pairs.
  std::uint64_t pairs_ = 0;
  std::unique_ptr<Scratch> scratch_;
  // Encoded, which begins with the pair id.
  std::unique_ptr<common::ExternalSorter> references_;
};

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_UPLOADS_H_
