// Who a certificate says its holder is: "uri:<URI name>" for each URI of the subject's alternative
// names, "oin:<serialNumber>" for the serial number in the subject (where Dutch government
// certificates carry the OIN; PKIoverheid). Nothing else in a certificate counts.
#ifndef RAAKVLAK_SERVER_COMMON_IDENTITY_H_
#define RAAKVLAK_SERVER_COMMON_IDENTITY_H_

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace grpc {
class AuthContext;
}

namespace raakvlak::common {

// Names of the leaf (the first certificate of `pem`), in the order of the certificate. May be
// empty. InvalidArgument if it does not parse or a name holds a NUL byte or other than printable
// ASCII (such a name is an attack on whoever compares or logs it).
absl::StatusOr<std::vector<std::string>> IdentitiesOfPem(std::string_view pem);

// Of the peer of a connection. Unauthenticated if it showed no certificate.
//
// Every call asks, and reading a certificate takes a third of a millisecond: the names in the
// certificates of late are remembered. Thread-safe.
class PeerIdentities {
 public:
  absl::StatusOr<std::vector<std::string>> Of(const grpc::AuthContext& context);

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<std::string>, std::less<>> names_;  // by PEM
};

}  // namespace raakvlak::common

#endif  // RAAKVLAK_SERVER_COMMON_IDENTITY_H_
