// raakvlak-demo-generate: sample files for three agencies, with planted overlaps, invalid values,
// and the same value spelt differently on each side; and a truth file that says what was planted.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <vector>

#include "demo/identities.h"
#include "nlohmann/json.hpp"

namespace raakvlak::demo {
namespace {

using Json = nlohmann::ordered_json;

enum Field : unsigned { kKvk = 1, kIban = 2, kPhone = 4, kNameBirthDate = 8 };
const std::map<Field, const char*> kFieldNames = {
    {kIban, "iban"}, {kKvk, "kvk"}, {kNameBirthDate, "name_birth_date"}, {kPhone, "phone"}};

// How an agency writes its file: no two do it alike.
struct Style {
  const char* agency;
  const char* id_prefix;
  char delimiter;
  bool windows1252;
  bool bom;
};
constexpr Style kStyles[] = {{"customs", "D-", ',', true, false},
                             {"police", "PL", ';', false, true},
                             {"tax", "BD/", '\t', false, false}};
constexpr size_t kAgencies = std::size(kStyles);

struct Row {
  std::string id;
  Identity identity;
  unsigned planted = 0;  // fields that must stay valid
};

struct Options {
  std::string out;
  uint64_t seed = 1;
  size_t records = 20'000;
};

std::string Date(const Identity& who, size_t style) {
  char buffer[40];
  const char* formats[] = {"%02d-%02d-%04d", "%04d-%02d-%02d", "%04d%02d%02d"};
  if (style == 0) {
    std::snprintf(buffer, sizeof buffer, formats[0], who.day, who.month, who.year);
  } else {
    std::snprintf(buffer, sizeof buffer, formats[style], who.year, who.month, who.day);
  }
  return buffer;
}

std::string Iban(const std::string& iban, size_t style, std::mt19937_64& random) {
  if (style == 0) return iban;
  std::string out;
  for (size_t i = 0; i < iban.size(); ++i) {
    if (i != 0 && i % 4 == 0 && style == 1) out += ' ';
    const bool lower = style == 2 && random() % 2 == 0;
    out += lower ? static_cast<char>(std::tolower(iban[i])) : iban[i];
  }
  return out;
}

std::string Kvk(const std::string& kvk, size_t style) {
  if (style == 0) return kvk;
  if (style == 1) return "KvK " + kvk;
  return kvk.substr(0, 2) + "." + kvk.substr(2, 2) + "." + kvk.substr(4, 2) + "." +
         kvk.substr(6, 2);
}

std::string Phone(const std::string& phone, size_t style) {
  if (style == 0) return "0" + phone.substr(0, 1) + "-" + phone.substr(1);
  if (style == 1) return "+31 (0)" + phone.substr(0, 1) + " " + phone.substr(1);
  return "0031" + phone;
}

// Capitals as a register prints them, for the letters that the lists hold.
std::string Upper(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  const std::pair<const char*, const char*> marked[] = {
      {"ä", "Ä"}, {"é", "É"}, {"ş", "Ş"}, {"ı", "I"}};
  for (const auto& [small, capital] : marked) {
    for (size_t at; (at = text.find(small)) != std::string::npos;) {
      text.replace(at, std::string(small).size(), capital);
    }
  }
  return text;
}

// Windows-1252 for the letters of Latin-1; the Turkish letters lose their marks, as they do in
// practice.
std::string Windows1252(const std::string& utf8) {
  std::string out;
  for (size_t i = 0; i < utf8.size(); ++i) {
    const auto c = static_cast<unsigned char>(utf8[i]);
    if (c < 0x80) {
      out += utf8[i];
      continue;
    }
    const unsigned code = (c & 0x1fU) << 6 | (static_cast<unsigned char>(utf8[++i]) & 0x3fU);
    if (code < 0x100) {
      out += static_cast<char>(code);
    } else {
      out += code == 0x131 ? 'i' : 's';  // ı, ş: the only others in the lists
    }
  }
  return out;
}

// An invalid value in place of a good one.
void Spoil(std::vector<std::string>& fields, unsigned planted, std::mt19937_64& random) {
  switch (random() % 3) {
    case 0:
      if ((planted & kKvk) == 0) fields[0] = "1234";
      break;
    case 1:
      if ((planted & kIban) == 0) fields[1] = "NL00ABNA0123456789";
      break;
    default:
      if ((planted & kPhone) == 0) fields[2] = "onbekend";
  }
}

std::vector<std::string> Fields(const Row& row, size_t style, std::mt19937_64& random) {
  const Identity& who = row.identity;
  std::vector<std::string> fields = {Kvk(who.kvk, style), Iban(who.iban, style, random),
                                     Phone(who.phone, style)};
  if (random() % 100 == 0) Spoil(fields, row.planted, random);
  const std::string prefix = who.prefix.empty() ? "" : who.prefix + " ";
  if (style == 0) {
    fields.insert(fields.end(), {who.given, who.prefix, who.surname});
  } else if (style == 1) {
    // Sorting form: "Berg, Jan van den".
    fields.push_back(who.surname + ", " + who.given + (who.prefix.empty() ? "" : " " + who.prefix));
  } else {
    fields.push_back(Upper(who.given + " " + prefix + who.surname));
  }
  fields.push_back(Date(who, style));
  return fields;
}

std::string Quote(const std::string& field, char delimiter) {
  if (field.find(delimiter) == std::string::npos && field.find('"') == std::string::npos)
    return field;
  return '"' + field + '"';
}

void WriteFile(const Options& options, size_t style_index, const std::vector<Row>& rows,
               std::mt19937_64& random) {
  const Style& style = kStyles[style_index];
  std::ofstream file(std::filesystem::path(options.out) / (std::string(style.agency) + ".csv"),
                     std::ios::binary);
  if (style.bom) file << "\xef\xbb\xbf";
  const std::vector<std::string> headings[] = {
      {"id", "kvk", "rekening", "tel", "voornaam", "voorvoegsel", "achternaam", "geboren"},
      {"zaak", "KvK-nummer", "IBAN", "telefoon", "naam", "geboortedatum"},
      {"dossier", "handelsregister", "bankrekening", "mobiel", "naam", "gebdat"}};
  auto write = [&](const std::vector<std::string>& fields) {
    std::string line;
    for (const std::string& field : fields) {
      if (!line.empty()) line += style.delimiter;
      line += Quote(field, style.delimiter);
    }
    file << (style.windows1252 ? Windows1252(line) : line) << "\r\n";
  };
  write(headings[style_index]);
  for (const Row& row : rows) {
    std::vector<std::string> fields = Fields(row, style_index, random);
    fields.insert(fields.begin(), row.id);
    write(fields);
  }
}

// Copies the chosen fields of one identity into another.
void Plant(const Identity& from, unsigned fields, Row& to) {
  if ((fields & kKvk) != 0) to.identity.kvk = from.kvk;
  if ((fields & kIban) != 0) to.identity.iban = from.iban;
  if ((fields & kPhone) != 0) to.identity.phone = from.phone;
  if ((fields & kNameBirthDate) != 0) {
    to.identity.given = from.given;
    to.identity.prefix = from.prefix;
    to.identity.surname = from.surname;
    to.identity.year = from.year;
    to.identity.month = from.month;
    to.identity.day = from.day;
  }
  to.planted = fields;
}

Json FieldList(unsigned fields) {
  Json out = Json::array();
  for (const auto& [field, name] : kFieldNames) {
    if ((fields & field) != 0) out.push_back(name);
  }
  // In the order of names, as reports have them.
  std::sort(out.begin(), out.end());
  return out;
}

int Generate(const Options& options) {
  std::filesystem::create_directories(options.out);
  std::mt19937_64 random(options.seed);
  std::vector<std::vector<Row>> rows(kAgencies);
  uint64_t number = 0;
  for (size_t a = 0; a < kAgencies; ++a) {
    for (size_t i = 0; i < options.records; ++i) {
      Row row;
      row.id = kStyles[a].id_prefix + std::to_string(100'000 + i);
      row.identity = MakeIdentity(options.seed, number++);
      rows[a].push_back(std::move(row));
    }
  }
  // Overlaps are planted in rows that nothing else has touched, from the front of each file;
  // shuffled afterwards, so that place says nothing.
  const unsigned patterns[] = {kIban,
                               kKvk,
                               kPhone,
                               kNameBirthDate,
                               kIban | kKvk,
                               kIban | kPhone | kNameBirthDate,
                               kKvk | kIban | kPhone | kNameBirthDate};
  Json hits = Json::array();
  std::vector<size_t> next(kAgencies, 0);
  auto plant = [&](const std::vector<size_t>& agencies, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      const unsigned fields = patterns[i % std::size(patterns)];
      const Identity& source = rows[agencies[0]][next[agencies[0]]].identity;
      std::vector<const Row*> members;
      for (size_t a : agencies) {
        Row& row = rows[a][next[a]];
        Plant(source, fields, row);
        members.push_back(&row);
      }
      for (size_t x = 0; x < agencies.size(); ++x) {
        for (size_t y = x + 1; y < agencies.size(); ++y) {
          hits.push_back({{"agencies", {kStyles[agencies[x]].agency, kStyles[agencies[y]].agency}},
                          {"records", {members[x]->id, members[y]->id}},
                          {"agreed", FieldList(fields)},
                          {"parties", agencies.size()}});
        }
      }
      for (size_t a : agencies) ++next[a];
    }
  };
  const size_t unit = options.records / 100;
  plant({0, 1}, unit * 2);
  plant({1, 2}, unit);
  plant({0, 2}, unit);
  plant({0, 1, 2}, unit);
  for (size_t a = 0; a < kAgencies; ++a) {
    std::shuffle(rows[a].begin(), rows[a].end(), random);
    WriteFile(options, a, rows[a], random);
  }
  Json truth;
  truth["seed"] = options.seed;
  truth["records_per_agency"] = options.records;
  truth["groups_of_three"] = unit;
  truth["hits"] = std::move(hits);
  std::ofstream(std::filesystem::path(options.out) / "truth.json") << truth.dump(1) << "\n";
  return 0;
}

}  // namespace
}  // namespace raakvlak::demo

int main(int argc, char** argv) {
  raakvlak::demo::Options options;
  CLI::App app("Makes sample files for three agencies, and the truth about them",
               "raakvlak-demo-generate");
  app.add_option("--out", options.out, "Folder")->required();
  app.add_option("--seed", options.seed, "Another seed, other files")->capture_default_str();
  app.add_option("--records", options.records, "Records an agency")
      ->check(CLI::Range(1'000, 200'000))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return raakvlak::demo::Generate(options);
}
