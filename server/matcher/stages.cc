// Streams in, streams out.
#include "server/matcher/stages.h"

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace raakvlak::matcher {
namespace {

using linkage::AgencyMask;
using linkage::Tag;

absl::Status IntersectType(common::FileSystem& fs, const RunDirectory& directory,
                           const StageContext& context, int type) {
  const int n = static_cast<int>(context.agencies.size());
  std::vector<std::unique_ptr<FileTagSource>> sources;
  std::vector<linkage::TagSource*> pointers;
  for (int agency = 0; agency < n; ++agency) {
    auto reader = common::SortedFileReader::Open(fs, directory.Tags(type, agency));
    if (!reader.ok()) return reader.status();
    sources.push_back(std::make_unique<FileTagSource>(*std::move(reader)));
    pointers.push_back(sources.back().get());
  }
  // writers[a][b] for a < b.
  std::vector<std::vector<std::unique_ptr<common::SortedFileWriter>>> writers(
      static_cast<std::size_t>(n));
  for (int a = 0; a < n; ++a) {
    auto& row = writers[static_cast<std::size_t>(a)];
    row.resize(static_cast<std::size_t>(n));
    for (int b = a + 1; b < n; ++b) {
      auto writer = common::SortedFileWriter::Create(fs, directory.Shared(type, a, b));
      if (!writer.ok()) return writer.status();
      row[static_cast<std::size_t>(b)] = *std::move(writer);
    }
  }
  const auto& names = context.agencies;
  auto visit = [&](const Tag& tag, AgencyMask mask) -> absl::Status {
    for (std::size_t a = 0; a < writers.size(); ++a) {
      if ((mask >> a & 1) == 0) continue;
      for (std::size_t b = a + 1; b < writers.size(); ++b) {
        if ((mask >> b & 1) == 0) continue;
        common::SortedFileWriter& writer = *writers[a][b];
        if (absl::Status s = writer.Add(tag.bytes); !s.ok()) return s;
        if (context.overlap_ceiling != 0 && writer.count() > context.overlap_ceiling) {
          return absl::FailedPreconditionError(
              absl::StrCat(names[a], " and ", names[b], " share more values of type ",
                           context.type_names[static_cast<std::size_t>(type)],
                           " than the purpose's ceiling of ", context.overlap_ceiling));
        }
      }
    }
    return absl::OkStatus();
  };
  if (absl::Status s = linkage::MergeOverlap(pointers, 2, visit); !s.ok()) return s;
  for (auto& row : writers) {
    for (auto& writer : row) {
      if (writer == nullptr) continue;
      if (auto digest = writer->Finish(); !digest.ok()) return digest.status();
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status IntersectTags(common::FileSystem& fs, const RunDirectory& directory,
                           const StageContext& context) {
  for (std::size_t type = 0; type < context.types.size(); ++type) {
    if (absl::Status s = IntersectType(fs, directory, context, static_cast<int>(type)); !s.ok()) {
      return s;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<JoinedReferences> JoinReferences(
    common::FileSystem& fs, const RunDirectory& directory, int agencies,
    const std::function<absl::Status(const AgreedMatch&)>& visit) {
  JoinedReferences joined;
  std::vector<std::unique_ptr<FramedReader>> readers;
  for (int agency = 0; agency < agencies; ++agency) {
    auto reader = FramedReader::Open(fs, directory.References(agency), kReferencesMagic);
    if (!reader.ok()) return reader.status();
    auto frame = (*reader)->Next();
    if (!frame.ok()) return frame.status();
    if (!frame->has_value()) return absl::DataLossError("references without an exposure");
    StoredExposure exposure;
    if (absl::Status s = Decode(**frame, &exposure); !s.ok()) return s;
    joined.exposure.push_back(exposure);
    readers.push_back(*std::move(reader));
  }
  // Both files are in the order of pair ids, and an upload holds exactly the agency's pairs.
  auto next = [&](std::size_t agency, const PairId& id, StoredReference* reference) {
    auto frame = readers[agency]->Next();
    if (!frame.ok()) return frame.status();
    if (!frame->has_value()) return absl::DataLossError("references of a pair are missing");
    if (absl::Status s = Decode(**frame, reference); !s.ok()) return s;
    return reference->id == id ? absl::OkStatus()
                               : absl::DataLossError("references do not fit the pairs");
  };
  std::set<std::pair<int, int>> disputed;
  StoredReference first;
  StoredReference second;
  AgreedMatch match;
  absl::Status status = ForEachStored<StoredPair>(
      fs, directory.Pairs(), kPairsMagic, [&](const StoredPair& pair) -> absl::Status {
        if (pair.first_agency >= readers.size() || pair.second_agency >= readers.size()) {
          return absl::DataLossError("a stored pair is of no agency of the run");
        }
        if (absl::Status s = next(pair.first_agency, pair.id, &first); !s.ok()) return s;
        if (absl::Status s = next(pair.second_agency, pair.id, &second); !s.ok()) return s;
        if (!first.accepted || !second.accepted || first.reference != second.reference) {
          disputed.emplace(pair.first_agency, pair.second_agency);
          return absl::OkStatus();
        }
        match.first_agency = pair.first_agency;
        match.second_agency = pair.second_agency;
        match.reference = first.reference;
        match.types = pair.types;
        match.first_record = pair.first_record;
        match.second_record = pair.second_record;
        match.strength = pair.strength;
        match.agreement = pair.agreement;
        match.first_decision = first.decision;
        match.second_decision = second.decision;
        return visit(match);
      });
  if (!status.ok()) return status;
  joined.disputed.assign(disputed.begin(), disputed.end());
  return joined;
}

}  // namespace raakvlak::matcher
