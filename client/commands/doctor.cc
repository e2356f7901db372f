// raak doctor: why a connection does not come about. gRPC says only "Socket closed" when a
// certificate is refused, so this looks at each step by itself.
#include <netdb.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"
#include "client/commands/call.h"
#include "client/commands/commands.h"
#include "client/files.h"
#include "raakvlak/v1/coordination.grpc.pb.h"
#include "raakvlak/v1/stewardship.grpc.pb.h"

namespace raakvlak::client {
namespace {

template <typename T, auto Free>
struct Deleter {
  void operator()(T* p) const { Free(p); }
};
using Certificate = std::unique_ptr<X509, Deleter<X509, X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY, EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO, BIO_free_all>>;
using Store = std::unique_ptr<X509_STORE, Deleter<X509_STORE, X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, Deleter<X509_STORE_CTX, X509_STORE_CTX_free>>;

Bio ReadBio(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// One line of the diagnosis; false ends it.
bool Line(Session& session, const std::string& what, const absl::Status& status) {
  session.out() << (status.ok() ? "ok    " : "FAIL  ") << what;
  if (!status.ok()) session.out() << ": " << std::string(status.message());
  session.out() << "\n";
  return status.ok();
}

absl::Status CheckCertificate(const Profile& profile) {
  auto cert_text = ReadFile(profile.cert);
  if (!cert_text.ok()) return cert_text.status();
  auto key_text = ReadFile(profile.key);
  if (!key_text.ok()) return key_text.status();
  auto ca_text = ReadFile(profile.ca);
  if (!ca_text.ok()) return ca_text.status();
  Certificate cert(PEM_read_bio_X509(ReadBio(*cert_text).get(), nullptr, nullptr, nullptr));
  if (!cert) return absl::InvalidArgumentError(profile.cert + " is not a certificate in PEM");
  Key key(PEM_read_bio_PrivateKey(ReadBio(*key_text).get(), nullptr, nullptr, nullptr));
  if (!key) return absl::InvalidArgumentError(profile.key + " is not a private key in PEM");
  if (X509_check_private_key(cert.get(), key.get()) != 1) {
    return absl::InvalidArgumentError(profile.key + " does not belong to " + profile.cert);
  }
  if (X509_cmp_current_time(X509_get0_notAfter(cert.get())) < 0) {
    return absl::InvalidArgumentError(profile.cert + " has expired; ask for a new one");
  }
  Store store(X509_STORE_new());
  Bio ca_bio = ReadBio(*ca_text);
  while (Certificate ca{PEM_read_bio_X509(ca_bio.get(), nullptr, nullptr, nullptr)}) {
    X509_STORE_add_cert(store.get(), ca.get());
  }
  StoreContext context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), cert.get(), nullptr);
  if (X509_verify_cert(context.get()) != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(profile.cert, " was not issued by the CA in ", profile.ca, " (",
                     X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())), ")"));
  }
  return absl::OkStatus();
}

absl::Status CheckReachable(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) {
    return absl::InvalidArgumentError(address + " is not of the form HOST:PORT");
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(address.substr(0, colon).c_str(), address.substr(colon + 1).c_str(),
                                &hints, &found);
  if (error != 0) return absl::UnavailableError(absl::StrCat(address, ": ", gai_strerror(error)));
  std::unique_ptr<addrinfo, Deleter<addrinfo, freeaddrinfo>> list(found);
  int last_error = 0;
  for (const addrinfo* a = list.get(); a != nullptr; a = a->ai_next) {
    const int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
    if (fd < 0) continue;
    timeval timeout{5, 0};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    const bool connected = connect(fd, a->ai_addr, a->ai_addrlen) == 0;
    last_error = errno;
    close(fd);
    if (connected) return absl::OkStatus();
  }
  return absl::UnavailableError(absl::StrCat("nothing answers at ", address, " (",
                                             std::strerror(last_error), "); is it running?"));
}

absl::Status CheckRole(Session& session, Peer peer) {
  if (peer == Peer::kNode) {
    v1::NodeStatus status;
    return Call<v1::StewardshipService>(
        session, peer, kShortCall,
        [&](v1::StewardshipService::Stub& stub, grpc::ClientContext& context) {
          return stub.GetStatus(&context, v1::GetNodeStatusRequest(), &status);
        });
  }
  v1::ProgramInfo info;
  return Call<v1::CoordinationService>(
      session, peer, kShortCall,
      [&](v1::CoordinationService::Stub& stub, grpc::ClientContext& context) {
        return stub.GetInfo(&context, v1::GetMatcherInfoRequest(), &info);
      });
}

absl::Status Examine(Session& session) {
  Profile profile = session.overrides;
  const std::string path =
      session.profile_path.empty() ? DefaultProfilePath() : session.profile_path;
  if (!path.empty()) {
    auto read = ReadProfile(path);
    if (!Line(session, "profile " + path, read.status())) return read.status();
    profile = Merge(*read, profile);
  }
  if (profile.cert.empty() || profile.key.empty() || profile.ca.empty()) {
    return absl::InvalidArgumentError(
        "the profile must name ca, cert and key; `raak --help` shows one");
  }
  absl::Status status = CheckCertificate(profile);
  if (!Line(session, "own certificate, key and CA", status)) return status;
  if (profile.node.empty() && profile.matcher.empty()) {
    return absl::InvalidArgumentError("the profile must name a node or a matcher");
  }
  for (Peer peer : {Peer::kNode, Peer::kMatcher}) {
    const std::string& address = peer == Peer::kNode ? profile.node : profile.matcher;
    if (address.empty()) continue;
    const std::string name = absl::StrCat(PeerName(peer), " ", address);
    status = CheckReachable(address);
    if (!Line(session, name + " answers", status)) return status;
    status = CheckRole(session, peer);
    if (status.code() == absl::StatusCode::kUnavailable) {
      status = absl::UnavailableError(
          "it answers, but TLS does not come about: its certificate or ours is from another CA, or "
          "its certificate does not name this host");
    }
    if (!Line(session, name + " accepts this certificate", status)) return status;
  }
  return absl::OkStatus();
}

}  // namespace

void AddDoctor(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("doctor", "Find out why a connection does not come about");
  command->footer("\nExample:\n  raak doctor --config steward.toml");
  command->callback([&session] { session.Finish(Examine(session)); });
}

}  // namespace raakvlak::client
