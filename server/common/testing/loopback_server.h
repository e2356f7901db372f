// A gRPC service at a free port of this machine, for tests of handlers and of clients' calls.
#ifndef RAAKVLAK_SERVER_COMMON_TESTING_LOOPBACK_SERVER_H_
#define RAAKVLAK_SERVER_COMMON_TESTING_LOOPBACK_SERVER_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

namespace raakvlak::common::testing {

// Without TLS. gRPC 1.51's in-process transport hangs where a handler answers before the last
// message, hence a port.
class LoopbackServer {
 public:
  // `service` outlives this.
  explicit LoopbackServer(grpc::Service& service) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&service);
    server_ = builder.BuildAndStart();
  }
  // Waits for the handlers.
  ~LoopbackServer() { server_->Shutdown(); }
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  std::shared_ptr<grpc::Channel> Channel() const {
    return grpc::CreateChannel("127.0.0.1:" + std::to_string(port_),
                               grpc::InsecureChannelCredentials());
  }

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace raakvlak::common::testing

#endif  // RAAKVLAK_SERVER_COMMON_TESTING_LOOPBACK_SERVER_H_
