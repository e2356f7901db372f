// Where the files of one attempt of a run lie, and what stands in them. Erasing the run's directory
// erases every tag, record and pair that the matcher ever held of it.
//
//   <data>/runs/<run id>/<attempt>/tags-<type>-<agency>        sorted_file.h, as uploaded
//                                  shared-<type>-<a>-<b>       sorted_file.h, a < b
//                                  records-<agency>            framed_file.h
//                                  candidates-<a>-<b>          framed_file.h, a < b, by block
//                                  tasks-<agency>              framed_file.h
//                                  encodings-<agency>          framed_file.h, null model first,
//                                  then
//                                                              one frame a task, in their order
//                                  pairs                       framed_file.h, in random order
//                                  references-<agency>         framed_file.h, exposure first, then
//                                                              references by pair id
//                                  report                      framed_file.h, v1::ReportChunks of
//                                                              matches, until they are journaled
//                                  reported                    framed_file.h, every reference
//
// Types and agencies are positions in the attempt's manifest.
#ifndef RAAKVLAK_SERVER_MATCHER_RUN_DIRECTORY_H_
#define RAAKVLAK_SERVER_MATCHER_RUN_DIRECTORY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "linkage/match/overlap.h"
#include "linkage/match/pairing.h"
#include "server/common/fs.h"
#include "server/common/sorted_file.h"
#include "server/matcher/framed_file.h"

namespace raakvlak::matcher {

inline constexpr std::size_t kHandleBytes = 16;
// A record's name towards the matcher, and a pair's towards both nodes; random, of one run.
using Handle = std::array<std::uint8_t, kHandleBytes>;
using PairId = std::array<std::uint8_t, kHandleBytes>;

inline constexpr std::size_t kReferenceChars = 16;
// A node lists at most this many agreed tags of a pair (submission.proto).
inline constexpr std::size_t kMaxAgreedTags = 256;

class RunDirectory {
 public:
  RunDirectory(const std::string& data_dir, std::string_view run_id, std::uint32_t attempt);

  // All runs; holds one directory for each.
  static std::string Runs(const std::string& data_dir) { return data_dir + "/runs"; }
  // The run's, over its attempts.
  const std::string& run() const { return run_; }
  const std::string& path() const { return path_; }
  std::string Tags(int type, int agency) const;
  // Order of a and b does not matter.
  std::string Shared(int type, int a, int b) const;
  std::string Records(int agency) const;
  // For a < b.
  std::string Candidates(int a, int b) const;
  std::string Tasks(int agency) const;
  std::string Encodings(int agency) const;
  std::string Pairs() const { return path_ + "/pairs"; }
  std::string References(int agency) const;
  std::string Report() const { return path_ + "/report"; }
  std::string Reported() const { return path_ + "/reported"; }
  // For the matcher's own stage of the moment; see scratch.h.
  std::string Scratch() const { return path_ + "/scratch"; }

 private:
  std::string run_;
  std::string path_;
};

// A value of a record, as its agency confirmed it with the counterparts.
struct StoredValue {
  std::uint8_t type = 0;
  linkage::AgencyMask counterparts = 0;
  linkage::Tag tag;

  friend bool operator==(const StoredValue&, const StoredValue&) = default;
};

struct StoredRecord {
  Handle handle{};
  // In order of (type, tag); each once.
  std::vector<StoredValue> values;

  friend bool operator==(const StoredRecord&, const StoredRecord&) = default;
};

// A record that its agency is to encode in a block that it shares with a counterpart.
struct StoredTask {
  std::uint8_t counterpart = 0;
  std::uint8_t type = 0;
  linkage::Tag tag;
  Handle handle{};

  friend bool operator==(const StoredTask&, const StoredTask&) = default;
};

// Two records to be compared by what their agencies encode.
struct StoredCandidate {
  // Counts the blocks of the file's pairs, from 0.
  std::uint32_t block = 0;
  // Positions among all records of the run.
  std::uint32_t first_record = 0;
  std::uint32_t second_record = 0;
  // Positions in the task files of both agencies.
  std::uint32_t first_task = 0;
  std::uint32_t second_task = 0;

