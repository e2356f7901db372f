// Matches go through two sorts: by reference, where the pairs of records under one become one match
// and the cells are counted, and by strength, in which order they are listed. The pairs lie in a
// scratch file meanwhile, from which groups are formed once it is known which cells are listed.
#include "server/matcher/report.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "linkage/match/suppression.h"
#include "server/matcher/report_groups.h"

namespace raakvlak::matcher {
namespace {

using linkage::AgencyMask;
using linkage::Strength;

constexpr std::string_view kPairsFile = "pairs";
constexpr std::size_t kStrengths = 3;
using PaddedReference = std::array<std::uint8_t, kReferenceChars>;

// A steward's "match" on one of several pairs under a reference stands for the reference.
Decision Joined(Decision a, Decision b) { return a == Decision::kUndecided ? b : a; }

std::size_t CellAt(int first_agency, int second_agency, Strength strength) {
  const std::size_t of_two = static_cast<std::size_t>(first_agency) * linkage::kMaxAgencies +
                             static_cast<std::size_t>(second_agency);
  return of_two * kStrengths + static_cast<std::size_t>(strength);
}

std::string Unpadded(const PaddedReference& reference) {
  const auto end = std::find(reference.begin(), reference.end(), 0);
  return std::string(reference.begin(), end);
}

// Decides which counts of groups, by the agencies that they touch, may be shown; nullopt when no
// selection is safe.
std::optional<std::vector<Report::GroupCell>> DecideGroups(
    const std::map<AgencyMask, std::uint64_t>& counted, int agencies, std::uint64_t minimum) {
  std::vector<Report::GroupCell> cells;
  std::vector<std::uint64_t> counts;
  for (const auto& [mask, count] : counted) {
    cells.push_back({mask, count, false});
    counts.push_back(count);
  }
  std::vector<linkage::KnownSum> sums;
  for (int a = 0; a < agencies; ++a) {
    for (int b = a + 1; b < agencies; ++b) {
      const AgencyMask both = AgencyMask{1} << a | AgencyMask{1} << b;
      linkage::KnownSum sum;
      for (std::size_t i = 0; i < cells.size(); ++i) {
        if ((cells[i].agencies & both) == both) sum.terms.emplace_back(i, 1);
      }
      if (!sum.terms.empty()) sums.push_back(std::move(sum));
    }
  }
  const std::optional<std::vector<bool>> suppressed =
      linkage::Suppress(counts, sums, minimum, /*floor=*/1);
  if (!suppressed) return std::nullopt;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    cells[i].suppressed = (*suppressed)[i];
    if (cells[i].suppressed) cells[i].count = 0;
  }
  return cells;
}

// True if there are two agencies of whom no match at all may be listed.
bool AnyPairHidden(const Report& report) {
  std::map<std::pair<int, int>, bool> shown;
  for (const Report::Cell& cell : report.cells) {
    shown[{cell.first_agency, cell.second_agency}] |= !cell.suppressed;
  }
  return std::any_of(shown.begin(), shown.end(), [](const auto& pair) { return !pair.second; });
}

}  // namespace

// The pairs of records under one reference of two agencies, as they come out of the first sort.
struct ReportBuilder::Reference {
  std::uint8_t first_agency = 0;
  std::uint8_t second_agency = 0;
  PaddedReference reference{};
  linkage::AgreedTypes types = 0;
  Strength strength = Strength::kPossible;
  // Of the pair that says most.
  std::vector<std::uint8_t> agreement;
  Decision first_decision = Decision::kUndecided;
  Decision second_decision = Decision::kUndecided;
  // Without those judged no match.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
};

ReportBuilder::ReportBuilder(std::unique_ptr<Scratch> scratch, int agencies,
                             std::span<const linkage::IdentifierType> types,
                             std::uint64_t minimum_count)
    : scratch_(std::move(scratch)),
      agencies_(agencies),
      minimum_count_(minimum_count),
      counts_(linkage::kMaxAgencies * linkage::kMaxAgencies * kStrengths) {
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (linkage::IsBlockType(types[i])) {
      strengths_.insert({Strength::kStrong, Strength::kPossible});
    } else {
      strengths_.insert(linkage::Info(types[i]).strength);
      exact_ |= linkage::AgreedTypes{1} << i;
    }
  }
}

absl::StatusOr<std::unique_ptr<ReportBuilder>> ReportBuilder::Create(
    common::FileSystem& fs, const std::string& directory, int agencies,
    std::span<const linkage::IdentifierType> types, std::uint64_t minimum_count) {
  auto scratch = Scratch::Create(fs, directory);
  if (!scratch.ok()) return scratch.status();
  std::unique_ptr<ReportBuilder> report(
      new ReportBuilder(*std::move(scratch), agencies, types, minimum_count));
  for (auto& [sorter, name] : {std::pair{&report->by_reference_, "by-reference"},
                               std::pair{&report->by_strength_, "by-strength"}}) {
    auto created = report->scratch_->Sorter(name);
    if (!created.ok()) return created.status();
    *sorter = *std::move(created);
  }
  return report;
}

