// Logs, errors, audit, file names and files hold no identifier, share, output, tag or block secret
// (protocol.md, "What must be refused" 20): one whole run with planted values, with the mistakes
// that people make around it, and everything that was written is searched while the run is on and
// after it. Core dumps: server/common/process_test.cc.
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "crypto/oprf/output_keys.h"
#include "crypto/oprf/voprf.h"
#include "linkage/normalise/normalise.h"
#include "server/node/mesh/key_store.h"
#include "server/node/testing/cluster.h"

namespace raakvlak::node {
namespace {

using crypto::SecretAccess;

constexpr char kSchema[] = "record_id = \"id\"\n[columns]\nkvk = \"kvk\"\n";
// Found at a and b; as it is, and as a writes it.
constexpr char kShared[] = "91473605";
constexpr char kSpelt[] = "9147.3605";
constexpr char kOnlyA[] = "82615947";
constexpr char kBad[] = "QXPLANTED77";
const std::vector<std::string> kPlain = {
    kShared, kSpelt, kOnlyA, kBad, "zaak-alpha-5521", "zaak-beta-6632", "73648215", "64823157"};

class Everything {
 public:
  void Add(const std::string& where, const std::string& text) { texts_[where] += text; }
  void AddTree(const std::string& when, const std::string& directory) {
    std::error_code error;
    for (auto it = std::filesystem::recursive_directory_iterator(directory, error);
         it != std::filesystem::recursive_directory_iterator(); it.increment(error)) {
      const std::string path = it->path().string();
      Add(when + " file names", path.substr(directory.size()) + "\n");
      if (!it->is_regular_file(error)) continue;
      std::ifstream file(path, std::ios::binary);
      std::ostringstream bytes;
      bytes << file.rdbuf();
      Add(when + " " + path.substr(directory.size()), bytes.str());
    }
  }
  bool Has(const std::string& needle) const { return !Where(needle).empty(); }
  std::string Where(const std::string& needle) const {
    for (const auto& [where, text] : texts_) {
      if (text.find(needle) != std::string::npos) return where;
    }
    return "";
  }
  // As bytes, in hex of either case, or in Base64.
  void ExpectNone(const std::string& what, const std::string& secret) const {
    ASSERT_GE(secret.size(), 8u) << what;
    std::string base64 = absl::Base64Escape(secret);
    // The last characters of Base64 depend on what follows.
    base64.resize(secret.size() / 3 * 4);
    const std::string hex = crypto::ToHex(crypto::AsBytes(secret));
    std::string upper = hex;
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    for (const std::string& form : {secret, hex, upper, base64}) {
      EXPECT_EQ(Where(form), "") << what << " is written down";
    }
  }

 private:
  std::map<std::string, std::string> texts_;
};

class LeakTest : public ::testing::Test {
 public:
  ~LeakTest() override { spdlog::set_default_logger(before_); }

 protected:
  LeakTest() {
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(log_);
    before_ = spdlog::default_logger();
    auto logger = std::make_shared<spdlog::logger>("leak", sink);
    logger->set_level(spdlog::level::trace);
    spdlog::set_default_logger(logger);
  }