  friend bool operator==(const StoredCandidate&, const StoredCandidate&) = default;
};

struct StoredPair {
  PairId id{};
  // Positions of the agencies, first < second.
  std::uint8_t first_agency = 0;
  std::uint8_t second_agency = 0;
  Handle first{};
  Handle second{};
  // Positions among all records of the run, for grouping.
  std::uint32_t first_record = 0;
  std::uint32_t second_record = 0;
  // Block types among them.
  linkage::AgreedTypes types = 0;
  linkage::Strength strength = linkage::Strength::kPossible;
  std::uint32_t group = 0;
  // Ascending, at most kMaxAgreedTags.
  std::vector<linkage::Tag> agreed;
  // Agreement levels (linkage/score/levels.h) of the profile's fields; empty where the pair was not
  // compared.
  std::vector<std::uint8_t> agreement;

  friend bool operator==(const StoredPair&, const StoredPair&) = default;
};

// What a run that links blocks cost an agency; all 0 otherwise. First frame of its references.
struct StoredExposure {
  std::uint64_t records = 0;
  // Without a match, in a block shared with another agency.
  std::uint64_t exposed = 0;

  // 10,000ths, rounded up: what is there does not become nothing.
  std::uint32_t Share() const;

  friend bool operator==(const StoredExposure&, const StoredExposure&) = default;
};

// What a steward made of a pair.
enum class Decision : std::uint8_t { kUndecided, kMatch, kNoMatch };

struct StoredReference {
  PairId id{};
  bool accepted = false;
  Decision decision = Decision::kUndecided;
  // Base32, kReferenceChars characters; empty when not accepted.
  std::string reference;

  friend bool operator==(const StoredReference&, const StoredReference&) = default;
};

inline constexpr std::string_view kRecordsMagic = "RVRECS01";
inline constexpr std::string_view kTasksMagic = "RVTASK01";
inline constexpr std::string_view kCandidatesMagic = "RVCAND01";
inline constexpr std::string_view kEncodingsMagic = "RVENCS01";
inline constexpr std::string_view kPairsMagic = "RVPAIR02";
inline constexpr std::string_view kReferencesMagic = "RVREFS02";
inline constexpr std::string_view kReportMagic = "RVREPT01";
inline constexpr std::string_view kReportedMagic = "RVREPD01";

crypto::Bytes Encode(const StoredRecord& record);
crypto::Bytes Encode(const StoredTask& task);
crypto::Bytes Encode(const StoredCandidate& candidate);
crypto::Bytes Encode(const StoredPair& pair);
crypto::Bytes Encode(const StoredExposure& exposure);
crypto::Bytes Encode(const StoredReference& reference);
// DataLoss when a frame is not what Encode made.
absl::Status Decode(crypto::ByteView frame, StoredRecord* record);
absl::Status Decode(crypto::ByteView frame, StoredTask* task);
absl::Status Decode(crypto::ByteView frame, StoredCandidate* candidate);
absl::Status Decode(crypto::ByteView frame, StoredPair* pair);
absl::Status Decode(crypto::ByteView frame, StoredExposure* exposure);
absl::Status Decode(crypto::ByteView frame, StoredReference* reference);

// Every frame of a file, decoded, in order; `visit` may end it with an error.
template <typename T, typename Visitor>
absl::Status ForEachStored(common::FileSystem& fs, const std::string& path, std::string_view magic,
                           const Visitor& visit) {
  absl::StatusOr<std::unique_ptr<FramedReader>> reader = FramedReader::Open(fs, path, magic);
  if (!reader.ok()) return reader.status();
  T value;
  while (true) {
    absl::StatusOr<std::optional<crypto::ByteView>> frame = (*reader)->Next();
    if (!frame.ok()) return frame.status();
    if (!frame->has_value()) return absl::OkStatus();
    if (absl::Status s = Decode(**frame, &value); !s.ok()) return s;
    if (absl::Status s = visit(value); !s.ok()) return s;
  }
}

// A tag file as a source for the merge; blocks of 4,096 tags.
class FileTagSource : public linkage::TagSource {
 public:
  explicit FileTagSource(std::unique_ptr<common::SortedFileReader> reader)
      : reader_(std::move(reader)) {}
  absl::StatusOr<std::span<const linkage::Tag>> NextBlock() override;

 private:
  std::unique_ptr<common::SortedFileReader> reader_;
  std::vector<linkage::Tag> block_;
};

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_RUN_DIRECTORY_H_
