// Making and comparing keyed encodings.
#include "linkage/fuzzy/encoding.h"

#include <sodium.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <optional>
#include <utility>

namespace raakvlak::linkage {
namespace {

constexpr std::size_t kTagBytes = 8;
constexpr std::size_t kPresenceBytes = (kMaxComparedFields + 7) / 8;
constexpr std::size_t kInitialBytes = 4;  // two 16-bit marks, given names only
constexpr std::size_t kDateSlots = 12;
constexpr std::uint16_t kSlotMask = 0xfff;

using SipKey = std::array<std::uint8_t, crypto_shorthash_KEYBYTES>;

std::uint64_t Sip(const SipKey& key, std::string_view text) {
  std::uint8_t out[crypto_shorthash_BYTES];
  crypto_shorthash(out, reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                   key.data());
  std::uint64_t h;
  std::memcpy(&h, out, sizeof(h));
  return h;
}

std::uint16_t Slot(const SipKey& key, std::string_view text) {
  return static_cast<std::uint16_t>(Sip(key, text) & kSlotMask);
}

// Given name and surname share a key, so that crossed fields can be told.
std::uint16_t KeyGroup(const Profile& profile, std::size_t field) {
  if (profile.fields[field].kind == FieldKind::kSurname) {
    if (const auto given = profile.Find(FieldKind::kGivenName)) {
      return static_cast<std::uint16_t>(*given);
    }
  }
  return static_cast<std::uint16_t>(field);
}

// Distinct padded bigrams; a bigram that occurs again is told apart by its count ("anan").
std::vector<std::string> Bigrams(std::string_view text) {
  std::vector<std::string> grams;
  std::string padded = "\x02";
  for (char c : text) {
    if (c != ' ' && c != '-' && c != '\'' && c != '.') padded.push_back(c);
  }
  padded.push_back('\x03');
  grams.reserve(padded.size());
  for (std::size_t i = 0; i + 1 < padded.size(); ++i) grams.push_back(padded.substr(i, 2));
  std::sort(grams.begin(), grams.end());
  std::size_t run = 0;
  std::string last;
  for (std::string& g : grams) {
    run = g == last ? run + 1 : 0;
    last = g;
    if (run > 0) g.push_back(static_cast<char>(std::min<std::size_t>(run, 255)));
  }
  return grams;
}

// Fills exactly `slots` values from the grams: all of them equally often, the first in keyed order
// once more; the first `slots` in keyed order where there are more grams than slots.
void FillSlots(const SipKey& key, std::string_view text, std::size_t slots,
               std::vector<std::uint16_t>* out) {
  out->clear();
  const std::vector<std::string> grams = Bigrams(text);
  std::vector<std::pair<std::uint64_t, std::size_t>> order(grams.size());
  for (std::size_t i = 0; i < grams.size(); ++i) order[i] = {Sip(key, grams[i]), i};
  std::sort(order.begin(), order.end());
  std::string token;
  for (std::size_t copy = 0; out->size() < slots; ++copy) {
    for (const auto& [hash, i] : order) {
      if (out->size() == slots) break;
      token = grams[i];
      token.push_back('\x01');
      token.push_back(static_cast<char>(copy));
      out->push_back(Slot(key, token));
    }
  }
  std::sort(out->begin(), out->end());
}

void PackSlots(const std::vector<std::uint16_t>& slots, std::string* out) {
  for (std::size_t i = 0; i < slots.size(); i += 2) {
    const std::uint32_t a = slots[i];
    const std::uint32_t b = i + 1 < slots.size() ? slots[i + 1] : 0;
    out->push_back(static_cast<char>(a & 0xff));
    out->push_back(static_cast<char>((a >> 8) | ((b & 0xf) << 4)));
    out->push_back(static_cast<char>(b >> 4));
  }
}

void UnpackSlots(std::string_view bytes, std::size_t slots, std::uint16_t* out) {
  for (std::size_t i = 0; i < slots; i += 2) {
    const auto b0 = static_cast<std::uint8_t>(bytes[i / 2 * 3]);
    const auto b1 = static_cast<std::uint8_t>(bytes[i / 2 * 3 + 1]);
    const auto b2 = static_cast<std::uint8_t>(bytes[i / 2 * 3 + 2]);
    out[i] = static_cast<std::uint16_t>(b0 | ((b1 & 0xf) << 8));
    if (i + 1 < slots) out[i + 1] = static_cast<std::uint16_t>((b1 >> 4) | (b2 << 4));
  }
}

std::size_t SlotBytes(FieldKind kind) { return EncodedSlots(kind) / 2 * 3; }

// After a company name's slots: a tag of its distinguishing words, then its words.
constexpr std::size_t kWordBytes = 1 + kCompanyWordSlots / 2 * 3;
constexpr std::size_t kCompanyBytes = kTagBytes + kCompanyWords * kWordBytes;

std::size_t FieldBytes(FieldKind kind) {
  return kTagBytes + SlotBytes(kind) + (kind == FieldKind::kGivenName ? kInitialBytes : 0) +
         (kind == FieldKind::kCompanyName ? kCompanyBytes : 0);
}

std::size_t FieldOffset(const Profile& profile, std::size_t field) {
  std::size_t at = kPresenceBytes;
  for (std::size_t f = 0; f < field; ++f) at += FieldBytes(profile.fields[f].kind);
  return at;
}

bool Present(std::string_view encoding, std::size_t field) {
  return (static_cast<std::uint8_t>(encoding[field / 8]) >> (field % 8) & 1) != 0;
}

// Sizes are even everywhere, so that slots pack without a remainder.
constexpr std::size_t kMaxSlots = 32;

std::size_t CommonSlots(std::string_view a, std::string_view b, std::size_t slots) {
  std::uint16_t x[kMaxSlots];
  std::uint16_t y[kMaxSlots];
  UnpackSlots(a, slots, x);
  UnpackSlots(b, slots, y);
  // A peer may have sent them unsorted.
  std::sort(x, x + slots);
  std::sort(y, y + slots);
  std::size_t common = 0;
  for (std::size_t i = 0, j = 0; i < slots && j < slots;) {
    if (x[i] == y[j]) {
      ++common;
      ++i;
      ++j;
    } else if (x[i] < y[j]) {
      ++i;
    } else {
      ++j;
    }
  }
  return common;
}

std::uint8_t LevelOfOverlap(std::size_t common, std::size_t slots) {
  const std::size_t tenths = common * 100;
  if (tenths >= slots * 80) return 1;
  if (tenths >= slots * 60) return 2;
  if (tenths >= slots * 40) return 3;
  return 4;
}

std::vector<EncodedWord> UnpackWords(std::string_view bytes) {
  std::vector<EncodedWord> words(kCompanyWords);
  for (std::size_t w = 0; w < kCompanyWords; ++w) {
    words[w].weight = static_cast<std::uint8_t>(bytes[w * kWordBytes]);
    UnpackSlots(bytes.substr(w * kWordBytes + 1), kCompanyWordSlots, words[w].slots);
    std::sort(std::begin(words[w].slots), std::end(words[w].slots));
  }
  return words;
}

// `x` and `y` begin at the field. Different distinguishing words: different companies.
double CompanyScore(std::string_view x, std::string_view y) {
  const std::size_t slots = EncodedSlots(FieldKind::kCompanyName);
  const double joined =
      static_cast<double>(CommonSlots(x.substr(kTagBytes), y.substr(kTagBytes), slots)) /
      static_cast<double>(slots);
  const std::size_t at = kTagBytes + SlotBytes(FieldKind::kCompanyName);
  if (x.substr(at, kTagBytes) != y.substr(at, kTagBytes)) return 0;
  return CompanySimilarity(UnpackWords(x.substr(at + kTagBytes)),
                           UnpackWords(y.substr(at + kTagBytes)), joined);
}

std::uint8_t CompanyLevel(std::string_view x, std::string_view y) {
  const double score = CompanyScore(x, y);
  if (score >= 0.85) return 1;
  if (score >= kCompanyThreshold) return 2;
  return score >= 0.55 ? 3 : 4;
}

std::uint8_t DateLevel(std::string_view a, std::string_view b) {
  std::uint16_t x[kDateSlots];
  std::uint16_t y[kDateSlots];
  UnpackSlots(a, kDateSlots, x);
  UnpackSlots(b, kDateSlots, y);
  int digits = 0;
  for (std::size_t i = 0; i < 8; ++i) digits += x[i] == y[i] ? 1 : 0;
  const bool year = x[8] == y[8];
  const bool month = x[9] == y[9];
  const bool day = x[10] == y[10];
  const bool swapped = year && x[11] == y[11] && !month;
  if (digits >= 7 || swapped) return 1;
  if (digits == 6 || year + month + day >= 2) return 2;
  if (digits == 5) return 3;
  return 4;
}

// Level of field `fa` of `a` against field `fb` of `b`, both texts of one key group.
std::uint8_t TextLevel(const Profile& profile, std::string_view a, std::size_t fa,
                       std::string_view b, std::size_t fb) {
  const std::string_view x = a.substr(FieldOffset(profile, fa));
  const std::string_view y = b.substr(FieldOffset(profile, fb));
  if (x.substr(0, kTagBytes) == y.substr(0, kTagBytes)) return 0;
  const FieldKind kind = profile.fields[fa].kind;
  if (kind == FieldKind::kDate) return DateLevel(x.substr(kTagBytes), y.substr(kTagBytes));
  if (kind == FieldKind::kCompanyName) return CompanyLevel(x, y);
  const std::size_t slots = EncodedSlots(kind);
  if (slots == 0) return 4;
  std::uint8_t level =
      LevelOfOverlap(CommonSlots(x.substr(kTagBytes), y.substr(kTagBytes), slots), slots);
  if (fa == fb && kind == FieldKind::kGivenName && level > 2) {
    // An initial against a name that begins with it.
    const std::size_t at = kTagBytes + SlotBytes(kind);
    if (x.substr(at, 2) == y.substr(at + 2, 2) || x.substr(at + 2, 2) == y.substr(at, 2)) level = 2;
  }
  return level;
}

// Words in keyed order, so that their place in the name does not show; dummies fill up.
template <typename Dummy>
void AppendCompanyWords(std::string_view name, const SipKey& tag_key, const SipKey& slot_key,
                        const CompanyWordWeights& weights, Dummy& dummy, std::string* out) {
  std::vector<std::string> apart;
  std::vector<std::pair<std::uint64_t, std::string>> words;
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t end = std::min(name.find(' ', at), name.size());
    std::string word(name.substr(at, end - at));
    if (IsDistinguishingWord(word)) {
      apart.push_back(word);
    } else if (!word.empty()) {
      words.emplace_back(Sip(slot_key, word), word);
    }
    at = end + 1;
  }
  std::sort(apart.begin(), apart.end());
  std::string joined = "\x04";
  for (const std::string& w : apart) joined += w + " ";
  const std::uint64_t tag = Sip(tag_key, joined);
  out->append(reinterpret_cast<const char*>(&tag), kTagBytes);
  // Those that say most, where there are too many.
  std::sort(words.begin(), words.end(), [&](const auto& x, const auto& y) {
    const double a = weights.Weight(x.second);
    const double b = weights.Weight(y.second);
    return a != b ? a > b : x.first < y.first;
  });
  if (words.size() > kCompanyWords) words.resize(kCompanyWords);
  std::sort(words.begin(), words.end());
  std::vector<std::uint16_t> slots;
  for (std::size_t w = 0; w < kCompanyWords; ++w) {
    slots.clear();
    std::uint8_t weight = 0;
    if (w < words.size()) {
      weight = static_cast<std::uint8_t>(
          std::clamp(std::lround(16 * weights.Weight(words[w].second)), 1L, 16L));
      FillSlots(slot_key, words[w].second, kCompanyWordSlots, &slots);
    } else {
      for (std::size_t i = 0; i < kCompanyWordSlots; ++i) {
        slots.push_back(static_cast<std::uint16_t>(dummy() & kSlotMask));
      }
    }
    out->push_back(static_cast<char>(weight));
    PackSlots(slots, out);
  }
}

}  // namespace

