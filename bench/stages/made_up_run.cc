// Persons from hashes.
#include "bench/stages/made_up_run.h"

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "linkage/score/encoding_layout.h"
#include "raakvlak/v1/submission.pb.h"

namespace raakvlak::bench {
namespace {

using matcher::FramedWriter;
using matcher::StoredRecord;
using matcher::StoredTask;
using matcher::StoredValue;

// SplitMix64 (Steele, Lea, Flood 2014) over a list.
std::uint64_t Mix(std::initializer_list<std::uint64_t> values) {
  std::uint64_t state = 0;
  for (const std::uint64_t value : values) {
    state += value + 0x9e3779b97f4a7c15U;
    state = (state ^ state >> 30) * 0xbf58476d1ce4e5b9U;
    state = (state ^ state >> 27) * 0x94d049bb133111ebU;
    state ^= state >> 31;
  }
  return state;
}

bool Chance(double probability, std::uint64_t hash) {
  return static_cast<double>(hash >> 11) * 0x1.0p-53 < probability;
}

std::uint64_t Common(const MadeUpRun& run) {
  return static_cast<std::uint64_t>(run.common * static_cast<double>(run.records));
}

// Who a record is: the same at all agencies for common persons.
std::uint64_t PersonOf(const MadeUpRun& run, int agency, std::uint64_t record) {
  return record < Common(run) ? record
                              : run.records * static_cast<std::uint64_t>(agency + 1) + record;
}

linkage::Tag TagOf(const MadeUpRun& run, std::uint64_t key, std::uint64_t person) {
  linkage::Tag tag;
  for (std::uint64_t half = 0; half < 2; ++half) {
    const std::uint64_t hash = Mix({run.seed, 1, key, person, half});
    std::memcpy(tag.bytes.data() + 8 * half, &hash, 8);
  }
  return tag;
}

// In random order, and says which record it is.
matcher::Handle HandleOf(const MadeUpRun& run, int agency, std::uint64_t record) {
  matcher::Handle handle{};
  const std::uint64_t hash = Mix({run.seed, 2, static_cast<std::uint64_t>(agency), record});
  std::memcpy(handle.data(), &hash, 8);
  std::memcpy(handle.data() + 8, &record, 8);
  return handle;
}

StoredRecord MakeRecord(const MadeUpRun& run, int agency, std::uint64_t record) {
  StoredRecord out;
  out.handle = HandleOf(run, agency, record);
  const auto others = static_cast<linkage::AgencyMask>(((1U << run.agencies) - 1) ^ 1U << agency);
  const auto a = static_cast<std::uint64_t>(agency);
  const bool is_common = record < Common(run);
  const bool strays = !is_common && Chance(run.strays, Mix({run.seed, 3, a, record}));
  for (std::uint64_t key = 0; key < static_cast<std::uint64_t>(run.keys); ++key) {
    if (is_common && Chance(run.key_kept, Mix({run.seed, 4, a, record, key}))) {
      out.values.push_back({static_cast<std::uint8_t>(key), others, TagOf(run, key, record)});
    }
  }
  if (strays && Common(run) > 0) {
    const std::uint64_t key = Mix({run.seed, 5, a, record}) % static_cast<std::uint64_t>(run.keys);
    const std::uint64_t whose = Mix({run.seed, 6, a, record}) % Common(run);
    out.values.push_back({static_cast<std::uint8_t>(key), others, TagOf(run, key, whose)});
  }
  std::sort(out.values.begin(), out.values.end(), [](const StoredValue& x, const StoredValue& y) {
    return std::tie(x.type, x.tag) < std::tie(y.type, y.tag);
  });
  return out;
}

std::string MakeEncoding(const MadeUpRun& run, const linkage::Profile& profile, int agency,
                         const StoredTask& task) {
  std::uint64_t record = 0;
  std::memcpy(&record, task.handle.data() + 8, 8);
  std::uint64_t block = 0;
  std::memcpy(&block, task.tag.bytes.data(), 8);
  const auto a = static_cast<std::uint64_t>(agency);
  std::string out(linkage::kPresenceBytes, '\0');
  out[0] = static_cast<char>((1 << profile.fields.size()) - 1);
  for (std::uint64_t f = 0; f < profile.fields.size(); ++f) {
    const bool kept = Chance(run.field_kept, Mix({run.seed, 7, a, record, f}));
    const std::uint64_t value =
        kept ? PersonOf(run, agency, record) : Mix({run.seed, 8, a, record, f});
    const std::size_t end = f + 1 < profile.fields.size() ? linkage::FieldOffset(profile, f + 1)
                                                          : linkage::EncodedSize(profile);
    for (std::uint64_t i = 0; out.size() < end; ++i) {
      const std::uint64_t hash = Mix({run.seed, 9, block, f, value, i});
      out.append(reinterpret_cast<const char*>(&hash), std::min<std::size_t>(8, end - out.size()));
    }
  }
  return out;
}

std::string NullModel(std::size_t fields) {
  v1::NullModel model;
  v1::MixtureClass& c = *model.add_classes();
  c.set_weight(1);
  for (std::size_t f = 0; f < fields; ++f) {
    v1::LevelChances& random = *model.add_independent();
    for (const double chance : {0.005, 0.005, 0.02, 0.07, 0.9}) random.add_chances(chance);
    v1::LevelChances& in_block = *c.add_chances();
    for (const double chance : {0.2, 0.03, 0.04, 0.08, 0.65}) in_block.add_chances(chance);
  }
  model.set_random_pairs(100'000);
  model.set_block_pairs(1'000);
  model.set_block_chance(1e-6);
  return model.SerializeAsString();
}

}  // namespace

matcher::StageContext ContextOf(const MadeUpRun& run) {
  matcher::StageContext context;
  for (int a = 0; a < run.agencies; ++a) context.agencies.push_back(absl::StrCat("agency-", a));
  for (int key = 0; key < run.keys; ++key) {
    context.types.push_back(linkage::BlockType(static_cast<std::size_t>(key)));
    context.type_names.emplace_back(linkage::IdentifierTypeName(context.types.back()));
    context.max_records_per_value.push_back(10);
  }
  context.profile.fields = {{"given_name", linkage::FieldKind::kGivenName},
                            {"surname", linkage::FieldKind::kSurname},
                            {"birth_date", linkage::FieldKind::kDate},
                            {"postcode", linkage::FieldKind::kPostcode},
                            {"phone", linkage::FieldKind::kPhone}};
  return context;
}

absl::Status WriteRecords(common::FileSystem& fs, const matcher::RunDirectory& directory,
                          const MadeUpRun& run) {
  for (int agency = 0; agency < run.agencies; ++agency) {
    auto writer = FramedWriter::Create(fs, directory.Records(agency), matcher::kRecordsMagic);
    if (!writer.ok()) return writer.status();
    for (std::uint64_t r = 0; r < run.records; ++r) {
      const StoredRecord record = MakeRecord(run, agency, r);
      if (record.values.empty()) continue;
      if (absl::Status s = (*writer)->Add(matcher::Encode(record)); !s.ok()) return s;
    }
    if (auto digest = (*writer)->Finish(); !digest.ok()) return digest.status();
  }
  return absl::OkStatus();
}

absl::Status WriteEncodings(common::FileSystem& fs, const matcher::RunDirectory& directory,
                            const MadeUpRun& run) {
  const linkage::Profile profile = ContextOf(run).profile;
  const std::string null_model = NullModel(profile.fields.size());
  for (int agency = 0; agency < run.agencies; ++agency) {
    auto writer = FramedWriter::Create(fs, directory.Encodings(agency), matcher::kEncodingsMagic);
    if (!writer.ok()) return writer.status();
    if (absl::Status s = (*writer)->Add(crypto::AsBytes(null_model)); !s.ok()) return s;
    absl::Status status = matcher::ForEachStored<StoredTask>(
        fs, directory.Tasks(agency), matcher::kTasksMagic, [&](const StoredTask& task) {
          return (*writer)->Add(crypto::AsBytes(MakeEncoding(run, profile, agency, task)));
        });
    if (!status.ok()) return status;
    if (auto digest = (*writer)->Finish(); !digest.ok()) return digest.status();
  }
  return absl::OkStatus();
}

}  // namespace raakvlak::bench
