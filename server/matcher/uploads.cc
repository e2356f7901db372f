// Checks, in the order in which they are cheapest.
#include "server/matcher/uploads.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

namespace raakvlak::matcher {
namespace {

using linkage::AgencyMask;
using linkage::Tag;

absl::Status Bad(std::string_view what) { return absl::InvalidArgumentError(std::string(what)); }

std::string DigestString(const crypto::Digest& digest) { return crypto::ToString(digest); }

template <std::size_t N>
std::array<std::uint8_t, N> ToArray(const std::string& bytes) {
  std::array<std::uint8_t, N> out{};
  std::copy_n(crypto::AsBytes(bytes).begin(), N, out.begin());
  return out;
}

bool IsReference(std::string_view text) {
  return text.size() == kReferenceChars && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7');
         });
}

}  // namespace

absl::StatusOr<std::unique_ptr<TagUpload>> TagUpload::Create(common::FileSystem& fs,
                                                             const std::string& path,
                                                             std::uint64_t announced,
                                                             std::uint64_t most) {
  if (announced > most) {
    return absl::InvalidArgumentError(
        absl::StrCat("a set of ", announced, " tags is larger than the ", most, " allowed"));
  }
  std::unique_ptr<TagUpload> upload(new TagUpload(announced));
  auto writer = common::SortedFileWriter::Create(fs, path);
  if (!writer.ok()) return writer.status();
  upload->writer_ = *std::move(writer);
  return upload;
}

absl::Status TagUpload::Add(std::string_view tags) {
  if (tags.size() % linkage::kTagBytes != 0) return Bad("tags are 16 bytes each");
  const std::uint64_t count = tags.size() / linkage::kTagBytes;
  if (count > kMaxTagsPerMessage) return Bad("more than 65,536 tags in a message");
  if (writer_->count() + count > announced_) return Bad("more tags than the header announced");
  return writer_->AddPacked(crypto::AsBytes(tags));
}

absl::StatusOr<UploadResult> TagUpload::Finish() {
  if (writer_->count() != announced_) return Bad("fewer tags than the header announced");
  absl::StatusOr<crypto::Digest> digest = writer_->Finish();
  if (!digest.ok()) return digest.status();
  return UploadResult{announced_, DigestString(*digest)};
}

RecordUpload::RecordUpload(common::FileSystem& fs, RunDirectory directory,
                           RecordUploadContext context, std::uint64_t announced,
                           const UploadLimits& limits)
    : fs_(fs),
      directory_(std::move(directory)),
      context_(std::move(context)),
      announced_(announced),
      limits_(limits) {}

absl::StatusOr<std::unique_ptr<RecordUpload>> RecordUpload::Create(
    common::FileSystem& fs, const RunDirectory& directory, const std::string& path,
    RecordUploadContext context, std::uint64_t announced, const UploadLimits& limits) {
  if (announced > limits.max_records) {
    return absl::InvalidArgumentError(
        absl::StrCat(announced, " records are more than the ", limits.max_records, " allowed"));
  }
  std::unique_ptr<RecordUpload> upload(
      new RecordUpload(fs, directory, std::move(context), announced, limits));
  auto writer = FramedWriter::Create(fs, path, kRecordsMagic);
  if (!writer.ok()) return writer.status();
  upload->writer_ = *std::move(writer);
  return upload;
}

absl::Status RecordUpload::Add(const v1::RecordEntry& entry) {
  if (handles_.size() >= announced_) return Bad("more records than the header announced");
  if (entry.handle().size() != kHandleBytes) return Bad("a handle is 16 bytes");
  if (entry.shared_size() == 0) return Bad("a record without a shared tag");
  if (entry.shared_size() > kMaxSharedPerRecord) {
    return Bad("a record with more than 4,096 shared tags");
  }
  if (claims_.size() + static_cast<std::size_t>(entry.shared_size()) > limits_.max_shared_values) {
    return Bad("more shared tags than allowed in one upload");
  }
  const AgencyMask everybody =
      static_cast<AgencyMask>((std::uint64_t{1} << context_.agencies.size()) - 1);
  const AgencyMask own = AgencyMask{1} << context_.agency;
  StoredRecord record;
  record.handle = ToArray<kHandleBytes>(entry.handle());
  for (const v1::SharedTag& shared : entry.shared()) {
    if (shared.type_index() >= context_.types.size()) {
      return Bad("a shared tag of a type that is not in the run");
    }
    if (shared.tag().size() != linkage::kTagBytes) return Bad("tags are 16 bytes each");
    const AgencyMask counterparts = shared.counterparts();
    if (counterparts == 0) return Bad("a shared tag without a counterpart");
    if ((counterparts & ~everybody) != 0) {
      return Bad("a shared tag with a counterpart that is not in the run");
    }
    if ((counterparts & own) != 0) return Bad("a shared tag with the uploader as counterpart");
    if ((counterparts & context_.unconfirmed[shared.type_index()]) != 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("a shared tag of type ", context_.types[shared.type_index()],
                       " for a counterpart with whom the header says it was not confirmed"));
    }
    record.values.push_back({static_cast<std::uint8_t>(shared.type_index()), counterparts,
                             Tag{ToArray<linkage::kTagBytes>(shared.tag())}});
  }
  auto key = [](const StoredValue& v) { return std::tie(v.type, v.tag); };
  std::sort(record.values.begin(), record.values.end(),
            [&](const StoredValue& a, const StoredValue& b) { return key(a) < key(b); });
  for (std::size_t i = 1; i < record.values.size(); ++i) {
    if (key(record.values[i - 1]) == key(record.values[i])) {
      return Bad("a record that lists the same shared tag twice");
    }
  }
  handles_.push_back(record.handle);
  claims_.insert(claims_.end(), record.values.begin(), record.values.end());
  return writer_->Add(Encode(record));
}

