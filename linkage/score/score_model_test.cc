// What the model makes of patterns whose truth is known: nearly everything, nearly nothing and
// nothing matches; families everywhere.
#include "linkage/score/score_model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "linkage/score/strength.h"

namespace raakvlak::linkage {
namespace {

constexpr std::size_t kFields = 6;

Profile People() {
  Profile profile;
  profile.fields = {{"given_name", FieldKind::kGivenName}, {"surname", FieldKind::kSurname},
                    {"birth_date", FieldKind::kDate},      {"gender", FieldKind::kExact},
                    {"phone", FieldKind::kPhone},          {"address", FieldKind::kAddress}};
  return profile;
}

class ScoreModelTest : public ::testing::Test {
 protected:
  std::uint8_t Draw(double exact) {
    const double u = std::uniform_real_distribution<double>()(random_);
    if (u < exact) return 0;
    return u < exact + 0.05 ? 1 : 4;
  }
  AgreementPattern Pattern(const std::array<double, kFields>& exact) {
    AgreementPattern out = EmptyPattern();
    for (std::size_t f = 0; f < kFields; ++f) out[f] = Draw(exact[f]);
    return out;
  }
  AgreementPattern Match() { return Pattern({.85, .85, .85, .95, .8, .8}); }
  // Met in a block of surname and date, or by chance.
  AgreementPattern Stranger() {
    return random_() % 2 == 0 ? Pattern({.01, .9, .6, .5, .001, .001})
                              : Pattern({.6, .02, .6, .5, .001, .001});
  }
  AgreementPattern Relative() { return Pattern({.02, .95, .001, .5, .95, .95}); }

