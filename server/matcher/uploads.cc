// Checks, in the order in which they are cheapest.
#include "server/matcher/uploads.h"

#include <algorithm>
#include <optional>
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

std::string ScratchBeside(const std::string& path) { return path + ".scratch"; }

// The tags that two agencies share, asked for in ascending order.
class SharedTags {
 public:
  static absl::StatusOr<std::unique_ptr<SharedTags>> Open(common::FileSystem& fs,
                                                          const std::string& path) {
    auto reader = common::SortedFileReader::Open(fs, path);
    if (!reader.ok()) return reader.status();
    return std::unique_ptr<SharedTags>(new SharedTags(*std::move(reader)));
  }

  absl::StatusOr<bool> Has(const common::FileTag& tag) {
    while (more_ && (!started_ || reader_->tag() < tag)) {
      absl::StatusOr<bool> next = reader_->Next();
      if (!next.ok()) return next.status();
      started_ = true;
      more_ = *next;
    }
    return more_ && reader_->tag() == tag;
  }

 private:
  explicit SharedTags(std::unique_ptr<common::SortedFileReader> reader)
      : reader_(std::move(reader)) {}
  const std::unique_ptr<common::SortedFileReader> reader_;
  bool started_ = false;
  bool more_ = true;
};

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
  auto scratch = Scratch::Create(fs, ScratchBeside(path));
  if (!scratch.ok()) return scratch.status();
  upload->scratch_ = *std::move(scratch);
  for (auto& [sorter, name] :
       {std::pair{&upload->handles_, "handles"}, std::pair{&upload->claims_, "claims"}}) {
    auto created = upload->scratch_->Sorter(name);
    if (!created.ok()) return created.status();
    *sorter = *std::move(created);
  }
  return upload;
}

