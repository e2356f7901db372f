// Stewards judge matches: what waits for a judgement, the judgement, and how the rules fared. See
// stewardship_service.h.
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "authority/comparison.h"
#include "dataset/compared_records.h"
#include "server/common/grpc_status.h"
#include "server/node/kept_results.h"
#include "server/node/status_macros.h"
#include "server/node/stewardship_service.h"

namespace raakvlak::node {
namespace {

constexpr int kItemsPerMessage = 1024;

// The own record's values that the purpose compares, as submitted. Matches come in the order of the
// dataset, so that it is read once.
class OwnValues {
 public:
  // Values are missing where the dataset has been erased meanwhile.
  static absl::StatusOr<OwnValues> Open(const DatasetStore& datasets, const KeptRun& run) {
    OwnValues values;
    absl::StatusOr<std::unique_ptr<DatasetFileReader>> reader =
        datasets.OpenDataset(run.dataset_id);
    if (absl::IsNotFound(reader.status())) return values;
    if (!reader.ok()) return reader.status();
    NODE_ASSIGN_OR_RETURN(dataset::Schema schema, datasets.SchemaOf(run.dataset_id));
    const linkage::Profile profile = authority::ToProfile(run.purpose.profile());
    const std::vector<std::optional<dataset::FieldSource>> sources =
        dataset::MapFields(schema.compare, profile);
    for (std::size_t f = 0; f < sources.size(); ++f) {
      if (!sources[f].has_value()) continue;
      values.fields_.emplace_back(profile.fields[f].name, sources[f]->column);
    }
    values.reader_ = *std::move(reader);
    return values;
  }

  absl::Status Fill(const std::string& record_id, v1::ReviewItem& item) {
    if (reader_ == nullptr) return absl::OkStatus();
    while (record_.record_id != record_id || !begun_) {
      begun_ = true;
      NODE_ASSIGN_OR_RETURN(bool more, reader_->Next(record_));
      if (!more) return absl::DataLossError("a match is of a record that its dataset lacks");
    }
    for (const auto& [name, column] : fields_) {
      v1::OwnValue& value = *item.add_own_values();
      value.set_field(name);
      if (column < record_.compare.size()) value.set_value(record_.compare[column]);
    }
    return absl::OkStatus();
  }

