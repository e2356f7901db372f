// Every way to cheat in the key ceremony, with the culprit named.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "crypto/base/aead.h"
#include "crypto/base/key_exchange.h"
#include "crypto/oprf/dkg.h"
#include "crypto/oprf/dkg_messages.h"
#include "crypto/oprf/dkg_testing.h"
#include "crypto/oprf/testing.h"

namespace raakvlak::crypto {
namespace {

Bytes Prefix(const Digest& config_hash, std::string_view name) {
  ByteWriter writer;
  writer.Raw("raakvlak/v1 ceremony proof").Raw(config_hash).Lp(name);
  return writer.Take();
}

// Participant 2, whose reveal (and deal) come from the test.
class Cheat {
 public:
  static constexpr ShareIndex kIndex = 2;

  explicit Cheat(Table& table) : table_(table), exchange_(ExchangeKey::Generate(table.random)) {
    contents.exchange_key = exchange_.public_key();
    for (const std::string& name : table.config.key_names) {
      polynomials.push_back(SecretPolynomial::Generate(table.config.threshold, table.random));
      contents.keys.push_back({polynomials.back().Commitments(),
                               ProveKnowledge(Prefix(table.config.Hash(), name), kIndex,
                                              polynomials.back().constant_term(), table.random)});
    }
  }

  void Run() { RunRaw(contents.Serialize()); }
  // With reveal bytes that need not be a RevealContents.
  void RunRaw(Bytes reveal) {
    reveal_ = std::move(reveal);
    table_.tamper = [this](DkgRound round, ShareIndex sender, ShareIndex to, Bytes message) {
      return Forge(round, sender, to, std::move(message));
    };
    table_.Run(kIndex);
  }

  RevealContents contents;
  std::vector<SecretPolynomial> polynomials;  // what the shares are dealt from
  std::function<void(DealBody&)> change_deal;

 private:
  Bytes Forge(DkgRound round, ShareIndex sender, ShareIndex, Bytes message) {
    if (round == DkgRound::kHash) {
      Bytes out = message;
      if (sender == kIndex) {
        out = table_.Signed(round, kIndex, HashBody{Sha512(reveal_)}.Serialize());
      }
      Remember(hashes_, sender, out);
      return out;
    }
    if (round == DkgRound::kReveal) {
      if (sender == kIndex) {
        RevealBody body{reveal_, {}};
        for (const Bytes& m : hashes_) body.hashes.push_back(SignedMessage::Parse(m)->Proof());
        message = table_.Signed(round, kIndex, body.Serialize());
      }
      Remember(reveals_, sender, message);
      return message;
    }
    if (round == DkgRound::kDeal && sender == kIndex) {
      if (deal_.empty()) deal_ = table_.Signed(round, kIndex, Deal().Serialize());
      return deal_;
    }
    return message;
  }
  void Remember(std::vector<Bytes>& list, ShareIndex sender, const Bytes& message) {
    list.resize(table_.n());
    list[sender - 1u] = message;
  }
  DealBody Deal() {
    const Digest config_hash = table_.config.Hash();
    TranscriptBuilder all;
    all.Raw("raakvlak/v1 ceremony reveals").Raw(config_hash);
    std::vector<ExchangePublicKey> peers;
    for (const Bytes& m : reveals_) {
      const RevealBody body = *RevealBody::Parse(SignedMessage::Parse(m)->body);
      all.Raw(Sha512(body.reveal));
      peers.push_back(RevealContents::Parse(body.reveal)->exchange_key);
    }
    const Digest reveals = Sha512(all.view());
    DealBody deal;
    for (ShareIndex to = 1; to <= table_.Last(); ++to) {
      deal.boxes.emplace_back();
      if (to == kIndex) continue;
      ByteWriter info, context, shares;
      info.Raw("raakvlak/v1 ceremony share").U16(kIndex).U16(to);
      context.Raw(config_hash).U16(kIndex).U16(to);
      for (auto& p : polynomials) shares.Raw(p.ShareOf(to).Reveal(SecretAccess{}));
      const Secret<32> shared = *exchange_.Agree(peers[to - 1u]);
      deal.boxes.back() = Seal(HkdfSha512<32>(reveals, shared.Reveal(SecretAccess{}), info.view()),
                               context.view(), shares.view(), table_.random);
    }
    if (change_deal) change_deal(deal);
    return deal;
  }

