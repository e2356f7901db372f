// The MatcherLink over SubmissionService of proto/raakvlak/v1/submission.proto.
#ifndef RAAKVLAK_SERVER_NODE_GRPC_MATCHER_LINK_H_
#define RAAKVLAK_SERVER_NODE_GRPC_MATCHER_LINK_H_

#include <chrono>
#include <memory>

#include "server/node/matcher_link.h"

namespace grpc {
class Channel;
}

namespace raakvlak::node {

struct MatcherDeadlines {
  // Of a call without a stream.
  std::chrono::seconds call{20};
  // Of a stream that carries a dataset's tags, records or matches.
  std::chrono::seconds bulk{30 * 60};
};

std::unique_ptr<MatcherLink> NewGrpcMatcherLink(std::shared_ptr<grpc::Channel> channel,
                                                MatcherDeadlines deadlines = {});

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_GRPC_MATCHER_LINK_H_
