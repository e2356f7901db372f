// Agencies for tests: records with made-up values, their run tags, encodings, and references that
// both sides of a pair derive alike. In place of the real protocol a tag is a plain hash.
#ifndef RAAKVLAK_SERVER_MATCHER_TESTING_FAKE_AGENCY_H_
#define RAAKVLAK_SERVER_MATCHER_TESTING_FAKE_AGENCY_H_

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "crypto/base/hash.h"
#include "linkage/score/encoding_layout.h"
#include "raakvlak/v1/submission.pb.h"

namespace raakvlak::matcher::testing {

inline std::string TagOf(int type, int value) {
  return crypto::ToString(crypto::Sha512(crypto::AsBytes(absl::StrCat("tag ", type, " ", value))))
      .substr(0, 16);
}

struct FakeAgency {
  std::string id;
  // For each record its values by type.
  std::vector<std::vector<std::pair<int, int>>> records;
  // For each record the values of the compared fields; 0 says nothing.
  std::vector<std::vector<int>> fields = {};

  std::string Handle(std::size_t record) const {
    return crypto::ToString(
               crypto::Sha512(crypto::AsBytes(absl::StrCat("handle ", id, " ", record))))
        .substr(0, 16);
  }

  std::size_t RecordOf(const std::string& handle) const {
    std::size_t record = 0;
    while (record < records.size() && Handle(record) != handle) ++record;
    return record;
  }

  // In place of a real encoding: whole-value tags and slots hashed from block, field and value, so
  // that equal values agree exactly and others hardly at all.
  std::string Encoding(const linkage::Profile& profile, const std::string& block,
                       std::size_t record) const {
    std::string out(linkage::kPresenceBytes, '\0');
    for (std::size_t f = 0; f < profile.fields.size(); ++f) {
      const int value = fields[record][f];
      if (value != 0) out[f / 8] = static_cast<char>(out[f / 8] | 1 << f % 8);
      const std::size_t size = f + 1 < profile.fields.size() ? linkage::FieldOffset(profile, f + 1)
                                                             : linkage::EncodedSize(profile);
      for (int i = 0; out.size() < size; ++i) {
        const std::string bytes = crypto::ToString(
            crypto::Sha512(crypto::AsBytes(absl::StrCat(block, " ", f, " ", value, " ", i))));
        out += bytes.substr(0, size - out.size());
      }
    }
    return out;
  }

  // Sorted, without duplicates, concatenated.
  std::string TagSet(int type) const {
    std::set<std::string> tags;
    for (const auto& record : records) {
      for (const auto& [t, value] : record) {
        if (t == type) tags.insert(TagOf(t, value));
      }
    }
    std::string all;
    for (const std::string& tag : tags) all += tag;
    return all;
  }

  // `shared[type][tag]` is the mask of counterparts that share the tag.
  using Shared = std::map<int, std::map<std::string, std::uint32_t>>;
  std::vector<v1::RecordEntry> RecordsWith(const Shared& shared) const {
    std::vector<v1::RecordEntry> entries;
    for (std::size_t i = 0; i < records.size(); ++i) {
      v1::RecordEntry entry;
      entry.set_handle(Handle(i));
      for (const auto& [type, value] : records[i]) {
        const auto of_type = shared.find(type);
        if (of_type == shared.end()) continue;
        const auto tag = of_type->second.find(TagOf(type, value));
        if (tag == of_type->second.end()) continue;
        v1::SharedTag& s = *entry.add_shared();
        s.set_type_index(static_cast<std::uint32_t>(type));
        s.set_counterparts(tag->second);
        s.set_tag(tag->first);
      }
      if (entry.shared_size() > 0) entries.push_back(std::move(entry));
    }
    return entries;
  }
};

// What agency `of` shares with the others: the overlap, worked out in memory.
inline FakeAgency::Shared SharedBy(const std::vector<FakeAgency>& agencies, std::size_t of) {
  FakeAgency::Shared shared;
  for (const auto& record : agencies[of].records) {
    for (const auto& [type, value] : record) shared[type][TagOf(type, value)] = 0;
  }
  for (std::size_t other = 0; other < agencies.size(); ++other) {
    if (other == of) continue;
    for (const auto& record : agencies[other].records) {
      for (const auto& [type, value] : record) {
        const auto found = shared[type].find(TagOf(type, value));
        if (found != shared[type].end()) found->second |= std::uint32_t{1} << other;
      }
    }
  }
  for (auto& [type, tags] : shared) {
    std::erase_if(tags, [](const auto& tag) { return tag.second == 0; });
  }
  return shared;
}

// How strangers agree: hardly, and in blocks somewhat more.
inline v1::NullModel FakeNullModel(std::size_t fields) {
  v1::NullModel model;
  auto add = [&](google::protobuf::RepeatedPtrField<v1::LevelChances>& to,
                 const std::vector<double>& chances) {
    for (std::size_t f = 0; f < fields; ++f) {
      v1::LevelChances& levels = *to.Add();
      for (const double chance : chances) levels.add_chances(chance);
    }
  };
  add(*model.mutable_independent(), {0.01, 0.01, 0.03, 0.05, 0.9});
  v1::MixtureClass& c = *model.add_classes();
  c.set_weight(1);
  add(*c.mutable_chances(), {0.2, 0.05, 0.05, 0.1, 0.6});
  model.set_random_pairs(10'000);
  model.set_block_pairs(500);
  model.set_block_chance(0.001);
  return model;
}

// The same for both sides of a pair.
inline std::string ReferenceOf(const std::string& a, const std::string& b,
                               const std::string& least_tag) {
  const auto [low, high] = std::minmax(a, b);
  const crypto::Digest digest =
      crypto::Sha512(crypto::AsBytes(absl::StrCat("ref ", low, " ", high, " ", least_tag)));
  return crypto::ToBase32(crypto::ByteView(digest).first(10));
}

}  // namespace raakvlak::matcher::testing

#endif  // RAAKVLAK_SERVER_MATCHER_TESTING_FAKE_AGENCY_H_
