#include "server/common/tls.h"

#include <fcntl.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/support/channel_arguments.h>
#include <openssl/pem.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/common/fs.h"
#include "server/common/grpc_status.h"
#include "server/common/identity.h"
#include "server/common/openssl_ptr.h"

namespace raakvlak::common {
namespace {

namespace tls = grpc::experimental;

constexpr uint64_t kMaxPemBytes = 1 << 20;
// How soon renewed certificates are picked up.
constexpr unsigned kRefreshSeconds = 30;

absl::StatusOr<std::string> ReadPem(const std::string& what, const std::string& path) {
  PosixFileSystem fs;
  if (path.empty()) {
    return absl::FailedPreconditionError(absl::StrCat("no file is configured for the ", what));
  }
  absl::StatusOr<std::string> text = ReadFile(fs, path, kMaxPemBytes);
  if (!text.ok()) {
    return absl::FailedPreconditionError(absl::StrCat(what, ": ", text.status().message()));
  }
  return text;
}

BioPtr Memory(const std::string& pem) {
  return BioPtr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

X509Ptr ParseCertificate(const std::string& pem) {
  const BioPtr bio = Memory(pem);
  return X509Ptr(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

absl::Time TimeOf(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return absl::InfinitePast();
  return absl::FromTM(parts, absl::UTCTimeZone());
}

// Says that there is no passphrase, where OpenSSL would ask the terminal for one.
int NoPassphrase(char*, int, int, void*) { return -1; }

std::shared_ptr<tls::CertificateProviderInterface> WatchFiles(const TlsFiles& files) {
  return std::make_shared<tls::FileWatcherCertificateProvider>(files.key, files.cert, files.ca,
                                                               kRefreshSeconds);
}

std::string Describe(const ExpectedPeer& peer) {
  return absl::StrCat(std::string(RoleName(peer.role)), peer.agency_id.empty() ? "" : " of ",
                      peer.agency_id);
}

// Runs after the chain was verified: is this the peer we mean?
class RosterVerifier : public tls::ExternalCertificateVerifier {
 public:
  RosterVerifier(std::shared_ptr<const RosterAccess> roster, ExpectedPeer peer, bool check_host)
      : roster_(std::move(roster)), peer_(std::move(peer)), check_host_(check_host) {}

  bool Verify(tls::TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)>,
              grpc::Status* sync_status) override {
    const absl::Status status = Check(request);
    if (!status.ok()) spdlog::warn("peer refused: {}", std::string(status.message()));
    *sync_status = ToGrpc(status);
    return true;
  }
  void Cancel(tls::TlsCustomVerificationCheckRequest*) override {}

 private:
  absl::Status Check(tls::TlsCustomVerificationCheckRequest* request) {
    const std::string target(request->target_name().data(), request->target_name().size());
    if (check_host_) {
      grpc::Status host;
      // The host name check of gRPC answers at once.
      host_.Verify(
          request, [](const grpc::Status&) {}, &host);
      if (!host.ok()) {
        return absl::UnauthenticatedError(absl::StrCat(
            "the certificate at ", target, " is not for that host name; check the endpoint of the ",
            Describe(peer_)));
      }
    }
    const grpc::string_ref pem = request->peer_cert();
    const absl::StatusOr<std::vector<std::string>> identities =
        IdentitiesOfPem(std::string_view(pem.data(), pem.size()));
    if (!identities.ok()) return identities.status();
    const absl::StatusOr<Caller> found = roster_->Resolve(*identities);
    if (!found.ok()) {
      return absl::UnauthenticatedError(absl::StrCat(
          "the certificate at ", target, " is not on the roster; expected the ", Describe(peer_)));
    }
    if (found->role != peer_.role || found->agency_id != peer_.agency_id) {
      return absl::UnauthenticatedError(
          absl::StrCat("at ", target, " answers the ",
                       Describe({.role = found->role, .agency_id = found->agency_id}),
                       ", expected the ", Describe(peer_)));
    }
    return absl::OkStatus();
  }

  const std::shared_ptr<const RosterAccess> roster_;
  const ExpectedPeer peer_;
  const bool check_host_;
  tls::HostNameCertificateVerifier host_;
};

}  // namespace

absl::StatusOr<OwnCertificate> CheckTlsFiles(const TlsFiles& files, const Clock& clock) {
  absl::StatusOr<std::string> ca = ReadPem("CA certificate", files.ca);
  if (!ca.ok()) return ca.status();
  if (ParseCertificate(*ca) == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat(files.ca, " holds no CA certificate in PEM form"));
  }
  absl::StatusOr<std::string> cert = ReadPem("certificate", files.cert);
  if (!cert.ok()) return cert.status();
  const X509Ptr certificate = ParseCertificate(*cert);
  if (certificate == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat(files.cert, " holds no certificate in PEM form"));
  }
  absl::StatusOr<std::string> key = ReadPem("private key", files.key);
  if (!key.ok()) return key.status();
  struct stat info {};
  if (stat(files.key.c_str(), &info) != 0 || (info.st_mode & 077) != 0) {
    OPENSSL_cleanse(key->data(), key->size());
    return absl::FailedPreconditionError(absl::StrCat(
        "the private key ", files.key, " is open to other users; run: chmod 600 ", files.key));
  }
  const BioPtr bio = Memory(*key);
  const PrivateKeyPtr private_key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr));
  OPENSSL_cleanse(key->data(), key->size());
  if (private_key == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat(files.key, " holds no unencrypted private key in PEM form"));
  }
  if (X509_check_private_key(certificate.get(), private_key.get()) != 1) {
    return absl::FailedPreconditionError(absl::StrCat("the key ", files.key,
                                                      " does not belong to the certificate ",
                                                      files.cert, "; renew both together"));
  }
  const absl::Time not_before = TimeOf(X509_get0_notBefore(certificate.get()));
  const absl::Time not_after = TimeOf(X509_get0_notAfter(certificate.get()));
  if (clock.Now() < not_before || clock.Now() > not_after) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the certificate ", files.cert, " is valid from ",
        absl::FormatTime(not_before, absl::UTCTimeZone()), " to ",
        absl::FormatTime(not_after, absl::UTCTimeZone()), ", not now; renew it, or set the clock"));
  }
  absl::StatusOr<std::vector<std::string>> identities = IdentitiesOfPem(*cert);
  if (!identities.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat(files.cert, ": ", identities.status().message()));
  }
  if (identities->empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat(files.cert,
                     " has neither a URI name nor a serialNumber in its subject, so "
                     "no roster can know it; ask the CA for one"));
  }
  return OwnCertificate{.identities = *std::move(identities), .not_after = not_after};
}

