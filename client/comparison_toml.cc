// Profiles from TOML and back to text.
#include "client/comparison_toml.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "authority/comparison.h"
#include "client/toml_table.h"
#include "linkage/types/identifier_type.h"

namespace raakvlak::client {
namespace {

// Of a block type, where no type of the purpose expects more.
constexpr int64_t kDefaultBlockGrant = 1'000'000;

void AddField(std::string name, std::string kind, v1::ComparisonProfile& profile) {
  v1::ComparedField& field = *profile.add_fields();
  field.set_name(std::move(name));
  field.set_kind(std::move(kind));
}

// Fields named after their kinds. A whole name stands for the two fields that it is compared as.
void FieldsFromList(TomlTable& table, v1::ComparisonProfile& profile) {
  for (const std::string& kind : table.Strings("fields")) {
    if (kind == "person_name") {
      AddField("given_name", "given_name", profile);
      AddField("surname", "surname", profile);
    } else if (kind == "company_name") {
      AddField("company_name", "company_name", profile);
      AddField("legal_form", "exact", profile);
    } else {
      AddField(kind, kind, profile);
    }
  }
}

// [profile.fields] name = "kind", in the order of the file, which toml++ does not keep.
absl::Status FieldsFromTable(const toml::table& in, const std::string& file,
                             v1::ComparisonProfile& profile) {
  TomlTable table(in, file, "profile.fields");
  std::vector<std::pair<toml::source_position, std::string>> names;
  for (const auto& [key, node] : in) {
    names.emplace_back(key.source().begin, std::string(key.str()));
  }
  std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first.line, a.first.column) < std::tie(b.first.line, b.first.column);
  });
  for (const auto& [at, name] : names) AddField(name, table.String(name), profile);
  return table.Finish();
}

void AddBlockTypes(size_t keys, int64_t grant, int64_t ceiling, uint32_t cap,
                   std::vector<v1::TypePolicy>& types) {
  for (const std::string& name : BlockTypeNames(keys)) {
    const bool there = std::any_of(types.begin(), types.end(), [&](const v1::TypePolicy& type) {
      return type.identifier_type() == name;
    });
    if (there) continue;
    v1::TypePolicy& policy = types.emplace_back();
    policy.set_identifier_type(name);
    policy.set_run_grant(static_cast<uint64_t>(grant));
    policy.set_epoch_ceiling(static_cast<uint64_t>(ceiling));
    policy.set_max_records_per_value(cap);
  }
}

std::string DescribePolicy(const std::string& types, const v1::TypePolicy& policy,
                           const char* each) {
  return absl::StrCat("type              ", types, ": ", each, "at most ", policy.run_grant(),
                      " evaluations a run, ", policy.epoch_ceiling(),
                      " an epoch; values of more than ", policy.max_records_per_value(),
                      " records are left out\n");
}

bool SameLimits(const v1::TypePolicy& a, const v1::TypePolicy& b) {
  return a.run_grant() == b.run_grant() && a.epoch_ceiling() == b.epoch_ceiling() &&
         a.max_records_per_value() == b.max_records_per_value();
}

bool IsBlock(const std::string& name) {
  const auto type = linkage::ParseIdentifierType(name);
  return type.has_value() && linkage::IsBlockType(*type);
}

// Whether `next` is the block type after `name`.
bool Follows(const std::string& next, const std::string& name) {
  if (!IsBlock(name) || !IsBlock(next)) return false;
  return linkage::BlockKeyOf(*linkage::ParseIdentifierType(next)) ==
         linkage::BlockKeyOf(*linkage::ParseIdentifierType(name)) + 1;
}

}  // namespace

