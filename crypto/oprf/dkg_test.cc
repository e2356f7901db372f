// The key ceremony: honest runs, restarts, absences, the relay, configurations, parsers.
#include "crypto/oprf/dkg.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "crypto/oprf/dkg_messages.h"
#include "crypto/oprf/dkg_testing.h"
#include "crypto/oprf/testing.h"
#include "crypto/oprf/voprf.h"

namespace raakvlak::crypto {
namespace {

void ExpectOneKeySet(const Table& table) {
  ASSERT_EQ(table.done.size(), table.n());
  const size_t t = table.config.threshold;
  for (size_t k = 0; k < table.config.key_names.size(); ++k) {
    const DkgKey& first = table.done[0].keys[k];
    EXPECT_EQ(first.name, table.config.key_names[k]);
    SecretScalar secret;
    std::vector<ShareIndex> indices;
    for (size_t i = 0; i < t; ++i)
      indices.push_back(static_cast<ShareIndex>(table.n() - t + i + 1));
    auto lambdas = LagrangeAtZero(indices);
    ASSERT_TRUE(lambdas.ok());
    for (size_t i = 0; i < t; ++i) {
      secret = secret.Plus(table.done[indices[i] - 1u].keys[k].signing_share.Times((*lambdas)[i]));
    }
    EXPECT_EQ(Element::MultiplyBase(secret), first.group_public_key);
    for (size_t i = 0; i < table.n(); ++i) {
      const DkgKey& key = table.done[i].keys[k];
      EXPECT_EQ(key.group_public_key, first.group_public_key);
      EXPECT_EQ(key.public_shares, first.public_shares);
      EXPECT_EQ(Element::MultiplyBase(key.signing_share), first.public_shares[i]);
      EXPECT_EQ(table.done[i].transcript, table.done[0].transcript);
      EXPECT_EQ(table.done[i].certificate, table.done[0].certificate);
    }
  }
}

TEST(DkgTest, HonestCeremoniesAgree) {
  for (auto [t, n] : {std::pair<size_t, size_t>{2, 2}, {2, 3}, {3, 5}, {4, 4}}) {
    Table table(t, n);
    table.Run();
    for (auto& [i, blame] : table.blames) ADD_FAILURE() << i << ": " << BlameStatus(blame);
    ExpectOneKeySet(table);
    EXPECT_NE(table.done[0].keys[0].group_public_key, table.done[0].keys[1].group_public_key);
  }
}

TEST(DkgTest, TenAgencies) {
  Table table(6, 10, {"iban"});
  table.Run();
  ExpectOneKeySet(table);
}

TEST(DkgTest, PairKeysAreSharedByTheTwoAlone) {
  Table table(2, 3);
  table.Run();
  ASSERT_EQ(table.done.size(), 3u);
  std::set<std::string> different;
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(table.done[i].match_pair_keys[i], Secret<64>());
    for (size_t j = 0; j < i; ++j) {
      EXPECT_EQ(table.done[i].match_pair_keys[j], table.done[j].match_pair_keys[i]);
      different.insert(ToHex(table.done[i].match_pair_keys[j].Reveal(SecretAccess{})));
    }
  }
  EXPECT_EQ(different.size(), 3u);
}

// A chunk through the whole line with the ceremony's keys: any committee, same outputs.
std::vector<std::string> Outputs(Table& table, const std::vector<ShareIndex>& indices,
                                 std::string_view type) {
  const Kernels& kernels = DefaultKernels();
  const DkgKey& key = **table.done[0].Find(type);
  auto committee =
      Committee::Create(table.config.threshold, indices, key.public_shares, key.group_public_key);
  EXPECT_TRUE(committee.ok()) << committee.status();
  auto input = OprfInput(key.group_public_key, type, "1", "12345678");
  const ByteView view = input->Reveal(SecretAccess{});
  auto chunk = Blind(kernels, {&view, 1}, table.random);
  std::vector<VerifiedPartial> partials;
  for (ShareIndex j : indices) {
    const DkgKey& own = **table.done[j - 1u].Find(type);
    auto answer = EvaluateChunk(kernels, chunk->encoded(), own.signing_share,
                                own.public_shares[j - 1u], *committee->Lambda(j), table.random);
    EXPECT_TRUE(answer.ok());
    auto partial = VerifyChunk(kernels, *committee, j, *chunk, answer->elements, answer->proof);
    EXPECT_TRUE(partial.ok()) << partial.status();
    partials.push_back(*std::move(partial));
  }
  auto combined = CombineChunk(kernels, *committee, *chunk, std::move(partials));
  auto unblinder = Unblinder::Create(kernels, key.group_public_key);
  auto outputs =
      FinalizeChunk(kernels, *unblinder, *std::move(chunk), *std::move(combined), {&view, 1});
  EXPECT_TRUE(outputs.ok());
  return {ToHex(outputs->Output(0, SecretAccess{}))};
}

TEST(DkgTest, KeysEvaluate) {
  Table table(2, 3);
  table.Run();
  ASSERT_EQ(table.done.size(), 3u);
  const auto expected = Outputs(table, {1, 2}, "iban");
  EXPECT_EQ(Outputs(table, {1, 3}, "iban"), expected);
  EXPECT_EQ(Outputs(table, {2, 3}, "iban"), expected);
  EXPECT_NE(Outputs(table, {1, 2}, "kvk"), expected);
  EXPECT_FALSE(table.done[0].Find("lei").ok());
}

TEST(DkgTest, SharesOfTwoCeremoniesDoNotMix) {
  Table old_epoch(2, 3), new_epoch(2, 3, {"iban", "kvk"}, 2);
  old_epoch.Run();
  new_epoch.Run();
  const DkgKey& before = old_epoch.done[0].keys[0];
  const DkgKey& after = new_epoch.done[0].keys[0];
  std::vector<Element> mixed = after.public_shares;
  mixed[1] = before.public_shares[1];
  const std::vector<ShareIndex> indices = {1, 2};
  EXPECT_FALSE(Committee::Create(2, indices, mixed, after.group_public_key).ok());
  EXPECT_FALSE(Committee::Create(2, indices, before.public_shares, after.group_public_key).ok());
}

TEST(DkgTest, KeysSurviveTheStore) {
  Table table(2, 3);
  table.Run();
  const SecretBytes stored = table.done[1].Serialize(SecretAccess{});
  auto back = DkgKeys::Parse(stored.Reveal(SecretAccess{}));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_TRUE(back->Serialize(SecretAccess{}) == stored);
  // Another node's index or a flipped bit in a public share does not pass.
  for (size_t place : {size_t{2}, size_t{200}}) {
    SecretBytes bad = stored.Clone(SecretAccess{});
    bad.Mutable(SecretAccess{})[place] ^= 1;
    EXPECT_FALSE(DkgKeys::Parse(bad.Reveal(SecretAccess{})).ok()) << place;
  }
  const ByteView bytes = stored.Reveal(SecretAccess{});
  for (size_t size = 0; size < bytes.size(); size += 37) {
    EXPECT_FALSE(DkgKeys::Parse(bytes.first(size)).ok()) << size;
  }
}

TEST(DkgTest, KilledAfterCertifyFinishesFromItsStore) {
  Table table(2, 3);
  table.Run();
  ASSERT_EQ(table.done.size(), 3u);
  const SecretBytes stored = table.pending[2]->Serialize(SecretAccess{});
  auto restored = PendingKeys::Parse(table.config, stored.Reveal(SecretAccess{}));
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->certify_message(), table.certify[2]);
  auto by_messages = restored->Finish(table.certify);
  ASSERT_TRUE(by_messages.ok()) << by_messages.status();
  auto by_certificate = restored->FinishFromCertificate(table.done[0].certificate);
  ASSERT_TRUE(by_certificate.ok());
  EXPECT_TRUE(by_certificate.value().Serialize(SecretAccess{}) ==
              table.done[2].Serialize(SecretAccess{}));
  DkgConfig other = table.config;
  other.epoch += 1;
  EXPECT_FALSE(PendingKeys::Parse(other, stored.Reveal(SecretAccess{})).ok());
  EXPECT_FALSE(restored->FinishFromCertificate(ByteView(table.done[0].certificate).first(90)).ok());
}

