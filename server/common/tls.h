// TLS on both ends: mutual, TLS 1.2 or newer, certificates reloaded from their files, and the peer
// of an outgoing channel held to the roster.
#ifndef RAAKVLAK_SERVER_COMMON_TLS_H_
#define RAAKVLAK_SERVER_COMMON_TLS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/common/access.h"
#include "server/common/clock.h"

namespace grpc {
class Channel;
class ChannelCredentials;
class ServerCredentials;
}  // namespace grpc

namespace raakvlak::common {

// PEM files. Renew key and certificate together by switching one symbolic link of their directory;
// running programs pick them up within a minute.
struct TlsFiles {
  std::string ca;    // one or more CA certificates that peers are checked against
  std::string cert;  // our chain, leaf first
  std::string key;   // PKCS #8 or traditional, unencrypted; mode 0600 or 0400
};

// What our own certificate says.
struct OwnCertificate {
  std::vector<std::string> identities;  // as in identity.h
  absl::Time not_after;
};

// Reads all three files and checks them, since gRPC itself would start without them and fail call
// by call: they are there, parse, the key is private and matches the certificate, and the
// certificate is valid now. FailedPrecondition names file, reason and remedy.
absl::StatusOr<OwnCertificate> CheckTlsFiles(const TlsFiles& files, const Clock& clock);

// Asks for and verifies a client certificate, always. Call CheckTlsFiles first.
std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(const TlsFiles& files);

// Whom an outgoing channel must reach.
struct ExpectedPeer {
  Role role = Role::kNode;
  std::string agency_id;  // empty for the matcher
};

struct ChannelOptions {
  // Also compare the host name of the address with the certificate. The roster identity is always
  // checked; hosts on closed networks are often not in certificates.
  bool check_host_name = true;
  absl::Duration keepalive = absl::Seconds(60);
  absl::Duration keepalive_timeout = absl::Seconds(20);
  absl::Duration max_reconnect_backoff = absl::Seconds(10);
};

// Credentials that finish the handshake only with the peer that the roster knows by its certificate
// as `peer`; a refusal shows as UNAVAILABLE on the calls with the reason in the message, and in the
// log. `roster` is kept.
std::shared_ptr<grpc::ChannelCredentials> MakeChannelCredentials(
    const TlsFiles& files, std::shared_ptr<const RosterAccess> roster, ExpectedPeer peer,
    bool check_host_name = true);

// A lazily connecting channel to "host:port". Messages are at most kMaxMessageBytes both ways. Set
// a deadline on every call: gRPC has no default.
std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address, const TlsFiles& files,
                                           std::shared_ptr<const RosterAccess> roster,
                                           ExpectedPeer peer, ChannelOptions options = {});

inline constexpr int kMaxMessageBytes = 4 << 20;

// As the arguments of gRPC's channels and servers want it.
int ArgumentMilliseconds(absl::Duration duration);

}  // namespace raakvlak::common

#endif  // RAAKVLAK_SERVER_COMMON_TLS_H_
