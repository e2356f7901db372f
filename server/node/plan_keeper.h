// The node's own blocking plans: one for each purpose with a comparison profile, made in the
// background from the current dataset and kept, sealed, until dataset or purpose changes.
//
// What others learn of the dataset by a plan is in it: rounded figures, no value.
#ifndef RAAKVLAK_SERVER_NODE_PLAN_KEEPER_H_
#define RAAKVLAK_SERVER_NODE_PLAN_KEEPER_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "authority/purpose.h"
#include "authority/roster.h"
#include "raakvlak/v1/stewardship.pb.h"
#include "server/common/audit.h"
#include "server/common/clock.h"
#include "server/node/dataset_store.h"
#include "server/node/plan_announcer.h"
#include "server/node/record_file.h"
#include "server/node/run_options.h"

namespace raakvlak::node {

struct PlanKeeperOptions {
  // Where the dataset comes from if stewards submit none: read for a first plan, as for a run.
  SourceFile source;
  // Own records that are looked at, at most.
  std::size_t max_rows = 100'000;
  // How often it is looked whether the dataset has changed.
  std::chrono::milliseconds look_interval{500};
  // A plan that could not be made is tried again after this.
  std::chrono::milliseconds retry_after{60'000};
};

// What a plan is for and was made from.
struct OwnPlan {
  std::shared_ptr<const authority::Purpose> purpose;
  std::string dataset_id;
  v1::BlockingPlan plan;
};

// Thread-safe.
class PlanKeeper final : public PlanAnnouncer {
 public:
  // All must outlive it.
  struct Dependencies {
    const authority::Roster& roster;
    std::string own_id;
    const common::Clock& clock;
    common::AuditSink& audit;
    SealContext seal;  // with the node's wrapping key
    DatasetStore& datasets;
  };
  // `directory` is made if needed; plans of purposes that have expired are erased.
  static absl::StatusOr<std::unique_ptr<PlanKeeper>> Open(const Dependencies& dependencies,
                                                          const std::string& directory,
                                                          PlanKeeperOptions options);
  // As Stop().
  ~PlanKeeper() override;

  // Begins to plan, on a thread of its own.
  void Start();
  // A plan under way is finished first. Idempotent.
  void Stop();

  // Refuses what is not signed by all agencies of the purpose, expired, of others or without a
  // profile, and older versions than one that it knows.
  void TakePurpose(const v1::SignedDocument& document) override;
  std::vector<v1::PlanOffer> Offers(std::uint64_t* version) const override;
  std::uint64_t version() const override;
  // NotFound for a purpose that the matcher has not told of, or without a profile; Unavailable
  // while the plan is being made; FailedPrecondition where nothing is selective enough.
  absl::StatusOr<OwnPlan> PlanFor(std::string_view purpose_id) const;
  // For stewards; by purpose.
  std::vector<v1::PlanStatus> Statuses() const;

 private:
  struct Planned {
    std::shared_ptr<const authority::Purpose> purpose;
    // The dataset that `offer` was made from; empty while there is none.
    std::string dataset_id;
    std::optional<v1::PlanOffer> offer;
    bool planning = false;
    std::string failure;
    std::chrono::steady_clock::time_point not_before{};
  };

  PlanKeeper(const Dependencies& dependencies, std::string directory, PlanKeeperOptions options)
      : d_(dependencies), directory_(std::move(directory)), options_(std::move(options)) {}
  void Work(std::stop_token stop);
  // Plans for one purpose that lacks a plan for the current dataset. False if there is none.
  bool PlanOne();
  absl::StatusOr<std::optional<DatasetInfo>> CurrentDataset();
  absl::StatusOr<v1::PlanOffer> Plan(const authority::Purpose& purpose, const DatasetInfo& dataset);

  absl::Status EraseExpired();
  std::string PathOf(std::string_view purpose_id) const;
  // nullopt where none is kept for this purpose and dataset.
  std::optional<v1::PlanOffer> Load(const authority::Purpose& purpose,
                                    const std::string& dataset_id) const;
  absl::Status Save(const authority::Purpose& purpose, const std::string& dataset_id,
                    const v1::PlanOffer& offer) const;

  const Dependencies d_;
  const std::string directory_;
  const PlanKeeperOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::uint64_t version_ = 0;
  bool has_dataset_ = false;
  // By purpose id.
  std::map<std::string, Planned, std::less<>> plans_;
  std::chrono::steady_clock::time_point source_not_before_{};
  std::jthread thread_;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_PLAN_KEEPER_H_
