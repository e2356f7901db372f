#include "bench/attacks/surname_view.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>

#include "linkage/score/compare_encodings.h"

namespace raakvlak::bench {

using linkage::FieldKind;

std::uint16_t SlotOf(std::string_view field, std::size_t slot) {
  const std::string_view three = field.substr(linkage::kValueTagBytes + slot / 2 * 3, 3);
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(three[i]); };
  return static_cast<std::uint16_t>(slot % 2 == 0 ? byte(0) | (byte(1) & 0xf) << 8
                                                  : byte(1) >> 4 | byte(2) << 4);
}

std::vector<std::uint16_t> SurnameSlots(const linkage::Profile& profile,
                                        std::string_view encoding) {
  std::vector<std::uint16_t> out;
  const auto surname = profile.Find(FieldKind::kSurname);
  if (!surname || encoding.size() != linkage::EncodedSize(profile)) return out;
  const auto presence = static_cast<std::uint8_t>(encoding[*surname / 8]);
  if ((presence >> (*surname % 8) & 1) == 0) return out;
  const std::string_view field = encoding.substr(linkage::FieldOffset(profile, *surname));
  out.reserve(linkage::EncodedSlots(FieldKind::kSurname));
  for (std::size_t i = 0; i < linkage::EncodedSlots(FieldKind::kSurname); ++i) {
    out.push_back(SlotOf(field, i));
  }
  return out;
}

int Alike(const Capture& capture, const CapturedPair& pair) {
  const auto surname = capture.profile.Find(FieldKind::kSurname);
  linkage::AgreementPattern pattern;
  if (!surname ||
      !linkage::CompareEncodings(capture.profile, pair.encoding_a, pair.encoding_b, &pattern)) {
    return -1;
  }
  if (pattern[*surname] == linkage::kMissingLevel) return -1;
  if (pattern[*surname] == 0) return kSteps;
  return std::min(kSteps - 1,
                  static_cast<int>(std::lround(
                      kSteps * linkage::EncodedSimilarity(capture.profile, pair.encoding_a,
                                                          pair.encoding_b, *surname))));
}

std::vector<Handle> EncodedRecords(const Capture& capture) {
  std::set<Handle> out;
  for (const CapturedPair& p : capture.pairs) {
    out.insert(p.a);
    out.insert(p.b);
  }
  return {out.begin(), out.end()};
}

Clusters MakeClusters(const Capture& capture) {
  const std::vector<Handle> handles = EncodedRecords(capture);
  std::map<Handle, std::size_t> index;
  for (std::size_t i = 0; i < handles.size(); ++i) index[handles[i]] = i;
  std::vector<std::size_t> parent(handles.size());
  std::iota(parent.begin(), parent.end(), std::size_t{0});
  const auto root = [&](std::size_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  for (const CapturedPair& p : capture.pairs) {
    if (Alike(capture, p) == kSteps) parent[root(index[p.a])] = root(index[p.b]);
  }
  std::map<std::size_t, std::vector<Handle>> groups;
  for (std::size_t i = 0; i < handles.size(); ++i) groups[root(i)].push_back(handles[i]);
  Clusters out;
  for (auto& [r, members] : groups) out.members.push_back(std::move(members));
  std::stable_sort(out.members.begin(), out.members.end(),
                   [](const auto& x, const auto& y) { return x.size() > y.size(); });
  for (std::size_t c = 0; c < out.members.size(); ++c) {
    for (const Handle& h : out.members[c]) out.of[h] = c;
  }
  return out;
}

std::vector<std::string> PaddedBigrams(std::string_view name) {
  const std::string padded = "<" + std::string(name) + ">";
  std::map<std::string, int> seen;
  std::vector<std::string> out;
  for (std::size_t at = 0; at + 1 < padded.size(); ++at) {
    std::string gram = padded.substr(at, 2);
    const int before = seen[gram]++;
    if (before > 0) gram += std::to_string(before);
    out.push_back(std::move(gram));
  }
  return out;
}

}  // namespace raakvlak::bench
