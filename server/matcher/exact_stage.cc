// Three sorts: values, whose neighbours are the holders of a value; pairs of records, where what
// two records agree on comes together; and pairs by their random ids.
#include "server/matcher/exact_stage.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "linkage/match/components.h"
#include "linkage/match/pairing.h"
#include "server/matcher/scratch.h"

namespace raakvlak::matcher {
namespace {

using linkage::ValueHolder;

// The file of pairs in the making.
class ExactMatching {
 public:
  ExactMatching(common::FileSystem& fs, const RunDirectory& directory, const StageContext& context,
                crypto::Random& random)
      : fs_(fs), directory_(directory), context_(context), random_(random) {
    limits_.max_records_per_value = context.max_records_per_value;
  }

  absl::StatusOr<ExactOutcome> Run(std::span<const UnconfirmedPair> unconfirmed) {
    auto scratch = Scratch::Create(fs_, directory_.Scratch());
    if (!scratch.ok()) return scratch.status();
    scratch_ = *std::move(scratch);
    if (absl::Status s = ReadValues(unconfirmed); !s.ok()) return s;
    if (absl::Status s = PairValues(); !s.ok()) return s;
    if (absl::Status s = MergePairs(); !s.ok()) return s;
    if (absl::Status s = WritePairs(); !s.ok()) return s;
    return outcome_;
  }

 private:
  absl::Status ReadValues(std::span<const UnconfirmedPair> unconfirmed);
  absl::Status PairValues();
  absl::Status PairHolders(std::uint8_t type, crypto::ByteView tag);
  absl::Status MergePairs();
  absl::Status AddPair(StoredPair& pair);
  absl::Status WritePairs();

