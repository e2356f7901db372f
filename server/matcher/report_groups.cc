// Links, numbers, counts.
#include "server/matcher/report_groups.h"

#include <array>
#include <optional>

namespace raakvlak::matcher {
namespace {

using linkage::AgencyMask;

constexpr std::size_t kPairBytes = 11;

}  // namespace

crypto::Bytes Encode(const LinkedPair& pair) {
  crypto::ByteWriter writer;
  writer.U8(pair.first_agency)
      .U8(pair.second_agency)
      .U8(static_cast<std::uint8_t>(pair.strength))
      .U32(pair.first)
      .U32(pair.second);
  return writer.Take();
}

// The file of pairs from its start, in parts that begin where the agencies change, or as one.
class ReportGroups::Cursor {
 public:
  static absl::StatusOr<std::unique_ptr<Cursor>> Open(const Scratch& scratch, std::string_view name,
                                                      bool split) {
    auto file = scratch.Read(name);
    if (!file.ok()) return file.status();
    std::unique_ptr<Cursor> cursor(new Cursor(*std::move(file), split));
    if (absl::Status s = cursor->Read(); !s.ok()) return s;
    return cursor;
  }

  bool AtEnd() const { return !next_; }
  // Every pair up to the end of the part. Not at the end.
  template <typename Visitor>
  absl::Status ForEachInPart(const Visitor& visit) {
    const std::pair<int, int> part = Part();
    while (next_ && (!split_ || Part() == part)) {
      visit(*next_);
      if (absl::Status s = Read(); !s.ok()) return s;
    }
    return absl::OkStatus();
  }

 private:
  Cursor(std::unique_ptr<common::SealedReader> file, bool split)
      : file_(std::move(file)), split_(split) {}
  std::pair<int, int> Part() const { return {next_->first_agency, next_->second_agency}; }
  absl::Status Read() {
    std::array<std::uint8_t, kPairBytes> bytes{};
    absl::StatusOr<std::size_t> got = file_->Read(bytes);
    if (!got.ok()) return got.status();
    next_.reset();
    if (*got == 0) return absl::OkStatus();
    if (*got != bytes.size()) return absl::DataLossError("a scratch file is cut off");
    crypto::ByteReader reader(bytes);
    LinkedPair& pair = next_.emplace();
    pair.first_agency = reader.U8();
    pair.second_agency = reader.U8();
    pair.strength = static_cast<linkage::Strength>(reader.U8());
    pair.first = reader.U32();
    pair.second = reader.U32();
    return absl::OkStatus();
  }

  std::unique_ptr<common::SealedReader> file_;
  bool split_;
  std::optional<LinkedPair> next_;
};

ReportGroups::ReportGroups(std::size_t records, Filter filter)
    : records_(records), filter_(std::move(filter)) {}
ReportGroups::ReportGroups(ReportGroups&&) noexcept = default;
ReportGroups::~ReportGroups() = default;

absl::StatusOr<ReportGroups> ReportGroups::Open(const Scratch& scratch, std::string_view name,
                                                std::size_t records, bool split, Filter filter) {
  ReportGroups groups(records, std::move(filter));
  for (std::unique_ptr<Cursor>* cursor : {&groups.linking_, &groups.counting_}) {
    auto opened = Cursor::Open(scratch, name, split);
    if (!opened.ok()) return opened.status();
    *cursor = *std::move(opened);
  }
  return groups;
}

absl::StatusOr<bool> ReportGroups::Next() {
  if (linking_->AtEnd()) return false;
  // The old ones go before the new ones come.
  components_ = linkage::RecordComponents(0);
  components_ = linkage::RecordComponents(records_);
  absl::Status status = linking_->ForEachInPart([&](const LinkedPair& pair) {
    part_ = {pair.first_agency, pair.second_agency};
    if (filter_(pair)) components_.Link(pair.first, pair.second);
  });
  if (!status.ok()) return status;
  groups_.assign(components_.Number(), {});
  for (std::uint32_t r = 0; r < components_.records(); ++r) {
    if (components_.IsLinked(r)) ++groups_[components_.NumberOf(r)].records;
  }
  status = counting_->ForEachInPart([&](const LinkedPair& pair) {
    if (!filter_(pair)) return;
    Group& group = groups_[components_.NumberOf(pair.first)];
    group.agencies |= AgencyMask{1} << pair.first_agency;
    group.agencies |= AgencyMask{1} << pair.second_agency;
    ++group.pairs;
  });
  if (!status.ok()) return status;
  return true;
}

}  // namespace raakvlak::matcher
