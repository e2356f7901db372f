// Reads a company name into words, legal form and status, and makes its exact key; see the header.
#include "linkage/normalise/company_name.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "linkage/normalise/compact.h"
#include "linkage/normalise/legal_forms.h"
#include "linkage/normalise/name_words.h"
#include "linkage/normalise/text.h"

namespace raakvlak::linkage {
namespace {

constexpr std::size_t kMaxNameLength = 1000;  // bytes

struct Word {
  std::string plain;
  std::string expanded;
  bool dotted = false;   // had a full stop
  bool slashed = false;  // had a slash, as in h/o
};

using Words = std::vector<Word>;

CompanyName Refuse(RefusalReason reason, std::string_view message) {
  CompanyName name;
  name.reason = reason;
  name.message = message;
  return name;
}

std::string Letters(std::string_view folded) {
  std::string out;
  for (char c : folded) {
    if (IsAlnum(c)) out.push_back(c);
  }
  return out;
}

void AddWord(std::string_view piece, bool dotted, bool slashed, Words& words) {
  if (piece == "'t" || piece == "'T") piece = "het";
  Word word{Letters(FoldText(piece)), Letters(FoldTextExpanded(piece)), dotted, slashed};
  if (!word.plain.empty()) words.push_back(std::move(word));
}

// "B.V." and "J.T.S." are one word, "Jansen.com" is two.
bool IsDottedAcronym(std::string_view text) {
  std::size_t letters = 0;
  std::size_t run = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.') {
      run = 0;
      continue;
    }
    // A continuation byte belongs to the letter before.
    if ((static_cast<unsigned char>(c) & 0xC0) == 0x80) continue;
    if (++run > 1) return false;
    ++letters;
  }
  return letters >= 2;
}

Words Cut(std::string_view clean) {
  std::string text;
  for (char c : clean) {
    if (c == '&' || c == '+') {
      text += " en ";
    } else if (std::string_view("\"()[]{},;:!?*_-|").find(c) != std::string_view::npos) {
      text.push_back(' ');
    } else {
      text.push_back(c);
    }
  }
  Words words;
  std::size_t i = 0;
  while (i < text.size()) {
    std::size_t end = text.find(' ', i);
    if (end == std::string::npos) end = text.size();
    std::string_view token = std::string_view(text).substr(i, end - i);
    i = end + 1;
    if (token.empty()) continue;
    const bool dotted = token.find('.') != std::string_view::npos;
    if (IsDottedAcronym(token)) {
      AddWord(token, true, false, words);
      continue;
    }
    // h/o, A/S and the like are one word; other slashes part two.
    if (token.find('/') != std::string_view::npos && Letters(FoldText(token)).size() <= 3) {
      AddWord(token, dotted, true, words);
      continue;
    }
    while (!token.empty()) {
      const std::size_t stop = token.find_first_of("./");
      AddWord(token.substr(0, stop), stop != std::string_view::npos && token[stop] == '.', false,
              words);
      token.remove_prefix(stop == std::string_view::npos ? token.size() : stop + 1);
    }
  }
  return words;
}

// Number of words that `phrase` matches from `at` on, 0 if it does not.
std::size_t Match(const Words& words, std::size_t at, std::string_view phrase) {
  std::size_t count = 0;
  while (!phrase.empty()) {
    const std::size_t space = phrase.find(' ');
    if (at + count >= words.size() || words[at + count].plain != phrase.substr(0, space)) return 0;
    ++count;
    phrase.remove_prefix(space == std::string_view::npos ? phrase.size() : space + 1);
  }
  return count;
}

std::size_t CountWords(std::string_view phrase) {
  return static_cast<std::size_t>(std::count(phrase.begin(), phrase.end(), ' ')) + 1;
}

std::size_t MatchEnd(const Words& words, std::string_view phrase) {
  const std::size_t count = CountWords(phrase);
  return count <= words.size() ? Match(words, words.size() - count, phrase) : 0;
}

