// TOML to documents, documents to text.
#include "client/document_toml.h"

#include <algorithm>
#include <ctime>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "authority/key_text.h"
#include "authority/purpose.h"
#include "authority/roster.h"
#include "client/comparison_toml.h"
#include "client/files.h"
#include "client/toml_table.h"
#include "linkage/types/identifier_type.h"

namespace raakvlak::client {
namespace {

// A public key in hexadecimal; the error sticks in the table.
std::string PublicKey(TomlTable& table, std::string_view key) {
  auto parsed = authority::ParseVerifyKey(table.String(key));
  if (parsed.ok()) return crypto::ToString(parsed->bytes());
  table.Fail(key, "must be a public key, 64 hexadecimal digits (`raak keys show FILE`)");
  return "";
}

absl::Status MemberFromToml(const toml::table& in, const std::string& file, uint32_t position,
                            v1::Member& out) {
  TomlTable table(in, file, "member");
  out.set_agency_id(table.String("agency_id"));
  out.set_display_name(table.String("display_name"));
  out.set_contact_desk(table.String("contact_desk"));
  out.set_endpoint(table.String("endpoint"));
  for (std::string& i : table.Strings("node_identities")) out.add_node_identities(std::move(i));
  for (std::string& i : table.Strings("steward_identities", {})) {
    out.add_steward_identities(std::move(i));
  }
  out.set_roster_key(PublicKey(table, "roster_key"));
  out.set_officer_key(PublicKey(table, "officer_key"));
  out.set_share_index(static_cast<uint32_t>(table.Integer("share_index", 1, 65535, position)));
  return table.Finish();
}

absl::Status CheckTypeKnown(TomlTable& table, std::string_view key, const std::string& type) {
  auto parsed = linkage::ParseIdentifierType(type);
  if (parsed.has_value()) return absl::OkStatus();
  table.Fail(key, absl::StrCat("names an identifier type that is not known: ", type));
  return table.Finish();
}

}  // namespace

absl::StatusOr<v1::Roster> RosterFromToml(std::string_view text, const std::string& file) {
  auto parsed = ParseToml(text, file);
  if (!parsed.ok()) return parsed.status();
  TomlTable table(*parsed, file, "");
  v1::Roster roster;
  roster.set_partnership(table.String("partnership"));
  roster.set_version(static_cast<uint64_t>(table.Integer("version", 1, INT64_MAX, 1)));
  roster.set_not_after(table.Date("not_after", true));
  std::vector<std::string> types = table.Strings("identifier_types");
  const int64_t block_keys =
      table.Integer("block_keys", 0, static_cast<int64_t>(linkage::kMaxBlockTypes), 0);
  for (std::string& type : BlockTypeNames(static_cast<size_t>(block_keys))) {
    types.push_back(std::move(type));
  }
  std::sort(types.begin(), types.end());
  for (const std::string& type : types) {
    if (absl::Status s = CheckTypeKnown(table, "identifier_types", type); !s.ok()) return s;
    roster.add_identifier_types(type);
  }
  for (std::string& identity : table.Strings("coordinators")) {
    roster.add_coordinator_identities(std::move(identity));
  }
  if (const toml::table* in = table.Table("matcher"); in != nullptr) {
    TomlTable matcher(*in, file, "matcher");
    roster.mutable_matcher()->set_endpoint(matcher.String("endpoint"));
    for (std::string& i : matcher.Strings("identities")) {
      roster.mutable_matcher()->add_identities(std::move(i));
    }
    roster.mutable_matcher()->set_signing_key(PublicKey(matcher, "signing_key"));
    if (absl::Status s = matcher.Finish(); !s.ok()) return s;
  } else {
    table.Fail("matcher", "is missing; it must be a table with endpoint, identities, signing_key");
  }
  std::vector<v1::Member> members;
  for (const toml::table* in : table.Tables("member")) {
    v1::Member member;
    const auto position = static_cast<uint32_t>(members.size() + 1);
    if (absl::Status s = MemberFromToml(*in, file, position, member); !s.ok()) return s;
    members.push_back(std::move(member));
  }
  std::sort(members.begin(), members.end(),
            [](const v1::Member& a, const v1::Member& b) { return a.agency_id() < b.agency_id(); });
  const auto count = static_cast<int64_t>(members.size());
  for (v1::Member& member : members) *roster.add_members() = std::move(member);
  // protocol.md: t defaults to max(2, floor(n/2)+1).
  roster.set_threshold(static_cast<uint32_t>(
      table.Integer("threshold", 2, 20, std::max<int64_t>(2, count / 2 + 1))));
  if (absl::Status s = table.Finish(); !s.ok()) return s;
  if (absl::Status s = authority::CheckRosterForm(roster); !s.ok()) return InFile(file, s);
  return roster;
}

absl::StatusOr<v1::Purpose> PurposeFromToml(std::string_view text, const std::string& file) {
  auto parsed = ParseToml(text, file);
  if (!parsed.ok()) return parsed.status();
  TomlTable table(*parsed, file, "");
  v1::Purpose purpose;
  purpose.set_purpose_id(table.String("purpose_id"));
  purpose.set_version(static_cast<uint64_t>(table.Integer("version", 1, INT64_MAX, 1)));
  purpose.set_title(table.String("title"));
  purpose.set_legal_basis(table.String("legal_basis"));
  purpose.set_approver(table.String("approver"));
  purpose.set_dataset_selection(table.String("dataset_selection", ""));
  std::vector<std::string> agencies = table.Strings("agencies");
  std::sort(agencies.begin(), agencies.end());
  for (const std::string& agency : agencies) purpose.add_agencies(agency);
  purpose.set_minimum_count(static_cast<uint32_t>(
      table.Integer("minimum_count", 0, 1000, authority::kDefaultMinimumCount)));
  purpose.set_overlap_ceiling(
      static_cast<uint64_t>(table.Integer("overlap_ceiling", 0, kMaxEvaluations, 0)));
  purpose.set_not_before(table.Date("not_before", false));
  purpose.set_not_after(table.Date("not_after", true));
  std::vector<v1::TypePolicy> types;
  // With a profile there need be no exact types.
  const toml::table* profile = table.Table("profile");
  const bool typed = profile == nullptr || table.Has("type");
  for (const toml::table* in : typed ? table.Tables("type") : std::vector<const toml::table*>()) {
    TomlTable type(*in, file, "type");
    v1::TypePolicy policy;
    policy.set_identifier_type(type.String("name"));
    const int64_t grant = type.Integer("run_grant", 1, kMaxEvaluations, 1'000'000);
    policy.set_run_grant(static_cast<uint64_t>(grant));
    policy.set_epoch_ceiling(static_cast<uint64_t>(type.Integer(
        "epoch_ceiling", grant, kMaxEvaluations, std::max<int64_t>(grant, 10'000'000))));
    policy.set_max_records_per_value(
        static_cast<uint32_t>(type.Integer("max_records_per_value", 1, 10'000, 50)));
    if (absl::Status s = type.Finish(); !s.ok()) return s;
    if (absl::Status s = CheckTypeKnown(type, "name", policy.identifier_type()); !s.ok()) return s;
    types.push_back(std::move(policy));
  }
  if (profile != nullptr) {
    if (absl::Status s = ProfileFromToml(*profile, file, purpose, types); !s.ok()) return s;
  }
  std::sort(types.begin(), types.end(), [](const v1::TypePolicy& a, const v1::TypePolicy& b) {
    return a.identifier_type() < b.identifier_type();
  });
  for (v1::TypePolicy& type : types) *purpose.add_types() = std::move(type);
  if (absl::Status s = table.Finish(); !s.ok()) return s;
  if (absl::Status s = authority::CheckPurposeForm(purpose); !s.ok()) return InFile(file, s);
  return purpose;
}

std::string FormatTime(int64_t unix_seconds) {
  if (unix_seconds == 0) return "-";
  const std::time_t time = unix_seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  char buffer[32];
  std::strftime(buffer, sizeof buffer, "%Y-%m-%d %H:%M UTC", &parts);
  return buffer;
}

std::string DescribeRoster(const v1::Roster& roster) {
  std::string out = absl::StrCat(
      "partnership       ", roster.partnership(), "\nversion           ", roster.version(),
      "\nvalid until       ", FormatTime(roster.not_after()), "\nthreshold         ",
      roster.threshold(), " of ", roster.members_size(), "\nidentifier types  ",
      DescribeTypes({roster.identifier_types().begin(), roster.identifier_types().end()}),
      "\ncoordinators      ", absl::StrJoin(roster.coordinator_identities(), ", "),
      "\nmatcher           ", roster.matcher().endpoint(), "  ",
      absl::StrJoin(roster.matcher().identities(), ", "), "\n  signing key     ",
      crypto::ToHex(crypto::AsBytes(roster.matcher().signing_key())), "\n");
  for (const v1::Member& member : roster.members()) {
    absl::StrAppend(&out, "\nmember            ", member.agency_id(), " (", member.display_name(),
                    "), share ", member.share_index(), "\n  contact desk    ",
                    member.contact_desk(), "\n  node            ", member.endpoint(), "  ",
                    absl::StrJoin(member.node_identities(), ", "), "\n  stewards        ",
                    absl::StrJoin(member.steward_identities(), ", "), "\n  roster key      ",
                    crypto::ToHex(crypto::AsBytes(member.roster_key())), "\n  officer key     ",
                    crypto::ToHex(crypto::AsBytes(member.officer_key())), "\n");
  }
  return out;
}

std::string DescribePurpose(const v1::Purpose& purpose) {
  std::string out = absl::StrCat(
      "purpose           ", purpose.purpose_id(), ", version ", purpose.version(),
      "\ntitle             ", purpose.title(), "\nlegal basis       ", purpose.legal_basis(),
      "\napprover          ", purpose.approver(), "\nselection         ",
      purpose.dataset_selection(), "\nagencies          ", absl::StrJoin(purpose.agencies(), ", "),
      "\nvalid             ", FormatTime(purpose.not_before()), " to ",
      FormatTime(purpose.not_after()), "\nminimum count     ", purpose.minimum_count(),
      " (smaller counts are suppressed)\noverlap ceiling   ",
      purpose.overlap_ceiling() == 0 ? "none" : absl::StrCat(purpose.overlap_ceiling()), "\n\n");
  absl::StrAppend(&out, DescribeProfile(purpose), DescribePolicies(purpose));
  return out;
}

}  // namespace raakvlak::client
