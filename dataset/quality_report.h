// What is right and wrong with a file before anything of it leaves: counts, and the first few rows
// of each problem. Memory is bounded whatever the file holds. It never contains a value of the file
// other than column names.
#ifndef RAAKVLAK_DATASET_QUALITY_REPORT_H_
#define RAAKVLAK_DATASET_QUALITY_REPORT_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "linkage/normalise/result.h"
#include "linkage/types/identifier_type.h"

namespace raakvlak::dataset {

// Rows (numbered as CsvRow does) with the same remark: how many, and the first few.
struct RowSample {
  std::uint64_t count = 0;
  std::vector<std::uint64_t> first_rows;

  void Add(std::uint64_t row, std::size_t keep);
};

struct FieldQuality {
  std::string label;  // FieldSpec::Label
  linkage::IdentifierType type = linkage::IdentifierType::kKvk;
  std::uint64_t valid = 0;    // normalised; suspect, padded and withheld ones included
  std::uint64_t missing = 0;  // empty, or explicitly unknown
  std::uint64_t invalid = 0;
  // Values that an earlier row already had.
  std::uint64_t duplicates = 0;
  // The table of distinct values was full: `duplicates` is a lower bound.
  bool duplicates_at_least = false;
  struct Problem {
    std::string message;  // of NormaliseResult
    RowSample rows;
  };
  std::map<linkage::RefusalReason, Problem> problems;  // sums to `invalid`
  RowSample suspect;    // a check digit that fails on a type where real ones do
  RowSample padded;     // dropped leading zeros were put back
  RowSample weak_date;  // 1 January or a date known in part
  RowSample withheld;   // may contain a BSN: not linked (Wabb art. 10-12)
};

struct QualityReport {
  std::string label;          // of the file
  std::uint64_t rows = 0;     // data rows, without header and empty lines
  std::uint64_t records = 0;  // rows that became a record with at least one value
  std::string delimiter;      // "comma", "semicolon", "tab"
  std::string encoding;       // "ascii", "utf-8", "windows-1252"
  std::vector<FieldQuality> fields;
  RowSample ragged;      // more or fewer fields than the header: left out
  RowSample missing_id;  // left out
  struct DuplicateId {
    std::uint64_t row = 0;
    std::uint64_t first_row = 0;
  };
  std::uint64_t duplicate_ids = 0;  // later rows with a known id: left out
  std::vector<DuplicateId> first_duplicate_ids;
  bool duplicate_ids_at_least = false;
  RowSample empty;  // rows without any usable value: no record

  // Nothing invalid, left out or duplicate by id.
  bool clean() const;
  std::string ToText() const;
  nlohmann::json ToJson() const;
};

}  // namespace raakvlak::dataset

#endif  // RAAKVLAK_DATASET_QUALITY_REPORT_H_