void Erase(Words& words, std::size_t at, std::size_t count) {
  words.erase(words.begin() + static_cast<std::ptrdiff_t>(at),
              words.begin() + static_cast<std::ptrdiff_t>(at + count));
}

bool TakeStatus(Words& words, std::string& status) {
  for (const StatusPhrase& entry : StatusPhrases()) {
    const std::size_t count = MatchEnd(words, entry.phrase);
    if (count == 0 || count == words.size()) continue;
    // "Io" and "il" are words too: only with their dots.
    if (count == 1 && entry.phrase.size() == 2 && !words.back().dotted) continue;
    Erase(words, words.size() - count, count);
    status = entry.status;
    return true;
  }
  return false;
}

// "U.A." of a cooperative; without its dots only where the name is known to be one.
bool TakeLiability(Words& words, bool cooperative, std::string& liability) {
  for (std::size_t count = 1; count <= 3 && count < words.size(); ++count) {
    std::string phrase;
    for (std::size_t i = words.size() - count; i < words.size(); ++i) {
      if (!phrase.empty()) phrase.push_back(' ');
      phrase += words[i].plain;
    }
    const std::string_view found = LiabilityOf(phrase);
    if (found.empty() || (!cooperative && !words.back().dotted)) continue;
    Erase(words, words.size() - count, count);
    liability = found;
    return true;
  }
  return false;
}

// Takes one legal form off; something must be left.
bool TakeLegalForm(Words& words, std::vector<std::string>& forms) {
  for (const LegalPhrase& entry : LegalPhrases()) {
    const std::size_t count = CountWords(entry.phrase);
    if (count >= words.size()) continue;
    const bool at_end = entry.place != Place::kStart;
    const bool at_start = entry.place != Place::kEnd;
    std::size_t at = words.size();
    if (at_end && MatchEnd(words, entry.phrase) > 0) {
      at = words.size() - count;
    } else if ((at_start || (entry.form == "cv" && words[0].dotted)) &&
               Match(words, 0, entry.phrase) > 0) {
      // "C.V. Jansen"; but "CV Service" mends central heating.
      at = 0;
    } else if (entry.place == Place::kAnywhere) {
      for (std::size_t i = 1; i + count < words.size() && at == words.size(); ++i) {
        if (Match(words, i, entry.phrase) > 0) at = i;
      }
    }
    if (at == words.size()) continue;
    // Abbreviations that are words as well need their dot ("Ver. De Hoop", "St. Beheer").
    if (at == 0 && (entry.phrase == "ver" || entry.phrase == "coop") && !words[0].dotted) continue;
    Erase(words, at, count);
    forms.emplace_back(entry.form);
    return true;
  }
  return false;
}

// "BV (BE)": a country after the form.
bool TakeCountry(Words& words, std::string_view clean, std::string& country) {
  if (words.size() < 2 || clean.size() < 4 || clean.back() != ')' ||
      clean[clean.size() - 4] != '(') {
    return false;
  }
  const std::string code{ToUpper(clean[clean.size() - 3]), ToUpper(clean[clean.size() - 2])};
  if (!IsCountryCode(code) || Letters(words.back().plain).size() != 2) return false;
  country = words.back().plain;
  words.pop_back();
  return true;
}

void Strip(Words& words, std::vector<std::string>& forms, CompanyName& name) {
  bool changed = true;
  while (changed && words.size() > 1) {
    const bool cooperative = std::any_of(forms.begin(), forms.end(), [](const std::string& form) {
      return form == "cooperatie" || form == "owm" || form == "vereniging";
    });
    // The legal form before the liability: "beperkte aansprakelijkheid" belongs to "besloten
    // vennootschap".
    changed = TakeStatus(words, name.status) || (forms.size() < 3 && TakeLegalForm(words, forms)) ||
              (name.liability.empty() && TakeLiability(words, cooperative, name.liability));
  }
}