BlockKey DeriveBlockKey(std::span<const std::uint8_t> pair_key, std::string_view type,
                        std::span<const std::uint8_t> block_secret) {
  static constexpr std::string_view kLabel = "raakvlak/v1 block";
  const std::uint8_t length[2] = {static_cast<std::uint8_t>(type.size() >> 8),
                                  static_cast<std::uint8_t>(type.size() & 0xff)};
  BlockKey out;
  crypto_auth_hmacsha512_state state;
  crypto_auth_hmacsha512_init(&state, pair_key.data(), pair_key.size());
  crypto_auth_hmacsha512_update(&state, reinterpret_cast<const std::uint8_t*>(kLabel.data()),
                                kLabel.size());
  crypto_auth_hmacsha512_update(&state, length, sizeof(length));
  crypto_auth_hmacsha512_update(&state, reinterpret_cast<const std::uint8_t*>(type.data()),
                                type.size());
  crypto_auth_hmacsha512_update(&state, block_secret.data(), block_secret.size());
  crypto_auth_hmacsha512_final(&state, out.data());
  sodium_memzero(&state, sizeof(state));
  return out;
}

std::size_t EncodedSlots(FieldKind kind) {
  switch (kind) {
    case FieldKind::kExact:
      return 0;
    case FieldKind::kDate:
      return kDateSlots;
    case FieldKind::kAddress:
    case FieldKind::kCompanyName:
      return 32;
    default:
      return 24;
  }
}

