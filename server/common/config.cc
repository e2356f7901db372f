#include "server/common/config.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/common/fs.h"

namespace raakvlak::common {
namespace {

constexpr uint64_t kMaxConfigBytes = 1 << 20;

// Levenshtein distance, for "did you mean".
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

struct Unit {
  std::string_view suffix;
  double factor;
};

// A number directly followed by one of `units`; nothing if it is not.
std::optional<double> WithUnit(std::string_view text, std::span<const Unit> units) {
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || digits > 15) return std::nullopt;
  const double number = std::stod(std::string(text.substr(0, digits)));
  for (const Unit& unit : units) {
    if (text.substr(digits) == unit.suffix) return number * unit.factor;
  }
  return std::nullopt;
}

constexpr Unit kTimeUnits[] = {{"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
constexpr Unit kSizeUnits[] = {{"B", 1}, {"KiB", 1024}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};

std::string FormatSize(uint64_t bytes) {
  if (bytes >= (1 << 30) && bytes % (1 << 30) == 0) return absl::StrCat(bytes >> 30, "GiB");
  if (bytes >= (1 << 20) && bytes % (1 << 20) == 0) return absl::StrCat(bytes >> 20, "MiB");
  if (bytes >= 1024 && bytes % 1024 == 0) return absl::StrCat(bytes >> 10, "KiB");
  return absl::StrCat(bytes, "B");
}

const toml::node* AsNode(const void* node) { return static_cast<const toml::node*>(node); }

}  // namespace

struct ConfigFile::State {
  std::string path;
  std::string directory;
  toml::table root;
  struct Mistake {
    uint32_t line;  // 0: none
    std::string text;
  };
  std::vector<Mistake> mistakes;
  // What was asked for, by table.
  std::map<const toml::table*, std::set<std::string, std::less<>>> known;

  void Note(uint32_t line, std::string_view key, std::string_view message) {
    std::string where = line == 0 ? path : absl::StrCat(path, ":", line);
    mistakes.push_back({line, absl::StrCat(where, ": ", std::string(key), key.empty() ? "" : ": ",
                                           std::string(message))});
  }

  // Every key of `table` that nobody asked for.
  void NoteUnknown(const toml::table& table, const std::string& name) {
    const std::set<std::string, std::less<>>& asked = known[&table];
    for (const auto& [key, node] : table) {
      const std::string_view found = key.str();
      const std::string full = absl::StrCat(name, std::string(found));
      const auto line = static_cast<uint32_t>(key.source().begin.line);
      if (!asked.contains(found)) {
        std::string message = "unknown key";
        const auto nearest = std::min_element(asked.begin(), asked.end(),
                                              [&](const std::string& a, const std::string& b) {
                                                return Distance(a, found) < Distance(b, found);
                                              });
        if (nearest != asked.end()) {
          message += Distance(*nearest, found) <= std::max<size_t>(2, found.size() / 3)
                         ? absl::StrCat("; did you mean ", name, *nearest, "?")
                         : absl::StrCat("; known here: ", absl::StrJoin(asked, ", "));
        }
        Note(line, full, message);
      } else if (const toml::table* inner = node.as_table()) {
        NoteUnknown(*inner, full + ".");
      } else if (const toml::array* array = node.as_array()) {
        for (const toml::node& element : *array) {
          if (const toml::table* row = element.as_table()) NoteUnknown(*row, full + ".");
        }
      }
    }
  }
};

ConfigSection::ConfigSection(ConfigFile* file, const void* table, std::string name)
    : file_(file), table_(table), name_(std::move(name)) {}

const void* ConfigSection::Find(std::string_view key) {
  if (table_ == nullptr) return nullptr;
  const auto* table = static_cast<const toml::table*>(table_);
  file_->state_->known[table].emplace(key);
  return table->get(key);
}

void ConfigSection::Mistake(std::string_view key, std::string_view message) {
  uint32_t line = 0;
  if (table_ != nullptr) {
    const auto* table = static_cast<const toml::table*>(table_);
    const toml::node* node = key.empty() ? nullptr : table->get(key);
    line = static_cast<uint32_t>((node != nullptr ? node->source() : table->source()).begin.line);
  }
  std::string full = name_;
  if (key.empty() && !full.empty()) full.pop_back();
  file_->state_->Note(line, absl::StrCat(full, std::string(key)), message);
}

void ConfigSection::Missing(std::string_view key, std::string_view kind) {
  Mistake(key, absl::StrCat("missing; add ", std::string(key), " = ", std::string(kind)));
}

std::string ConfigSection::String(std::string_view key) {
  if (!Has(key)) {
    Find(key);
    Missing(key, "\"...\"");
    return "";
  }
  std::string value = String(key, "");
  const toml::node* node = AsNode(Find(key));
  if (value.empty() && node->is_string()) Mistake(key, "must not be empty");
  return value;
}

std::string ConfigSection::String(std::string_view key, std::string_view default_value) {
  const toml::node* node = AsNode(Find(key));
  if (node == nullptr) return std::string(default_value);
  if (const auto* text = node->as_string()) return text->get();
  Mistake(key, "must be a string in quotes");
  return std::string(default_value);
}

std::string ConfigSection::Choice(std::string_view key, const std::vector<std::string>& choices,
                                  const std::optional<std::string>& default_value) {
  const toml::node* node = AsNode(Find(key));
  if (node == nullptr) {
    if (!default_value) {
      Missing(key, absl::StrCat("one of \"", absl::StrJoin(choices, "\", \""), "\""));
    }
    return default_value.value_or("");
  }
  const auto* text = node->as_string();
  if (text == nullptr || std::find(choices.begin(), choices.end(), text->get()) == choices.end()) {
    Mistake(key, absl::StrCat("must be one of \"", absl::StrJoin(choices, "\", \""), "\""));
    return default_value.value_or("");
  }
  return text->get();
}

int64_t ConfigSection::Integer(std::string_view key, const IntegerKey& bounds) {
  const int64_t fallback = bounds.default_value.value_or(bounds.minimum);
  const toml::node* node = AsNode(Find(key));
  if (node == nullptr) {
    if (!bounds.default_value) Missing(key, "NUMBER");
    return fallback;
  }
  const auto* number = node->as_integer();
  if (number == nullptr) {
    Mistake(key, "must be a whole number");
    return fallback;
  }
  if (number->get() < bounds.minimum || number->get() > bounds.maximum) {
    Mistake(key, absl::StrCat("must be ", bounds.minimum, " to ", bounds.maximum, "; it is ",
                              number->get()));
    return fallback;
  }
  return number->get();
}

absl::Duration ConfigSection::Duration(std::string_view key, const DurationKey& bounds) {
  const absl::Duration fallback = bounds.default_value.value_or(bounds.minimum);
  const toml::node* node = AsNode(Find(key));
  if (node == nullptr) {
    if (!bounds.default_value) Missing(key, "\"30s\"");
    return fallback;
  }
  const auto* text = node->as_string();
  const std::optional<double> seconds =
      text == nullptr ? std::nullopt : WithUnit(text->get(), kTimeUnits);
  if (!seconds) {
    Mistake(key,
            "must be a duration in quotes with a unit: \"250ms\", \"30s\", \"5m\", \"12h\" or "
            "\"7d\"");
    return fallback;
  }
  const absl::Duration value = absl::Milliseconds(std::llround(*seconds * 1000));
  if (value < bounds.minimum || value > bounds.maximum) {
    Mistake(key, absl::StrCat("must be ", absl::FormatDuration(bounds.minimum), " to ",
                              absl::FormatDuration(bounds.maximum), "; it is ", text->get()));
    return fallback;
  }
  return value;
}

uint64_t ConfigSection::Size(std::string_view key, const SizeKey& bounds) {
  const uint64_t fallback = bounds.default_value.value_or(bounds.minimum);
  const toml::node* node = AsNode(Find(key));
  if (node == nullptr) {
    if (!bounds.default_value) Missing(key, "\"64MiB\"");
    return fallback;
  }
  const auto* text = node->as_string();
  const std::optional<double> bytes =
      text == nullptr ? std::nullopt : WithUnit(text->get(), kSizeUnits);
  // Over 2^53 the double would no longer be exact; no size here comes near.
  if (!bytes || *bytes > 9e15) {
    Mistake(key,
            "must be a size in quotes with a unit: \"4096B\", \"512KiB\", \"64MiB\" or \"1GiB\"");
    return fallback;
  }
  const uint64_t value = static_cast<uint64_t>(*bytes);
  if (value < bounds.minimum || value > bounds.maximum) {
    Mistake(key, absl::StrCat("must be ", FormatSize(bounds.minimum), " to ",
                              FormatSize(bounds.maximum), "; it is ", text->get()));
    return fallback;
  }
  return value;
}

bool ConfigSection::Bool(std::string_view key, bool default_value) {
  const toml::node* node = AsNode(Find(key));
  if (node == nullptr) return default_value;
  if (const auto* value = node->as_boolean()) return value->get();
  Mistake(key, "must be true or false, without quotes");
  return default_value;
}

std::string ConfigSection::Path(std::string_view key) {
  const std::string value = String(key);
  return value.empty() ? value
                       : (std::filesystem::path(file_->state_->directory) / value)
                             .lexically_normal()
                             .string();
}

std::string ConfigSection::Path(std::string_view key, std::string_view default_value) {
  const std::string value = String(key, default_value);
  return value.empty() ? value
                       : (std::filesystem::path(file_->state_->directory) / value)
                             .lexically_normal()
                             .string();
}

std::vector<std::string> ConfigSection::Strings(std::string_view key) {
  std::vector<std::string> values;
  const toml::node* node = AsNode(Find(key));
  if (node == nullptr) return values;
  const toml::array* array = node->as_array();
  if (array == nullptr) {
    Mistake(key, "must be a list of strings: [\"...\", \"...\"]");
    return values;
  }
  for (const toml::node& element : *array) {
    const auto* text = element.as_string();
    if (text == nullptr) {
      Mistake(key, "must hold strings in quotes only");
      return {};
    }
    values.push_back(text->get());
  }
  return values;
}

bool ConfigSection::Has(std::string_view key) const {
  return table_ != nullptr && static_cast<const toml::table*>(table_)->get(key) != nullptr;
}

ConfigSection ConfigSection::Section(std::string_view key) {
  const toml::node* node = AsNode(Find(key));
  const std::string name = absl::StrCat(name_, std::string(key), ".");
  if (node == nullptr) return ConfigSection(file_, nullptr, name);
  if (node->as_table() == nullptr) {
    Mistake(key, absl::StrCat("must be a section: [", name_, std::string(key), "]"));
  }
  return ConfigSection(file_, node->as_table(), name);
}

std::vector<ConfigSection> ConfigSection::Sections(std::string_view key) {
  std::vector<ConfigSection> sections;
  const toml::node* node = AsNode(Find(key));
  if (node == nullptr) return sections;
  const std::string name = absl::StrCat(name_, std::string(key), ".");
  const toml::array* array = node->as_array();
  bool good = array != nullptr;
  if (good) {
    for (const toml::node& element : *array) {
      const toml::table* table = element.as_table();
      good = good && table != nullptr;
      if (table != nullptr) sections.push_back(ConfigSection(file_, table, name));
    }
  }
  if (!good) Mistake(key, absl::StrCat("must be sections: [[", name_, std::string(key), "]]"));
  return sections;
}

std::vector<std::string> ConfigSection::SectionNames() const {
  std::vector<std::string> names;
  if (table_ == nullptr) return names;
  for (const auto& [key, node] : *static_cast<const toml::table*>(table_)) {
    if (node.is_table()) names.emplace_back(key.str());
  }
  std::sort(names.begin(), names.end());
  return names;
}

ConfigFile::ConfigFile() : state_(std::make_unique<State>()) {}

ConfigFile::~ConfigFile() = default;

absl::StatusOr<std::unique_ptr<ConfigFile>> ConfigFile::Load(const std::string& path) {
  PosixFileSystem fs;
  absl::StatusOr<std::string> text = ReadFile(fs, path, kMaxConfigBytes);
  if (!text.ok()) return text.status();
  return Parse(*text, path);
}

absl::StatusOr<std::unique_ptr<ConfigFile>> ConfigFile::Parse(std::string_view text,
                                                              const std::string& path) {
  std::unique_ptr<ConfigFile> file(new ConfigFile());
  file->state_->path = path;
  file->state_->directory = DirectoryOf(path);
  try {
    file->state_->root = toml::parse(text, std::string_view(path));
  } catch (const toml::parse_error& error) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ":", error.source().begin.line, ": ", std::string(error.description())));
  }
  return file;
}

ConfigSection ConfigFile::root() { return ConfigSection(this, &state_->root, ""); }

absl::Status ConfigFile::Finish() {
  state_->NoteUnknown(state_->root, "");
  if (state_->mistakes.empty()) return absl::OkStatus();
  std::stable_sort(
      state_->mistakes.begin(), state_->mistakes.end(),
      [](const State::Mistake& a, const State::Mistake& b) { return a.line < b.line; });
  std::string text;
  for (const State::Mistake& mistake : state_->mistakes) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", mistake.text);
  }
  state_->mistakes.clear();
  return absl::InvalidArgumentError(text);
}

}  // namespace raakvlak::common
