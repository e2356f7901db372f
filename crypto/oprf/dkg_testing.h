// A ceremony of several participants in one process, for tests, with a relay that may tamper.
#ifndef RAAKVLAK_CRYPTO_OPRF_DKG_TESTING_H_
#define RAAKVLAK_CRYPTO_OPRF_DKG_TESTING_H_

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "crypto/base/random.h"
#include "crypto/base/signing.h"
#include "crypto/oprf/dkg.h"
#include "crypto/oprf/dkg_messages.h"

namespace raakvlak::crypto {

// Changes what `recipient` gets of `sender` in a round; the default changes nothing.
using Tamper = std::function<Bytes(DkgRound, ShareIndex sender, ShareIndex recipient, Bytes)>;

// All participants of one ceremony in one process, with a relay that may tamper.
class Table {
 public:
  Table(size_t threshold, size_t n, std::vector<std::string> names = {"iban", "kvk"},
        uint64_t seed = 1)
      : random(seed) {
    random.Fill(config.session);
    config.roster = Sha512(AsBytes("roster"));
    config.epoch = 3;
    config.threshold = threshold;
    config.key_names = std::move(names);
    for (size_t i = 0; i < n; ++i) {
      keys.push_back(SigningKey::Generate(random));
      config.participants.push_back(
          {"agency-" + std::string(1, static_cast<char>('a' + i)), keys.back().verify_key()});
    }
  }

  size_t n() const { return keys.size(); }
  ShareIndex Last() const { return static_cast<ShareIndex>(n()); }

  void Begin() {
    members.clear();
    for (size_t i = 0; i < n(); ++i) {
      auto member = DkgCeremony::Begin(config, static_cast<ShareIndex>(i + 1), keys[i], random);
      ASSERT_TRUE(member.ok()) << member.status();
      members.push_back(*std::move(member));
    }
  }

  std::vector<Bytes> Inbox(DkgRound round, ShareIndex recipient, const std::vector<Bytes>& sent) {
    std::vector<Bytes> out = sent;
    if (!tamper) return out;
    for (ShareIndex sender = 1; sender <= Last(); ++sender) {
      if (sender != recipient) {
        out[sender - 1u] = tamper(round, sender, recipient, out[sender - 1u]);
      }
    }
    return out;
  }

  // Runs until the first refusal, which it records for every member that refuses in that round.
  // `cheat`: a member whose own refusals are ignored (0: none).
  void Run(ShareIndex cheat = 0) {
    Begin();
    std::vector<Bytes> hashes, reveals(n()), deals(n());
    for (auto& m : members) hashes.push_back(m.hash_message());
    pending.clear();
    pending.resize(n());
    for (int round = 1; round <= 3; ++round) {
      for (ShareIndex i = 1; i <= Last(); ++i) {
        std::optional<Blame> blame;
        if (round == 1) {
          auto r = members[i - 1u].Reveal(Inbox(DkgRound::kHash, i, hashes));
          if (r.ok())
            reveals[i - 1u] = r.value();
          else
            blame = r.blame();
        } else if (round == 2) {
          auto r = members[i - 1u].Deal(Inbox(DkgRound::kReveal, i, reveals));
          if (r.ok())
            deals[i - 1u] = r.value();
          else
            blame = r.blame();
        } else {
          auto r = members[i - 1u].Certify(Inbox(DkgRound::kDeal, i, deals));
          if (r.ok())
            pending[i - 1u].emplace(std::move(r.value()));
          else
            blame = r.blame();
        }
        if (blame && i != cheat) blames[i] = *blame;
      }
      if (!blames.empty()) return;
    }
    certify.assign(n(), {});
    for (size_t i = 0; i < n(); ++i) {
      if (pending[i]) certify[i] = pending[i]->certify_message();
    }
    for (ShareIndex i = 1; i <= Last(); ++i) {
      if (!pending[i - 1u]) continue;
      auto r = pending[i - 1u]->Finish(Inbox(DkgRound::kCertify, i, certify));
      if (r.ok()) {
        done.push_back(std::move(r.value()));
      } else if (i != cheat) {
        blames[i] = r.blame();
      }
    }
  }

  Bytes Signed(DkgRound round, ShareIndex sender, Bytes body) {
    return SignedMessage::Make(config.Hash(), round, sender, std::move(body), keys[sender - 1u])
        .Serialize();
  }

  SeededRandom random;
  DkgConfig config;
  std::vector<SigningKey> keys;
  std::vector<DkgCeremony> members;
  std::vector<std::optional<PendingKeys>> pending;
  std::vector<Bytes> certify;
  std::vector<DkgKeys> done;
  std::map<ShareIndex, Blame> blames;
  Tamper tamper;
};

// Every member except the cheat must name the culprit, and nobody may be active.
inline void ExpectBlame(const Table& table, ShareIndex culprit, bool proven,
                        const std::string& reason, ShareIndex cheat) {
  for (ShareIndex i = 1; i <= table.Last(); ++i) {
    if (i == cheat) continue;
    auto it = table.blames.find(i);
    ASSERT_NE(it, table.blames.end()) << "participant " << i << " refused nothing";
    EXPECT_EQ(it->second.culprit, culprit) << it->second.reason;
    EXPECT_EQ(it->second.proven, proven) << it->second.reason;
    EXPECT_NE(it->second.reason.find(reason), std::string::npos) << it->second.reason;
    EXPECT_EQ(BlameStatus(it->second).code(), absl::StatusCode::kAborted);
  }
}

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_OPRF_DKG_TESTING_H_
