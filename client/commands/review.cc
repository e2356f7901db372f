// raak review: possible matches for a steward to judge, the judgements, and how the rules fared.
#include <map>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/commands/agreement.h"
#include "client/commands/call.h"
#include "client/commands/commands.h"
#include "client/commands/labels.h"
#include "nlohmann/json.hpp"
#include "raakvlak/v1/stewardship.grpc.pb.h"

namespace raakvlak::client {
namespace {

using StewardStub = v1::StewardshipService::Stub;

struct ReviewOptions {
  std::string run;
  bool all = false;
  std::string reference;
  std::string record_id;
  std::string decision;
};

std::string Dump(const nlohmann::ordered_json& json) {
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

nlohmann::ordered_json ReviewJson(const v1::ReviewItem& item) {
  const v1::StewardMatch& match = item.match();
  nlohmann::ordered_json out;
  out["reference"] = match.reference();
  out["record_id"] = match.record_id();
  out["counterpart"] = match.counterpart();
  out["contact"] = match.counterpart_contact();
  out["strength"] = StrengthLabel(match.strength());
  out["agreement"] = AgreementJson(match.agreement());
  out["agreed"] =
      std::vector<std::string>(match.agreed_types().begin(), match.agreed_types().end());
  out["own"] = nlohmann::ordered_json::object();
  for (const v1::OwnValue& value : item.own_values()) out["own"][value.field()] = value.value();
  out["decision"] = DecisionLabel(match.decision());
  out["chained"] = match.chained();
  out["run"] = match.run_id();
  return out;
}

// One block a match: what is known of it, and under it the own record beside the agreement.
std::string ReviewText(const v1::ReviewItem& item) {
  const v1::StewardMatch& match = item.match();
  std::string out = absl::StrCat(match.reference(), "  own record ", match.record_id(), "  with ",
                                 match.counterpart(), " (", match.counterpart_contact(), ")  ",
                                 StrengthLabel(match.strength()));
  if (!match.agreed_types().empty()) {
    absl::StrAppend(&out, ", equal ", absl::StrJoin(match.agreed_types(), ", "));
  }
  if (match.chained()) out += " (chained)";
  absl::StrAppend(&out, "  ", DecisionLabel(match.decision()), "\n");
  std::map<std::string, std::string> levels;
  for (const v1::FieldAgreement& field : match.agreement()) {
    levels[field.field()] = LevelLabel(field.level());
  }
  std::vector<std::vector<std::string>> rows;
  for (const v1::OwnValue& value : item.own_values()) {
    const auto level = levels.find(value.field());
    rows.push_back(
        {"  " + value.field(), value.value(),
         level == levels.end() ? LevelLabel(v1::AGREEMENT_LEVEL_UNSPECIFIED) : level->second});
  }
  return out + FormatTable(rows) + "\n";
}

absl::Status ListReviews(const ReviewOptions& options, Session& session) {
  nlohmann::ordered_json items = nlohmann::ordered_json::array();
  size_t count = 0;
  absl::Status status = Call<v1::StewardshipService>(
      session, Peer::kNode, kLongCall, [&](StewardStub& stub, grpc::ClientContext& context) {
        v1::ListReviewsRequest request;
        request.set_run_id(options.run);
        request.set_include_decided(options.all);
        auto stream = stub.ListReviews(&context, request);
        v1::ReviewChunk chunk;
        while (stream->Read(&chunk)) {
          for (const v1::ReviewItem& item : chunk.items()) {
            ++count;
            if (session.json) {
              items.push_back(ReviewJson(item));
            } else {
              session.out() << ReviewText(item);
            }
          }
        }
        return stream->Finish();
      });
  if (!status.ok()) return status;
  if (session.json) {
    nlohmann::ordered_json out;
    out["reviews"] = std::move(items);
    session.out() << Dump(out);
  } else if (count == 0) {
    session.out() << "nothing to review\n";
  } else {
    session.out() << count << " to review; `raak review decide REFERENCE RECORD match|no-match`\n";
  }
  return absl::OkStatus();
}

absl::Status Decide(const ReviewOptions& options, Session& session) {
  v1::DecideReviewRequest request;
  request.set_request_id(NewRequestId());
  request.set_reference(options.reference);
  request.set_record_id(options.record_id);
  request.set_decision(options.decision == "match"      ? v1::REVIEW_DECISION_MATCH
                       : options.decision == "no-match" ? v1::REVIEW_DECISION_NO_MATCH
                                                        : v1::REVIEW_DECISION_UNSPECIFIED);
  absl::Status status = Call<v1::StewardshipService>(
      session, Peer::kNode, kShortCall, [&](StewardStub& stub, grpc::ClientContext& context) {
        v1::DecideReviewResponse response;
        return stub.DecideReview(&context, request, &response);
      });
  if (!status.ok()) return status;
  const std::string decision = DecisionLabel(request.decision());
  if (session.json) {
    nlohmann::ordered_json out;
    out["reference"] = options.reference;
    out["record_id"] = options.record_id;
    out["decision"] = decision;
    session.out() << Dump(out);
  } else {
    session.out()
        << options.reference << ": " << decision
        << "; kept for this and later runs, the counterpart's steward decides for itself\n";
  }
  return absl::OkStatus();
}

// The share of judged matches that were none.
std::string FalsePositiveRate(const v1::RuleStatistics& rule) {
  const uint64_t judged = rule.matches() + rule.no_matches();
  if (judged == 0) return "-";
  const uint64_t permille = (rule.no_matches() * 1000 + judged / 2) / judged;
  return absl::StrCat(permille / 10, ".", permille % 10, "%");
}

absl::Status ShowStatistics(Session& session) {
  v1::ReviewStatistics statistics;
  absl::Status status = Call<v1::StewardshipService>(
      session, Peer::kNode, kShortCall, [&](StewardStub& stub, grpc::ClientContext& context) {
        return stub.GetReviewStatistics(&context, v1::GetReviewStatisticsRequest(), &statistics);
      });
  if (!status.ok()) return status;
  if (session.json) {
    nlohmann::ordered_json out;
    out["rules"] = nlohmann::ordered_json::array();
    for (const v1::RuleStatistics& rule : statistics.rules()) {
      nlohmann::ordered_json entry;
      entry["strength"] = StrengthLabel(rule.strength());
      entry["rule"] = rule.rule();
      entry["matches"] = rule.matches();
      entry["no_matches"] = rule.no_matches();
      const uint64_t judged = rule.matches() + rule.no_matches();
      entry["false_positive_rate"] =
          judged == 0 ? nlohmann::ordered_json()
                      : nlohmann::ordered_json(static_cast<double>(rule.no_matches()) /
                                               static_cast<double>(judged));
      out["rules"].push_back(std::move(entry));
    }
    session.out() << Dump(out);
    return absl::OkStatus();
  }
  if (statistics.rules().empty()) {
    session.out() << "nothing has been judged yet\n";
    return absl::OkStatus();
  }
  std::vector<std::vector<std::string>> rows = {
      {"strength", "match", "no match", "false positives", "rule"}};
  for (const v1::RuleStatistics& rule : statistics.rules()) {
    rows.push_back({StrengthLabel(rule.strength()), absl::StrCat(rule.matches()),
                    absl::StrCat(rule.no_matches()), FalsePositiveRate(rule), rule.rule()});
  }
  session.out() << FormatTable(rows);
  return absl::OkStatus();
}

}  // namespace

void AddReview(CLI::App& app, Session& session) {
  auto options = std::make_shared<ReviewOptions>();
  CLI::App* review =
      app.add_subcommand("review", "Possible matches to judge, and the judgements (steward)");
  review->require_subcommand(1);

  CLI::App* list = review->add_subcommand("list", "What waits for a judgement");
  list->add_option("run", options->run,
                   "Run, for example harbour-7 (default: the newest finished)");
  list->add_flag("--all", options->all, "Those judged before as well");
  list->footer(R"(
Examples:
  raak review list
  raak review list harbour-7 --all --json)");
  list->callback([options, &session] { session.Finish(ListReviews(*options, session)); });

  CLI::App* decide = review->add_subcommand("decide", "Judge one match");
  decide->add_option("reference", options->reference, "Reference of the match")->required();
  decide->add_option("record", options->record_id, "Own record id")->required();
  decide->add_option("decision", options->decision, "match, no-match or undecided")
      ->required()
      ->check(CLI::IsMember({"match", "no-match", "undecided"}));
  decide->footer(R"(
A match that either steward calls no match is left out of later reports; undecided takes a
judgement back.

Example:
  raak review decide 3RKBZHSDE5G2BRT5 Z-2041 no-match)");
  decide->callback([options, &session] { session.Finish(Decide(*options, session)); });

  CLI::App* statistics =
      review->add_subcommand("statistics", "How often each kind of match proved right");
  statistics->footer(R"(
Example:
  raak review statistics)");
  statistics->callback([&session] { session.Finish(ShowStatistics(session)); });
}

}  // namespace raakvlak::client
