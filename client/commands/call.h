// A call within a session: context, deadline, Ctrl-C, and the error as a person reads it.
#ifndef RAAKVLAK_CLIENT_COMMANDS_CALL_H_
#define RAAKVLAK_CLIENT_COMMANDS_CALL_H_

#include <functional>
#include <memory>
#include <string>

#include "client/session.h"

namespace raakvlak::client {

inline constexpr std::chrono::seconds kShortCall{30};
inline constexpr std::chrono::seconds kLongCall{24 * 3600};

inline const char* PeerName(Peer peer) { return peer == Peer::kNode ? "node" : "matcher"; }

// Makes a stub of Service and calls `body(stub, context)`, which gives a grpc::Status.
template <typename Service, typename Body>
absl::Status Call(Session& session, Peer peer, std::chrono::seconds deadline, const Body& body) {
  auto channel = session.Open(peer);
  if (!channel.ok()) return channel.status();
  auto stub = Service::NewStub(*channel);
  auto context = session.NewContext(deadline);
  const grpc::Status status = body(*stub, *context);
  session.Release(context.get());
  return FromGrpc(status, PeerName(peer));
}

}  // namespace raakvlak::client

#endif  // RAAKVLAK_CLIENT_COMMANDS_CALL_H_
