// The threshold VOPRF over chunks: official vectors and shared keys.
#include "crypto/oprf/voprf.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "crypto/base/random.h"
#include "crypto/oprf/testing.h"
#include "crypto/oprf/voprf_testing.h"

namespace raakvlak::crypto {
namespace {

struct OfficialCase {
  std::vector<const char*> inputs, blinds, blinded, evaluated, outputs;
  const char* proof;
  const char* nonce;
};

constexpr char kOfficialKey[] = "e6f73f344b79b379f1a0dd37e07ff62e38d9f71345ce62ae3a9bc60b04ccd909";
constexpr char kOfficialPublicKey[] =
    "c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e";

// RFC 9497 appendix A.1.2.
const OfficialCase kOfficial[] = {
    {{"00"},
     {"64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706"},
     {"863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945"},
     {"aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e"},
     {"b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7d"
      "a4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c"},
     "ddef93772692e535d1a53903db24367355cc2cc78de93b3be5a8ffcc6985dd06"
     "6d4346421d17bf5117a2a1ff0fcb2a759f58a539dfbe857a40bce4cf49ec600d",
     "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e"},
    {{"5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"},
     {"64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706"},
     {"cc0b2a350101881d8a4cba4c80241d74fb7dcbfde4a61fde2f91443c2bf9ef0c"},
     {"60a59a57208d48aca71e9e850d22674b611f752bed48b36f7a91b372bd7ad468"},
     {"8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60"
      "356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6"},
     "401a0da6264f8cf45bb2f5264bc31e109155600babb3cd4e5af7d181a2c9dc0a"
     "67154fabf031fd936051dec80b0b6ae29c9503493dde7393b722eafdf5a50b02",
     "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e"},
    {{"00", "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"},
     {"64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706",
      "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e"},
     {"863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945",
      "90a0145ea9da29254c3a56be4fe185465ebb3bf2a1801f7124bbbadac751e654"},
     {"aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e",
      "cc5ac221950a49ceaa73c8db41b82c20372a4c8d63e5dded2db920b7eee36a2a"},
     {"b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7d"
      "a4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c",
      "8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60"
      "356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6"},
     "cc203910175d786927eeb44ea847328047892ddf8590e723c37205cb74600b0a"
     "5ab5337c8eb4ceae0494c2cf89529dcf94572ed267473d567aeed6ab873dee08",
     "419c4f4f5052c53c45f3da494d2b67b220d02118e0857cdbcf037f9ea84bbe0c"},
};

std::vector<Bytes> AllHex(const std::vector<const char*>& list) {
  std::vector<Bytes> out;
  out.reserve(list.size());
  for (const char* hex : list) out.push_back(Hex(hex));
  return out;
}
std::vector<EncodedElement> AllElements(const std::vector<const char*>& list) {
  std::vector<EncodedElement> out;
  out.reserve(list.size());
  for (const char* hex : list) out.push_back(EncodedHex(hex));
  return out;
}
TEST(VoprfTest, OfficialVectorsOfMode1) {
  const SecretScalar key = SecretScalarHex(kOfficialKey);
  const Element public_key = ElementHex(kOfficialPublicKey);
  EXPECT_EQ(Element::MultiplyBase(key), public_key);
  // A committee of one stands for the unshared key.
  const std::vector<ShareIndex> one = {1};
  const std::vector<Element> shares = {public_key};
  auto committee = Committee::Create(1, one, shares, public_key);
  ASSERT_TRUE(committee.ok());
  for (const OfficialCase& official : kOfficial) {
    const std::vector<Bytes> inputs = AllHex(official.inputs);
    // The vectors are blinded by multiplication, as a requester of RFC 9497 does.
    const auto blinded = AllElements(official.blinded);
    for (size_t i = 0; i < inputs.size(); ++i) {
      const Element hashed = HashToGroup(inputs[i], OprfMode::kVoprf);
      EXPECT_EQ(hashed.Multiply(SecretScalarHex(official.blinds[i])).bytes(), blinded[i]);
    }

    // The evaluation, with the vector's nonce for the proof.
    const auto evaluated = AllElements(official.evaluated);
    auto points = K().Decode(blinded, IdentityRule::kRefuse);
    ASSERT_TRUE(points.ok());
    auto proof = GenerateProofWithNonce(K(), OprfMode::kVoprf, key, public_key, {*points, blinded},
                                        evaluated, SecretScalarHex(official.nonce));
    ASSERT_TRUE(proof.ok());
    EXPECT_EQ(ToHex(proof->Serialize()), official.proof);
    EXPECT_TRUE(
        VerifyProof(K(), OprfMode::kVoprf, public_key, blinded, evaluated, Hex(official.proof))
            .ok());
    SeededRandom random(1);
    auto answer = EvaluateChunk(K(), blinded, key, public_key, Scalar::FromUint(1), random);
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->elements, evaluated);

    // Blinded otherwise, the outputs are the same.
    auto chunk = Blind(K(), Views(inputs), random);
    ASSERT_TRUE(chunk.ok()) << chunk.status();
    answer = EvaluateChunk(K(), chunk->encoded(), key, public_key, Scalar::FromUint(1), random);
    ASSERT_TRUE(answer.ok());
    std::vector<VerifiedPartial> partials;
    auto partial = VerifyChunk(K(), *committee, 1, *chunk, answer->elements, answer->proof);
    ASSERT_TRUE(partial.ok()) << partial.status();
    partials.push_back(*std::move(partial));
    auto combined = CombineChunk(K(), *committee, *chunk, std::move(partials));
    ASSERT_TRUE(combined.ok());
    auto outputs = Finalize(*committee, *std::move(chunk), *std::move(combined), inputs);
    ASSERT_TRUE(outputs.ok());
    for (size_t i = 0; i < inputs.size(); ++i) {
      EXPECT_EQ(OutputHex(*outputs, i), official.outputs[i]);
    }
  }
}

// RFC 9497 appendix A.1.1: mode 0, on single elements.
TEST(VoprfTest, OfficialVectorsOfMode0) {
  const SecretScalar key =
      SecretScalarHex("5ebcea5ee37023ccb9fc2d2019f9d7737be85591ae8652ffa9ef0f4d37063b0e");
  const SecretScalar blind =
      SecretScalarHex("64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706");
  const struct {
    const char *input, *blinded, *evaluated, *output;
  } cases[] = {{"00", "609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c",
                "7ec6578ae5120958eb2db1745758ff379e77cb64fe77b0b2d8cc917ea0869c7e",
                "527759c3d9366f277d8c6020418d96bb393ba2afb20ff90df23fb7708264e2f3"
                "ab9135e3bd69955851de4b1f9fe8a0973396719b7912ba9ee8aa7d0b5e24bcf6"},
               {"5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a",
                "da27ef466870f5f15296299850aa088629945a17d1f5b7f5ff043f76b3c06418",
                "b4cbf5a4f1eeda5a63ce7b77c7d23f461db3fcab0dd28e4e17cecb5c90d02c25",
                "f4a74c9c592497375e796aa837e907b1a045d34306a749db9f34221f7e750cb4"
                "f2a6413a6bf6fa5e19ba6348eb673934a722a7ede2e7621306d18951e7cf2c73"}};
  for (const auto& c : cases) {
    const Bytes input = Hex(c.input);
    const Element hashed = HashToGroup(input, OprfMode::kOprf);
    const Element blinded = hashed.Multiply(blind);
    EXPECT_EQ(ToHex(blinded.bytes()), c.blinded);
    const Element evaluated = blinded.Multiply(key);
    EXPECT_EQ(ToHex(evaluated.bytes()), c.evaluated);
    const Element unblinded = evaluated.Multiply(*blind.Inverse());
    ByteWriter hash_input;
    hash_input.Lp(ByteView(input)).Lp(ByteView(unblinded.bytes())).Raw("Finalize");
    EXPECT_EQ(ToHex(Sha512(hash_input.view())), c.output);
  }
}

TEST(VoprfTest, SharedVectorsOfRfc9497) {
  auto vectors = SharedVectors("rfc9497_ristretto255_sha512.json");
  if (!vectors) GTEST_SKIP() << "no shared vectors";
  size_t checked = 0;
  for (const auto& suite : *vectors) {
    if (suite["mode"] != 1) continue;
    const Element public_key = ElementHex(suite["pkSm"].get<std::string>());
    for (const auto& v : suite["vectors"]) {
      std::vector<EncodedElement> c, d;
      for (const auto& hex : SplitCommas(v["BlindedElement"])) c.push_back(EncodedHex(hex));
      for (const auto& hex : SplitCommas(v["EvaluationElement"])) d.push_back(EncodedHex(hex));
      EXPECT_TRUE(VerifyProof(K(), OprfMode::kVoprf, public_key, c, d,
                              Hex(v["Proof"]["proof"].get<std::string>()))
                      .ok());
      ++checked;
    }
  }
  EXPECT_EQ(checked, 3u);
}

TEST(DleqTest, SharedNegativeVectors) {
  auto vectors = SharedVectors("negative_dleq.json");
  if (!vectors) GTEST_SKIP() << "no shared vectors";
  size_t valid = 0, refused = 0;
  for (const auto& v : (*vectors)["cases"]) {
    const std::string name = v["name"];
    std::vector<EncodedElement> c, d;
    for (const auto& hex : v["C"]) c.push_back(EncodedHex(hex.get<std::string>()));
    for (const auto& hex : v["D"]) d.push_back(EncodedHex(hex.get<std::string>()));
    auto b = Element::Parse(Hex(v["B"].get<std::string>()));
    const OprfMode mode = static_cast<OprfMode>(v["mode"].get<uint8_t>());
    const absl::Status status =
        b.ok() ? VerifyProof(K(), mode, *b, c, d, Hex(v["proof"].get<std::string>())) : b.status();
    EXPECT_EQ(status.ok(), v["expect_valid"].get<bool>()) << name << ": " << status;
    (status.ok() ? valid : refused) += 1;
  }
  EXPECT_EQ(valid, 1u);
  EXPECT_EQ(refused, 21u);
}

TEST(ThresholdTest, EverySubsetGivesTheSameOutputs) {
  Setting setting(3, 5);
  const std::vector<Bytes> inputs = Inputs(11);
  const auto expected = setting.Run({1, 2, 3}, inputs);
  EXPECT_EQ(std::set<std::string>(expected.begin(), expected.end()).size(), inputs.size());
  for (ShareIndex a = 1; a <= 5; ++a) {
    for (ShareIndex b = static_cast<ShareIndex>(a + 1); b <= 5; ++b) {
      for (ShareIndex c = static_cast<ShareIndex>(b + 1); c <= 5; ++c) {
        EXPECT_EQ(setting.Run({a, b, c}, inputs), expected) << a << b << c;
      }
    }
  }
}

TEST(ThresholdTest, TheOwnShareCombinesLikeAVerifiedOne) {
  Setting setting(2, 3);
  const std::vector<Bytes> inputs = Inputs(20);
  const std::vector<std::string> want = setting.Run({1, 3}, inputs);
  const Committee committee = setting.MakeCommittee({1, 3});
  auto chunk = Blind(K(), Views(inputs), setting.random);
  ASSERT_TRUE(chunk.ok());
  std::vector<VerifiedPartial> partials;
  auto own = EvaluateOwnChunk(K(), committee, 3, *chunk, setting.key.shares[2]);
  ASSERT_TRUE(own.ok()) << own.status();
  partials.push_back(*std::move(own));
  const EvaluatedChunk answer = setting.Evaluate(committee, 1, chunk->encoded());
  auto other = VerifyChunk(K(), committee, 1, *chunk, answer.elements, answer.proof);
  ASSERT_TRUE(other.ok()) << other.status();
  partials.push_back(*std::move(other));
  auto combined = CombineChunk(K(), committee, *chunk, std::move(partials));
  ASSERT_TRUE(combined.ok()) << combined.status();
  auto outputs = Finalize(committee, *std::move(chunk), *std::move(combined), inputs);
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  for (size_t i = 0; i < inputs.size(); ++i) EXPECT_EQ(OutputHex(*outputs, i), want[i]);
}

TEST(ThresholdTest, AnOwnShareThatIsNotOnesOwnIsRefused) {
  Setting setting(2, 3);
  const Committee committee = setting.MakeCommittee({1, 3});
  auto chunk = Blind(K(), Views(Inputs(2)), setting.random);
  ASSERT_TRUE(chunk.ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(
      EvaluateOwnChunk(K(), committee, 3, *chunk, setting.key.shares[1]).status()));
  EXPECT_FALSE(EvaluateOwnChunk(K(), committee, 2, *chunk, setting.key.shares[1]).ok());
}

TEST(ThresholdTest, FewerSharesNeverReproduceAnOutput) {
  // t-1 evaluators cannot form a committee, and a "committee" of a lower threshold does not
  // interpolate to the group public key.
  Setting setting(3, 5);
  for (ShareIndex a = 1; a <= 5; ++a) {
    for (ShareIndex b = static_cast<ShareIndex>(a + 1); b <= 5; ++b) {
      const std::vector<ShareIndex> two = {a, b};
      EXPECT_FALSE(
          Committee::Create(3, two, setting.key.public_shares, setting.key.group_public_key).ok());
      EXPECT_FALSE(
          Committee::Create(2, two, setting.key.public_shares, setting.key.group_public_key).ok());
      // And in the exponent: two partials do not add up to key times element.
      const Element element = HashToGroup(AsBytes("x"), OprfMode::kVoprf);
      std::vector<Element> partials, all;
      for (ShareIndex j : two) partials.push_back(element.Multiply(setting.key.shares[j - 1u]));
      for (size_t j = 0; j < 3; ++j) all.push_back(element.Multiply(setting.key.shares[j]));
      EXPECT_NE(*InterpolateAtZero(two, partials),
                *InterpolateAtZero(std::vector<ShareIndex>{1, 2, 3}, all));
    }
  }
}

TEST(ThresholdTest, SharedVectors) {
  auto vectors = SharedVectors("threshold_over_rfc9497.json");
  if (!vectors) GTEST_SKIP() << "no shared vectors";
  const OfficialCase& official = kOfficial[2];
  const auto blinded = AllElements(official.blinded);
  size_t subsets = 0;
  for (const auto& v : (*vectors)["cases"]) {
    const Element public_key = ElementHex(v["public_key"].get<std::string>());
    const size_t n = v["n"], t = v["t"];
    std::vector<Element> commitments, public_shares;
    for (const auto& hex : v["feldman_commitments"]) {
      commitments.push_back(ElementHex(hex.get<std::string>()));
    }
    for (size_t i = 1; i <= n; ++i) {
      const std::string at = std::to_string(i);
      public_shares.push_back(ElementHex(v["public_shares"][at].get<std::string>()));
      const SecretScalar share = SecretScalarHex(v["shares"][at].get<std::string>());
      EXPECT_EQ(Element::MultiplyBase(share), public_shares.back());
      EXPECT_TRUE(VerifyShare(commitments, static_cast<ShareIndex>(i), share));
    }
    for (const auto& [at, partial] : v["partials"].items()) {
      std::vector<EncodedElement> evaluated;
      for (const auto& hex : partial["evaluated"]) {
        evaluated.push_back(EncodedHex(hex.get<std::string>()));
      }
      const size_t i = std::stoul(at);
      EXPECT_TRUE(VerifyProof(K(), OprfMode::kVoprf, public_shares[i - 1], blinded, evaluated,
                              Hex(partial["proof"].get<std::string>()))
                      .ok());
    }
    for (const auto& subset : v["subsets"]) {
      const std::vector<ShareIndex> indices = subset["S"];
      auto committee = Committee::Create(t, indices, public_shares, public_key);
      ASSERT_TRUE(committee.ok()) << committee.status();
      const std::vector<Bytes> inputs = AllHex(official.inputs);
      SeededRandom random(1);
      auto chunk = Blind(K(), Views(inputs), random);
      ASSERT_TRUE(chunk.ok());
      std::vector<VerifiedPartial> partials;
      for (ShareIndex j : indices) {
        const std::string at = std::to_string(j);
        EXPECT_EQ(ToHex(committee->Lambda(j)->bytes()),
                  subset["lagrange_at_0"][at].get<std::string>());
        auto answer = EvaluateChunk(K(), chunk->encoded(),
                                    SecretScalarHex(v["shares"][at].get<std::string>()),
                                    public_shares[j - 1u], *committee->Lambda(j), random);
        ASSERT_TRUE(answer.ok());
        auto partial = VerifyChunk(K(), *committee, j, *chunk, answer->elements, answer->proof);
        ASSERT_TRUE(partial.ok()) << partial.status();
        partials.push_back(*std::move(partial));
      }
      auto combined = CombineChunk(K(), *committee, *chunk, std::move(partials));
      ASSERT_TRUE(combined.ok());
      auto outputs = Finalize(*committee, *std::move(chunk), *std::move(combined), inputs);
      ASSERT_TRUE(outputs.ok());
      for (size_t i = 0; i < inputs.size(); ++i) {
        EXPECT_EQ(OutputHex(*outputs, i), subset["output"][i].get<std::string>());
        EXPECT_EQ(OutputHex(*outputs, i), official.outputs[i]);
      }
      ++subsets;
    }
  }
  EXPECT_EQ(subsets, 12u);
}

TEST(OprfInputTest, IsUnambiguousAndBounded) {
  SeededRandom random(1);
  const Element key = Element::MultiplyBase(SecretScalar::Generate(random));
  auto input = OprfInput(key, "iban", "1", "NL91ABNA0417164300");
  ASSERT_TRUE(input.ok());
  const std::string expected = std::string("\0\x0braakvlak/v1", 13) + std::string("\0\x20", 2) +
                               ToString(key.bytes()) + std::string("\0\4iban", 6) +
                               std::string(
                                   "\0\1"
                                   "1",
                                   3) +
                               std::string("\0\x12NL91ABNA0417164300", 20);
  EXPECT_TRUE(*input == SecretBytes(AsBytes(expected)));
  EXPECT_FALSE(*input == *OprfInput(key, "iban1", "1", "NL91ABNA0417164300"));
  EXPECT_FALSE(OprfInput(key, "", "1", "x").ok());
  EXPECT_FALSE(OprfInput(key, "iban", "1", "").ok());
  EXPECT_FALSE(OprfInput(key, "iban", "1", std::string(65536, 'x')).ok());
  EXPECT_FALSE(OprfInput(key, "iban", "1", std::string(65500, 'x')).ok());
  EXPECT_TRUE(OprfInput(key, "iban", "1", std::string(65000, 'x')).ok());
}

}  // namespace
}  // namespace raakvlak::crypto