absl::Status RecordUpload::Add(const v1::RecordEntry& entry) {
  if (writer_->count() >= announced_) return Bad("more records than the header announced");
  if (entry.handle().size() != kHandleBytes) return Bad("a handle is 16 bytes");
  if (entry.shared_size() == 0) return Bad("a record without a shared tag");
  if (entry.shared_size() > kMaxSharedPerRecord) {
    return Bad("a record with more than 4,096 shared tags");
  }
  if (claims_->count() + static_cast<std::uint64_t>(entry.shared_size()) >
      limits_.max_shared_values) {
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
  if (absl::Status s = handles_->Add(record.handle); !s.ok()) return s;
  for (const StoredValue& value : record.values) {
    crypto::ByteWriter claim;
    claim.U8(value.type).Raw(value.tag.bytes).U32(value.counterparts);
    if (absl::Status s = claims_->Add(claim.view()); !s.ok()) return s;
  }
  return writer_->Add(Encode(record));
}

absl::Status RecordUpload::CheckHandles() {
  auto sorted = handles_->Sort();
  if (!sorted.ok()) return sorted.status();
  handles_.reset();
  std::optional<Handle> last;
  while (true) {
    absl::StatusOr<bool> more = (*sorted)->Next();
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
    const auto handle = crypto::ByteReader((*sorted)->record()).Array<kHandleBytes>();
    if (last == handle) return Bad("two records have the same handle");
    last = handle;
  }
}

absl::Status RecordUpload::CheckClaims() {
  auto sorted = claims_->Sort();
  if (!sorted.ok()) return sorted.status();
  claims_.reset();
  // Of one type, by counterpart.
  std::vector<std::unique_ptr<SharedTags>> shared;
  std::optional<std::uint8_t> type;
  while (true) {
    absl::StatusOr<bool> more = (*sorted)->Next();
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
    crypto::ByteReader reader((*sorted)->record());
    if (const std::uint8_t next = reader.U8(); next != type) {
      type = next;
      shared.clear();
      shared.resize(context_.agencies.size());
    }
    const common::FileTag tag = reader.Array<linkage::kTagBytes>();
    const AgencyMask counterparts = reader.U32();
    for (std::size_t counterpart = 0; counterpart < shared.size(); ++counterpart) {
      if ((counterparts >> counterpart & 1) == 0) continue;
      if (shared[counterpart] == nullptr) {
        auto opened = SharedTags::Open(
            fs_, directory_.Shared(*type, context_.agency, static_cast<int>(counterpart)));
        if (!opened.ok()) return opened.status();
        shared[counterpart] = *std::move(opened);
      }
      absl::StatusOr<bool> has = shared[counterpart]->Has(tag);
      if (!has.ok()) return has.status();
      if (!*has) {
        return absl::InvalidArgumentError(
            absl::StrCat("a record claims a tag of type ", context_.types[*type], " that ",
                         context_.agencies[counterpart], " does not share"));
      }
    }
  }
}

absl::StatusOr<UploadResult> RecordUpload::Finish() {
  if (writer_->count() != announced_) return Bad("fewer records than the header announced");
  if (absl::Status s = CheckHandles(); !s.ok()) return s;
  if (absl::Status s = CheckClaims(); !s.ok()) return s;
  absl::StatusOr<crypto::Digest> digest = writer_->Finish();
  if (!digest.ok()) return digest.status();
  return UploadResult{announced_, DigestString(*digest)};
}

absl::StatusOr<std::unique_ptr<ReferenceUpload>> ReferenceUpload::Create(
    common::FileSystem& fs, const RunDirectory& directory, const std::string& path, int agency,
    bool links_blocks, const v1::ReportReferencesRequest& first) {
  std::unique_ptr<ReferenceUpload> upload(new ReferenceUpload(fs, directory, path, agency));
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
        if (pair.first_agency == agency || pair.second_agency == agency) ++upload->pairs_;
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  auto scratch = Scratch::Create(fs, ScratchBeside(path));
  if (!scratch.ok()) return scratch.status();
  upload->scratch_ = *std::move(scratch);
  auto references = upload->scratch_->Sorter("references");
  if (!references.ok()) return references.status();
  upload->references_ = *std::move(references);
  return upload;
}

absl::Status ReferenceUpload::Add(const v1::PairReference& reference) {
  if (references_->count() >= pairs_) return Bad("more references than the caller has pairs");
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
  const StoredReference stored{ToArray<kHandleBytes>(reference.pair_id()), reference.accepted(),
                               decision, reference.accepted() ? reference.reference() : ""};
  return references_->Add(Encode(stored));
}

absl::StatusOr<UploadResult> ReferenceUpload::Finish() {
  if (references_->count() != pairs_) return Bad("fewer references than the caller has pairs");
  auto sorted = references_->Sort();
  if (!sorted.ok()) return sorted.status();
  references_.reset();
  auto writer = FramedWriter::Create(fs_, path_, kReferencesMagic);
  if (!writer.ok()) return writer.status();
  if (absl::Status s = (*writer)->Add(Encode(exposure_)); !s.ok()) return s;
  absl::Status status = ForEachStored<StoredPair>(
      fs_, directory_.Pairs(), kPairsMagic, [&](const StoredPair& pair) -> absl::Status {
        if (pair.first_agency != agency_ && pair.second_agency != agency_) return absl::OkStatus();
        absl::StatusOr<bool> more = (*sorted)->Next();
        if (!more.ok()) return more.status();
        if (!*more || crypto::ByteReader((*sorted)->record()).Array<kHandleBytes>() != pair.id) {
          return Bad("a reference of a pair that is not the caller's, or two of one pair");
        }
        return (*writer)->Add((*sorted)->record());
      });
  if (!status.ok()) return status;
  absl::StatusOr<crypto::Digest> digest = (*writer)->Finish();
  if (!digest.ok()) return digest.status();
  return UploadResult{pairs_, DigestString(*digest)};
}

}  // namespace raakvlak::matcher
