// Certificates for tests: a throwaway CA and leaves with the names a test asks for. They never
// leave a test's directory.
#ifndef RAAKVLAK_SERVER_COMMON_TESTING_TEST_CERTS_H_
#define RAAKVLAK_SERVER_COMMON_TESTING_TEST_CERTS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/common/tls.h"

namespace raakvlak::common::testing {

struct LeafSpec {
  std::vector<std::string> uris{};  // URI names
  std::string serial_number{};      // of the subject (an OIN); empty: none
  std::vector<std::string> dns{"localhost"};
  std::vector<std::string> ips{"127.0.0.1"};
  absl::Duration valid_from = -absl::Hours(1);  // from now
  absl::Duration valid_for = absl::Hours(24);
};

struct Pem {
  std::string cert;
  std::string key;
};

// ECDSA on P-256. Failures of OpenSSL stop the test program. Thread-compatible.
class TestCa {
 public:
  explicit TestCa(const std::string& name = "Test CA");
  ~TestCa();

  const std::string& cert_pem() const { return cert_pem_; }
  Pem Issue(const LeafSpec& spec) const;
  // Issues and writes ca.pem, cert.pem and key.pem (0600) into `directory` (made if needed).
  TlsFiles IssueTo(const std::string& directory, const LeafSpec& spec) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::string cert_pem_;
};

}  // namespace raakvlak::common::testing

#endif  // RAAKVLAK_SERVER_COMMON_TESTING_TEST_CERTS_H_
