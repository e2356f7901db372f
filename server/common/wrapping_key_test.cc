#include "server/common/wrapping_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "crypto/base/bytes.h"
#include "server/common/testing/temp_dir.h"

namespace raakvlak::common {
namespace {

using crypto::SecretAccess;
using crypto::SecretBytes;
using ::testing::HasSubstr;
using testing::TempDir;

constexpr char kHex[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

std::string Hex(const crypto::Secret<32>& key) { return crypto::ToHex(key.Reveal(SecretAccess{})); }

class WrappingKeyTest : public ::testing::Test {
 protected:
  WrappingKeyTest() { std::filesystem::create_directory(data_); }
  std::string Write(const std::string& name, const std::string& text, mode_t mode = 0600) {
    std::string path = dir_ / name;
    std::ofstream(path) << text;
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }
  TempDir dir_;
  std::string data_ = dir_ / "data";
};

TEST_F(WrappingKeyTest, ReadsHexAndRawFiles) {
  EXPECT_EQ(Hex(*WrappingKeyFromFile(Write("a", kHex), data_)), kHex);
  EXPECT_EQ(Hex(*WrappingKeyFromFile(Write("b", std::string(kHex) + "\n", 0400), data_)), kHex);
  EXPECT_EQ(Hex(*WrappingKeyFromFile(Write("c", std::string(32, 'k')), data_)),
            crypto::ToHex(crypto::AsBytes(std::string(32, 'k'))));
}

TEST_F(WrappingKeyTest, RefusesWhatIsNotAKeyWithoutShowingIt) {
  for (const std::string& text :
       {std::string(), std::string("shortsecret"), std::string(63, 'a'), std::string(64, 'g'),
        std::string(kHex) + "\n\n", std::string(32, '\0'), std::string(64, '0'),
        std::string(5000, 'a')}) {
    const auto key = WrappingKeyFromFile(Write("k", text), data_);
    EXPECT_EQ(key.status().code(), absl::StatusCode::kFailedPrecondition) << text.size();
    EXPECT_THAT(std::string(key.status().message()), ::testing::Not(HasSubstr("shortsecret")));
  }
}

TEST_F(WrappingKeyTest, RefusesOpenFiles) {
  for (const mode_t mode : {0640, 0604, 0660, 0644, 0700}) {
    const auto key = WrappingKeyFromFile(Write("k", kHex, mode), data_);
    EXPECT_EQ(key.status().code(), absl::StatusCode::kFailedPrecondition) << mode;
    EXPECT_THAT(std::string(key.status().message()), HasSubstr("chmod 600"));
  }
  EXPECT_EQ(WrappingKeyFromFile(dir_.path(), data_).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(WrappingKeyFromFile(dir_ / "none", data_).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(WrappingKeyTest, RefusesAKeyInsideTheDataDirectoryBehindLinksToo) {
  const std::string inside = Write("data/key", kHex);
  EXPECT_THAT(std::string(WrappingKeyFromFile(inside, data_).status().message()),
              HasSubstr("data directory"));
  EXPECT_FALSE(WrappingKeyFromFile(dir_ / "data/../data/key", data_).ok());
  std::filesystem::create_symlink(inside, dir_ / "link");
  EXPECT_FALSE(WrappingKeyFromFile(dir_ / "link", data_).ok());
  EXPECT_TRUE(WrappingKeyFromFile(Write("data-key", kHex), data_).ok());
}

TEST_F(WrappingKeyTest, ReadsCredentials) {
  Write("cred", kHex, 0440);  // as systemd may make them
  EXPECT_EQ(Hex(*WrappingKeyFromCredential(dir_.path(), "cred")), kHex);
  EXPECT_THAT(std::string(WrappingKeyFromCredential("", "cred").status().message()),
              HasSubstr("CREDENTIALS_DIRECTORY"));
  EXPECT_EQ(WrappingKeyFromCredential(dir_.path(), "none").status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(WrappingKeyFromCredential(dir_ / "data", "../cred").status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(WrappingKeyTest, DerivesFromAPassphraseWithAKeptSalt) {
  PosixFileSystem fs;
  crypto::SeededRandom random(1);
  const PassphraseCost cheap{.operations = 1, .memory_bytes = 8192};
  const SecretBytes passphrase(crypto::AsBytes("correct horse battery"));
  const SecretBytes other(crypto::AsBytes("correct horse batterz"));
  const auto derive = [&](const SecretBytes& text, const std::string& salt) {
    return Hex(*WrappingKeyFromPassphrase(fs, text, salt, random, cheap));
  };
  const std::string first = derive(passphrase, dir_ / "salt");
  EXPECT_EQ(derive(passphrase, dir_ / "salt"), first);
  EXPECT_NE(derive(other, dir_ / "salt"), first);
  EXPECT_NE(derive(passphrase, dir_ / "salt2"), first);
  const SecretBytes too_short(crypto::AsBytes("short"));
  EXPECT_EQ(WrappingKeyFromPassphrase(fs, too_short, dir_ / "salt", random, cheap).status().code(),
            absl::StatusCode::kInvalidArgument);
  Write("salt3", "bad");
  EXPECT_EQ(
      WrappingKeyFromPassphrase(fs, passphrase, dir_ / "salt3", random, cheap).status().code(),
      absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace raakvlak::common
