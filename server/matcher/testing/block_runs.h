// Runs that link blocks, for tests: persons whom agencies have in common, and everything that a run
// asks of their nodes (RunsFixture::StartWithPlan(2)).
#ifndef RAAKVLAK_SERVER_MATCHER_TESTING_BLOCK_RUNS_H_
#define RAAKVLAK_SERVER_MATCHER_TESTING_BLOCK_RUNS_H_

#include <string>
#include <vector>

#include "server/matcher/testing/fake_agency.h"
#include "server/matcher/testing/hand_in.h"
#include "server/matcher/testing/runs_fixture.h"

namespace raakvlak::matcher::testing {

// Positions in the manifest.
inline constexpr int kBlock1 = 0;
inline constexpr int kBlock2 = 1;
inline constexpr int kIban = 2;

// `n` persons whom all agencies have, under two blocks; strangers of each agency that fall into a
// block of one of them.
inline std::vector<FakeAgency> WithPersons(std::size_t agencies, int n) {
  std::vector<FakeAgency> out;
  for (std::size_t a = 0; a < agencies; ++a) {
    FakeAgency agency{std::string("agency-") + static_cast<char>('a' + a), {}, {}};
    for (int i = 1; i <= n; ++i) {
      agency.records.push_back({{kBlock1, i}, {kBlock2, i}});
      agency.fields.push_back({i, i, i, i});
      const int stranger = 1000 * (static_cast<int>(a) + 1) + i;
      agency.records.push_back({{kBlock1, i}});
      agency.fields.push_back({stranger, stranger, stranger, stranger});
    }
    out.push_back(std::move(agency));
  }
  return out;
}

// Does what is still to be done of the run, as nodes and the worker would.
inline void DriveBlocks(RunsFixture& f, const std::string& run_id,
                        const std::vector<FakeAgency>& agencies, Phase until = Phase::kDone) {
  const std::vector<std::string> types = {"block-01", "block-02", "iban", "kvk"};
  for (int round = 0; round < 20; ++round) {
    f.Work();
    const Phase phase = f.Status(run_id).phase;
    if (phase == until || HasEnded(phase)) return;
    const std::string hash = f.Hash(run_id);
    for (std::size_t i = 0; i < agencies.size(); ++i) {
      if (phase == Phase::kEvaluating) {
        for (std::size_t t = 0; t < types.size(); ++t) {
          const absl::Status s = HandTags(f, agencies[i], hash, static_cast<int>(t), types[t]);
          EXPECT_TRUE(s.ok()) << s;
        }
      } else if (phase == Phase::kConfirming) {
        const absl::Status s = HandRecords(f, agencies[i], hash, SharedBy(agencies, i));
        EXPECT_TRUE(s.ok()) << s;
      } else if (phase == Phase::kEncoding) {
        const absl::Status s = HandEncodings(f, agencies[i], hash);
        EXPECT_TRUE(s.ok()) << s;
      } else if (phase == Phase::kReferencing) {
        const absl::Status s = HandReferences(f, agencies[i], hash);
        EXPECT_TRUE(s.ok()) << s;
      }
    }
  }
  ADD_FAILURE() << "the run does not come to " << PhaseName(until);
}

}  // namespace raakvlak::matcher::testing

#endif  // RAAKVLAK_SERVER_MATCHER_TESTING_BLOCK_RUNS_H_