  void Finished(const std::string& run) {
    for (int node = 0; node < 3; ++node) {
      for (int i = 0; i < 200 && cluster_.node(node).driver().Where(run).has_value(); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      }
    }
  }
  void AddAllTrees(const std::string& when) {
    for (int node = 0; node < 3; ++node) {
      everything_.AddTree(when + " node " + cluster_.Id(node), cluster_.data_directory(node));
    }
  }
  void Refused(const grpc::Status& status) {
    EXPECT_FALSE(status.ok());
    everything_.Add("errors", status.error_message() + "\n" + status.error_details() + "\n");
  }
  // The keys of a node that has stopped.
  std::shared_ptr<const EpochKeys> KeysOf(int node) {
    const std::vector<std::uint8_t> wrapping(32, static_cast<std::uint8_t>('k' + node));
    auto store =
        KeyStore::Open(cluster_.data_directory(node) + "/keys.db",
                       crypto::Secret<32>(std::span<const std::uint8_t, 32>(wrapping)), random_);
    EXPECT_TRUE(store.ok()) << store.status();
    return (*store)->active();
  }
  // The output for a value, from the shares of two agencies together.
  static std::string OutputOf(const std::string& value, const EpochKeys& a, const EpochKeys& b) {
    crypto::SystemRandom random;
    const crypto::Kernels& kernels = crypto::DefaultKernels();
    const crypto::DkgKey& key = a.dkg.keys[0];
    std::vector<crypto::ShareIndex> indices = {a.dkg.own_index, b.dkg.own_index};
    auto committee = crypto::Committee::Create(2, indices, key.public_shares, key.group_public_key);
    auto input = crypto::OprfInput(key.group_public_key, "kvk", linkage::kNormaliserVersion, value);
    const std::vector<crypto::ByteView> inputs = {input->Reveal(SecretAccess{})};
    auto chunk = crypto::Blind(kernels, inputs, random);
    std::vector<crypto::VerifiedPartial> partials;
    for (const EpochKeys* keys : {&a, &b}) {
      auto lambda = committee->Lambda(keys->dkg.own_index);
      auto answer = crypto::EvaluateChunk(
          kernels, chunk->encoded(), keys->dkg.keys[0].signing_share,
          keys->dkg.keys[0].public_shares[keys->dkg.own_index - 1u], *lambda, random);
      partials.push_back(*crypto::VerifyChunk(kernels, *committee, keys->dkg.own_index, *chunk,
                                              answer->elements, answer->proof));
    }
    auto combined = crypto::CombineChunk(kernels, *committee, *chunk, std::move(partials));
    auto unblinder = crypto::Unblinder::Create(kernels, key.group_public_key);
    auto outputs =
        crypto::FinalizeChunk(kernels, *unblinder, *std::move(chunk), *std::move(combined), inputs);
    return crypto::ToString(crypto::ByteView(outputs->Output(0, SecretAccess{})));
  }

