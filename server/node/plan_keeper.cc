#include "server/node/plan_keeper.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "authority/comparison.h"
#include "authority/plan_text.h"
#include "authority/plan_wire.h"
#include "crypto/base/bytes.h"
#include "crypto/base/hash.h"
#include "linkage/fuzzy/file_figures.h"
#include "linkage/fuzzy/planner.h"
#include "linkage/normalise/normalise.h"
#include "linkage/score/planner_choice.h"
#include "server/common/sealed_file.h"
#include "server/node/status_macros.h"

namespace raakvlak::node {
namespace {

constexpr std::string_view kPlanLabel = "blocking plan 2";
constexpr char kPlanSuffix[] = ".plan";
constexpr std::uint64_t kMaxPlanBytes = 256 << 10;
// What a matcher takes in (submission.proto, WatchRunsRequest).
constexpr std::size_t kMaxPurposes = 100;

// u64 end of the purpose, lp(normaliser version), lp(purpose hash), lp(dataset id), the offer.
struct KeptPlan {
  std::int64_t not_after = 0;
  std::string normaliser_version;
  std::string purpose_hash;
  std::string dataset_id;
  v1::PlanOffer offer;
};

absl::StatusOr<KeptPlan> ReadPlan(const SealContext& seal, const std::string& path) {
  NODE_ASSIGN_OR_RETURN(
      crypto::SecretBytes bytes,
      common::ReadSealedFile(*seal.fs, path, *seal.key, kPlanLabel, kMaxPlanBytes));
  crypto::ByteReader in(bytes.Reveal(crypto::SecretAccess{}));
  KeptPlan plan;
  plan.not_after = static_cast<std::int64_t>(in.U64());
  plan.normaliser_version = crypto::ToString(in.Lp());
  plan.purpose_hash = crypto::ToString(in.Lp());
  plan.dataset_id = crypto::ToString(in.Lp());
  const std::string offer = crypto::ToString(in.Raw(in.remaining()));
  NODE_RETURN_IF_ERROR(in.Finish("a kept plan"));
  if (!plan.offer.ParseFromString(offer)) return absl::DataLossError("a kept plan cannot be read");
  return plan;
}

v1::PlanOffer PendingOffer(const authority::Purpose& purpose) {
  v1::PlanOffer offer;
  offer.set_purpose_id(purpose.body().purpose_id());
  offer.set_purpose_hash(crypto::ToString(purpose.hash()));
  offer.set_pending(true);
  return offer;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PlanKeeper>> PlanKeeper::Open(const Dependencies& dependencies,
                                                             const std::string& directory,
                                                             PlanKeeperOptions options) {
  NODE_RETURN_IF_ERROR(dependencies.seal.fs->MakePrivateDirectory(directory));
  std::unique_ptr<PlanKeeper> keeper(new PlanKeeper(dependencies, directory, std::move(options)));
  NODE_RETURN_IF_ERROR(keeper->EraseExpired());
  return keeper;
}

PlanKeeper::~PlanKeeper() { Stop(); }

void PlanKeeper::Start() {
  thread_ = std::jthread([this](std::stop_token stop) { Work(stop); });
}

void PlanKeeper::Stop() {
  thread_.request_stop();
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

// --- purposes ------------------------------------------------------------------------------------

void PlanKeeper::TakePurpose(const v1::SignedDocument& document) {
  absl::StatusOr<authority::Purpose> opened = authority::Purpose::Open(document, d_.roster);
  absl::Status status = opened.status();
  if (status.ok() && d_.clock.UnixSeconds() > opened->body().not_after()) {
    status = absl::FailedPreconditionError("it has expired");
  }
  if (status.ok() && (!opened->HasAgency(d_.own_id) || !opened->body().has_profile())) {
    status = absl::InvalidArgumentError("there is nothing in it to plan for here");
  }
  if (!status.ok()) {
    spdlog::warn("the matcher asks to plan for a purpose that is refused: {}",
                 std::string(status.message()));
    return;
  }
  const std::string id = opened->body().purpose_id();
  std::lock_guard lock(mutex_);
  const auto known = plans_.find(id);
  if (known != plans_.end()) {
    const authority::Purpose& before = *known->second.purpose;
    // Another text of one version is as wrong as an older one.
    if (opened->hash() == before.hash()) return;
    if (opened->body().version() <= before.body().version()) {
      spdlog::warn("the matcher asks to plan for version {} of purpose {}, after version {}",
                   opened->body().version(), id, before.body().version());
      return;
    }
  } else if (plans_.size() >= kMaxPurposes) {
    spdlog::warn("purpose {} is not planned for: {} others are already", id, kMaxPurposes);
    return;
  }
  Planned planned;
  planned.purpose = std::make_shared<const authority::Purpose>(*std::move(opened));
  plans_[id] = std::move(planned);
  ++version_;
  changed_.notify_all();
}

std::vector<v1::PlanOffer> PlanKeeper::Offers(std::uint64_t* version) const {
  std::lock_guard lock(mutex_);
  *version = version_;
  std::vector<v1::PlanOffer> offers;
  for (const auto& [id, planned] : plans_) {
    if (d_.clock.UnixSeconds() > planned.purpose->body().not_after()) continue;
    offers.push_back(planned.offer.has_value() ? *planned.offer : PendingOffer(*planned.purpose));
  }
  return offers;
}

std::uint64_t PlanKeeper::version() const {
  std::lock_guard lock(mutex_);
  return version_;
}

absl::StatusOr<OwnPlan> PlanKeeper::PlanFor(std::string_view purpose_id) const {
  std::lock_guard lock(mutex_);
  const auto found = plans_.find(purpose_id);
  if (found == plans_.end()) {
    return absl::NotFoundError(
        absl::StrCat("no purpose ", std::string(purpose_id),
                     " with a comparison profile is known here; the matcher tells of those that "
                     "are registered with it"));
  }
  const Planned& planned = found->second;
  if (!planned.failure.empty()) return absl::FailedPreconditionError(planned.failure);
  if (!planned.offer.has_value()) {
    return absl::UnavailableError(has_dataset_
                                      ? "the plan of the purpose is still being made; try again"
                                      : "no dataset has been submitted yet");
  }
  if (planned.offer->plan().keys_size() == 0) {
    return absl::FailedPreconditionError(
        "nothing in the dataset is selective enough to compare records by");
  }
  return OwnPlan{planned.purpose, planned.dataset_id, planned.offer->plan()};
}

std::vector<v1::PlanStatus> PlanKeeper::Statuses() const {
  std::lock_guard lock(mutex_);
  std::vector<v1::PlanStatus> out;
  for (const auto& [id, planned] : plans_) {
    v1::PlanStatus& status = out.emplace_back();
    status.set_purpose_id(id);
    if (planned.offer.has_value() && planned.offer->plan().keys_size() > 0) {
      status.set_state("ready");
      for (const std::string& line :
           authority::DescribePlan(planned.purpose->body().profile(), planned.offer->plan())) {
        status.add_explanation(line);
      }
    } else if (planned.offer.has_value()) {
      status.set_state("nothing selective enough");
    } else if (!planned.failure.empty()) {
      status.set_state("failed");
      status.add_explanation(planned.failure);
    } else {
      status.set_state(has_dataset_ || planned.planning ? "planning" : "no dataset");
    }
  }
  return out;
}

// --- planning ------------------------------------------------------------------------------------

void PlanKeeper::Work(std::stop_token stop) {
  while (!stop.stop_requested()) {
    if (PlanOne()) continue;
    std::unique_lock lock(mutex_);
    const std::uint64_t seen = version_;
    changed_.wait_for(lock, stop, options_.look_interval, [&] { return version_ != seen; });
  }
}

absl::StatusOr<std::optional<DatasetInfo>> PlanKeeper::CurrentDataset() {
  NODE_ASSIGN_OR_RETURN(std::optional<DatasetInfo> current, d_.datasets.Current());
  const auto now = std::chrono::steady_clock::now();
  if (current.has_value() || options_.source.path.empty() || now < source_not_before_) {
    return current;
  }
  source_not_before_ = now + options_.retry_after;
  const SourceFile& source = options_.source;
  NODE_RETURN_IF_ERROR(
      d_.datasets.RefreshFromSource(source.path, source.schema_path, source.label).status());
  return d_.datasets.Current();
}

bool PlanKeeper::PlanOne() {
  {
    std::lock_guard lock(mutex_);
    if (plans_.empty()) return false;
  }
  const absl::StatusOr<std::optional<DatasetInfo>> current = CurrentDataset();
  if (!current.ok()) {
    spdlog::warn("no blocking plan can be made: {}", std::string(current.status().message()));
    return false;
  }
  std::shared_ptr<const authority::Purpose> purpose;
  {
    std::lock_guard lock(mutex_);
    has_dataset_ = current->has_value();
    if (!has_dataset_) return false;
    const auto now = std::chrono::steady_clock::now();
    for (auto& [id, planned] : plans_) {
      if (planned.dataset_id == (*current)->dataset_id || now < planned.not_before ||
          d_.clock.UnixSeconds() > planned.purpose->body().not_after()) {
        continue;
      }
      purpose = planned.purpose;
      planned.planning = true;
      // A plan from another dataset is announced no more.
      if (planned.offer.has_value()) {
        planned.offer.reset();
        ++version_;
      }
      break;
    }
  }
  if (purpose == nullptr) return false;
  const DatasetInfo& dataset = **current;
  absl::StatusOr<v1::PlanOffer> offer = Plan(*purpose, dataset);
  std::lock_guard lock(mutex_);
  Planned& planned = plans_[purpose->body().purpose_id()];
  // A newer version may have come meanwhile.
  if (planned.purpose != purpose) return true;
  planned.planning = false;
  if (!offer.ok()) {
    planned.failure = std::string(offer.status().message());
    planned.not_before = std::chrono::steady_clock::now() + options_.retry_after;
    spdlog::error("purpose {}: no blocking plan: {}", purpose->body().purpose_id(),
                  planned.failure);
    return true;
  }
  planned.failure.clear();
  planned.not_before = {};
  planned.dataset_id = dataset.dataset_id;
  planned.offer = *std::move(offer);
  ++version_;
  return true;
}

absl::StatusOr<v1::PlanOffer> PlanKeeper::Plan(const authority::Purpose& purpose,
                                               const DatasetInfo& dataset) {
  if (std::optional<v1::PlanOffer> kept = Load(purpose, dataset.dataset_id)) return *kept;
  const std::string& id = purpose.body().purpose_id();
  spdlog::info("purpose {}: planning the blocking of {} records", id, dataset.records);
  const linkage::Profile profile = authority::ToProfile(purpose.body().profile());
  NODE_ASSIGN_OR_RETURN(linkage::RecordTable table,
                        d_.datasets.ReadCompared(dataset.dataset_id, profile, options_.max_rows));
  linkage::PlanOptions options;
  const linkage::FileFigures figures = linkage::MeasureFile(profile, table, dataset.records);
  options.largest_file = figures.records;
  // All of the purpose: it is not known yet who takes part.
  options.counterparts = static_cast<std::size_t>(purpose.body().agencies_size() - 1);
  options.max_rows = options_.max_rows;
  const linkage::BlockingPlan plan = linkage::PlanBlocking(profile, table, options);
  v1::PlanOffer offer;
  offer.set_purpose_id(id);
  offer.set_purpose_hash(crypto::ToString(purpose.hash()));
  offer.set_records(options.largest_file);
  offer.set_selectivity(figures.selectivity);
  *offer.mutable_plan() = authority::PlanToWire(plan);
  NODE_RETURN_IF_ERROR(d_.audit.Append({"plan.made",
                                        "self",
                                        "done",
                                        {{"purpose", id},
                                         {"version", absl::StrCat(purpose.body().version())},
                                         {"dataset", dataset.dataset_id},
                                         {"keys", absl::StrCat(plan.keys.size())}}}));
  NODE_RETURN_IF_ERROR(Save(purpose, dataset.dataset_id, offer));
  spdlog::info("purpose {}: {}", id, plan.Explain(profile).back());
  return offer;
}

// --- on disk -------------------------------------------------------------------------------------

std::string PlanKeeper::PathOf(std::string_view purpose_id) const {
  return absl::StrCat(directory_, "/", std::string(purpose_id), kPlanSuffix);
}

absl::Status PlanKeeper::EraseExpired() {
  NODE_ASSIGN_OR_RETURN(std::vector<std::string> names, d_.seal.fs->List(directory_));
  for (const std::string& name : names) {
    const std::string path = directory_ + "/" + name;
    absl::StatusOr<KeptPlan> plan = ReadPlan(d_.seal, path);
    // What cannot be read is made again.
    if (plan.ok() && d_.clock.UnixSeconds() <= plan->not_after) continue;
    NODE_RETURN_IF_ERROR(d_.seal.fs->Remove(path));
  }
  return absl::OkStatus();
}

std::optional<v1::PlanOffer> PlanKeeper::Load(const authority::Purpose& purpose,
                                              const std::string& dataset_id) const {
  const std::string path = PathOf(purpose.body().purpose_id());
  if (!d_.seal.fs->Exists(path)) return std::nullopt;
  absl::StatusOr<KeptPlan> kept = ReadPlan(d_.seal, path);
  if (!kept.ok() || kept->normaliser_version != linkage::kNormaliserVersion ||
      kept->purpose_hash != crypto::ToString(purpose.hash()) || kept->dataset_id != dataset_id) {
    return std::nullopt;
  }
  return kept->offer;
}

absl::Status PlanKeeper::Save(const authority::Purpose& purpose, const std::string& dataset_id,
                              const v1::PlanOffer& offer) const {
  crypto::ByteWriter out;
  out.U64(static_cast<std::uint64_t>(purpose.body().not_after()))
      .Lp(linkage::kNormaliserVersion)
      .Lp(crypto::ToString(purpose.hash()))
      .Lp(dataset_id)
      .Raw(offer.SerializeAsString());
  return common::WriteSealedFile(*d_.seal.fs, PathOf(purpose.body().purpose_id()), *d_.seal.key,
                                 kPlanLabel, out.view(), *d_.seal.random);
}

}  // namespace raakvlak::node