bool ReportBuilder::IsListed(int first_agency, int second_agency, Strength strength) const {
  return counts_[CellAt(first_agency, second_agency, strength)] >= minimum_count_;
}

absl::Status ReportBuilder::Add(const AgreedMatch& match) {
  if (match.first_agency >= match.second_agency || match.second_agency >= agencies_ ||
      match.reference.empty() || match.reference.size() > kReferenceChars) {
    return absl::InvalidArgumentError("a match that cannot be");
  }
  const std::size_t last = std::max(match.first_record, match.second_record);
  records_ = std::max(records_, last + 1);
  PaddedReference reference{};
  std::copy(match.reference.begin(), match.reference.end(), reference.begin());
  crypto::ByteWriter writer;
  writer.U8(match.first_agency)
      .U8(match.second_agency)
      .Raw(reference)
      .U32(match.first_record)
      .U32(match.second_record)
      .U64(match.types)
      .U8(static_cast<std::uint8_t>(match.strength))
      .U8(static_cast<std::uint8_t>(match.first_decision))
      .U8(static_cast<std::uint8_t>(match.second_decision))
      .Raw(match.agreement);
  return by_reference_->Add(writer.view());
}

// Takes in what the first sort gives, writes pairs and matches out.
class ReportBuilder::Merger {
 public:
  Merger(ReportBuilder& report, common::SealedWriter& pairs,
         const std::function<absl::Status(std::string_view)>& reported)
      : report_(report), pairs_(pairs), reported_(reported) {}

  absl::Status Add(crypto::ByteView record) {
    crypto::ByteReader reader(record);
    const std::uint8_t first_agency = reader.U8();
    const std::uint8_t second_agency = reader.U8();
    const auto reference = reader.Array<kReferenceChars>();
    if (!begun_ || first_agency != now_.first_agency || second_agency != now_.second_agency ||
        reference != now_.reference) {
      if (absl::Status s = Finish(); !s.ok()) return s;
      now_.first_agency = first_agency;
      now_.second_agency = second_agency;
      now_.reference = reference;
    }
    begun_ = true;
    const std::uint32_t first = reader.U32();
    const std::uint32_t second = reader.U32();
    const linkage::AgreedTypes types = reader.U64();
    const auto strength = static_cast<Strength>(reader.U8());
    const auto first_decision = static_cast<Decision>(reader.U8());
    const auto second_decision = static_cast<Decision>(reader.U8());
    if (first_decision == Decision::kNoMatch || second_decision == Decision::kNoMatch) {
      return absl::OkStatus();
    }
    // The enumeration begins with the strongest.
    if (now_.pairs.empty() || strength < now_.strength) {
      now_.strength = strength;
      const crypto::ByteView agreement = reader.Raw(reader.remaining());
      now_.agreement.assign(agreement.begin(), agreement.end());
    }
    now_.types |= types & report_.exact_;
    now_.first_decision = Joined(now_.first_decision, first_decision);
    now_.second_decision = Joined(now_.second_decision, second_decision);
    now_.pairs.emplace_back(first, second);
    return absl::OkStatus();
  }

  // Ends the reference that is being read.
  absl::Status Finish() {
    if (!begun_) return absl::OkStatus();
    begun_ = false;
    if (now_.pairs.empty()) {
      ++report_.report_.dismissed;
      return absl::OkStatus();
    }
    ++report_.counts_[CellAt(now_.first_agency, now_.second_agency, now_.strength)];
    for (const auto& [first, second] : now_.pairs) {
      const LinkedPair pair{now_.first_agency, now_.second_agency, now_.strength, first, second};
      if (absl::Status s = pairs_.Write(Encode(pair)); !s.ok()) return s;
    }
    crypto::ByteWriter match;
    match.U8(now_.first_agency)
        .U8(now_.second_agency)
        .U8(static_cast<std::uint8_t>(now_.strength))
        .Raw(now_.reference)
        .U32(now_.pairs.front().first)
        .U64(now_.types)
        .U8(static_cast<std::uint8_t>(now_.first_decision))
        .U8(static_cast<std::uint8_t>(now_.second_decision))
        .Raw(now_.agreement);
    if (absl::Status s = report_.by_strength_->Add(match.view()); !s.ok()) return s;
    if (absl::Status s = reported_(Unpadded(now_.reference)); !s.ok()) return s;
    now_.types = 0;
    now_.first_decision = now_.second_decision = Decision::kUndecided;
    now_.pairs.clear();
    return absl::OkStatus();
  }

 private:
  ReportBuilder& report_;
  common::SealedWriter& pairs_;
  const std::function<absl::Status(std::string_view)>& reported_;
  bool begun_ = false;
  Reference now_;
};