// Absent in round r: the others end without keys, whatever round it was. In round 4 those who miss
// a certificate stay pending, and finish when it arrives: one side alone is never left behind.
TEST(DkgTest, AbsenceInAnyRoundActivatesNobody) {
  for (DkgRound when : {DkgRound::kHash, DkgRound::kReveal, DkgRound::kDeal, DkgRound::kCertify}) {
    Table table(2, 3);
    table.tamper = [when](DkgRound round, ShareIndex sender, ShareIndex, const Bytes& message) {
      return round == when && sender == 2 ? Bytes{} : message;
    };
    table.Run(2);
    ExpectBlame(table, 2, false, "sent nothing", 2);
    for (const DkgKeys& keys : table.done) EXPECT_EQ(keys.own_index, 2);
    if (when == DkgRound::kCertify) {
      ASSERT_EQ(table.done.size(), 1u);  // participant 2 itself heard everybody
      EXPECT_TRUE(table.pending[0]->FinishFromCertificate(table.done[0].certificate).ok());
      EXPECT_TRUE(table.pending[2]->Finish(table.certify).ok());
    } else {
      EXPECT_TRUE(table.done.empty());
    }
  }
}

TEST(DkgTest, RelayThatAltersIsNoticed) {
  for (DkgRound when : {DkgRound::kHash, DkgRound::kReveal, DkgRound::kDeal, DkgRound::kCertify}) {
    Table table(2, 3);
    table.tamper = [when](DkgRound round, ShareIndex sender, ShareIndex, Bytes message) {
      if (round == when && sender == 2) message.back() ^= 1;
      return message;
    };
    table.Run(2);
    ExpectBlame(table, 2, false, "signature does not verify", 2);
  }
}