absl::Status ProfileFromToml(const toml::table& in, const std::string& file, v1::Purpose& purpose,
                             std::vector<v1::TypePolicy>& types) {
  TomlTable table(in, file, "profile");
  v1::ComparisonProfile& profile = *purpose.mutable_profile();
  profile.set_version(static_cast<uint32_t>(table.Integer("version", 1, UINT32_MAX, 1)));
  const toml::node* fields = in.get("fields");
  if (fields != nullptr && fields->is_table()) {
    if (absl::Status s = FieldsFromTable(*table.Table("fields"), file, profile); !s.ok()) return s;
  } else {
    FieldsFromList(table, profile);
  }
  const auto cap =
      static_cast<uint32_t>(table.Integer("block_cap", 1, 1000, authority::kDefaultBlockCap));
  profile.set_block_cap(cap);
  constexpr auto kMaxKeys = static_cast<int64_t>(linkage::kMaxBlockTypes);
  const int64_t keys = table.Integer("max_keys", 1, kMaxKeys, kMaxKeys);
  profile.set_max_keys(static_cast<uint32_t>(keys));
  const double exposure =
      table.Real("max_exposure", 0.0001, 1, authority::kDefaultMaxExposure / 10'000.0);
  profile.set_max_exposure(static_cast<uint32_t>(std::lround(exposure * 10'000)));
  profile.set_deduplicated(table.Boolean("deduplicated", true));
  // A record has at most one value of each key: a file of so many records needs so many.
  int64_t expected = kDefaultBlockGrant;
  for (const v1::TypePolicy& type : types) {
    expected = std::max(expected, static_cast<int64_t>(type.run_grant()));
  }
  const int64_t grant = table.Integer("run_grant", 1, kMaxEvaluations, expected);
  const int64_t ceiling =
      table.Integer("epoch_ceiling", grant, kMaxEvaluations, std::min(kMaxEvaluations, 10 * grant));
  if (absl::Status s = table.Finish(); !s.ok()) return s;
  AddBlockTypes(static_cast<size_t>(keys), grant, ceiling, cap, types);
  return absl::OkStatus();
}

std::vector<std::string> BlockTypeNames(size_t keys) {
  std::vector<std::string> names;
  names.reserve(keys);
  for (size_t key = 0; key < keys; ++key) {
    names.emplace_back(linkage::IdentifierTypeName(linkage::BlockType(key)));
  }
  return names;
}

std::string DescribeTypes(const std::vector<std::string>& types) {
  std::vector<std::string> out;
  for (size_t i = 0; i < types.size();) {
    size_t last = i;
    while (last + 1 < types.size() && Follows(types[last + 1], types[last])) ++last;
    out.push_back(last == i ? types[i] : absl::StrCat(types[i], " to ", types[last]));
    i = last + 1;
  }
  return absl::StrJoin(out, ", ");
}

std::string DescribePolicies(const v1::Purpose& purpose) {
  std::string out;
  for (int i = 0; i < purpose.types_size();) {
    const v1::TypePolicy& first = purpose.types(i);
    int last = i;
    while (
        last + 1 < purpose.types_size() && SameLimits(purpose.types(last + 1), first) &&
        Follows(purpose.types(last + 1).identifier_type(), purpose.types(last).identifier_type())) {
      ++last;
    }
    const std::string& from = first.identifier_type();
    out += last == i
               ? DescribePolicy(from, first, "")
               : DescribePolicy(absl::StrCat(from, " to ", purpose.types(last).identifier_type()),
                                first, "each ");
    i = last + 1;
  }
  return out;
}

std::string DescribeProfile(const v1::Purpose& purpose) {
  if (!purpose.has_profile()) return "";
  const v1::ComparisonProfile& profile = purpose.profile();
  std::vector<std::string> fields;
  for (const v1::ComparedField& field : profile.fields()) {
    fields.push_back(field.name() == field.kind()
                         ? field.name()
                         : absl::StrCat(field.name(), " (", field.kind(), ")"));
  }
  return absl::StrCat(
      "compared fields   ", absl::StrJoin(fields, ", "), "\n  profile version ", profile.version(),
      "\n  blocking        at most ", profile.max_keys(), " keys a record; blocks of more than ",
      profile.block_cap(), " records are left out\n  exposure        at most ",
      absl::StrFormat("%.2f", profile.max_exposure() / 100.0),
      "% of an agency's records without a match may sit in a block shared with any other agency\n"
      "  records         ",
      profile.deduplicated() ? "one for each subject: a record matches one of each other agency"
                             : "several may be one subject: matches are groups",
      "\n\n");
}

}  // namespace raakvlak::client
