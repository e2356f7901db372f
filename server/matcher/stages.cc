// Streams in, streams out.
#include "server/matcher/stages.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "linkage/match/grouping.h"

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

// All records of the run, agency after agency.
struct Records {
  std::vector<std::uint8_t> agency_of;
  std::vector<Handle> handles;
  // Values of record r: values[offsets[r]] up to values[offsets[r + 1]].
  std::vector<std::size_t> offsets = {0};
  std::vector<StoredValue> values;

  std::span<const StoredValue> Of(std::uint32_t record) const {
    return std::span(values).subspan(offsets[record], offsets[record + 1] - offsets[record]);
  }
};

absl::StatusOr<Records> LoadRecords(common::FileSystem& fs, const RunDirectory& directory,
                                    const StageContext& context,
                                    std::span<const UnconfirmedPair> unconfirmed) {
  const std::size_t n = context.agencies.size();
  // dropped[agency][type]: counterparts whose confirmation failed, whichever side said so.
  std::vector<std::vector<AgencyMask>> dropped(n, std::vector<AgencyMask>(context.types.size(), 0));
  for (const UnconfirmedPair& pair : unconfirmed) {
    const auto first = static_cast<std::size_t>(pair.first);
    const auto second = static_cast<std::size_t>(pair.second);
    const auto type = static_cast<std::size_t>(pair.type);
    if (first >= n || second >= n || type >= context.types.size()) {
      return absl::InternalError("an unconfirmed pair is not of the run");
    }
    dropped[first][type] |= AgencyMask{1} << second;
    dropped[second][type] |= AgencyMask{1} << first;
  }
  Records records;
  for (std::size_t agency = 0; agency < n; ++agency) {
    absl::Status status = ForEachStored<StoredRecord>(
        fs, directory.Records(static_cast<int>(agency)), kRecordsMagic,
        [&](const StoredRecord& record) -> absl::Status {
          records.agency_of.push_back(static_cast<std::uint8_t>(agency));
          records.handles.push_back(record.handle);
          for (StoredValue value : record.values) {
            if (value.type >= context.types.size()) {
              return absl::DataLossError("a stored record has an unknown type");
            }
            value.counterparts &= ~dropped[agency][value.type];
            if (value.counterparts != 0) records.values.push_back(value);
          }
          records.offsets.push_back(records.values.size());
          return absl::OkStatus();
        });
    if (!status.ok()) return status;
  }
  return records;
}

// Tags that both records have, of the types that count, confirmed by both.
std::vector<Tag> AgreedTags(const Records& records, const linkage::RecordPair& pair) {
  const std::span<const StoredValue> x = records.Of(pair.first);
  const std::span<const StoredValue> y = records.Of(pair.second);
  const std::uint8_t of_x = records.agency_of[pair.first];
  const std::uint8_t of_y = records.agency_of[pair.second];
  std::vector<Tag> agreed;
  for (std::size_t i = 0, j = 0; i < x.size() && j < y.size();) {
    const auto a = std::tie(x[i].type, x[i].tag);
    const auto b = std::tie(y[j].type, y[j].tag);
    if (a < b) {
      ++i;
    } else if (b < a) {
      ++j;
    } else {
      if ((pair.types >> x[i].type & 1) != 0 && (x[i].counterparts >> of_y & 1) != 0 &&
          (y[j].counterparts >> of_x & 1) != 0) {
        agreed.push_back(x[i].tag);
      }
      ++i;
      ++j;
    }
  }
  std::sort(agreed.begin(), agreed.end());
  if (agreed.size() > kMaxAgreedTags) agreed.resize(kMaxAgreedTags);
  return agreed;
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

absl::StatusOr<MatchOutcome> MatchRecords(common::FileSystem& fs, const RunDirectory& directory,
                                          const StageContext& context,
                                          std::span<const UnconfirmedPair> unconfirmed,
                                          crypto::Random& random) {
  absl::StatusOr<Records> records = LoadRecords(fs, directory, context, unconfirmed);
  if (!records.ok()) return records.status();
  std::vector<linkage::SharedValue> values;
  values.reserve(records->values.size());
  for (std::uint32_t r = 0; r < records->handles.size(); ++r) {
    for (const StoredValue& value : records->Of(r)) {
      values.push_back({r, value.type, value.counterparts, value.tag});
    }
  }
  linkage::PairingLimits limits;
  limits.max_records_per_value = context.max_records_per_value;
  absl::StatusOr<linkage::Pairing> pairing =
      linkage::PairRecords(records->agency_of, std::move(values), limits);
  if (!pairing.ok()) return pairing.status();
  const linkage::Grouping grouping = linkage::GroupPairs(records->agency_of, pairing->pairs);

  std::vector<PairId> ids(pairing->pairs.size());
  for (PairId& id : ids) random.Fill(id);
  std::vector<std::uint32_t> order(ids.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return ids[a] < ids[b]; });

  auto writer = FramedWriter::Create(fs, directory.Pairs(), kPairsMagic);
  if (!writer.ok()) return writer.status();
  for (const std::uint32_t i : order) {
    const linkage::RecordPair& pair = pairing->pairs[i];
    // Records lie agency after agency, so the first of a pair is of the first agency.
    StoredPair stored;
    stored.id = ids[i];
    stored.first_agency = records->agency_of[pair.first];
    stored.second_agency = records->agency_of[pair.second];
    stored.first = records->handles[pair.first];
    stored.second = records->handles[pair.second];
    stored.first_record = pair.first;
    stored.second_record = pair.second;
    stored.types = pair.types;
    stored.group = grouping.group_of_pair[i];
    stored.agreed = AgreedTags(*records, pair);
    if (absl::Status s = (*writer)->Add(Encode(stored)); !s.ok()) return s;
  }
  if (auto digest = (*writer)->Finish(); !digest.ok()) return digest.status();
  return MatchOutcome{pairing->pairs.size(), pairing->skipped_values};
}

absl::StatusOr<JoinedReferences> JoinReferences(common::FileSystem& fs,
                                                const RunDirectory& directory, int agencies) {
  std::vector<std::unique_ptr<FramedReader>> readers;
  for (int agency = 0; agency < agencies; ++agency) {
    auto reader = FramedReader::Open(fs, directory.References(agency), kReferencesMagic);
    if (!reader.ok()) return reader.status();
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
  JoinedReferences joined;
  std::set<std::pair<int, int>> disputed;
  absl::Status status = ForEachStored<StoredPair>(
      fs, directory.Pairs(), kPairsMagic, [&](const StoredPair& pair) -> absl::Status {
        if (pair.first_agency >= readers.size() || pair.second_agency >= readers.size()) {
          return absl::DataLossError("a stored pair is of no agency of the run");
        }
        StoredReference first;
        StoredReference second;
        if (absl::Status s = next(pair.first_agency, pair.id, &first); !s.ok()) return s;
        if (absl::Status s = next(pair.second_agency, pair.id, &second); !s.ok()) return s;
        if (first.accepted && second.accepted && first.reference == second.reference) {
          joined.matches.push_back({pair.first_agency, pair.second_agency, first.reference,
                                    pair.types, pair.first_record, pair.second_record});
        } else {
          disputed.emplace(pair.first_agency, pair.second_agency);
        }
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  joined.disputed.assign(disputed.begin(), disputed.end());
  return joined;
}

}  // namespace raakvlak::matcher
