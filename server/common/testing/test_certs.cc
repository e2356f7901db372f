#include "server/common/testing/test_certs.h"

#include <openssl/pem.h>
#include <openssl/rand.h>

#include <cstdlib>
#include <iostream>

#include "server/common/fs.h"
#include "server/common/openssl_ptr.h"

namespace raakvlak::common::testing {
namespace {

void Check(bool good, const char* what) {
  if (good) return;
  std::cerr << "test certificates: " << what << " failed\n";
  std::abort();
}

std::string ReadAll(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<size_t>(size));
}

std::string CertPem(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  Check(PEM_write_bio_X509(bio.get(), certificate) == 1, "writing a certificate");
  return ReadAll(bio.get());
}

std::string KeyPem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  Check(PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
        "writing a key");
  return ReadAll(bio.get());
}

void AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  Check(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1, value.c_str());
  X509_EXTENSION_free(extension);
}

// A certificate with a random serial number and a subject, not yet signed.
X509Ptr NewCertificate(EVP_PKEY* key, const std::string& common_name,
                       const std::string& serial_number, absl::Duration from,
                       absl::Duration lasting) {
  X509Ptr certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  uint32_t serial = 0;
  Check(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "randomness");
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), uint64_t{serial} + 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), absl::ToInt64Seconds(from));
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), absl::ToInt64Seconds(from + lasting));
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  const auto add = [&](const char* field, const std::string& value) {
    Check(X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(value.data()),
                                     static_cast<int>(value.size()), -1, 0) == 1,
          field);
  };
  add("CN", common_name);
  if (!serial_number.empty()) add("serialNumber", serial_number);
  return certificate;
}

}  // namespace

struct TestCa::State {
  PrivateKeyPtr key;
  X509Ptr certificate;
};

TestCa::TestCa(const std::string& name) : state_(std::make_unique<State>()) {
  state_->key.reset(EVP_EC_gen("P-256"));
  Check(state_->key != nullptr, "making a key");
  state_->certificate =
      NewCertificate(state_->key.get(), name, "", -absl::Hours(24), absl::Hours(24 * 30));
  X509* certificate = state_->certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  AddExtension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  AddExtension(certificate, certificate, NID_subject_key_identifier, "hash");
  Check(X509_sign(certificate, state_->key.get(), EVP_sha256()) > 0, "signing");
  cert_pem_ = CertPem(certificate);
}

TestCa::~TestCa() = default;

Pem TestCa::Issue(const LeafSpec& spec) const {
  const PrivateKeyPtr key(EVP_EC_gen("P-256"));
  Check(key != nullptr, "making a key");
  const X509Ptr leaf =
      NewCertificate(key.get(), "test leaf", spec.serial_number, spec.valid_from, spec.valid_for);
  X509* issuer = state_->certificate.get();
  X509_set_issuer_name(leaf.get(), X509_get_subject_name(issuer));
  AddExtension(leaf.get(), issuer, NID_basic_constraints, "critical,CA:FALSE");
  AddExtension(leaf.get(), issuer, NID_ext_key_usage, "serverAuth,clientAuth");
  AddExtension(leaf.get(), issuer, NID_authority_key_identifier, "keyid");
  std::string names;
  const auto add = [&](const char* kind, const std::vector<std::string>& values) {
    for (const std::string& value : values) {
      names += (names.empty() ? "" : ",") + std::string(kind) + value;
    }
  };
  add("URI:", spec.uris);
  add("DNS:", spec.dns);
  add("IP:", spec.ips);
  if (!names.empty()) AddExtension(leaf.get(), issuer, NID_subject_alt_name, names);
  Check(X509_sign(leaf.get(), state_->key.get(), EVP_sha256()) > 0, "signing");
  return Pem{.cert = CertPem(leaf.get()), .key = KeyPem(key.get())};
}

TlsFiles TestCa::IssueTo(const std::string& directory, const LeafSpec& spec) const {
  PosixFileSystem fs;
  Check(fs.MakePrivateDirectory(directory).ok(), "making a directory");
  const Pem pem = Issue(spec);
  TlsFiles files{
      .ca = directory + "/ca.pem", .cert = directory + "/cert.pem", .key = directory + "/key.pem"};
  Check(WriteFileAtomic(fs, files.ca, cert_pem_).ok(), "writing the CA certificate");
  Check(WriteFileAtomic(fs, files.cert, pem.cert).ok(), "writing the certificate");
  Check(WriteFileAtomic(fs, files.key, pem.key).ok(), "writing the key");
  return files;
}

}  // namespace raakvlak::common::testing