absl::Status ReportBuilder::Merge(const std::function<absl::Status(std::string_view)>& reported) {
  auto sorted = by_reference_->Sort();
  if (!sorted.ok()) return sorted.status();
  by_reference_.reset();
  auto pairs = scratch_->Write(kPairsFile);
  if (!pairs.ok()) return pairs.status();
  Merger merger(*this, **pairs, reported);
  while (true) {
    absl::StatusOr<bool> more = (*sorted)->Next();
    if (!more.ok()) return more.status();
    if (!*more) break;
    if (absl::Status s = merger.Add((*sorted)->record()); !s.ok()) return s;
  }
  if (absl::Status s = merger.Finish(); !s.ok()) return s;
  return (*pairs)->Finish(/*durable=*/false);
}

void ReportBuilder::CountCells() {
  for (int a = 0; a < agencies_; ++a) {
    for (int b = a + 1; b < agencies_; ++b) {
      for (const Strength strength : {Strength::kHard, Strength::kStrong, Strength::kPossible}) {
        const std::uint64_t count = counts_[CellAt(a, b, strength)];
        if (count == 0 && !strengths_.contains(strength)) continue;
        // Nothing relates the cells: no totals are published.
        const bool suppressed = count < minimum_count_;
        report_.cells.push_back({a, b, strength, suppressed ? 0 : count, suppressed});
        report_.lists_matches = report_.lists_matches || (count > 0 && !suppressed);
      }
    }
  }
}

absl::StatusOr<ReportGroups> ReportBuilder::Groups() const {
  return ReportGroups::Open(*scratch_, kPairsFile, records_, split_,
                            [this](const LinkedPair& pair) {
                              return IsListed(pair.first_agency, pair.second_agency, pair.strength);
                            });
}

absl::Status ReportBuilder::CountGroups() {
  auto groups = Groups();
  if (!groups.ok()) return groups.status();
  std::map<AgencyMask, std::uint64_t> counted;
  while (true) {
    absl::StatusOr<bool> more = groups->Next();
    if (!more.ok()) return more.status();
    if (!*more) break;
    for (const ReportGroups::Group& group : groups->groups()) ++counted[group.agencies];
  }
  const auto cells = DecideGroups(counted, agencies_, minimum_count_);
  if (!cells) return absl::OkStatus();
  report_.groups = *cells;
  for (const Report::GroupCell& cell : report_.groups) {
    if (!cell.suppressed) shown_.insert(cell.agencies);
  }
  return absl::OkStatus();
}

absl::StatusOr<Report> ReportBuilder::Count(
    const std::function<absl::Status(std::string_view)>& reported) {
  if (absl::Status s = Merge(reported); !s.ok()) return s;
  CountCells();
  // A chain over a third agency would tell of the links between two whose matches are suppressed.
  split_ = AnyPairHidden(report_);
  if (absl::Status s = CountGroups(); !s.ok()) return s;
  return report_;
}

absl::Status ReportBuilder::ForEachMatch(
    const std::function<absl::Status(const Report::Match&)>& visit) {
  auto sorted = by_strength_->Sort();
  if (!sorted.ok()) return sorted.status();
  by_strength_.reset();
  auto groups = Groups();
  if (!groups.ok()) return groups.status();
  bool loaded = false;
  // Of each group of the part, once it has one.
  std::vector<std::uint32_t> number_of;
  std::uint32_t next_number = 1;
  Report::Match match;
  while (true) {
    absl::StatusOr<bool> more = (*sorted)->Next();
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
    crypto::ByteReader reader((*sorted)->record());
    match.first_agency = reader.U8();
    match.second_agency = reader.U8();
    match.strength = static_cast<Strength>(reader.U8());
    if (!IsListed(match.first_agency, match.second_agency, match.strength)) continue;
    match.reference = Unpadded(reader.Array<kReferenceChars>());
    const std::uint32_t record = reader.U32();
    match.types = reader.U64();
    match.first_decision = static_cast<Decision>(reader.U8());
    match.second_decision = static_cast<Decision>(reader.U8());
    const crypto::ByteView agreement = reader.Raw(reader.remaining());
    match.agreement.assign(agreement.begin(), agreement.end());
    // Parts come in the order of the agencies, as the matches do.
    while (!loaded ||
           (split_ && groups->part() != std::pair{match.first_agency, match.second_agency})) {
      absl::StatusOr<bool> part = groups->Next();
      if (!part.ok()) return part.status();
      if (!*part) return absl::InternalError("a match without a group");
      number_of.assign(groups->groups().size(), 0);
      loaded = true;
    }
    const std::uint32_t at = groups->GroupOf(record);
    const ReportGroups::Group& group = groups->groups()[at];
    const bool shows_group = shown_.contains(group.agencies);
    if (shows_group && number_of[at] == 0) number_of[at] = next_number++;
    match.group = shows_group ? number_of[at] : 0;
    match.chained = shows_group && group.chained();
    if (absl::Status s = visit(match); !s.ok()) return s;
  }
}

}  // namespace raakvlak::matcher