std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(const TlsFiles& files) {
  tls::TlsServerCredentialsOptions options(WatchFiles(files));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  // The chain is verified by the setting above; who it is, the access gate decides call by call.
  options.set_certificate_verifier(std::make_shared<tls::NoOpCertificateVerifier>());
  return tls::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> MakeChannelCredentials(
    const TlsFiles& files, std::shared_ptr<const RosterAccess> roster, ExpectedPeer peer,
    bool check_host_name) {
  tls::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(WatchFiles(files));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_verify_server_certs(true);
  options.set_certificate_verifier(tls::ExternalCertificateVerifier::Create<RosterVerifier>(
      std::move(roster), std::move(peer), check_host_name));
  // The verifier checks the host once a connection, if it is to be checked.
  options.set_check_call_host(false);
  return tls::TlsCredentials(options);
}

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address, const TlsFiles& files,
                                           std::shared_ptr<const RosterAccess> roster,
                                           ExpectedPeer peer, ChannelOptions options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, ArgumentMilliseconds(options.keepalive));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, ArgumentMilliseconds(options.keepalive_timeout));
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  // gRPC takes this for the time that an attempt to connect may take, handshake included: a busy
  // machine needs seconds.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 10000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS,
                   ArgumentMilliseconds(options.max_reconnect_backoff));
  // No retries behind our back: every mutation carries a request id and is repeated knowingly.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  // A connection belongs to this channel alone, with its own expectations of the peer.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(
      address,
      MakeChannelCredentials(files, std::move(roster), std::move(peer), options.check_host_name),
      arguments);
}

int ArgumentMilliseconds(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

}  // namespace raakvlak::common
