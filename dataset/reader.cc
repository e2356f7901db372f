// Turns CSV rows into records by a schema, and counts on the way; see the header.
#include "dataset/reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dataset/fingerprints.h"
#include "linkage/normalise/normalise.h"
#include "linkage/normalise/text.h"

namespace raakvlak::dataset {
namespace {

using linkage::IdentifierType;
using linkage::NormaliseResult;
using linkage::RefusalReason;

struct Nothing {};

constexpr std::size_t kNoColumn = static_cast<std::size_t>(-1);

// A FieldSpec with column names resolved to positions.
struct BoundField {
  std::size_t column = kNoColumn;
  std::size_t given = kNoColumn;
  std::size_t prefix = kNoColumn;
  std::size_t surname = kNoColumn;
  std::size_t birth_date = kNoColumn;
};

bool IsMissing(RefusalReason reason) {
  return reason == RefusalReason::kEmpty || reason == RefusalReason::kUnknown ||
         reason == RefusalReason::kPlaceholder;
}

CsvOptions OptionsOf(const Schema& schema, const ReaderOptions& options) {
  CsvOptions csv;
  csv.label = options.label;
  csv.delimiter = schema.delimiter;
  csv.encoding = schema.encoding;
  csv.max_field_bytes = schema.max_field_bytes;
  return csv;
}

}  // namespace

class DatasetReader::Impl {
 public:
  Impl(Schema schema, ReaderOptions options, RecordSink sink)
      : schema_(std::move(schema)),
        options_(std::move(options)),
        sink_(std::move(sink)),
        parser_(OptionsOf(schema_, options_), [this](const CsvRow& row) { return OnRow(row); }),
        ids_(options_.max_tracked_ids) {
    report_.label = options_.label;
    for (const FieldSpec& field : schema_.fields) {
      FieldQuality quality;
      quality.label = field.Label();
      quality.type = field.type;
      report_.fields.push_back(std::move(quality));
      seen_.emplace_back(options_.max_tracked_values);
    }
  }

  absl::Status Push(std::string_view bytes) { return parser_.Push(bytes); }

  absl::Status Finish() {
    absl::Status status = parser_.Finish();
    if (!status.ok()) return status;
    report_.delimiter = parser_.delimiter() == ','   ? "comma"
                        : parser_.delimiter() == ';' ? "semicolon"
                                                     : "tab";
    report_.encoding = parser_.encoding() == Encoding::kDetect ? "ascii"
                       : parser_.encoding() == Encoding::kUtf8 ? "utf-8"
                                                               : "windows-1252";
    report_.duplicate_ids_at_least = ids_.full();
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      report_.fields[i].duplicates_at_least = seen_[i].full();
    }
    return absl::OkStatus();
  }

  const QualityReport& report() const { return report_; }

 private:
  absl::Status OnRow(const CsvRow& row) {
    if (columns_ == 0) return OnHeader(row);
    ++report_.rows;
    if (row.fields.size() != columns_) {
      report_.ragged.Add(row.row, options_.sample_rows);
      return absl::OkStatus();
    }
    Record record;
    record.row = row.row;
    record.record_id = linkage::CleanText(row.fields[id_column_]);
    if (record.record_id.empty()) {
      report_.missing_id.Add(row.row, options_.sample_rows);
      return absl::OkStatus();
    }
    if (const std::uint64_t* first = ids_.FindOrAdd(Fingerprint(record.record_id), row.row)) {
      ++report_.duplicate_ids;
      if (report_.first_duplicate_ids.size() < options_.sample_rows) {
        report_.first_duplicate_ids.push_back({row.row, *first});
      }
      return absl::OkStatus();
    }
    for (std::size_t i = 0; i < bound_.size(); ++i) TakeField(i, row, record);
    bool comparable = false;
    for (std::size_t column : compare_columns_) {
      record.compare.emplace_back(row.fields[column]);
      comparable |= !record.compare.back().empty();
    }
    std::sort(record.values.begin(), record.values.end());
    record.values.erase(std::unique(record.values.begin(), record.values.end()),
                        record.values.end());
    if (record.values.empty() && !comparable) {
      report_.empty.Add(row.row, options_.sample_rows);
      return absl::OkStatus();
    }
    ++report_.records;
    return sink_ ? sink_(std::move(record)) : absl::OkStatus();
  }

