// The results of finished runs as a steward is shown them: which run is meant, what its purpose
// calls the compared fields, and a match in the words of the wire.
#ifndef RAAKVLAK_SERVER_NODE_KEPT_RESULTS_H_
#define RAAKVLAK_SERVER_NODE_KEPT_RESULTS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "authority/roster.h"
#include "raakvlak/v1/authority.pb.h"
#include "raakvlak/v1/stewardship.pb.h"
#include "server/node/match_step.h"
#include "server/node/review_store.h"
#include "server/node/run_driver.h"
#include "server/node/run_journal.h"

namespace raakvlak::node {

struct KeptRun {
  FinishedRun finished;
  v1::Purpose purpose;
  // What the run used; it may be gone by now.
  std::string dataset_id;

  ReviewedMatch Key(const OwnMatch& match) const {
    return {purpose.purpose_id(), match.counterpart, match.reference, match.record_id};
  }
};

// The newest first. DataLoss if the journal does not know the run any more.
absl::StatusOr<std::vector<KeptRun>> KeptRuns(const RunJournal& journal);
// The run of this id, or the newest for an empty one; waits a little for one that the node is just
// finishing, since the news of its end reaches others first. NotFound.
absl::StatusOr<KeptRun> FindKeptRun(const RunJournal& journal, const RunDriver& driver,
                                    const std::string& run_id);

v1::StewardMatch ShowMatch(const OwnMatch& match, const KeptRun& run,
                           const authority::Roster& roster, v1::ReviewDecision decision);

// By what two records matched, without a value of theirs: "iban: equal, surname: close".
std::string RuleOf(const OwnMatch& match, const v1::Purpose& purpose);

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_KEPT_RESULTS_H_