absl::Status RecordUpload::CheckClaimsWith(std::size_t begin, std::size_t end, int counterpart) {
  const std::size_t type = claims_[begin].type;
  auto reader = common::SortedFileReader::Open(
      fs_, directory_.Shared(static_cast<int>(type), context_.agency, counterpart));
  if (!reader.ok()) return reader.status();
  bool started = false;
  bool more = true;
  for (std::size_t i = begin; i < end; ++i) {
    if ((claims_[i].counterparts >> counterpart & 1) == 0) continue;
    while (more && (!started || (*reader)->tag() < claims_[i].tag.bytes)) {
      absl::StatusOr<bool> next = (*reader)->Next();
      if (!next.ok()) return next.status();
      started = true;
      more = *next;
    }
    if (!more || (*reader)->tag() != claims_[i].tag.bytes) {
      return absl::InvalidArgumentError(absl::StrCat(
          "a record claims a tag of type ", context_.types[type], " that ",
          context_.agencies[static_cast<std::size_t>(counterpart)], " does not share"));
    }
  }
  return absl::OkStatus();
}

absl::Status RecordUpload::CheckClaims() {
  std::sort(claims_.begin(), claims_.end(), [](const StoredValue& a, const StoredValue& b) {
    return std::tie(a.type, a.tag) < std::tie(b.type, b.tag);
  });
  for (std::size_t begin = 0; begin < claims_.size();) {
    std::size_t end = begin;
    AgencyMask counterparts = 0;
    while (end < claims_.size() && claims_[end].type == claims_[begin].type) {
      counterparts |= claims_[end++].counterparts;
    }
    for (int counterpart = 0; counterpart < static_cast<int>(context_.agencies.size());
         ++counterpart) {
      if ((counterparts >> counterpart & 1) == 0) continue;
      if (absl::Status s = CheckClaimsWith(begin, end, counterpart); !s.ok()) return s;
    }
    begin = end;
  }
  return absl::OkStatus();
}

absl::StatusOr<UploadResult> RecordUpload::Finish() {
  if (handles_.size() != announced_) return Bad("fewer records than the header announced");
  std::sort(handles_.begin(), handles_.end());
  if (std::adjacent_find(handles_.begin(), handles_.end()) != handles_.end()) {
    return Bad("two records have the same handle");
  }
  if (absl::Status s = CheckClaims(); !s.ok()) return s;
  absl::StatusOr<crypto::Digest> digest = writer_->Finish();
  if (!digest.ok()) return digest.status();
  return UploadResult{announced_, DigestString(*digest)};
}

absl::StatusOr<std::unique_ptr<ReferenceUpload>> ReferenceUpload::Create(
    common::FileSystem& fs, const RunDirectory& directory, const std::string& path, int agency,
    bool links_blocks, const v1::ReportReferencesRequest& first) {
  std::unique_ptr<ReferenceUpload> upload(new ReferenceUpload(fs, path));
  if (first.has_exposure() != links_blocks) {
    return Bad(links_blocks ? "no exposure where blocks are linked"
                            : "an exposure where no blocks are linked");
  }
  upload->exposure_ = {first.exposure().records(), first.exposure().exposed()};
  if (upload->exposure_.exposed > upload->exposure_.records) {
    return Bad("more records exposed than there are");
  }
  absl::Status status =
      ForEachStored<StoredPair>(fs, directory.Pairs(), kPairsMagic, [&](const StoredPair& pair) {
        if (pair.first_agency == agency || pair.second_agency == agency) {
          upload->pairs_.push_back(pair.id);
        }
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return upload;
}

absl::Status ReferenceUpload::Add(const v1::PairReference& reference) {
  if (references_.size() >= pairs_.size()) return Bad("more references than the caller has pairs");
  if (reference.pair_id().size() != kHandleBytes) return Bad("a pair id is 16 bytes");
  if (reference.accepted() && !IsReference(reference.reference())) {
    return Bad("a reference is 16 characters of Base32");
  }
  Decision decision = Decision::kUndecided;
  switch (reference.decision()) {
    case v1::REVIEW_DECISION_UNSPECIFIED:
      break;
    case v1::REVIEW_DECISION_MATCH:
      decision = Decision::kMatch;
      break;
    case v1::REVIEW_DECISION_NO_MATCH:
      decision = Decision::kNoMatch;
      break;
    default:
      return Bad("a decision that does not exist");
  }
  // What the caller disputes has no reference that counts.
  references_.push_back({ToArray<kHandleBytes>(reference.pair_id()), reference.accepted(), decision,
                         reference.accepted() ? reference.reference() : ""});
  return absl::OkStatus();
}

absl::StatusOr<UploadResult> ReferenceUpload::Finish() {
  std::sort(references_.begin(), references_.end(),
            [](const StoredReference& a, const StoredReference& b) { return a.id < b.id; });
  if (references_.size() != pairs_.size()) return Bad("fewer references than the caller has pairs");
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    if (references_[i].id != pairs_[i]) {
      return Bad("a reference of a pair that is not the caller's, or two of one pair");
    }
  }
  auto writer = FramedWriter::Create(fs_, path_, kReferencesMagic);
  if (!writer.ok()) return writer.status();
  if (absl::Status s = (*writer)->Add(Encode(exposure_)); !s.ok()) return s;
  for (const StoredReference& reference : references_) {
    if (absl::Status s = (*writer)->Add(Encode(reference)); !s.ok()) return s;
  }
  absl::StatusOr<crypto::Digest> digest = (*writer)->Finish();
  if (!digest.ok()) return digest.status();
  return UploadResult{references_.size(), DigestString(*digest)};
}

}  // namespace raakvlak::matcher