void WriteOut(Word& word) {
  auto both = [&word](std::string_view text) {
    word.plain = text;
    word.expanded = text;
  };
  if (word.plain == "zn" || word.plain == "zns") both("zonen");
  if (word.plain == "gebr" || word.plain == "gebrs") both("gebroeders");
  if (word.plain == "mij") both("maatschappij");
  if (word.plain == "and" || word.plain == "und") both("en");
  if (word.plain == "company") both("co");
  if (word.plain.size() > 6 && word.plain.ends_with("mij")) {
    word.plain.replace(word.plain.size() - 3, 3, "maatschappij");
    if (word.expanded.ends_with("mij")) {
      word.expanded.replace(word.expanded.size() - 3, 3, "maatschappij");
    }
  }
}

// Words joined, as spaces are lost and found ("JansenTransport"); two numbers stay two.
std::string Join(std::span<const std::string> words) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty() && IsDigit(out.back()) && IsDigit(word.front())) out.push_back('-');
    out += word;
  }
  return out;
}

std::string Key(const CompanyName& name, std::span<const std::string> words) {
  std::string key = Join(words) + "|" + name.legal_form;
  if (!name.liability.empty()) key += "." + name.liability;
  if (!name.legal_country.empty()) key += "@" + name.legal_country;
  if (!name.proprietor.empty()) key += "/" + name.proprietor;
  return key;
}

}  // namespace

CompanyName ParseCompanyName(std::string_view raw) {
  if (raw.size() > kMaxNameLength) return Refuse(RefusalReason::kTooLong, "longer than any name");
  if (!IsValidUtf8(raw)) {
    return Refuse(RefusalReason::kInvalidUtf8, "not UTF-8: check the encoding of the file");
  }
  const std::string clean = CleanText(raw);
  if (clean.empty()) return Refuse(RefusalReason::kEmpty, "empty");
  CompanyName name;
  Words words = Cut(clean);
  if (words.empty()) return Refuse(RefusalReason::kCharacters, "no letters or digits in this name");

  std::vector<std::string> forms;
  TakeCountry(words, clean, name.legal_country);
  for (std::size_t i = 1; i + 1 < words.size() && name.proprietor.empty(); ++i) {
    for (std::string_view phrase : TradeNamePhrases()) {
      const std::size_t count = Match(words, i, phrase);
      if (count == 0 || i + count >= words.size()) continue;
      if (phrase == "ho" && !words[i].slashed && !words[i].dotted) continue;
      Words owner(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(i));
      Erase(words, 0, i + count);
      Strip(owner, forms, name);
      for (const Word& word : owner) name.proprietor += word.plain;
      break;
    }
  }
  Strip(words, forms, name);

  // "Firma Jansen V.O.F." says the same twice.
  if (forms.size() > 1) std::erase(forms, "firma");
  std::sort(forms.begin(), forms.end());
  forms.erase(std::unique(forms.begin(), forms.end()), forms.end());
  for (const std::string& form : forms) {
    if (!name.legal_form.empty()) name.legal_form.push_back('+');
    name.legal_form += form;
  }
  for (Word& word : words) {
    WriteOut(word);
    name.words.push_back(std::move(word.plain));
    name.words_expanded.push_back(std::move(word.expanded));
  }
  const std::string all = Join(name.words);
  if (IsNamePlaceholder(all)) {
    return Refuse(RefusalReason::kPlaceholder,
                  "a placeholder stands for no name and never matches");
  }
  if (all.size() < 2) {
    name.reason = RefusalReason::kIncomplete;
    name.message = "one character is too little for a name";
  } else if (HasMixedScriptWord(raw)) {
    name.reason = RefusalReason::kMixedScript;
    name.message = "letters of two scripts in one word: look-alikes, by mistake or on purpose";
  }
  return name;
}

NormaliseResult NormaliseCompanyName(const CompanyName& name) {
  if (!name.ok()) return NormaliseResult::Refuse(name.reason, name.message);
  NormaliseResult result = NormaliseResult::Ok(Key(name, name.words));
  std::string expanded = Key(name, name.words_expanded);
  if (expanded != result.value) result.alternatives.push_back(std::move(expanded));
  return result;
}

}  // namespace raakvlak::linkage