std::size_t EncodedSize(const Profile& profile) {
  return FieldOffset(profile, profile.fields.size());
}

RecordEncoder::RecordEncoder(const Profile& profile, const RecordTable& table,
                             std::span<const std::uint8_t, 16> dummy_key)
    : profile_(profile), weights_(profile.fields.size()) {
  std::copy(dummy_key.begin(), dummy_key.end(), dummy_key_.begin());
  for (std::size_t f = 0; f < profile_.fields.size(); ++f) {
    if (profile_.fields[f].kind == FieldKind::kCompanyName) {
      weights_[f] = CompanyWordWeights(table.columns[f]);
    }
  }
}

std::string RecordEncoder::Encode(const BlockKey& key, const RecordTable& table,
                                  std::size_t row) const {
  std::string out(kPresenceBytes, '\0');
  out.reserve(EncodedSize(profile_));
  // Dummies differ by block and record and are known to nobody else.
  std::string dummy_text(reinterpret_cast<const char*>(key.data()), 16);
  dummy_text.append(reinterpret_cast<const char*>(&row), sizeof(row));
  std::uint32_t dummy_count = 0;
  const auto dummy = [&] {
    std::string text = dummy_text;
    text.append(reinterpret_cast<const char*>(&dummy_count), sizeof(dummy_count));
    ++dummy_count;
    return Sip(dummy_key_, text);
  };
  crypto_auth_hmacsha512_state keyed;
  crypto_auth_hmacsha512_init(&keyed, key.data(), key.size());
  std::vector<std::uint16_t> slots;
  for (std::size_t f = 0; f < profile_.fields.size(); ++f) {
    const FieldKind kind = profile_.fields[f].kind;
    const std::string& value = table.columns[f][row];
    const std::uint16_t group = KeyGroup(profile_, f);
    const std::uint8_t label[7] = {'f',
                                   'i',
                                   'e',
                                   'l',
                                   'd',
                                   static_cast<std::uint8_t>(group >> 8),
                                   static_cast<std::uint8_t>(group & 0xff)};
    std::uint8_t material[64];
    crypto_auth_hmacsha512_state state = keyed;
    crypto_auth_hmacsha512_update(&state, label, sizeof(label));
    crypto_auth_hmacsha512_final(&state, material);
    SipKey slot_key;
    SipKey tag_key;
    SipKey mark_key;
    std::memcpy(slot_key.data(), material, 16);
    std::memcpy(tag_key.data(), material + 16, 16);
    std::memcpy(mark_key.data(), material + 32, 16);
    const std::size_t count = EncodedSlots(kind);
    std::uint64_t tag;
    slots.clear();
    if (value.empty()) {
      tag = dummy();
      for (std::size_t i = 0; i < count; ++i) {
        slots.push_back(static_cast<std::uint16_t>(dummy() & kSlotMask));
      }
      std::sort(slots.begin(), slots.end());
    } else {
      out[f / 8] = static_cast<char>(static_cast<std::uint8_t>(out[f / 8]) | (1u << (f % 8)));
      tag = Sip(tag_key, value);
      if (kind == FieldKind::kDate) {
        const auto add = [&](char position, std::string_view part) {
          if (part.empty() || part.find('?') != std::string_view::npos) {
            slots.push_back(static_cast<std::uint16_t>(dummy() & kSlotMask));
          } else {
            slots.push_back(Slot(slot_key, std::string(1, position) + std::string(part)));
          }
        };
        const std::string_view date = value.size() == 8 ? std::string_view(value) : "????????";
        for (std::size_t i = 0; i < 8; ++i) {
          add(static_cast<char>('a' + i), date.substr(i, 1));
        }
        const std::string_view month = date.substr(4, 2);
        const std::string_view day = date.substr(6, 2);
        add('y', date.substr(0, 4));
        add('m', month);
        add('d', day);
        add('s', std::string(std::min(month, day)) + std::string(std::max(month, day)));
      } else if (count > 0) {
        FillSlots(slot_key, value, count, &slots);
      }
    }
    out.append(reinterpret_cast<const char*>(&tag), kTagBytes);
    PackSlots(slots, &out);
    if (kind == FieldKind::kGivenName) {
      // The first mark speaks for a name written out, the second for a bare initial.
      std::uint16_t marks[2] = {static_cast<std::uint16_t>(dummy()),
                                static_cast<std::uint16_t>(dummy())};
      if (!value.empty()) {
        const bool initial = value.size() == 1 || value[1] == ' ' || value[1] == '.';
        marks[initial ? 1 : 0] = static_cast<std::uint16_t>(Sip(mark_key, value.substr(0, 1)));
      }
      out.append(reinterpret_cast<const char*>(marks), kInitialBytes);
    }
    if (kind == FieldKind::kCompanyName) {
      AppendCompanyWords(value, tag_key, slot_key, weights_[f], dummy, &out);
    }
    sodium_memzero(material, sizeof(material));
  }
  sodium_memzero(&keyed, sizeof(keyed));
  return out;
}

