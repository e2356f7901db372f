// Which nodes are connected (hold a WatchRuns stream), what they announced, and since when the
// others are away.
#ifndef RAAKVLAK_SERVER_MATCHER_CONNECTIONS_H_
#define RAAKVLAK_SERVER_MATCHER_CONNECTIONS_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "crypto/base/bytes.h"
#include "crypto/base/hash.h"
#include "raakvlak/v1/submission.pb.h"
#include "server/common/clock.h"

namespace raakvlak::matcher {

// From WatchRunsRequest.
struct Announcement {
  std::uint64_t epoch = 0;
  std::string normaliser_version;
  // Blocking plans, checked.
  std::vector<v1::PlanOffer> plans = {};

  // nullopt where the node has said nothing of this text of the purpose.
  std::optional<v1::PlanOffer> PlanFor(const crypto::Digest& purpose_hash) const {
    for (const v1::PlanOffer& plan : plans) {
      if (plan.purpose_hash() == crypto::ToString(purpose_hash)) return plan;
    }
    return std::nullopt;
  }
};

// Thread-safe. The clock must outlive it.
class Connections {
 public:
  explicit Connections(const common::Clock& clock) : clock_(clock), started_(clock.Monotonic()) {}

  // Until it goes away the agency counts as connected. A node that reconnects may hold two for a
  // while; the newest announcement counts.
  class Guard {
   public:
    Guard(Connections& connections, std::string agency_id)
        : connections_(connections), agency_id_(std::move(agency_id)) {}
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    ~Guard() { connections_.Leave(agency_id_); }

   private:
    Connections& connections_;
    std::string agency_id_;
  };
  [[nodiscard]] Guard Enter(const std::string& agency_id, Announcement announcement) {
    std::lock_guard lock(mutex_);
    Node& node = nodes_[agency_id];
    ++node.streams;
    node.announcement = std::move(announcement);
    return Guard(*this, agency_id);
  }

  // nullopt for a node that is not connected.
  std::optional<Announcement> Find(std::string_view agency_id) const {
    std::lock_guard lock(mutex_);
    const auto node = nodes_.find(agency_id);
    if (node == nodes_.end() || node->second.streams == 0) return std::nullopt;
    return node->second.announcement;
  }

  // How long it has been away; zero while connected. Nobody counts as away from before the matcher
  // started.
  absl::Duration AwayFor(std::string_view agency_id) const {
    std::lock_guard lock(mutex_);
    const auto node = nodes_.find(agency_id);
    if (node != nodes_.end() && node->second.streams > 0) return absl::ZeroDuration();
    const auto since = node == nodes_.end() ? started_ : node->second.left;
    return absl::FromChrono(clock_.Monotonic() - since);
  }

 private:
  struct Node {
    int streams = 0;
    Announcement announcement;
    std::chrono::steady_clock::time_point left;
  };
  void Leave(const std::string& agency_id) {
    std::lock_guard lock(mutex_);
    Node& node = nodes_[agency_id];
    --node.streams;
    node.left = clock_.Monotonic();
  }

  const common::Clock& clock_;
  const std::chrono::steady_clock::time_point started_;
  mutable std::mutex mutex_;
  std::map<std::string, Node, std::less<>> nodes_;
};

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_CONNECTIONS_H_
