// The schema file of `quality`: which columns are compared as what.
//
//   date_order = "dmy"           # or "mdy": what 03-04-1980 means
//   deduplicated = true          # each file holds a subject once (default)
//   max_exposure = 0.08          # profile settings, all with defaults
//
//   [compare]                    # column = "kind", or { kind = "...", ... }
//   given_name = "given_name"
//   "phone number" = "phone"
//
// The [compare] table is that of the dataset room's schema; other tables are let be.
#ifndef RAAKVLAK_BENCH_QUALITY_SCHEMA_FILE_H_
#define RAAKVLAK_BENCH_QUALITY_SCHEMA_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "linkage/fuzzy/record_preparer.h"
#include "linkage/score/profile.h"

namespace raakvlak::bench {

struct QualitySchema {
  std::vector<linkage::SourceField> fields;  // SourceField::name is the column
  linkage::Profile profile;
  bool day_first = true;
};

absl::StatusOr<QualitySchema> ReadSchema(const std::string& path);

}  // namespace raakvlak::bench

#endif  // RAAKVLAK_BENCH_QUALITY_SCHEMA_FILE_H_