  std::ostringstream log_;
  std::shared_ptr<spdlog::logger> before_;
  crypto::SystemRandom random_;
  Everything everything_;
  testing::Cluster cluster_{{"kvk"}, 4};
};

TEST_F(LeakTest, Refusal20NothingOfARunIsWrittenDown) {
  ASSERT_TRUE(cluster_.Ceremony(0).ok());
  const std::string rows = absl::StrCat("id,kvk\nzaak-alpha-5521,", kSpelt, "\nzaak-alpha-2,",
                                        kOnlyA, "\nzaak-alpha-3,", kBad, "\n");
  // What goes wrong at the edges: no header, a column twice, an open quote, a bad schema.
  Refused(cluster_.Submit(0, absl::StrCat("zaak-alpha-5521,", kShared, "\n"), kSchema));
  Refused(cluster_.Submit(0, absl::StrCat("id,kvk,kvk\n1,", kShared, ",", kOnlyA, "\n"), kSchema));
  Refused(cluster_.Submit(0, absl::StrCat("id,kvk\n1,\"", kShared, "\n"), kSchema));
  Refused(cluster_.Submit(0, rows, "record_id = \"id\"\n"));
  Refused(cluster_.Submit(0, absl::StrCat("id,kvk\n1,", kBad, "\n"), kSchema));
  ASSERT_TRUE(cluster_.Submit(0, rows, kSchema).ok());
  ASSERT_TRUE(
      cluster_
          .Submit(1, absl::StrCat("id,kvk\nzaak-beta-6632,", kShared, "\nx,73648215\n"), kSchema)
          .ok());
  ASSERT_TRUE(cluster_.Submit(2, "id,kvk\nx,64823157\n", kSchema).ok());

  // The disks while the run is on: with tags, overlaps and handled records on them.
  std::mutex mutex;
  std::set<std::string> looked;
  cluster_.matcher().before = [&](const std::string& call, const std::string& agency) {
    const std::lock_guard lock(mutex);
    if (agency == "agency-a" && looked.insert(call).second) AddAllTrees("at " + call);
    return grpc::Status::OK;
  };
  const std::string run = cluster_.StartRun();
  ASSERT_EQ(cluster_.matcher().WaitForEnd(run, 60), v1::RUN_STATE_DONE)
      << cluster_.matcher().Reason(run);
  Finished(run);
  for (const char* call : {"UploadTags", "FetchOverlap", "UploadRecords", "FetchMatches"}) {
    EXPECT_TRUE(looked.contains(call)) << call;
  }
  const std::vector<v1::StewardMatch> matches = cluster_.Matches(0);
  ASSERT_EQ(matches.size(), 1u);

  // A run that fails, for its reasons: a source without a header, at the node that others wait for.
  const std::string source = cluster_.home(2) + "/source.csv";
  std::ofstream(source) << "zaak-beta-6632," << kShared << "\n";
  std::ofstream(cluster_.home(2) + "/schema.toml") << kSchema;
  cluster_.SetSource(2, source, cluster_.home(2) + "/schema.toml");
  cluster_.StopNode(2);
  ASSERT_TRUE(cluster_.StartNode(2).ok());
  const std::string failed = cluster_.StartRun();
  ASSERT_EQ(cluster_.matcher().WaitForEnd(failed, 60), v1::RUN_STATE_FAILED);
  everything_.Add("reason of a failed run", cluster_.matcher().Reason(failed));
  Finished(failed);

  for (int node = 0; node < 3; ++node) cluster_.StopNode(node);
  AddAllTrees("at the end");
  spdlog::default_logger()->flush();
  everything_.Add("log", log_.str());
  EXPECT_GT(log_.str().size(), 200u) << "the log is not captured";
  EXPECT_TRUE(everything_.Has("run.matches")) << "the audit logs are not read";

  // Tags were known to the matcher, and to no disk or log of a node.
  const auto state = cluster_.matcher().run(run);
  std::size_t tags = 0;
  for (const auto& [whose, set] : state.tags) {
    for (const std::string& tag : set) {
      everything_.ExpectNone("a run tag", tag);
      ++tags;
    }
  }
  EXPECT_EQ(tags, 5u);
  // Neither these nor what follows ever reached the matcher.
  everything_.Add("what the matcher received", cluster_.matcher().received());
  for (const std::string& plain : kPlain) everything_.ExpectNone(plain, plain);

  const auto a = KeysOf(0), b = KeysOf(1), c = KeysOf(2);
  ASSERT_TRUE(a != nullptr && b != nullptr && c != nullptr);
  for (const auto& keys : {a, b, c}) {
    everything_.ExpectNone(
        "a key share",
        crypto::ToString(crypto::ByteView(keys->dkg.keys[0].signing_share.Reveal(SecretAccess{}))));
  }
  const crypto::Secret<64>& pair_key = *a->MatchPairKey("agency-b").value();
  everything_.ExpectNone("P_AB",
                         crypto::ToString(crypto::ByteView(pair_key.Reveal(SecretAccess{}))));
  const std::string output = OutputOf(kShared, *a, *b);
  // That these are the real ones shows in the reference that the steward was given.
  const auto bytes =
      std::span<const std::uint8_t, 64>(reinterpret_cast<const std::uint8_t*>(output.data()), 64);
  ASSERT_EQ(crypto::MatchReference(pair_key, "harbour", 1, crypto::BlockSecretOf(bytes)),
            matches[0].reference());
  everything_.ExpectNone("an output", output);
  everything_.ExpectNone("what tags are made of", output.substr(0, 32));
  everything_.ExpectNone("a block secret", output.substr(32));
  const std::string unshared = OutputOf(kOnlyA, *a, *b);
  everything_.ExpectNone("an output of a value that is not shared", unshared.substr(0, 32));
  everything_.ExpectNone("its block secret", unshared.substr(32));
}

}  // namespace
}  // namespace raakvlak::node