TEST(DkgTest, OwnMessageMustComeBackUnaltered) {
  Table table(2, 2);
  table.Begin();
  std::vector<Bytes> hashes;
  for (auto& m : table.members) hashes.push_back(m.hash_message());
  // Well signed, but not what was sent.
  hashes[0] = table.Signed(DkgRound::kHash, 1, HashBody{Sha512({})}.Serialize());
  auto result = table.members[0].Reveal(hashes);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.blame().culprit, 0);
}

TEST(DkgTest, StepsOutOfOrderEndIt) {
  Table table(2, 2);
  table.Begin();
  std::vector<Bytes> hashes;
  for (auto& m : table.members) hashes.push_back(m.hash_message());
  EXPECT_FALSE(table.members[0].Deal(hashes).ok());
  EXPECT_FALSE(table.members[0].Reveal(hashes).ok());  // it has ended
  EXPECT_FALSE(table.members[1].Reveal({}).ok());
}

TEST(DkgTest, MessageOfAnotherRoundSenderOrSession) {
  Table table(2, 3), other(2, 3, {"iban", "kvk"}, 9);
  other.keys.clear();
  for (const SigningKey& key : table.keys) {
    other.keys.push_back(SigningKey::FromSeed(key.Seed(SecretAccess{})));
  }
  for (size_t i = 0; i < 3; ++i) other.config.participants[i] = table.config.participants[i];
  other.Begin();
  const Bytes replayed = other.members[1].hash_message();
  table.tamper = [&](DkgRound round, ShareIndex sender, ShareIndex, const Bytes& message) {
    return round == DkgRound::kHash && sender == 2 ? replayed : message;
  };
  table.Run(2);
  ExpectBlame(table, 2, false, "does not verify for this ceremony", 2);

  Table swapped(2, 3);
  Bytes of_three;
  swapped.tamper = [&](DkgRound round, ShareIndex sender, ShareIndex, const Bytes& message) {
    return round == DkgRound::kHash && sender == 2 ? swapped.members[2].hash_message() : message;
  };
  swapped.Run(2);
  ExpectBlame(swapped, 2, false, "another round or sender", 2);
}

