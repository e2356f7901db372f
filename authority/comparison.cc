// Checks of profiles and plans.
#include "authority/comparison.h"

#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "authority/purpose.h"
#include "authority/validate.h"
#include "linkage/types/identifier_type.h"

namespace raakvlak::authority {
namespace {

constexpr size_t kMaxFormBytes = 32;

absl::Status CheckFields(const v1::ComparisonProfile& profile) {
  if (profile.fields_size() < 2 ||
      profile.fields_size() > static_cast<int>(linkage::kMaxComparedFields)) {
    return absl::InvalidArgumentError(
        absl::StrCat("a profile compares 2 to ", linkage::kMaxComparedFields, " fields"));
  }
  std::set<std::string> names;
  std::set<std::string> kinds;
  for (const v1::ComparedField& field : profile.fields()) {
    const std::string& name = field.name();
    if (name.empty() || name.size() > 32 ||
        name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != std::string::npos) {
      return absl::InvalidArgumentError(
          "the name of a compared field is 1 to 32 characters of a-z, 0-9 and _");
    }
    if (!names.insert(name).second) {
      return absl::InvalidArgumentError("the compared field " + name + " stands twice");
    }
    if (!linkage::ParseFieldKind(field.kind()).has_value()) {
      return absl::InvalidArgumentError("the compared field " + name +
                                        " has a kind that is not known");
    }
    kinds.insert(field.kind());
  }
  // A key needs two kinds of field: names alone expose nearly everybody.
  if (kinds.size() < 2) {
    return absl::InvalidArgumentError("a profile needs compared fields of two kinds at least");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckProfile(const v1::Purpose& purpose) {
  if (!purpose.has_profile()) {
    for (const v1::TypePolicy& type : purpose.types()) {
      const auto known = linkage::ParseIdentifierType(type.identifier_type());
      if (known.has_value() && linkage::IsBlockType(*known)) {
        return absl::InvalidArgumentError("type " + type.identifier_type() +
                                          " is for purposes with a comparison profile");
      }
    }
    return absl::OkStatus();
  }
  const v1::ComparisonProfile& profile = purpose.profile();
  if (profile.version() < 1) {
    return absl::InvalidArgumentError("the version of a profile must be 1 or more");
  }
  if (absl::Status s = CheckFields(profile); !s.ok()) return s;
  if (profile.block_cap() < 1 || profile.block_cap() > 1000) {
    return absl::InvalidArgumentError("block_cap must be 1 to 1000");
  }
  if (profile.max_keys() < 1 || profile.max_keys() > linkage::kMaxBlockTypes) {
    return absl::InvalidArgumentError(
        absl::StrCat("max_keys must be 1 to ", linkage::kMaxBlockTypes));
  }
  if (profile.max_exposure() < 1 || profile.max_exposure() > 10'000) {
    return absl::InvalidArgumentError("max_exposure must be more than 0 and at most 1");
  }
  for (size_t key = 0; key < profile.max_keys(); ++key) {
    const std::string name(linkage::IdentifierTypeName(linkage::BlockType(key)));
    const bool there =
        std::any_of(purpose.types().begin(), purpose.types().end(),
                    [&](const v1::TypePolicy& type) { return type.identifier_type() == name; });
    if (!there) {
      return absl::InvalidArgumentError("the profile plans up to " +
                                        absl::StrCat(profile.max_keys()) +
                                        " keys, but the purpose has no type " + name);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckPlan(const v1::ComparisonProfile& profile, const v1::BlockingPlan& plan) {
  if (plan.keys_size() < 1 || static_cast<uint32_t>(plan.keys_size()) > profile.max_keys()) {
    return absl::InvalidArgumentError(
        absl::StrCat("a blocking plan has 1 to ", profile.max_keys(), " keys"));
  }
  const auto fields = static_cast<uint32_t>(profile.fields_size());
  std::set<std::string> definitions;
  for (const v1::PlannedKey& key : plan.keys()) {
    if (key.components_size() < 2 || key.components_size() > 4) {
      return absl::InvalidArgumentError("a planned key has 2 to 4 components");
    }
    std::set<uint32_t> read;
    std::set<std::string> kinds;
    std::string definition;
    for (const v1::KeyComponent& component : key.components()) {
      if (component.field() >= fields || component.other_field() > fields ||
          component.form().empty() || component.form().size() > kMaxFormBytes) {
        return absl::InvalidArgumentError("a planned key has a component of no field");
      }
      if (!read.insert(component.field()).second) {
        return absl::InvalidArgumentError("a planned key reads a field twice");
      }
      kinds.insert(profile.fields(static_cast<int>(component.field())).kind());
      absl::StrAppend(&definition, component.field(), "/", component.other_field(), "/",
                      component.form(), "+");
    }
    if (kinds.size() < 2) {
      return absl::InvalidArgumentError("a planned key joins fields of one kind only");
    }
    if (!definitions.insert(definition).second) {
      return absl::InvalidArgumentError("a planned key stands twice");
    }
  }
  return absl::OkStatus();
}

linkage::Profile ToProfile(const v1::ComparisonProfile& profile) {
  linkage::Profile out;
  out.version = profile.version();
  for (const v1::ComparedField& field : profile.fields()) {
    out.fields.push_back(
        {field.name(), linkage::ParseFieldKind(field.kind()).value_or(linkage::FieldKind::kText)});
  }
  out.block_cap = profile.block_cap();
  out.max_keys = profile.max_keys();
  out.max_exposure = profile.max_exposure() / 10'000.0;
  out.deduplicated = profile.deduplicated();
  return out;
}

}  // namespace raakvlak::authority
