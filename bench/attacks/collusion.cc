// The matcher and one agency of a pair against the other agency.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "bench/attacks/attacks.h"
#include "bench/attacks/surname_view.h"
#include "linkage/fuzzy/encoder.h"

namespace raakvlak::bench {
namespace {

using linkage::FieldKind;

constexpr std::array<std::uint8_t, 16> kNoDummies{};
constexpr std::size_t kDateDigits = 8;

// The fields up to `field`: all that decides how it is encoded, and no more work than that.
linkage::Profile Prefix(const linkage::Profile& profile, std::size_t field) {
  linkage::Profile out = profile;
  out.fields.resize(field + 1);
  return out;
}

// Encodings of `values` in one field, all others empty.
class Dictionary {
 public:
  Dictionary(const linkage::Profile& profile, std::size_t field, std::vector<std::string> values)
      : profile_(Prefix(profile, field)), field_(field) {
    table_.columns.assign(field + 1, std::vector<std::string>(values.size()));
    table_.columns[field] = std::move(values);
  }
  std::size_t size() const { return table_.rows(); }
  const std::string& value(std::size_t i) const { return table_.columns[field_][i]; }
  std::vector<std::string> Under(const linkage::BlockKey& key) const {
    const linkage::RecordEncoder encoder(profile_, table_, kNoDummies);
    std::vector<std::string> out;
    out.reserve(size());
    for (std::size_t i = 0; i < size(); ++i) {
      out.push_back(encoder.Encode(key, table_, i).substr(linkage::FieldOffset(profile_, field_)));
    }
    return out;
  }

 private:
  linkage::Profile profile_;
  std::size_t field_;
  linkage::RecordTable table_;
};

// A date falls digit by digit: ten dates of one digit each show what every digit looks like.
std::string OpenDate(std::string_view field, const std::vector<std::string>& of_one_digit) {
  std::string out;
  for (std::size_t at = 0; at < kDateDigits; ++at) {
    for (std::size_t digit = 0; digit < of_one_digit.size(); ++digit) {
      if (SlotOf(field, at) != SlotOf(of_one_digit[digit], at)) continue;
      out.push_back(static_cast<char>('0' + digit));
      break;
    }
    if (out.size() != at + 1) return {};
  }
  return out;
}

}  // namespace

CollusionResult CollusionAttack(const Capture& capture, const BlockKeys& keys,
                                const PublicNames& surnames, const CollusionEffort& effort) {
  CollusionResult out;
  const linkage::Profile& profile = capture.profile;
  const auto surname = profile.Find(FieldKind::kSurname);
  const auto date = profile.Find(FieldKind::kDate);
  if (!surname || !date) return out;
  std::map<BlockKeys::key_type, std::vector<const CapturedPair*>> blocks;
  for (const CapturedPair& p : capture.pairs) {
    if (effort.targets.contains(p.a)) blocks[{p.a.agency, p.b.agency, p.block}].push_back(&p);
  }
  const Dictionary names(profile, *surname,
                         {surnames.names.begin(),
                          surnames.names.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                       effort.dictionary, surnames.names.size()))});
  std::vector<std::string> one_digit;
  for (char digit = '0'; digit <= '9'; ++digit) one_digit.emplace_back(kDateDigits, digit);
  const Dictionary digits(profile, *date, one_digit);
  for (const auto& [id, pairs] : blocks) {
    const auto key = keys.find(id);
    if (key == keys.end()) continue;
    if (out.blocks++ == effort.max_blocks) break;
    std::unordered_map<std::string, std::size_t> by_tag;
    const std::vector<std::string> encoded = names.Under(key->second);
    for (std::size_t i = 0; i < encoded.size(); ++i) {
      by_tag.emplace(encoded[i].substr(0, linkage::kValueTagBytes), i);
    }
    const std::vector<std::string> of_one_digit = digits.Under(key->second);
    for (const CapturedPair* pair : pairs) {
      out.tried.insert(pair->a);
      const std::string_view encoding = pair->encoding_a;
      const auto name = by_tag.find(std::string(
          encoding.substr(linkage::FieldOffset(profile, *surname), linkage::kValueTagBytes)));
      if (name != by_tag.end()) out.surnames[pair->a] = names.value(name->second);
      const std::string opened =
          OpenDate(encoding.substr(linkage::FieldOffset(profile, *date)), of_one_digit);
      if (!opened.empty()) out.birth_dates[pair->a] = opened;
    }
  }
  return out;
}

}  // namespace raakvlak::bench