  Table& table_;
  ExchangeKey exchange_;
  Bytes reveal_, deal_;
  std::vector<Bytes> hashes_, reveals_;
};

// The forged side is good enough: without cheating the others go on to the end of round 3.
TEST(DkgCheatTest, WithoutCheatingNobodyComplainsBeforeTheEnd) {
  Table table(2, 3);
  Cheat cheat(table);
  cheat.Run();
  EXPECT_TRUE(table.pending[0].has_value());
  EXPECT_TRUE(table.pending[2].has_value());
}

TEST(DkgCheatTest, WrongNumberOfCommitments) {
  for (int change : {-1, 1}) {
    Table table(2, 3);
    Cheat cheat(table);
    auto& commitments = cheat.contents.keys[1].commitments;
    if (change < 0)
      commitments.pop_back();
    else
      commitments.push_back(Element::Generator());
    cheat.Run();
    ExpectBlame(table, 2, true, "commitments instead of 2 for key kvk", 2);
  }
}

TEST(DkgCheatTest, WrongNumberOfKeys) {
  Table table(2, 3);
  Cheat cheat(table);
  cheat.contents.keys.pop_back();
  cheat.Run();
  ExpectBlame(table, 2, true, "commits to 1 keys instead of 2", 2);
}

TEST(DkgCheatTest, IdentityOrBadConstantTerm) {
  for (const char* hex : {"0000000000000000000000000000000000000000000000000000000000000000",
                          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    Table table(2, 3);
    Cheat cheat(table);
    Bytes reveal = cheat.contents.Serialize();
    const Bytes bad = Hex(hex);
    std::copy(bad.begin(), bad.end(), reveal.begin() + 32 + 2 + 2);
    cheat.RunRaw(reveal);
    ExpectBlame(table, 2, true, "malformed", 2);
  }
}

TEST(DkgCheatTest, CopiedProofOfKnowledge) {
  // Participant 2 could see participant 1's reveal only after its own hash; grant it that.
  Table table(2, 3);
  Cheat cheat(table);
  const SecretPolynomial victim = SecretPolynomial::Generate(2, table.random);
  cheat.contents.keys[0] = {
      victim.Commitments(),
      ProveKnowledge(Prefix(table.config.Hash(), "iban"), 1, victim.constant_term(), table.random)};
  cheat.Run();
  ExpectBlame(table, 2, true, "does not prove knowledge of its part of key iban", 2);
}

TEST(DkgCheatTest, ProofOfKnowledgeOfAnotherSessionKeyOrIndex) {
  for (int which = 0; which < 3; ++which) {
    Table table(2, 3);
    Cheat cheat(table);
    DkgConfig other = table.config;
    other.session[0] ^= 1;
    const Bytes prefix = which == 0   ? Prefix(other.Hash(), "kvk")
                         : which == 1 ? Prefix(table.config.Hash(), "iban")
                                      : Prefix(table.config.Hash(), "kvk");
    cheat.contents.keys[1].proof =
        ProveKnowledge(prefix, which == 2 ? ShareIndex{3} : Cheat::kIndex,
                       cheat.polynomials[1].constant_term(), table.random);
    cheat.Run();
    ExpectBlame(table, 2, true, "does not prove knowledge of its part of key kvk", 2);
  }
}

TEST(DkgCheatTest, RogueKey) {
  // Its commitment cancels another's out; it knows no discrete logarithm of it.
  Table table(2, 3);
  Cheat cheat(table);
  const Element victim = Element::MultiplyBase(SecretScalar::Generate(table.random));
  const SecretScalar wanted = SecretScalar::Generate(table.random);
  cheat.contents.keys[0].commitments[0] = Element::MultiplyBase(wanted) - victim;
  cheat.contents.keys[0].proof =
      ProveKnowledge(Prefix(table.config.Hash(), "iban"), Cheat::kIndex, wanted, table.random);
  cheat.Run();
  ExpectBlame(table, 2, true, "does not prove knowledge", 2);
}

TEST(DkgCheatTest, RevealThatWasNotHashed) {
  Table changed(2, 3);
  Cheat second(changed);
  const Bytes honest = second.contents.Serialize();
  second.contents.exchange_key[0] ^= 1;
  const Bytes other = second.contents.Serialize();
  ASSERT_NE(honest, other);
  second.RunRaw(honest);
  Tamper base = changed.tamper;
  changed.blames.clear();
  changed.tamper = [&, base](DkgRound round, ShareIndex sender, ShareIndex to, Bytes message) {
    Bytes out = base(round, sender, to, std::move(message));
    if (round != DkgRound::kReveal || sender != 2) return out;
    RevealBody body = *RevealBody::Parse(SignedMessage::Parse(out)->body);
    body.reveal = other;
    return changed.Signed(round, 2, body.Serialize());
  };
  changed.Run(2);
  ExpectBlame(changed, 2, true, "something else than it hashed", 2);
}

TEST(DkgCheatTest, EquivocatingHash) {
  Table table(2, 3);
  table.tamper = [&](DkgRound round, ShareIndex sender, ShareIndex to, Bytes message) {
    if (round == DkgRound::kHash && sender == 2 && to == 3) {
      return table.Signed(round, 2, HashBody{Sha512(AsBytes("other"))}.Serialize());
    }
    return message;
  };
  table.Run(2);
  ExpectBlame(table, 2, true, "signed two different messages", 2);
}

TEST(DkgCheatTest, FalseReportOfAnothersHash) {
  Table table(2, 3);
  table.tamper = [&](DkgRound round, ShareIndex sender, ShareIndex, Bytes message) {
    if (round != DkgRound::kReveal || sender != 2) return message;
    RevealBody body = *RevealBody::Parse(SignedMessage::Parse(message)->body);
    body.hashes[0].digest = Sha512(AsBytes("never signed"));
    return table.Signed(round, 2, body.Serialize());
  };
  table.Run(2);
  ExpectBlame(table, 2, true, "reports a message of participant 1 that it never signed", 2);
}

TEST(DkgCheatTest, SmallOrderExchangeKey) {
  Table table(2, 3);
  Cheat cheat(table);
  cheat.contents.exchange_key = {};
  cheat.Run();
  ExpectBlame(table, 2, true, "small order", 2);
}

TEST(DkgCheatTest, BadShare) {
  Table table(2, 3);
  Cheat cheat(table);
  cheat.polynomials[1] = SecretPolynomial::Generate(2, table.random);
  cheat.Run();
  ExpectBlame(table, 2, true, "dealt a share of key kvk that is not what it committed to", 2);
}

TEST(DkgCheatTest, HighDegreePolynomial) {
  // It commits to the lower t coefficients and deals from one more.
  Table table(2, 3);
  Cheat cheat(table);
  std::vector<SecretScalar> coefficients;
  coefficients.reserve(3);
  for (int i = 0; i < 3; ++i) coefficients.push_back(SecretScalar::Generate(table.random));
  SecretPolynomial high(std::move(coefficients));
  std::vector<Element> commitments = high.Commitments();
  commitments.pop_back();
  cheat.contents.keys[0] = {commitments,
                            ProveKnowledge(Prefix(table.config.Hash(), "iban"), Cheat::kIndex,
                                           high.constant_term(), table.random)};
  cheat.polynomials[0] = std::move(high);
  cheat.Run();
  ExpectBlame(table, 2, true, "dealt a share of key iban", 2);
}

TEST(DkgCheatTest, ShareThatDoesNotOpen) {
  Table table(2, 3);
  Cheat cheat(table);
  cheat.change_deal = [](DealBody& deal) { std::swap(deal.boxes[0], deal.boxes[2]); };
  cheat.Run();
  ExpectBlame(table, 2, true, "does not open", 2);
  Table fewer(2, 3);
  Cheat other(fewer);
  other.change_deal = [](DealBody& deal) { deal.boxes.pop_back(); };
  other.Run();
  ExpectBlame(fewer, 2, true, "another number of participants", 2);
}

TEST(DkgCheatTest, EquivocatingDeal) {
  // Participants 1 and 3 each get a good share, in different messages.
  Table table(2, 3);
  table.tamper = [&](DkgRound round, ShareIndex sender, ShareIndex to, Bytes message) {
    if (round != DkgRound::kDeal || sender != 2) return message;
    DealBody body = *DealBody::Parse(SignedMessage::Parse(message)->body);
    body.boxes[to == 1 ? 2 : 0].push_back(0);
    return table.Signed(round, 2, body.Serialize());
  };
  table.Run(2);
  ExpectBlame(table, 2, true, "signed two different messages", 2);
  for (const DkgKeys& keys : table.done) EXPECT_EQ(keys.own_index, 2);
}

using ChangeCertify = std::function<void(CertifyBody&)>;

void CertifyCheat(const ChangeCertify& change, const std::string& reason) {
  Table table(2, 3);
  table.tamper = [&](DkgRound round, ShareIndex sender, ShareIndex, Bytes message) {
    if (round != DkgRound::kCertify || sender != 2) return message;
    CertifyBody body = *CertifyBody::Parse(SignedMessage::Parse(message)->body);
    change(body);
    return table.Signed(round, 2, body.Serialize());
  };
  table.Run(2);
  ExpectBlame(table, 2, true, reason, 2);
}

TEST(DkgCheatTest, CertificateThatIsNotGood) {
  CertifyCheat([](CertifyBody& b) { b.transcript[0] ^= 1; }, "another transcript");
  CertifyCheat([](CertifyBody& b) { std::swap(b.evaluations[0], b.evaluations[1]); },
               "test evaluation of key iban");
  CertifyCheat([](CertifyBody& b) { b.evaluations[1].value = Element::Generator(); },
               "test evaluation of key kvk");
  CertifyCheat([](CertifyBody& b) { b.evaluations.pop_back(); }, "another number of keys");
  CertifyCheat([](CertifyBody& b) { b.deals.pop_back(); }, "another number of participants");
  CertifyCheat([](CertifyBody& b) { b.deals[0].digest[0] ^= 1; },
               "reports a message of participant 1 that it never signed");
}

}  // namespace
}  // namespace raakvlak::crypto