TEST(DkgTest, CertificateMayArriveAgainAfterABadOne) {
  Table table(2, 3);
  table.Run();
  std::vector<Bytes> bad = table.certify;
  bad[1].back() ^= 1;
  EXPECT_FALSE(table.pending[0]->Finish(bad).ok());
  EXPECT_TRUE(table.pending[0]->Finish(table.certify).ok());
}

TEST(DkgConfigTest, RefusesWhatCannotBe) {
  const Table table(2, 3);
  auto refuse = [&](const std::function<void(DkgConfig&)>& change) {
    DkgConfig config = table.config;
    change(config);
    return !config.Check().ok();
  };
  EXPECT_FALSE(refuse([](DkgConfig&) {}));
  EXPECT_TRUE(refuse([](DkgConfig& c) { c.threshold = 1; }));
  EXPECT_TRUE(refuse([](DkgConfig& c) { c.threshold = 4; }));
  EXPECT_TRUE(refuse([](DkgConfig& c) { std::swap(c.participants[0], c.participants[1]); }));
  EXPECT_TRUE(refuse([](DkgConfig& c) { c.participants[1] = c.participants[0]; }));
  EXPECT_TRUE(
      refuse([](DkgConfig& c) { c.participants[1].roster_key = c.participants[0].roster_key; }));
  EXPECT_TRUE(refuse([](DkgConfig& c) { c.participants[0].agency_id.clear(); }));
  EXPECT_TRUE(refuse([](DkgConfig& c) { c.key_names.clear(); }));
  EXPECT_TRUE(refuse([](DkgConfig& c) { c.key_names[1] = c.key_names[0]; }));
  Table other(2, 3);
  EXPECT_FALSE(DkgCeremony::Begin(other.config, 0, other.keys[0], other.random).ok());
  EXPECT_FALSE(DkgCeremony::Begin(other.config, 4, other.keys[0], other.random).ok());
  EXPECT_FALSE(DkgCeremony::Begin(other.config, 2, other.keys[0], other.random).ok());
  // Everything counts in the hash that all signatures cover.
  std::set<Digest> hashes = {table.config.Hash()};
  for (const std::function<void(DkgConfig&)>& change : std::vector<std::function<void(DkgConfig&)>>{
           [](DkgConfig& c) { c.session[0] ^= 1; }, [](DkgConfig& c) { c.roster[0] ^= 1; },
           [](DkgConfig& c) { c.epoch += 1; }, [](DkgConfig& c) { c.threshold = 3; },
           [](DkgConfig& c) { c.key_names[0] = "kvkx"; },
           [](DkgConfig& c) { c.participants.pop_back(); }}) {
    DkgConfig config = table.config;
    change(config);
    EXPECT_TRUE(hashes.insert(config.Hash()).second);
  }
}

std::vector<Element> CommitmentsOf(const nlohmann::json& participant) {
  std::vector<Element> out;
  for (const auto& hex : participant["vss_commitments"]) {
    out.push_back(ElementHex(hex.get<std::string>()));
  }
  return out;
}

