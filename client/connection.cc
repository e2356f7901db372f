// Channels and the translation of their errors.
#include "client/connection.h"

#include "absl/strings/str_cat.h"
#include "client/files.h"
#include "crypto/base/random.h"

namespace raakvlak::client {
namespace {

constexpr int kKeepaliveMs = 60'000;
constexpr int kMaxMessageBytes = 4 << 20;

absl::StatusOr<std::string> ReadPem(const std::string& path, const char* option) {
  if (path.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "no ", option, " given; name it in the profile (`raak --help`) or with --", option));
  }
  auto text = ReadFile(path);
  if (text.ok() && text->find("-----BEGIN ") == std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is not a PEM file"));
  }
  return text;
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(const Profile& profile, Peer peer) {
  const std::string& address = peer == Peer::kNode ? profile.node : profile.matcher;
  if (address.empty()) {
    const char* what = peer == Peer::kNode ? "node" : "matcher";
    return absl::InvalidArgumentError(absl::StrCat(
        "no ", what, " address given; name it in the profile or with --", what, " HOST:PORT"));
  }
  grpc::SslCredentialsOptions options;
  auto ca = ReadPem(profile.ca, "ca");
  if (!ca.ok()) return ca.status();
  auto cert = ReadPem(profile.cert, "cert");
  if (!cert.ok()) return cert.status();
  auto key = ReadPem(profile.key, "key");
  if (!key.ok()) return key.status();
  options.pem_root_certs = *std::move(ca);
  options.pem_cert_chain = *std::move(cert);
  options.pem_private_key = *std::move(key);
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(address, grpc::SslCredentials(options), arguments);
}

absl::Status FromGrpc(const grpc::Status& status, const std::string& peer) {
  if (status.ok()) return absl::OkStatus();
  std::string message = status.error_message();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  if (code == absl::StatusCode::kUnavailable) {
    // A refused certificate and a process that is down look alike from here (gRPC 1.51).
    message = absl::StrCat("cannot reach the ", peer, " (", message,
                           "); is it running, and is this certificate from the right CA? `raak "
                           "doctor` looks closer");
  } else if (code == absl::StatusCode::kDeadlineExceeded) {
    message = absl::StrCat("the ", peer, " did not answer in time; try again, or see its log");
  }
  return absl::Status(code, message);
}

std::string NewRequestId() {
  std::string id(16, '\0');
  crypto::SystemRandom().Fill(std::span(reinterpret_cast<uint8_t*>(id.data()), id.size()));
  return id;
}

}  // namespace raakvlak::client
