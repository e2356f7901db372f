// Which columns of a file are the compared fields of a purpose, and their normalised values: the
// one place where a schema's [compare] table meets a comparison profile.
//
// A field of the profile is served by the column that the schema names for it (`field = "..."`);
// else by the only column of its kind that is not named for another field; of several, by the one
// that is called like the field. A person_name column serves given names and surnames, a
// company_name column also an exact field called "legal_form".
#ifndef RAAKVLAK_DATASET_COMPARED_RECORDS_H_
#define RAAKVLAK_DATASET_COMPARED_RECORDS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dataset/schema.h"
#include "linkage/score/profile.h"

namespace raakvlak::dataset {

struct FieldSource {
  std::size_t column = 0;  // position in Schema::compare
  // Of the two values of a whole name: the surname; of a company name: the legal form.
  bool second = false;

  bool operator==(const FieldSource&) const = default;
};

// For each field of the profile, in its order; nullopt where no column serves it. Pure, thread
// safe.
std::vector<std::optional<FieldSource>> MapFields(const std::vector<CompareSpec>& compare,
                                                  const linkage::Profile& profile);

// A sentence for each field of the profile without a column, with what to write in the schema.
std::vector<std::string> ExplainMissing(const std::vector<CompareSpec>& compare,
                                        const linkage::Profile& profile);

// Gathers a file's records as compared values. A field without a column is empty everywhere. Not
// thread-safe. Memory: the normalised values; raw ones a few thousand records at a time.
class ComparedRecords {
 public:
  ComparedRecords(const Schema& schema, const linkage::Profile& profile);

  // `compare`: Record::compare of the next record, one value for each of Schema::compare.
  void Add(const std::vector<std::string>& compare);
  // Columns in the order of the profile, rows in the order of Add(). Ends the gathering.
  linkage::RecordTable Take();
  // Values that could not be used: placeholders, invalid text; of each column of Schema::compare.
  // Complete after Take().
  const std::vector<std::uint64_t>& unusable() const { return unusable_; }

 private:
  void Prepare();

  std::vector<std::optional<FieldSource>> sources_;
  // Columns of the schema that are used, in order.
  std::vector<std::size_t> used_;
  std::vector<CompareKind> kinds_;  // of `used_`
  bool day_first_ = true;
  std::vector<std::vector<std::string>> raw_;  // [used column][record] of those not prepared yet
  std::size_t waiting_ = 0;
  std::vector<std::uint64_t> unusable_;  // [column of the schema]
  linkage::RecordTable table_;
};

}  // namespace raakvlak::dataset

#endif  // RAAKVLAK_DATASET_COMPARED_RECORDS_H_