TEST(FrostVectorTest, SharesAndProofsOfKnowledge) {
  auto vectors = SharedVectors("frost_ristretto255_dkg.json");
  if (!vectors) GTEST_SKIP() << "no shared vectors";
  const auto& inputs = (*vectors)["inputs"];
  const ByteView prefix = AsBytes("FROST-RISTRETTO255-SHA512-v1dkg");
  std::vector<std::vector<Element>> commitments;
  for (int i = 1; i <= 3; ++i) {
    const auto& p = inputs[std::to_string(i)];
    std::vector<SecretScalar> coefficients;
    coefficients.push_back(SecretScalarHex(p["signing_key"].get<std::string>()));
    coefficients.push_back(SecretScalarHex(p["coefficient"].get<std::string>()));
    const SecretPolynomial polynomial(std::move(coefficients));
    commitments.push_back(polynomial.Commitments());
    for (size_t k = 0; k < 2; ++k) {
      EXPECT_EQ(ToHex(commitments.back()[k].bytes()), p["vss_commitments"][k].get<std::string>());
    }
    const std::string proof = p["proof_of_knowledge"];
    EXPECT_TRUE(VerifyKnowledge(prefix, static_cast<ShareIndex>(i), commitments.back()[0],
                                {ElementHex(proof.substr(0, 64)), ScalarHex(proof.substr(64))}));
    EXPECT_FALSE(VerifyKnowledge(prefix, static_cast<ShareIndex>(i + 1), commitments.back()[0],
                                 {ElementHex(proof.substr(0, 64)), ScalarHex(proof.substr(64))}));
    for (const auto& [other, share] : p["signing_shares"].items()) {
      // Listed with whom they were dealt to.
      EXPECT_TRUE(VerifyShare(CommitmentsOf(inputs[other]), static_cast<ShareIndex>(i),
                              SecretScalarHex(share.get<std::string>())))
          << other << " to " << i;
    }
  }
  std::vector<Element> sum = commitments[0];
  for (size_t i = 1; i < 3; ++i) {
    for (size_t k = 0; k < 2; ++k) sum[k] = sum[k] + commitments[i][k];
  }
  EXPECT_EQ(ToHex(sum[0].bytes()), inputs["verifying_key"].get<std::string>());
  for (int i = 1; i <= 3; ++i) {
    const auto& p = inputs[std::to_string(i)];
    const Element share = CommittedShare(sum, static_cast<ShareIndex>(i));
    EXPECT_EQ(ToHex(share.bytes()), p["verifying_share"].get<std::string>());
    EXPECT_EQ(Element::MultiplyBase(SecretScalarHex(p["signing_share"].get<std::string>())), share);
  }
}

// Whatever is parsed has exactly one byte form, and no input crashes.
TEST(DkgFuzzTest, ParsersAreStrict) {
  Table table(2, 3);
  table.Begin();
  std::vector<Bytes> hashes, reveals, deals, seeds;
  for (auto& m : table.members) hashes.push_back(m.hash_message());
  for (auto& m : table.members) reveals.push_back(m.Reveal(hashes).value());
  for (auto& m : table.members) deals.push_back(m.Deal(reveals).value());
  auto pending = table.members[0].Certify(deals);
  ASSERT_TRUE(pending.ok());
  for (const Bytes& m : {hashes[0], reveals[0], deals[0], pending.value().certify_message()}) {
    seeds.push_back(m);
    seeds.push_back(SignedMessage::Parse(m)->body);
  }
  seeds.push_back(RevealBody::Parse(SignedMessage::Parse(reveals[0])->body)->reveal);
  const SecretBytes stored = pending.value().Serialize(SecretAccess{});
  const ByteView stored_view = stored.Reveal(SecretAccess{});
  seeds.emplace_back(stored_view.begin(), stored_view.end());

  SeededRandom random(7);
  size_t parsed = 0;
  for (int round = 0; round < 3000; ++round) {
    uint32_t dice[4];
    random.Fill({reinterpret_cast<uint8_t*>(dice), sizeof dice});
    Bytes bytes = seeds[dice[0] % seeds.size()];
    if (!bytes.empty() && round >= 100) {
      switch (dice[1] % 4) {
        case 0:
          bytes.resize(dice[2] % bytes.size());
          break;
        case 1:
          bytes.push_back(static_cast<uint8_t>(dice[2]));
          break;
        default:
          bytes[dice[2] % std::min<size_t>(bytes.size(), dice[3] % 2 ? 8 : bytes.size())] ^=
              static_cast<uint8_t>(1u << (dice[3] % 8));
      }
    }
    auto check = [&](const auto& message) {
      if (!message.ok()) return;
      ++parsed;
      EXPECT_EQ(message->Serialize(), bytes);
    };
    check(SignedMessage::Parse(bytes));
    check(HashBody::Parse(bytes));
    check(RevealContents::Parse(bytes));
    check(RevealBody::Parse(bytes));
    check(DealBody::Parse(bytes));
    check(CertifyBody::Parse(bytes));
    if (auto keys = PendingKeys::Parse(table.config, bytes); keys.ok()) {
      ++parsed;
      EXPECT_TRUE(keys->Serialize(SecretAccess{}) == SecretBytes(ByteView(bytes)));
    }
  }
  EXPECT_GT(parsed, 100u);
}

}  // namespace
}  // namespace raakvlak::crypto