bool CompareEncodings(const Profile& profile, std::string_view a, std::string_view b,
                      AgreementPattern* out) {
  const std::size_t size = EncodedSize(profile);
  if (a.size() != size || b.size() != size) return false;
  AgreementPattern pattern = EmptyPattern();
  for (std::size_t f = 0; f < profile.fields.size(); ++f) {
    if (Present(a, f) && Present(b, f)) pattern[f] = TextLevel(profile, a, f, b, f);
  }
  const auto given = profile.Find(FieldKind::kGivenName);
  const auto surname = profile.Find(FieldKind::kSurname);
  if (given && surname && pattern[*given] != kMissingLevel && pattern[*surname] != kMissingLevel) {
    const std::uint8_t first = TextLevel(profile, a, *given, b, *surname);
    const std::uint8_t second = TextLevel(profile, a, *surname, b, *given);
    if (first < pattern[*given] && second < pattern[*surname]) {
      pattern[*given] = first;
      pattern[*surname] = second;
    }
  }
  *out = pattern;
  return true;
}

double BigramOverlap(std::string_view a, std::string_view b) {
  const std::vector<std::string> x = Bigrams(a);
  const std::vector<std::string> y = Bigrams(b);
  std::vector<std::string> common;
  std::set_intersection(x.begin(), x.end(), y.begin(), y.end(), std::back_inserter(common));
  return static_cast<double>(common.size()) / static_cast<double>(std::max(x.size(), y.size()));
}

double EncodedSimilarity(const Profile& profile, std::string_view a, std::string_view b,
                         std::size_t field) {
  const FieldKind kind = profile.fields[field].kind;
  const std::size_t slots = EncodedSlots(kind);
  if (slots == 0 || !Present(a, field) || !Present(b, field)) return 0;
  const std::string_view x = a.substr(FieldOffset(profile, field));
  const std::string_view y = b.substr(FieldOffset(profile, field));
  if (x.substr(0, kTagBytes) == y.substr(0, kTagBytes)) return 1;
  if (kind == FieldKind::kCompanyName) return CompanyScore(x, y);
  return static_cast<double>(CommonSlots(x.substr(kTagBytes), y.substr(kTagBytes), slots)) /
         static_cast<double>(slots);
}

}  // namespace raakvlak::linkage
