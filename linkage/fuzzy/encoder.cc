// Making keyed encodings.
#include "linkage/fuzzy/encoder.h"

#include <sodium.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <optional>
#include <utility>

namespace raakvlak::linkage {
namespace {

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
  out->append(reinterpret_cast<const char*>(&tag), kValueTagBytes);
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
    out.append(reinterpret_cast<const char*>(&tag), kValueTagBytes);
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

double BigramOverlap(std::string_view a, std::string_view b) {
  const std::vector<std::string> x = Bigrams(a);
  const std::vector<std::string> y = Bigrams(b);
  std::vector<std::string> common;
  std::set_intersection(x.begin(), x.end(), y.begin(), y.end(), std::back_inserter(common));
  return static_cast<double>(common.size()) / static_cast<double>(std::max(x.size(), y.size()));
}

}  // namespace raakvlak::linkage