  absl::Status OnHeader(const CsvRow& row) {
    std::vector<std::string> names;
    for (std::string_view field : row.fields) names.push_back(linkage::CleanText(field));
    absl::Status status;
    auto bind = [&](const std::string& name) -> std::size_t {
      if (name.empty() || !status.ok()) return kNoColumn;
      const std::string wanted = linkage::CleanText(name);
      const auto found = std::find(names.begin(), names.end(), wanted);
      if (found == names.end()) {
        status = MissingColumn(row.row, wanted, names);
        return kNoColumn;
      }
      if (std::find(found + 1, names.end(), wanted) != names.end()) {
        status = absl::InvalidArgumentError(
            absl::StrCat(options_.label, ": row ", row.row, ": the column \"", wanted,
                         "\" occurs twice; rename one of the two in the header"));
      }
      return static_cast<std::size_t>(found - names.begin());
    };
    id_column_ = bind(schema_.record_id);
    for (const FieldSpec& field : schema_.fields) {
      bound_.push_back({bind(field.column), bind(field.given), bind(field.prefix),
                        bind(field.surname), bind(field.birth_date)});
    }
    for (const CompareSpec& compare : schema_.compare) {
      compare_columns_.push_back(bind(compare.column));
    }
    columns_ = row.fields.size();
    return status;
  }

  // Names no column of the file: without a header row these would be data.
  absl::Status MissingColumn(std::uint64_t row, const std::string& wanted,
                             const std::vector<std::string>& names) const {
    std::string message = absl::StrCat(options_.label, ": row ", row, ": no column \"", wanted,
                                       "\" among the ", names.size(), " columns of the header");
    const bool other_case = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return linkage::FoldText(name) == linkage::FoldText(wanted);
    });
    if (other_case) {
      absl::StrAppend(&message, "; one differs in upper and lower case or accents only");
    } else if (names.size() == 1) {
      absl::StrAppend(&message, "; is the delimiter right?");
    }
    absl::StrAppend(&message, "; correct the schema, or check that the first row holds the names");
    return absl::InvalidArgumentError(message);
  }

  NormaliseResult NormaliseField(const FieldSpec& spec, const BoundField& bound,
                                 const CsvRow& row) const {
    auto text = [&row](std::size_t column) {
      return column == kNoColumn ? std::string_view() : row.fields[column];
    };
    if (spec.type == IdentifierType::kBirthDate) {
      return linkage::NormaliseBirthDate(
          linkage::ParseBirthDate(text(bound.column), schema_.date_order));
    }
    if (spec.type != IdentifierType::kPersonName && spec.type != IdentifierType::kNameBirthDate) {
      return linkage::Normalise(spec.type, text(bound.column));
    }
    const linkage::PersonName name =
        spec.from_parts()
            ? linkage::ParsePersonName(text(bound.given), text(bound.prefix), text(bound.surname))
            : linkage::ParsePersonName(text(bound.column));
    if (spec.type == IdentifierType::kPersonName) return linkage::NormalisePersonName(name);
    return linkage::NormaliseNameBirthDate(
        name, linkage::ParseBirthDate(text(bound.birth_date), schema_.date_order));
  }

  void TakeField(std::size_t index, const CsvRow& row, Record& record) {
    FieldQuality& quality = report_.fields[index];
    NormaliseResult result = NormaliseField(schema_.fields[index], bound_[index], row);
    if (!result.ok()) {
      if (IsMissing(result.reason)) {
        ++quality.missing;
        return;
      }
      ++quality.invalid;
      FieldQuality::Problem& problem = quality.problems[result.reason];
      if (problem.message.empty()) problem.message = std::string(result.message);
      problem.rows.Add(row.row, options_.sample_rows);
      return;
    }
    ++quality.valid;
    const std::size_t keep = options_.sample_rows;
    if (result.flags & linkage::kFlagSuspect) quality.suspect.Add(row.row, keep);
    if (result.flags & linkage::kFlagPadded) quality.padded.Add(row.row, keep);
    if (result.flags & linkage::kFlagWeakDate) quality.weak_date.Add(row.row, keep);
    if (seen_[index].FindOrAdd(Fingerprint(result.value), {}) != nullptr) ++quality.duplicates;
    if ((result.flags & linkage::kFlagMayContainBsn) && !options_.bsn_allowed) {
      quality.withheld.Add(row.row, keep);
      return;
    }
    record.values.push_back({quality.type, std::move(result.value)});
    for (std::string& alternative : result.alternatives) {
      record.values.push_back({quality.type, std::move(alternative)});
    }
  }

  Schema schema_;
  ReaderOptions options_;
  RecordSink sink_;
  CsvParser parser_;
  QualityReport report_;
  std::size_t columns_ = 0;  // 0: the header is still to come
  std::size_t id_column_ = kNoColumn;
  std::vector<BoundField> bound_;
  std::vector<std::size_t> compare_columns_;
  Fingerprints<std::uint64_t> ids_;
  std::vector<Fingerprints<Nothing>> seen_;
};

DatasetReader::DatasetReader(Schema schema, ReaderOptions options, RecordSink sink)
    : impl_(std::make_unique<Impl>(std::move(schema), std::move(options), std::move(sink))) {}

DatasetReader::~DatasetReader() = default;

absl::Status DatasetReader::Push(std::string_view bytes) { return impl_->Push(bytes); }

absl::Status DatasetReader::Finish() { return impl_->Finish(); }

const QualityReport& DatasetReader::report() const { return impl_->report(); }

}  // namespace raakvlak::dataset
