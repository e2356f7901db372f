#include "server/node/match_step.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "crypto/oprf/output_keys.h"
#include "linkage/types/identifier_type.h"
#include "server/node/mesh/blame.h"
#include "server/node/status_macros.h"

namespace raakvlak::node {

using crypto::SecretAccess;

namespace {

constexpr std::string_view kReferencesLabel = "references";
constexpr std::string_view kMatchesLabel = "matches";
constexpr int kMaxAgreedTags = 256;

std::string ReferencesPath(const RunFiles& files) { return files.directory() + "/references"; }

absl::Status Malformed(std::string_view what) {
  return BlamedError(absl::StatusCode::kInvalidArgument, "matcher", what);
}

int RankOf(std::string_view type) {
  std::optional<linkage::IdentifierType> known = linkage::ParseIdentifierType(type);
  return known.has_value() ? linkage::Info(*known).rank : 1'000;
}

v1::MatchStrength StrengthOf(const std::vector<std::string>& types) {
  v1::MatchStrength best = v1::MATCH_STRENGTH_POSSIBLE;
  for (const std::string& type : types) {
    std::optional<linkage::IdentifierType> known = linkage::ParseIdentifierType(type);
    if (!known.has_value()) continue;
    switch (linkage::Info(*known).strength) {
      case linkage::Strength::kHard:
        return v1::MATCH_STRENGTH_HARD;
      case linkage::Strength::kStrong:
        best = v1::MATCH_STRENGTH_STRONG;
        break;
      case linkage::Strength::kPossible:
        break;
    }
  }
  return best;
}

absl::Status CheckForm(const v1::NodeMatch& match, std::size_t types) {
  if (match.pair_id().size() != 16 || match.handle().size() != 16) {
    return Malformed("it sent a match whose pair id or handle has a wrong size");
  }
  if (match.agreed_types_size() == 0) return Malformed("it sent a match without agreeing types");
  for (int i = 0; i < match.agreed_types_size(); ++i) {
    if (match.agreed_types(i) >= types ||
        (i > 0 && match.agreed_types(i) <= match.agreed_types(i - 1))) {
      return Malformed("it sent a match whose agreeing types are unknown or do not ascend");
    }
  }
  if (match.agreed_tags_size() == 0 || match.agreed_tags_size() > kMaxAgreedTags) {
    return Malformed("it sent a match with no, or too many, agreeing tags");
  }
  for (int i = 0; i < match.agreed_tags_size(); ++i) {
    if (match.agreed_tags(i).size() != crypto::kRunTagSize ||
        (i > 0 && match.agreed_tags(i) <= match.agreed_tags(i - 1))) {
      return Malformed("it sent a match whose agreeing tags have a wrong size or do not ascend");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<MatchReceiver>> MatchReceiver::Create(MatchStepInput input,
                                                                     const RunFiles& files) {
  common::SortOptions sort;
  sort.memory_bytes = std::max(std::size_t{1} << 20, input.sort_memory_bytes / 2);
  std::unique_ptr<MatchReceiver> receiver(new MatchReceiver(std::move(input), files));
  NODE_ASSIGN_OR_RETURN(
      receiver->by_handle_,
      common::ExternalSorter::Create(*files.seal().fs, files.scratch() + "/matches-by-handle",
                                     *files.seal().random, sort));
  return receiver;
}

absl::Status MatchReceiver::Take(const v1::NodeMatch& match) {
  NODE_RETURN_IF_ERROR(CheckForm(match, input_.identifier_types.size()));
  crypto::ByteWriter entry;
  entry.Raw(match.handle()).Raw(match.SerializeAsString());
  return by_handle_->Add(entry.view());
}

std::string MatchReceiver::ReferenceOf(const v1::NodeMatch& match,
                                       const HandledRecord& record) const {
  auto agency = std::find(input_.agencies.begin(), input_.agencies.end(), match.counterpart());
  auto key = input_.match_pair_keys.find(match.counterpart());
  if (agency == input_.agencies.end() || key == input_.match_pair_keys.end()) return "";
  const std::uint32_t bit = std::uint32_t{1} << (agency - input_.agencies.begin());

  // Every agreeing tag must be one that this record holds and that was confirmed for this very
  // counterpart; together they must be of just the types that the match names.
  std::set<std::uint32_t> types;
  const SharedValue* least = nullptr;
  int least_rank = 0;
  for (const std::string& tag : match.agreed_tags()) {
    const SharedValue* held = nullptr;
    for (const SharedValue& value : record.shared) {
      if ((value.counterparts & bit) != 0 &&
          std::memcmp(value.tag.data(), tag.data(), value.tag.size()) == 0) {
        held = &value;
        break;
      }
    }
    if (held == nullptr) return "";
    types.insert(held->type_index);
    // L*: the least block secret of the highest-ranked agreeing type.
    const int rank = RankOf(input_.identifier_types[held->type_index]);
    if (least == nullptr || rank < least_rank ||
        (rank == least_rank &&
         std::memcmp(held->block_secret.Reveal(SecretAccess{}).data(),
                     least->block_secret.Reveal(SecretAccess{}).data(), 32) < 0)) {
      least = held;
      least_rank = rank;
    }
  }
  if (!std::equal(types.begin(), types.end(), match.agreed_types().begin(),
                  match.agreed_types().end())) {
    return "";
  }
  std::vector<std::string> names;
  names.reserve(types.size());
  for (std::uint32_t type : types) names.push_back(input_.identifier_types[type]);
  if (match.strength() != StrengthOf(names)) return "";
  return crypto::MatchReference(*key->second, input_.purpose_id, input_.epoch,
                                least->block_secret.Reveal(SecretAccess{}));
}

absl::Status MatchReceiver::Resolve(common::SortedReader& matches, RecordFileWriter& references,
                                    common::ExternalSorter& by_record, MatchStepResult& result,
                                    std::stop_token stop) {
  NODE_ASSIGN_OR_RETURN(HandledRecordReader records, HandledRecordReader::Open(files_));
  HandledRecord record;
  bool have_record = false;
  for (std::uint64_t n = 0;; ++n) {
    if ((n & 0xFFF) == 0 && stop.stop_requested()) return absl::CancelledError("stopped");
    NODE_ASSIGN_OR_RETURN(bool more, matches.Next());
    if (!more) break;
    v1::NodeMatch match;
    crypto::ByteView body = matches.record().subspan(16);
    if (!match.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
      return absl::DataLossError("a sorted match cannot be read");
    }
    Handle handle;
    std::memcpy(handle.data(), matches.record().data(), handle.size());
    while (!have_record || record.handle < handle) {
      NODE_ASSIGN_OR_RETURN(have_record, records.Next(record));
      if (!have_record) break;
    }
    if (!have_record || record.handle != handle) {
      return BlamedError(absl::StatusCode::kPermissionDenied, "matcher",
                         "it sent a match of a record that this node never handed in");
    }
    v1::PairReference reference;
    reference.set_pair_id(match.pair_id());
    reference.set_reference(ReferenceOf(match, record));
    reference.set_accepted(!reference.reference().empty());
    NODE_RETURN_IF_ERROR(references.Add(crypto::AsBytes(reference.SerializeAsString())));
    if (!reference.accepted()) {
      ++result.disputed;
      continue;
    }
    ++result.matches;
    crypto::ByteWriter own;
    own.U32(record.record)
        .Lp(reference.reference())
        .Lp(match.counterpart())
        .U8(static_cast<std::uint8_t>(match.strength()))
        .U8(static_cast<std::uint8_t>(match.agreed_types_size()));
    for (std::uint32_t type : match.agreed_types()) own.Lp(input_.identifier_types[type]);
    NODE_RETURN_IF_ERROR(by_record.Add(own.view()));
  }
  return absl::OkStatus();
}

absl::StatusOr<MatchStepResult> MatchReceiver::Finish(DatasetFileReader& dataset,
                                                      const SealContext& store,
                                                      const std::string& matches_path,
                                                      std::stop_token stop) {
  common::SortOptions sort;
  sort.memory_bytes = std::max(std::size_t{1} << 20, input_.sort_memory_bytes / 2);
  NODE_ASSIGN_OR_RETURN(
      auto by_record,
      common::ExternalSorter::Create(*files_.seal().fs, files_.scratch() + "/matches-by-record",
                                     *files_.seal().random, sort));
  NODE_ASSIGN_OR_RETURN(auto matches, by_handle_->Sort());
  NODE_ASSIGN_OR_RETURN(
      auto references,
      RecordFileWriter::Create(files_.seal(), ReferencesPath(files_), kReferencesLabel));
  MatchStepResult result;
  NODE_RETURN_IF_ERROR(Resolve(*matches, *references, *by_record, result, stop));

  NODE_ASSIGN_OR_RETURN(auto sorted, by_record->Sort());
  NODE_ASSIGN_OR_RETURN(auto out, RecordFileWriter::Create(store, matches_path, kMatchesLabel));
  StoredRecord record;
  std::uint64_t next = 0;  // number of the record that the dataset gives next
  while (true) {
    NODE_ASSIGN_OR_RETURN(bool more, sorted->Next());
    if (!more) break;
    crypto::ByteReader in(sorted->record());
    const std::uint64_t wanted = in.U32();
    for (; next <= wanted; ++next) {
      NODE_ASSIGN_OR_RETURN(bool found, dataset.Next(record));
      if (!found) return absl::DataLossError("the dataset is shorter than the run's tags say");
    }
    crypto::ByteWriter entry;
    entry.Lp(record.record_id).Raw(in.Raw(in.remaining()));
    NODE_RETURN_IF_ERROR(out->Add(entry.view()));
  }
  // The references last: where they are, the matches are (HaveReferences).
  NODE_RETURN_IF_ERROR(out->Finish());
  NODE_RETURN_IF_ERROR(references->Finish());
  return result;
}

bool HaveReferences(const RunFiles& files) {
  return files.seal().fs->Exists(ReferencesPath(files));
}

absl::StatusOr<ReferenceReader> ReferenceReader::Open(const RunFiles& files) {
  NODE_ASSIGN_OR_RETURN(
      auto file, RecordFileReader::Open(files.seal(), ReferencesPath(files), kReferencesLabel));
  return ReferenceReader(std::move(file));
}

absl::StatusOr<bool> ReferenceReader::Next(v1::PairReference& reference) {
  NODE_ASSIGN_OR_RETURN(bool more, file_->Next());
  if (!more) return false;
  crypto::ByteView body = file_->record();
  if (!reference.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return absl::DataLossError("a stored reference cannot be read");
  }
  return true;
}

absl::StatusOr<OwnMatchReader> OwnMatchReader::Open(const SealContext& store,
                                                    const std::string& path) {
  NODE_ASSIGN_OR_RETURN(auto file, RecordFileReader::Open(store, path, kMatchesLabel));
  return OwnMatchReader(std::move(file));
}

absl::StatusOr<bool> OwnMatchReader::Next(OwnMatch& match) {
  NODE_ASSIGN_OR_RETURN(bool more, file_->Next());
  if (!more) return false;
  crypto::ByteReader in(file_->record());
  match.record_id = crypto::ToString(in.Lp());
  match.reference = crypto::ToString(in.Lp());
  match.counterpart = crypto::ToString(in.Lp());
  match.strength = in.U8();
  match.agreed_types.clear();
  for (std::uint8_t n = in.U8(); n > 0 && in.ok(); --n) {
    match.agreed_types.push_back(crypto::ToString(in.Lp()));
  }
  NODE_RETURN_IF_ERROR(in.Finish("a stored match"));
  return true;
}

}  // namespace raakvlak::node
