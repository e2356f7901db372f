// The keys made of a parsed personal name: exact ones for tags, a weak one for sound-alikes.
#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "linkage/normalise/person_name.h"

namespace raakvlak::linkage {
namespace {

constexpr std::size_t kMaxVariants = 8;

void AppendLetters(std::string_view text, std::string& out) {
  for (char c : text) {
    if (c != ' ' && c != '-') out.push_back(c);
  }
}

// One key for each reading of the prefix. Spaces do not count: "de la Court" is "Delacourt".
std::vector<std::string> FamilyKeys(const FamilyName& family, bool expanded) {
  const std::string& surname = expanded ? family.surname_expanded : family.surname;
  std::vector<std::string> keys;
  if (family.prefixes.empty()) {
    keys.emplace_back();
    AppendLetters(surname, keys.back());
    return keys;
  }
  for (const std::string& prefix : family.prefixes) {
    keys.emplace_back();
    AppendLetters(prefix, keys.back());
    AppendLetters(surname, keys.back());
  }
  return keys;
}

std::vector<std::string> Variants(const PersonName& name, bool expanded) {
  std::string given;
  for (const std::string& part : expanded ? name.given_names_expanded : name.given_names) {
    AppendLetters(part, given);
    // The stop keeps "J.O. Hansen" from "Jo Hansen".
    if (part.size() == 1) given.push_back('.');
  }
  std::vector<std::string> variants;
  for (const std::string& family : FamilyKeys(name.family, expanded)) {
    if (name.partner_name == PartnerName::kNone) {
      variants.push_back(given + family);
      continue;
    }
    for (const std::string& partner : FamilyKeys(name.partner, expanded)) {
      if (name.partner_name == PartnerName::kMarked) {
        variants.push_back(given + family + "/" + partner);
      } else {
        // Order follows the use of the partner's name (V or N), which changes: it does not count.
        variants.push_back(given + std::min(family, partner) + "-" + std::max(family, partner));
      }
    }
  }
  if (!name.suffix.empty()) {
    for (std::string& variant : variants) variant += "+" + name.suffix;
  }
  return variants;
}

void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// How a Dutch ear hears a folded word, roughly.
std::string SoundOf(std::string word) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 26> kRules = {
      {{"uij", "ui"}, {"uy", "ui"}, {"eij", "ei"}, {"ij", "ei"}, {"ey", "ei"}, {"ay", "ai"},
       {"y", "ei"},   {"ph", "f"},  {"th", "t"},   {"sch", "s"}, {"ck", "k"},  {"cks", "ks"},
       {"x", "ks"},   {"qu", "kw"}, {"ca", "ka"},  {"co", "ko"}, {"cu", "ku"}, {"cr", "kr"},
       {"cl", "kl"},  {"oe", "u"},  {"ou", "u"},   {"z", "s"},   {"v", "f"},   {"w", "f"},
       {"gh", "g"},   {"dt", "t"}}};
  for (const auto& [from, to] : kRules) ReplaceAll(word, from, to);
  std::string out;
  for (char c : word) {
    if (out.empty() || out.back() != c) out.push_back(c);
  }
  // Genitive s: Schoenmaker, Schoenmakers.
  if (out.size() > 5 && out.back() == 's') out.pop_back();
  if (out.size() > 2 && out.back() == 'd') out.back() = 't';
  return out;
}

}  // namespace

NormaliseResult NormalisePersonName(const PersonName& name) {
  if (!name.ok()) return NormaliseResult::Refuse(name.reason, name.message);
  std::vector<std::string> variants = Variants(name, false);
  for (std::string& variant : Variants(name, true)) {
    if (std::find(variants.begin(), variants.end(), variant) == variants.end()) {
      variants.push_back(std::move(variant));
    }
  }
  if (variants.size() > kMaxVariants) variants.resize(kMaxVariants);
  NormaliseResult result = NormaliseResult::Ok(std::move(variants.front()));
  result.alternatives.assign(std::make_move_iterator(variants.begin() + 1),
                             std::make_move_iterator(variants.end()));
  return result;
}

std::string WeakPersonKey(const PersonName& name) {
  std::string surname;
  AppendLetters(name.family.surname, surname);
  if (surname.empty() && name.initials.empty()) return {};
  std::string key = name.initials.substr(0, 1);
  key.push_back(' ');
  key += SoundOf(std::move(surname));
  return key;
}

}  // namespace raakvlak::linkage
