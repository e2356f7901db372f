#include "server/node/match_step.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "crypto/oprf/output_keys.h"
#include "linkage/types/identifier_type.h"
#include "server/node/mesh/blame.h"
#include "server/node/run_steps_internal.h"
#include "server/node/status_macros.h"

namespace raakvlak::node {

using crypto::SecretAccess;

namespace {

constexpr std::string_view kReferencesLabel = "references";
// Of this form of the file; one of another form is not opened.
constexpr std::string_view kMatchesLabel = "matches 2";
constexpr int kMaxAgreedTags = 256;

constexpr std::size_t kPairIdSize = 16;

// Pair id || PairReference, so that sorting goes by the pair.
crypto::Bytes ReferenceEntry(const std::string& pair_id, const std::string& reference,
                             v1::ReviewDecision decision) {
  v1::PairReference wire;
  wire.set_pair_id(pair_id);
  wire.set_reference(reference);
  wire.set_accepted(!reference.empty());
  wire.set_decision(decision);
  crypto::ByteWriter out;
  out.Raw(pair_id).Raw(wire.SerializeAsString());
  return out.Take();
}

// lp(record id) || lp(reference) || lp(counterpart) || u8 strength || u8 types || lp(type)* ||
// u8 fields || u8 level* || u8 chained, which the matches of earlier runs may lack
absl::StatusOr<OwnMatch> ParseOwnMatch(crypto::ByteView bytes) {
  OwnMatch match;
  crypto::ByteReader in(bytes);
  match.record_id = crypto::ToString(in.Lp());
  match.reference = crypto::ToString(in.Lp());
  match.counterpart = crypto::ToString(in.Lp());
  match.strength = in.U8();
  for (std::uint8_t n = in.U8(); n > 0 && in.ok(); --n) {
    match.agreed_types.push_back(crypto::ToString(in.Lp()));
  }
  for (std::uint8_t n = in.U8(); n > 0 && in.ok(); --n) match.agreement.push_back(in.U8());
  match.chained = in.remaining() > 0 && in.U8() != 0;
  NODE_RETURN_IF_ERROR(in.Finish("a stored match"));
  return match;
}

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

// Hard only by a checked number; as weak as the equal identifiers, or stronger by likeness.
bool StrengthIsRight(const v1::NodeMatch& match, const std::vector<std::string>& types) {
  const v1::MatchStrength by_type = StrengthOf(types);
  if (match.agreement_size() == 0) return match.strength() == by_type;
  return match.strength() == by_type ||
         (match.strength() == v1::MATCH_STRENGTH_STRONG && by_type == v1::MATCH_STRENGTH_POSSIBLE);
}

absl::Status CheckAgreement(const v1::NodeMatch& match, std::size_t fields) {
  if (match.agreement_size() == 0) return absl::OkStatus();
  if (static_cast<std::size_t>(match.agreement_size()) != fields) {
    return Malformed("it sent a match that says of another number of fields how they agree");
  }
  for (const int level : match.agreement()) {
    if (!v1::AgreementLevel_IsValid(level)) {
      return Malformed("it sent a match whose fields agree in a way that is not known");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckForm(const v1::NodeMatch& match, std::size_t types, std::size_t fields) {
  NODE_RETURN_IF_ERROR(CheckAgreement(match, fields));
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
  std::unique_ptr<MatchReceiver> receiver(new MatchReceiver(std::move(input), files));
  NODE_ASSIGN_OR_RETURN(receiver->by_handle_, receiver->NewSorter("matches-by-handle"));
  return receiver;
}

absl::StatusOr<std::unique_ptr<common::ExternalSorter>> MatchReceiver::NewSorter(
    const std::string& name) const {
  common::SortOptions sort;
  sort.memory_bytes = std::max(std::size_t{1} << 20, input_.sort_memory_bytes / 3);
  return common::ExternalSorter::Create(*files_.seal().fs, files_.scratch() + "/" + name,
                                        *files_.seal().random, sort);
}

absl::Status MatchReceiver::Take(const v1::NodeMatch& match) {
  NODE_RETURN_IF_ERROR(CheckForm(match, input_.identifier_types.size(), input_.compared_fields));
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
  for (std::uint32_t type : types) {
    if (!IsBlockTypeName(input_.identifier_types[type])) {
      names.push_back(input_.identifier_types[type]);
    }
  }
  // A shared block alone is a reason to compare, no match.
  if (names.empty() && match.agreement_size() == 0) return "";
  if (!StrengthIsRight(match, names)) return "";
  return crypto::MatchReference(*key->second, input_.purpose_id, input_.epoch,
                                least->block_secret.Reveal(SecretAccess{}));
}

bool MatchReceiver::IsExposed(const HandledRecord& record) const {
  return std::any_of(record.shared.begin(), record.shared.end(), [&](const SharedValue& value) {
    return IsBlockTypeName(input_.identifier_types[value.type_index]);
  });
}

absl::Status MatchReceiver::Resolve(common::SortedReader& matches,
                                    common::ExternalSorter& references,
                                    common::ExternalSorter& by_record, MatchStepResult& result,
                                    const std::stop_token& stop) {
  NODE_ASSIGN_OR_RETURN(HandledRecordReader records, HandledRecordReader::Open(files_));
  HandledRecord record;
  bool have_record = false;
  bool matched = false;
  auto next_record = [&]() -> absl::Status {
    if (have_record && !matched && IsExposed(record)) ++result.exposed;
    matched = false;
    NODE_ASSIGN_OR_RETURN(have_record, records.Next(record));
    return absl::OkStatus();
  };
  NODE_RETURN_IF_ERROR(next_record());
  while (true) {
    if (stop.stop_requested()) return absl::CancelledError("stopped");
    NODE_ASSIGN_OR_RETURN(bool more, matches.Next());
    if (!more) break;
    v1::NodeMatch match;
    crypto::ByteView body = matches.record().subspan(16);
    if (!match.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
      return absl::DataLossError("a sorted match cannot be read");
    }
    Handle handle;
    std::memcpy(handle.data(), matches.record().data(), handle.size());
    while (have_record && record.handle < handle) NODE_RETURN_IF_ERROR(next_record());
    if (!have_record || record.handle != handle) {
      return BlamedError(absl::StatusCode::kPermissionDenied, "matcher",
                         "it sent a match of a record that this node never handed in");
    }
    const std::string reference = ReferenceOf(match, record);
    if (reference.empty()) {
      ++result.disputed;
      NODE_RETURN_IF_ERROR(references.Add(ReferenceEntry(match.pair_id(), "", {})));
      continue;
    }
    ++result.matches;
    matched = true;
    crypto::ByteWriter own;
    own.U32(record.record).Raw(match.pair_id()).Lp(reference).Lp(match.counterpart());
    own.U8(static_cast<std::uint8_t>(match.strength()));
    std::vector<std::string> types;
    for (std::uint32_t type : match.agreed_types()) {
      const std::string& name = input_.identifier_types[type];
      if (!IsBlockTypeName(name)) types.push_back(name);
    }
    own.U8(static_cast<std::uint8_t>(types.size()));
    for (const std::string& type : types) own.Lp(type);
    own.U8(static_cast<std::uint8_t>(match.agreement_size()));
    for (const int level : match.agreement()) own.U8(static_cast<std::uint8_t>(level));
    own.U8(match.chained() ? 1 : 0);
    NODE_RETURN_IF_ERROR(by_record.Add(own.view()));
  }
  while (have_record) NODE_RETURN_IF_ERROR(next_record());
  return absl::OkStatus();
}

absl::Status MatchReceiver::NameRecords(common::SortedReader& matches, DatasetFileReader& dataset,
                                        RecordFileWriter& own, common::ExternalSorter& references,
                                        MatchStepResult& result, const std::stop_token& stop) {
  StoredRecord record;
  while (true) {
    NODE_ASSIGN_OR_RETURN(bool more, matches.Next());
    if (!more) break;
    crypto::ByteReader in(matches.record());
    const std::uint64_t wanted = in.U32();
    for (; result.records <= wanted; ++result.records) {
      if (stop.stop_requested()) return absl::CancelledError("stopped");
      NODE_ASSIGN_OR_RETURN(bool found, dataset.Next(record));
      if (!found) return absl::DataLossError("the dataset is shorter than the run's tags say");
    }
    const std::string pair_id = crypto::ToString(in.Raw(16));
    crypto::ByteWriter entry;
    entry.Lp(record.record_id).Raw(in.Raw(in.remaining()));
    NODE_ASSIGN_OR_RETURN(OwnMatch match, ParseOwnMatch(entry.view()));
    v1::ReviewDecision decision = v1::REVIEW_DECISION_UNSPECIFIED;
    if (input_.decided) {
      NODE_ASSIGN_OR_RETURN(decision, input_.decided(match));
    }
    NODE_RETURN_IF_ERROR(references.Add(ReferenceEntry(pair_id, match.reference, decision)));
    NODE_RETURN_IF_ERROR(own.Add(entry.view()));
  }
  // How many records there are matters to the exposure alone.
  while (input_.compared_fields > 0) {
    if (stop.stop_requested()) return absl::CancelledError("stopped");
    NODE_ASSIGN_OR_RETURN(bool more, dataset.Next(record));
    if (!more) break;
    ++result.records;
  }
  return absl::OkStatus();
}

absl::StatusOr<MatchStepResult> MatchReceiver::Finish(DatasetFileReader& dataset,
                                                      const SealContext& store,
                                                      const std::string& matches_path,
                                                      std::stop_token stop) {
  NODE_ASSIGN_OR_RETURN(auto by_record, NewSorter("matches-by-record"));
  // In an order of their own: that of the dataset is nobody else's business.
  NODE_ASSIGN_OR_RETURN(auto by_pair, NewSorter("references-by-pair"));
  NODE_ASSIGN_OR_RETURN(auto matches, by_handle_->Sort());
  MatchStepResult result;
  NODE_RETURN_IF_ERROR(Resolve(*matches, *by_pair, *by_record, result, stop));

  NODE_ASSIGN_OR_RETURN(auto sorted, by_record->Sort());
  NODE_ASSIGN_OR_RETURN(auto own, RecordFileWriter::Create(store, matches_path, kMatchesLabel));
  NODE_RETURN_IF_ERROR(NameRecords(*sorted, dataset, *own, *by_pair, result, stop));

  NODE_ASSIGN_OR_RETURN(
      auto references,
      RecordFileWriter::Create(files_.seal(), ReferencesPath(files_), kReferencesLabel));
  v1::Exposure exposure;
  if (input_.compared_fields > 0) {
    exposure.set_records(result.records);
    exposure.set_exposed(result.exposed);
  }
  NODE_RETURN_IF_ERROR(references->Add(crypto::AsBytes(exposure.SerializeAsString())));
  NODE_ASSIGN_OR_RETURN(auto paired, by_pair->Sort());
  while (true) {
    if (stop.stop_requested()) return absl::CancelledError("stopped");
    NODE_ASSIGN_OR_RETURN(bool more, paired->Next());
    if (!more) break;
    NODE_RETURN_IF_ERROR(references->Add(paired->record().subspan(kPairIdSize)));
  }
  // The references last: where they are, the matches are (HaveReferences).
  NODE_RETURN_IF_ERROR(own->Finish());
  NODE_RETURN_IF_ERROR(references->Finish());
  return result;
}

bool HaveReferences(const RunFiles& files) {
  return files.seal().fs->Exists(ReferencesPath(files));
}

absl::StatusOr<ReferenceReader> ReferenceReader::Open(const RunFiles& files) {
  NODE_ASSIGN_OR_RETURN(
      auto file, RecordFileReader::Open(files.seal(), ReferencesPath(files), kReferencesLabel));
  ReferenceReader reader(std::move(file));
  NODE_ASSIGN_OR_RETURN(bool begun, reader.file_->Next());
  v1::Exposure exposure;
  crypto::ByteView body = begun ? reader.file_->record() : crypto::ByteView();
  if (!begun || !exposure.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return absl::DataLossError("the stored references do not begin with the exposure");
  }
  if (exposure.records() > 0) reader.exposure_ = exposure;
  return reader;
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
  NODE_ASSIGN_OR_RETURN(match, ParseOwnMatch(file_->record()));
  return true;
}

}  // namespace raakvlak::node
