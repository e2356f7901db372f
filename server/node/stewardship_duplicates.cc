// A steward asks which records of the own dataset look like one subject. See stewardship_service.h.
#include <mutex>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/common/grpc_status.h"
#include "server/node/own_duplicates.h"
#include "server/node/status_macros.h"
#include "server/node/stewardship_service.h"

namespace raakvlak::node {
namespace {

constexpr int kGroupsPerMessage = 1024;

}  // namespace

grpc::Status StewardshipServiceImpl::ListDuplicates(
    grpc::ServerContext* context, const v1::ListDuplicatesRequest* request,
    grpc::ServerWriter<v1::DuplicateChunk>* writer) {
  absl::StatusOr<std::string> steward = Steward(*context);
  if (!steward.ok()) return common::ToGrpc(steward.status());
  return common::ToGrpc(StreamDuplicates(*steward, *request, *writer));
}

absl::Status StewardshipServiceImpl::StreamDuplicates(
    const std::string& steward, const v1::ListDuplicatesRequest& request,
    grpc::ServerWriter<v1::DuplicateChunk>& writer) {
  NODE_ASSIGN_OR_RETURN(OwnPlan plan, d_.plans.PlanFor(request.purpose_id()));
  std::unique_lock lock(duplicates_mutex_, std::try_to_lock);
  if (!lock.owns_lock()) {
    return absl::UnavailableError("duplicates are being looked for already; try again shortly");
  }
  NODE_RETURN_IF_ERROR(d_.audit.Append(
      {"duplicates.consulted", steward, "allowed", {{"purpose", request.purpose_id()}}}));
  NODE_ASSIGN_OR_RETURN(
      std::vector<v1::DuplicateGroup> groups,
      ListOwnDuplicates(d_.datasets, plan.dataset_id, plan.purpose->body().profile(), plan.plan,
                        *d_.seal.random));
  lock.unlock();
  v1::DuplicateChunk chunk;
  for (v1::DuplicateGroup& group : groups) {
    *chunk.add_groups() = std::move(group);
    if (chunk.groups_size() < kGroupsPerMessage) continue;
    if (!writer.Write(chunk)) return absl::CancelledError("the steward went away");
    chunk.Clear();
  }
  if (chunk.groups_size() > 0 && !writer.Write(chunk)) {
    return absl::CancelledError("the steward went away");
  }
  return absl::OkStatus();
}

}  // namespace raakvlak::node
