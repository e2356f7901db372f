// The node's matches of a run: each is checked against what the node confirmed, its reference is
// derived, and it is resolved to the agency's own record id.
//
// A match rests on equal identifiers, on likeness, or on both. It is accepted if all the tags that
// it names are this record's and were confirmed with that very counterpart, if it is hard only by
// an equal checked number, and, without equal identifiers, only where the two met in a block. How
// alike they are only the matcher knows.
//
// Both files are made once and sealed: the references (with the run's key) are then reported as
// often as it takes; the matches (with the node's) outlive the run.
#ifndef RAAKVLAK_SERVER_NODE_MATCH_STEP_H_
#define RAAKVLAK_SERVER_NODE_MATCH_STEP_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/base/secret.h"
#include "raakvlak/v1/submission.pb.h"
#include "server/common/external_sort.h"
#include "server/node/dataset_file.h"
#include "server/node/record_step.h"
#include "server/node/run_files.h"

namespace raakvlak::node {

// A match with the agency's own record.
struct OwnMatch {
  std::string reference;
  std::string record_id;
  std::string counterpart;
  // Of v1::MatchStrength.
  std::uint8_t strength = 0;
  // By name; without those of blocks.
  std::vector<std::string> agreed_types;
  // Of v1::AgreementLevel, one for each field of the purpose's profile, in its order; empty where
  // the pair was not compared.
  std::vector<std::uint8_t> agreement;
  // Some of the records matched with the own ones of its group are alike only through another.
  bool chained = false;
};

struct MatchStepInput {
  std::string purpose_id;
  std::uint64_t epoch = 0;
  // Of the manifest, in its order.
  std::vector<std::string> identifier_types;
  std::vector<std::string> agencies;
  // P_AB of every counterpart; must outlive the step.
  std::map<std::string, const crypto::Secret<64>*> match_pair_keys;
  // Compared fields of the purpose's profile where the run links blocks, else 0.
  std::size_t compared_fields = 0;
  // What a steward decided of the match in an earlier run; may be empty.
  std::function<absl::StatusOr<v1::ReviewDecision>(const OwnMatch&)> decided;
  std::size_t sort_memory_bytes = std::size_t{64} << 20;
};

struct MatchStepResult {
  std::uint64_t matches = 0;
  // Matches that this node does not accept: they contradict what it confirmed.
  std::uint64_t disputed = 0;
  // Where blocks are linked (linkage.md, "exposure"): records of the dataset, and those of them
  // that sit in a confirmed shared block but are in no accepted match.
  std::uint64_t records = 0;
  std::uint64_t exposed = 0;
};

// Takes in the matches as the matcher streams them, in any order. Not thread-safe.
class MatchReceiver {
 public:
  static absl::StatusOr<std::unique_ptr<MatchReceiver>> Create(MatchStepInput input,
                                                               const RunFiles& files);
  // InvalidArgument, blaming the matcher, for a match that is malformed.
  absl::Status Take(const v1::NodeMatch& match);
  // Checks all of them. Writes the references into `files`, and the matches with record ids of
  // `dataset` to `matches_path`, sealed by `store`. A match of a handle that this node never gave
  // out blames the matcher. At most once.
  absl::StatusOr<MatchStepResult> Finish(DatasetFileReader& dataset, const SealContext& store,
                                         const std::string& matches_path, std::stop_token stop);

 private:
  MatchReceiver(MatchStepInput input, const RunFiles& files)
      : input_(std::move(input)), files_(files) {}
  absl::Status Resolve(common::SortedReader& matches, common::ExternalSorter& references,
                       common::ExternalSorter& by_record, MatchStepResult& result,
                       const std::stop_token& stop);
  absl::Status NameRecords(common::SortedReader& matches, DatasetFileReader& dataset,
                           RecordFileWriter& own, common::ExternalSorter& references,
                           MatchStepResult& result, const std::stop_token& stop);
  bool IsExposed(const HandledRecord& record) const;
  absl::StatusOr<std::unique_ptr<common::ExternalSorter>> NewSorter(const std::string& name) const;
  // The reference if `match` agrees with `record`; empty if it does not.
  std::string ReferenceOf(const v1::NodeMatch& match, const HandledRecord& record) const;

  const MatchStepInput input_;
  const RunFiles& files_;
  std::unique_ptr<common::ExternalSorter> by_handle_;
};

// Finish() has gone through: references and matches are there.
bool HaveReferences(const RunFiles& files);

// In the order of the pairs' random ids. Not thread-safe.
class ReferenceReader {
 public:
  static absl::StatusOr<ReferenceReader> Open(const RunFiles& files);
  // Where the run links blocks, else nullopt.
  const std::optional<v1::Exposure>& exposure() const { return exposure_; }
  absl::StatusOr<bool> Next(v1::PairReference& reference);

 private:
  explicit ReferenceReader(std::unique_ptr<RecordFileReader> file) : file_(std::move(file)) {}
  std::unique_ptr<RecordFileReader> file_;
  std::optional<v1::Exposure> exposure_;
};

// In the order of the dataset. Not thread-safe.
class OwnMatchReader {
 public:
  static absl::StatusOr<OwnMatchReader> Open(const SealContext& store, const std::string& path);
  absl::StatusOr<bool> Next(OwnMatch& match);

 private:
  explicit OwnMatchReader(std::unique_ptr<RecordFileReader> file) : file_(std::move(file)) {}
  std::unique_ptr<RecordFileReader> file_;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_MATCH_STEP_H_