  NullModel Null(std::size_t relatives) {
    std::vector<AgreementPattern> chance;
    std::vector<AgreementPattern> blocks;
    chance.reserve(5'000);
    blocks.reserve(400 + relatives);
    for (int i = 0; i < 5'000; ++i) chance.push_back(Pattern({.01, .005, .0005, .5, .0001, .0001}));
    for (int i = 0; i < 400; ++i) blocks.push_back(Stranger());
    for (std::size_t i = 0; i < relatives; ++i) blocks.push_back(Relative());
    return FitNullModel(People(), chance, blocks, 1e-4);
  }

  struct Outcome {
    std::size_t found = 0;
    std::size_t wrong = 0;
  };
  Outcome Score(std::size_t matches, std::size_t strangers, std::size_t relatives,
                const NullModel& null) {
    std::vector<CandidatePair> pairs;
    const auto add = [&](const AgreementPattern& pattern) {
      const auto id = static_cast<std::uint32_t>(pairs.size());
      pairs.push_back({id, id, pattern, 0});
    };
    for (std::size_t i = 0; i < matches; ++i) add(Match());
    for (std::size_t i = 0; i < strangers; ++i) add(Stranger());
    for (std::size_t i = 0; i < relatives; ++i) add(Relative());
    const ScoreModel model = FitScoreModel(People(), null, &pairs);
    Outcome out;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      EXPECT_TRUE(std::isfinite(pairs[i].score));
      if (pairs[i].score < model.threshold) continue;
      ++(i < matches ? out.found : out.wrong);
    }
    return out;
  }

  std::mt19937 random_{17};
};

TEST_F(ScoreModelTest, HalfMatches) {
  const Outcome out = Score(1'000, 1'000, 0, Null(0));
  EXPECT_GT(out.found, 970U);
  EXPECT_LT(out.wrong, 10U);
}

TEST_F(ScoreModelTest, NearlyEverythingMatches) {
  const Outcome out = Score(2'000, 5, 0, Null(0));
  EXPECT_GT(out.found, 1'950U);
  EXPECT_LE(out.wrong, 2U);
}

TEST_F(ScoreModelTest, NearlyNothingMatches) {
  const Outcome out = Score(5, 2'000, 0, Null(0));
  EXPECT_GE(out.found, 4U);
  EXPECT_LE(out.wrong, 10U);
}

TEST_F(ScoreModelTest, NothingMatches) {
  EXPECT_LE(Score(0, 2'000, 0, Null(0)).wrong, 10U);
  EXPECT_EQ(Score(0, 0, 0, Null(0)).wrong, 0U);
}

TEST_F(ScoreModelTest, HouseholdsAbound) {
  const Outcome out = Score(500, 200, 2'000, Null(400));
  EXPECT_GT(out.found, 450U);
  EXPECT_LT(out.wrong, 25U);
}

TEST_F(ScoreModelTest, HouseholdsThatTheNodesHardlyKnowOf) {
  const Outcome out = Score(500, 200, 500, Null(0));
  EXPECT_GT(out.found, 450U);
  EXPECT_LT(out.wrong, 40U);
}

TEST_F(ScoreModelTest, FewOwnPairsRaiseTheThreshold) {
  const NullModel nothing = FitNullModel(People(), {}, {}, 1);
  std::vector<CandidatePair> pairs = {{1, 1, Match(), 0}};
  const ScoreModel model = FitScoreModel(People(), nothing, &pairs);
  EXPECT_TRUE(model.few_own_pairs);
  EXPECT_GT(model.threshold, 0);
}

TEST_F(ScoreModelTest, HardlyAnyMatchesRaiseTheThreshold) {
  const NullModel null = Null(40);
  for (const std::size_t matches : {10, 1'000}) {
    std::vector<CandidatePair> pairs;
    pairs.reserve(1'000 + matches);
    for (std::uint32_t i = 0; i < 1'000 + matches; ++i) {
      pairs.push_back({i, i, i < matches ? Match() : Stranger(), 0});
    }
    const ScoreModel model = FitScoreModel(People(), null, &pairs);
    EXPECT_FALSE(model.few_own_pairs);
    EXPECT_EQ(model.threshold > 0, matches == 10) << matches;
  }
}

TEST_F(ScoreModelTest, MoreAgreementNeverScoresLess) {
  std::vector<CandidatePair> pairs;
  pairs.reserve(500);
  for (std::uint32_t i = 0; i < 500; ++i) pairs.push_back({i, i, i % 2 ? Match() : Stranger(), 0});
  const ScoreModel model = FitScoreModel(People(), Null(50), &pairs);
  AgreementPattern all = EmptyPattern();
  for (std::size_t f = 0; f < kFields; ++f) all[f] = 0;
  for (std::size_t f = 0; f < kFields; ++f) {
    AgreementPattern less = all;
    less[f] = 4;
    EXPECT_LT(model.Score(less), model.Score(all)) << f;
  }
}

TEST_F(ScoreModelTest, MissingFieldsSayNothing) {
  std::vector<CandidatePair> pairs;
  const ScoreModel model = FitScoreModel(People(), Null(50), &pairs);
  EXPECT_TRUE(std::isfinite(model.Score(EmptyPattern())));
  EXPECT_LT(model.Score(EmptyPattern()), kStrongScore);
}

TEST_F(ScoreModelTest, CombinedNullsAreChances) {
  const NullModel both = CombineNullModels(People(), {Null(0), Null(300)});
  double weights = 0;
  for (const MixtureClass& c : both.classes) weights += c.weight;
  EXPECT_NEAR(weights, 1, 1e-6);
  for (const LevelChances& levels : both.independent) {
    double sum = 0;
    for (const double p : levels) sum += p;
    EXPECT_NEAR(sum, 1, 1e-9);
  }
}

TEST(MutualBestTest, EachOthersBestAlone) {
  std::vector<CandidatePair> pairs(4);
  pairs[0] = {1, 1, EmptyPattern(), 5};
  pairs[1] = {1, 2, EmptyPattern(), 7};
  pairs[2] = {2, 2, EmptyPattern(), 6};
  pairs[3] = {3, 3, EmptyPattern(), -2};
  EXPECT_EQ(MutualBest(pairs), (std::vector<std::size_t>{1, 3}));
}

TEST(StrengthTest, OnlyANumberIsHard) {
  EXPECT_EQ(StrengthOf(1e9, false), MatchStrength::kStrong);
  EXPECT_EQ(StrengthOf(0.1, false), MatchStrength::kPossible);
  EXPECT_EQ(StrengthOf(-5, true), MatchStrength::kHard);
}

}  // namespace
}  // namespace raakvlak::linkage
