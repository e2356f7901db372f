// Normalising columns for comparison.
#include "linkage/fuzzy/record_preparer.h"

#include <algorithm>
#include <array>
#include <utility>

namespace raakvlak::linkage {
namespace {

struct KindName {
  std::string_view name;
  SourceKind kind;
};
constexpr KindName kKindNames[] = {
    {"exact", SourceKind::kExact},           {"text", SourceKind::kText},
    {"given_name", SourceKind::kGivenName},  {"surname", SourceKind::kSurname},
    {"person_name", SourceKind::kPersonName}, {"company_name", SourceKind::kCompanyName},
    {"date", SourceKind::kDate},             {"place", SourceKind::kPlace},
    {"address", SourceKind::kAddress},       {"postcode", SourceKind::kPostcode},
    {"phone", SourceKind::kPhone},
};

std::string TempFold(std::string_view s) {
  std::string out;
  for (char c : s) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    if (c == '\t') c = ' ';
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) continue;
    if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
    out.push_back(c);
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

}  // namespace

std::optional<SourceKind> ParseSourceKind(std::string_view name) {
  for (const KindName& k : kKindNames) {
    if (k.name == name) return k.kind;
  }
  return std::nullopt;
}

Profile DefaultProfile(const std::vector<SourceField>& fields) {
  Profile profile;
  const auto add = [&](std::string name, FieldKind kind) {
    profile.fields.push_back({std::move(name), kind});
  };
  for (const SourceField& f : fields) {
    switch (f.kind) {
      case SourceKind::kExact:
        add(f.name, FieldKind::kExact);
        break;
      case SourceKind::kText:
        add(f.name, FieldKind::kText);
        break;
      case SourceKind::kGivenName:
        add(f.name, FieldKind::kGivenName);
        break;
      case SourceKind::kSurname:
        add(f.name, FieldKind::kSurname);
        break;
      case SourceKind::kPersonName:
        add(f.name + "/given", FieldKind::kGivenName);
        add(f.name + "/surname", FieldKind::kSurname);
        break;
      case SourceKind::kCompanyName:
        add(f.name, FieldKind::kCompanyName);
        add(f.name + "/form", FieldKind::kExact);
        break;
      case SourceKind::kDate:
        add(f.name, FieldKind::kDate);
        break;
      case SourceKind::kPlace:
        add(f.name, FieldKind::kPlace);
        break;
      case SourceKind::kAddress:
        add(f.name, FieldKind::kAddress);
        break;
      case SourceKind::kPostcode:
        add(f.name, FieldKind::kPostcode);
        break;
      case SourceKind::kPhone:
        add(f.name, FieldKind::kPhone);
        break;
    }
  }
  return profile;
}

RecordTable PrepareRecords(const std::vector<SourceField>& fields,
                           const std::vector<std::vector<std::string>>& raw,
                           std::uint64_t* unusable) {
  RecordTable out;
  (void)unusable;
  for (std::size_t f = 0; f < fields.size(); ++f) {
    std::vector<std::string> column;
    for (const std::string& v : raw[f]) {
      std::string s = TempFold(v);
      if (fields[f].kind == SourceKind::kDate) {
        s = LenientDate(s);
      } else if (fields[f].kind == SourceKind::kPhone || fields[f].kind == SourceKind::kPostcode) {
        std::erase(s, ' ');
      }
      column.push_back(std::move(s));
    }
    out.columns.push_back(std::move(column));
  }
  return out;
}

std::string LenientDate(std::string_view text, bool day_first) {
  // Groups of anything but separators.
  std::array<std::string, 4> groups;
  std::size_t n = 0;
  bool in_group = false;
  for (char c : text) {
    if (c == '-' || c == '/' || c == '.' || c == ' ' || c == 'T' || c == 't') {
      in_group = false;
      continue;
    }
    if (!in_group) {
      if (n == 3) break;
      ++n;
      in_group = true;
    }
    groups[n - 1].push_back(c >= '0' && c <= '9' ? c : '?');
  }
  const auto fit = [](std::string s, std::size_t width) {
    if (s.size() > width) return std::string(width, '?');
    return std::string(width - s.size(), width == 2 && !s.empty() ? '0' : '?') + s;
  };
  std::string out;
  if (n == 1 && groups[0].size() == 8) {
    out = groups[0];
  } else if (n == 3) {
    if (groups[0].size() >= 3) {
      out = fit(groups[0], 4) + fit(groups[1], 2) + fit(groups[2], 2);
    } else if (groups[2].size() >= 3) {
      const std::string& day = day_first ? groups[0] : groups[1];
      const std::string& month = day_first ? groups[1] : groups[0];
      out = fit(groups[2], 4) + fit(month, 2) + fit(day, 2);
    }
  }
  // 00 and 0000 say that a part is not known.
  if (out.size() == 8) {
    if (out.compare(0, 4, "0000") == 0) out.replace(0, 4, "????");
    if (out.compare(4, 2, "00") == 0) out.replace(4, 2, "??");
    if (out.compare(6, 2, "00") == 0) out.replace(6, 2, "??");
    if (std::count(out.begin(), out.end(), '?') > 4) out.clear();
  }
  return out;
}

}  // namespace raakvlak::linkage
