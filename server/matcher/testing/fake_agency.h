// Agencies for tests: records with made-up values, their run tags, and references that both sides
// of a pair derive alike. In place of the real protocol a tag is a plain hash.
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

  std::string Handle(std::size_t record) const {
    return crypto::ToString(
               crypto::Sha512(crypto::AsBytes(absl::StrCat("handle ", id, " ", record))))
        .substr(0, 16);
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