 private:
  std::unique_ptr<DatasetFileReader> reader_;
  // Of the profile: name and place among the record's compared values.
  std::vector<std::pair<std::string, std::size_t>> fields_;
  StoredRecord record_;
  bool begun_ = false;
};

}  // namespace

grpc::Status StewardshipServiceImpl::ListReviews(grpc::ServerContext* context,
                                                 const v1::ListReviewsRequest* request,
                                                 grpc::ServerWriter<v1::ReviewChunk>* writer) {
  absl::StatusOr<std::string> steward = Steward(*context);
  if (!steward.ok()) return common::ToGrpc(steward.status());
  return common::ToGrpc(StreamReviews(*steward, *request, *writer));
}

absl::Status StewardshipServiceImpl::StreamReviews(const std::string& steward,
                                                   const v1::ListReviewsRequest& request,
                                                   grpc::ServerWriter<v1::ReviewChunk>& writer) {
  NODE_ASSIGN_OR_RETURN(KeptRun run, FindKeptRun(d_.journal, d_.driver, request.run_id()));
  // Consulting is logged, or does not happen (Wpg, article 32a).
  NODE_RETURN_IF_ERROR(
      d_.audit.Append({"reviews.consulted", steward, "allowed", {{"run", run.finished.run_id}}}));
  NODE_ASSIGN_OR_RETURN(OwnMatchReader matches,
                        OwnMatchReader::Open(d_.seal, run.finished.matches_path));
  NODE_ASSIGN_OR_RETURN(OwnValues values, OwnValues::Open(d_.datasets, run));
  v1::ReviewChunk chunk;
  OwnMatch match;
  while (true) {
    NODE_ASSIGN_OR_RETURN(bool more, matches.Next(match));
    if (more) {
      NODE_ASSIGN_OR_RETURN(v1::ReviewDecision decision, d_.reviews.DecisionOf(run.Key(match)));
      const bool decided = decision != v1::REVIEW_DECISION_UNSPECIFIED;
      // What is beyond doubt does not wait for anybody; it may be judged all the same.
      const bool listed =
          decided ? request.include_decided() : match.strength == v1::MATCH_STRENGTH_POSSIBLE;
      if (!listed) continue;
      v1::ReviewItem& item = *chunk.add_items();
      *item.mutable_match() = ShowMatch(match, run, d_.roster, decision);
      NODE_RETURN_IF_ERROR(values.Fill(match.record_id, item));
    }
    if (chunk.items_size() == kItemsPerMessage || (!more && chunk.items_size() > 0)) {
      if (!writer.Write(chunk)) return absl::CancelledError("the steward went away");
      chunk.Clear();
    }
    if (!more) return absl::OkStatus();
  }
}

grpc::Status StewardshipServiceImpl::DecideReview(grpc::ServerContext* context,
                                                  const v1::DecideReviewRequest* request,
                                                  v1::DecideReviewResponse* /*response*/) {
  absl::StatusOr<std::string> steward = Steward(*context);
  if (!steward.ok()) return common::ToGrpc(steward.status());
  return common::ToGrpc(Decide(*steward, *request));
}

absl::Status StewardshipServiceImpl::Decide(const std::string& steward,
                                            const v1::DecideReviewRequest& request) {
  if (request.request_id().size() < 16 || request.request_id().size() > 64) {
    return absl::InvalidArgumentError("a request id has 16 to 64 bytes");
  }
  if (!v1::ReviewDecision_IsValid(request.decision())) {
    return absl::InvalidArgumentError("the decision is not known");
  }
  NODE_ASSIGN_OR_RETURN(std::vector<KeptRun> runs, KeptRuns(d_.journal));
  for (const KeptRun& run : runs) {
    NODE_ASSIGN_OR_RETURN(OwnMatchReader matches,
                          OwnMatchReader::Open(d_.seal, run.finished.matches_path));
    OwnMatch match;
    while (true) {
      NODE_ASSIGN_OR_RETURN(bool more, matches.Next(match));
      if (!more) break;
      if (match.reference != request.reference() || match.record_id != request.record_id()) {
        continue;
      }
      Review review;
      review.decision = request.decision();
      review.strength = static_cast<v1::MatchStrength>(match.strength);
      review.rule = RuleOf(match, run.purpose);
      review.keep_until = run.purpose.not_after();
      // By its reference, which both sides hold; not by the own record.
      NODE_RETURN_IF_ERROR(
          d_.audit.Append({"review.decided",
                           steward,
                           "allowed",
                           {{"run", run.finished.run_id},
                            {"reference", match.reference},
                            {"decision", v1::ReviewDecision_Name(review.decision)}}}));
      return d_.reviews.Decide(steward, request.request_id(), run.Key(match), review);
    }
  }
  return absl::NotFoundError(
      "no match of that record under that reference is kept here; `raak matches` shows those that "
      "are");
}

grpc::Status StewardshipServiceImpl::GetReviewStatistics(
    grpc::ServerContext* context, const v1::GetReviewStatisticsRequest* /*request*/,
    v1::ReviewStatistics* response) {
  absl::StatusOr<std::string> steward = Steward(*context);
  if (!steward.ok()) return common::ToGrpc(steward.status());
  absl::StatusOr<std::vector<RuleCount>> counts = d_.reviews.Count();
  if (!counts.ok()) return common::ToGrpc(counts.status());
  for (const RuleCount& count : *counts) {
    v1::RuleStatistics& rule = *response->add_rules();
    rule.set_strength(count.strength);
    rule.set_rule(count.rule);
    rule.set_matches(count.matches);
    rule.set_no_matches(count.no_matches);
  }
  return grpc::Status::OK;
}

}  // namespace raakvlak::node