  common::FileSystem& fs_;
  const RunDirectory& directory_;
  const StageContext& context_;
  crypto::Random& random_;
  linkage::PairingLimits limits_;
  ExactOutcome outcome_;
  std::unique_ptr<Scratch> scratch_;
  std::uint32_t records_ = 0;
  // Type, tag, record, agency, counterparts, handle.
  std::unique_ptr<common::ExternalSorter> values_;
  // Of the value that is being paired.
  std::vector<ValueHolder> holders_;
  std::vector<Handle> handles_;
  // Records, type, tag, agencies, handles.
  std::unique_ptr<common::ExternalSorter> pairs_;
  linkage::RecordComponents components_{0};
  // Encoded pairs, which begin with the id.
  std::unique_ptr<common::ExternalSorter> by_id_;
};

absl::Status ExactMatching::ReadValues(std::span<const UnconfirmedPair> unconfirmed) {
  auto values = scratch_->Sorter("values");
  if (!values.ok()) return values.status();
  values_ = *std::move(values);
  return ForEachRecord(fs_, directory_, context_, unconfirmed,
                       [&](std::uint8_t agency, const StoredRecord& record) -> absl::Status {
                         for (const StoredValue& value : record.values) {
                           crypto::ByteWriter writer;
                           writer.U8(value.type)
                               .Raw(value.tag.bytes)
                               .U32(records_)
                               .U8(agency)
                               .U32(value.counterparts)
                               .Raw(record.handle);
                           if (absl::Status s = values_->Add(writer.view()); !s.ok()) return s;
                         }
                         ++records_;
                         return absl::OkStatus();
                       });
}

absl::Status ExactMatching::PairValues() {
  auto pairs = scratch_->Sorter("pairs");
  if (!pairs.ok()) return pairs.status();
  pairs_ = *std::move(pairs);
  auto sorted = values_->Sort();
  if (!sorted.ok()) return sorted.status();
  values_.reset();
  std::uint8_t type = 0;
  std::array<std::uint8_t, linkage::kTagBytes> tag{};
  // Of the agency that was read last.
  std::uint64_t of_agency = 0;
  while (true) {
    absl::StatusOr<bool> more = (*sorted)->Next();
    if (!more.ok()) return more.status();
    if (!*more) return PairHolders(type, tag);
    crypto::ByteReader reader((*sorted)->record());
    const std::uint8_t next_type = reader.U8();
    const auto next_tag = reader.Array<linkage::kTagBytes>();
    if (next_type != type || next_tag != tag) {
      if (absl::Status s = PairHolders(type, tag); !s.ok()) return s;
      type = next_type;
      tag = next_tag;
    }
    ValueHolder holder;
    holder.record = reader.U32();
    holder.agency = reader.U8();
    holder.counterparts = reader.U32();
    // Records lie agency after agency.
    const bool begins = holders_.empty() || holders_.back().agency != holder.agency;
    of_agency = begins ? 1 : of_agency + 1;
    // One too many is enough to skip the value.
    if (of_agency > std::uint64_t{limits_.max_records_per_value[type]} + 1) continue;
    holders_.push_back(holder);
    handles_.push_back(reader.Array<kHandleBytes>());
  }
}

absl::Status ExactMatching::PairHolders(std::uint8_t type, crypto::ByteView tag) {
  if (holders_.empty()) return absl::OkStatus();
  absl::StatusOr<bool> all = linkage::CrossHolders(
      holders_, type, limits_, [&](std::size_t x, std::size_t y) -> absl::Status {
        if (pairs_->count() >= limits_.max_pairs) return linkage::TooManyPairs(limits_);
        crypto::ByteWriter writer;
        writer.U32(holders_[x].record)
            .U32(holders_[y].record)
            .U8(type)
            .Raw(tag)
            .U8(holders_[x].agency)
            .U8(holders_[y].agency)
            .Raw(handles_[x])
            .Raw(handles_[y]);
        return pairs_->Add(writer.view());
      });
  if (!all.ok()) return all.status();
  if (!*all) ++outcome_.skipped_values;
  holders_.clear();
  handles_.clear();
  return absl::OkStatus();
}

absl::Status ExactMatching::AddPair(StoredPair& pair) {
  ++outcome_.pairs;
  components_.Link(pair.first_record, pair.second_record);
  random_.Fill(pair.id);
  pair.strength = linkage::StrengthOf(pair.types, context_.types);
  std::sort(pair.agreed.begin(), pair.agreed.end());
  if (pair.agreed.size() > kMaxAgreedTags) pair.agreed.resize(kMaxAgreedTags);
  return by_id_->Add(Encode(pair));
}

absl::Status ExactMatching::MergePairs() {
  auto by_id = scratch_->Sorter("pairs-by-id");
  if (!by_id.ok()) return by_id.status();
  by_id_ = *std::move(by_id);
  components_ = linkage::RecordComponents(records_);
  auto sorted = pairs_->Sort();
  if (!sorted.ok()) return sorted.status();
  pairs_.reset();
  StoredPair pair;
  while (true) {
    absl::StatusOr<bool> more = (*sorted)->Next();
    if (!more.ok()) return more.status();
    if (!*more) break;
    crypto::ByteReader reader((*sorted)->record());
    const std::uint32_t first = reader.U32();
    const std::uint32_t second = reader.U32();
    const std::uint8_t type = reader.U8();
    const linkage::Tag tag{reader.Array<linkage::kTagBytes>()};
    if (pair.types == 0 || first != pair.first_record || second != pair.second_record) {
      if (pair.types != 0) {
        if (absl::Status s = AddPair(pair); !s.ok()) return s;
      }
      pair.first_record = first;
      pair.second_record = second;
      pair.first_agency = reader.U8();
      pair.second_agency = reader.U8();
      pair.first = reader.Array<kHandleBytes>();
      pair.second = reader.Array<kHandleBytes>();
      pair.types = 0;
      pair.agreed.clear();
    }
    pair.types |= linkage::AgreedTypes{1} << type;
    pair.agreed.push_back(tag);
  }
  return pair.types == 0 ? absl::OkStatus() : AddPair(pair);
}

absl::Status ExactMatching::WritePairs() {
  components_.Number();
  auto sorted = by_id_->Sort();
  if (!sorted.ok()) return sorted.status();
  by_id_.reset();
  auto writer = FramedWriter::Create(fs_, directory_.Pairs(), kPairsMagic);
  if (!writer.ok()) return writer.status();
  StoredPair pair;
  while (true) {
    absl::StatusOr<bool> more = (*sorted)->Next();
    if (!more.ok()) return more.status();
    if (!*more) return (*writer)->Finish().status();
    if (absl::Status s = Decode((*sorted)->record(), &pair); !s.ok()) return s;
    pair.group = components_.NumberOf(pair.first_record);
    if (absl::Status s = (*writer)->Add(Encode(pair)); !s.ok()) return s;
  }
}

}  // namespace

absl::StatusOr<ExactOutcome> MatchExactly(common::FileSystem& fs, const RunDirectory& directory,
                                          const StageContext& context,
                                          std::span<const UnconfirmedPair> unconfirmed,
                                          crypto::Random& random) {
  return ExactMatching(fs, directory, context, random).Run(unconfirmed);
}

}  // namespace raakvlak::matcher
