// What a node learns of its own file: pairs, the null model, duplicates.
#include "linkage/fuzzy/own_pairs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "linkage/fuzzy/file_figures.h"
#include "linkage/fuzzy/learn_null_model.h"
#include "linkage/fuzzy/own_duplicates.h"
#include "linkage/fuzzy/planner.h"
#include "linkage/fuzzy/testing/people.h"

namespace raakvlak::linkage {
namespace {

using testing::MakeTable;
using testing::PeopleMaker;
using testing::Person;
using testing::PersonProfile;

constexpr std::array<std::uint8_t, 16> kKey = {7, 1, 3};

std::vector<Block> BlocksOf(const Profile& profile, const RecordTable& table) {
  PlanOptions options;
  options.largest_file = table.rows();
  options.sample = 1024;
  return MakeBlocks(profile, PlanBlocking(profile, table, options), table, nullptr);
}

void ExpectChances(const FieldChances& chances, std::size_t fields) {
  ASSERT_EQ(chances.size(), fields);
  for (const LevelChances& levels : chances) {
    double sum = 0;
    for (const double p : levels) {
      EXPECT_GT(p, 0);
      sum += p;
    }
    EXPECT_NEAR(sum, 1, 1e-9);
  }
}

TEST(OwnPairsTest, EachPairOnce) {
  std::vector<Block> blocks(2);
  blocks[0].records = {5, 2, 9};
  blocks[1].records = {2, 5};
  EXPECT_EQ(PairsInBlocks(blocks), (std::vector<OwnPair>{{2, 5}, {2, 9}, {5, 9}}));
}

TEST(OwnPairsTest, EqualValuesAreFoundWithoutABlock) {
  PeopleMaker maker(9);
  std::vector<Person> people = maker.Make(200);
  Person again = people[3];
  again.birth_date.clear();
  again.postcode.clear();
  people.push_back(again);
  const auto pairs =
      PairsOfEqualValues(MakeWholeValues(PersonProfile(), MakeTable(people), people.size()));
  EXPECT_TRUE(std::binary_search(pairs.begin(), pairs.end(), OwnPair{3, 200}));
  EXPECT_LT(pairs.size(), 50U);
  EXPECT_TRUE(std::is_sorted(pairs.begin(), pairs.end()));
}

TEST(OwnPairsTest, ComparesAsTheMatcherDoes) {
  Person a{"jan", "jansen", "19800102", "m", "0612345678", "1234ab"};
  Person b = a;
  b.surname = "janssen";
  b.phone = "";
  const RecordTable table = MakeTable({a, b});
  const auto patterns = OwnComparer(PersonProfile(), table, kKey).Compare({{0, 1}});
  ASSERT_EQ(patterns.size(), 1U);
  EXPECT_EQ(patterns[0][0], 0);
  EXPECT_GE(patterns[0][1], 1);
  EXPECT_LE(patterns[0][1], 2);
  EXPECT_EQ(patterns[0][4], kMissingLevel);
}

TEST(LearnNullModelTest, StrangersDifferAndTheModelIsTheSameAgain) {
  PeopleMaker maker(4);
  const RecordTable table = MakeTable(maker.Make(2'000));
  const Profile profile = PersonProfile();
  const std::vector<Block> blocks = BlocksOf(profile, table);
  const NullModel model = LearnNullModel(profile, table, blocks, kKey, {});
  ExpectChances(model.independent, profile.fields.size());
  double weights = 0;
  for (const MixtureClass& c : model.classes) {
    ExpectChances(c.chances, profile.fields.size());
    weights += c.weight;
  }
  EXPECT_NEAR(weights, 1, 1e-6);
  EXPECT_GT(model.random_pairs, 9'000U);
  EXPECT_LT(model.independent[2][0], 0.01);        // dates seldom agree
  EXPECT_NEAR(model.independent[3][0], 0.5, .05);  // gender half the time
  EXPECT_GT(model.block_chance, 0);
  EXPECT_LT(model.block_chance, 1e-3);
  const NullModel again = LearnNullModel(profile, table, blocks, kKey, {});
  EXPECT_EQ(model.independent, again.independent);
  EXPECT_EQ(model.block_pairs, again.block_pairs);
}

TEST(LearnNullModelTest, SmallEmptyAndUniformFiles) {
  const Profile profile = PersonProfile();
  PeopleMaker maker(5);
  for (const std::size_t rows : {0, 1, 2, 3}) {
    const RecordTable table = MakeTable(maker.Make(rows));
    const NullModel model = LearnNullModel(profile, table, BlocksOf(profile, table), kKey, {});
    ExpectChances(model.independent, profile.fields.size());
    ASSERT_EQ(model.classes.size(), 1U);
    EXPECT_EQ(model.block_pairs, 0U);
  }
  const RecordTable alike = MakeTable(std::vector<Person>(3'000, maker.Make()));
  const NullModel model = LearnNullModel(profile, alike, BlocksOf(profile, alike), kKey, {});
  ExpectChances(model.independent, profile.fields.size());
  EXPECT_GT(model.independent[1][0], 0.99);
}

TEST(FindOwnDuplicatesTest, FindsThoseEnteredTwiceAndNotTheirFamilies) {
  const Profile profile = PersonProfile();
  PeopleMaker maker(6);
  std::vector<Person> people = maker.Make(1'500);
  for (std::size_t i = 0; i < 400; ++i) people.push_back(maker.Relative(people[i]));
  const std::size_t copies = people.size();
  for (std::size_t i = 0; i < 200; ++i) people.push_back(maker.Damaged(people[i], 0.1, 0.02));
  const RecordTable table = MakeTable(people);
  const std::vector<Block> blocks = BlocksOf(profile, table);
  const NullModel null = LearnNullModel(profile, table, blocks, kKey, {});
  const auto groups = FindOwnDuplicates(profile, table, blocks, kKey, null);
  std::size_t right = 0;
  for (const DuplicateGroup& g : groups) {
    ASSERT_GE(g.records.size(), 2U);
    ASSERT_FALSE(g.pairs.empty());
    EXPECT_TRUE(std::is_sorted(g.records.begin(), g.records.end()));
    if (g.records.size() == 2 && g.records[1] == g.records[0] + copies) ++right;
  }
  EXPECT_GT(right, 180U);
  // Some of the 400 relatives at one address have one given name.
  EXPECT_LT(groups.size() - right, 6U);
}

// Where families abound, few keys of names and telephone expose little enough to be planned.
TEST(FindOwnDuplicatesTest, FindsEqualNamesAndPhoneWithoutBirthDate) {
  const Profile profile = PersonProfile();
  PeopleMaker maker(16);
  std::vector<Person> people = maker.Make(1'500);
  for (std::size_t i = 0; i < 1'000; ++i) people.push_back(maker.Relative(people[i]));
  const std::size_t copies = people.size();
  for (std::size_t i = 0; i < 200; ++i) {
    Person bare = people[800 + i];
    bare.birth_date.clear();
    if (i % 2 == 1) bare.postcode.clear();
    people.push_back(bare);
  }
  const RecordTable table = MakeTable(people);
  const std::vector<Block> blocks = BlocksOf(profile, table);
  const NullModel null = LearnNullModel(profile, table, blocks, kKey, {});
  std::size_t right = 0;
  std::size_t wrong = 0;
  for (const DuplicateGroup& g : FindOwnDuplicates(profile, table, blocks, kKey, null)) {
    const bool is_copy = g.records.size() == 2 && g.records[1] == g.records[0] + copies - 800;
    ++(is_copy && g.records[1] >= copies ? right : wrong);
  }
  EXPECT_GT(right, 195U);
  EXPECT_LT(wrong, 5U);
}

// Most of the file are relatives of one surname and postcode; nothing else tells of a household.
TEST(FindOwnDuplicatesTest, FamiliesAreNoDuplicatesWithoutATelephoneEither) {
  Profile profile = PersonProfile();
  profile.fields.erase(profile.fields.begin() + 4);
  PeopleMaker maker(46);
  std::vector<Person> people = maker.Make(1'500);
  for (std::size_t i = 0; i < 1'300; ++i) people.push_back(maker.Relative(people[i]));
  const std::size_t copies = people.size();
  for (std::size_t i = 0; i < 100; ++i) people.push_back(maker.Damaged(people[i], 0.1, 0.02));
  RecordTable table = MakeTable(people);
  table.columns.erase(table.columns.begin() + 4);
  const std::vector<Block> blocks = BlocksOf(profile, table);
  const NullModel null = LearnNullModel(profile, table, blocks, kKey, {});
  std::size_t right = 0;
  std::size_t wrong = 0;
  for (const DuplicateGroup& g : FindOwnDuplicates(profile, table, blocks, kKey, null)) {
    ++(g.records.size() == 2 && g.records[1] == g.records[0] + copies ? right : wrong);
  }
  EXPECT_GT(right, 90U);
  EXPECT_LT(wrong, 10U);
}

TEST(FindOwnDuplicatesTest, NoneAmongDifferentPeopleNorInUnusableFiles) {
  const Profile profile = PersonProfile();
  PeopleMaker maker(7);
  for (const RecordTable& table : {MakeTable(maker.Make(3'000)), MakeTable({}),
                                   MakeTable(std::vector<Person>(100, Person()))}) {
    const std::vector<Block> blocks = BlocksOf(profile, table);
    const NullModel null = LearnNullModel(profile, table, blocks, kKey, {});
    EXPECT_LE(FindOwnDuplicates(profile, table, blocks, kKey, null).size(), 1U);
  }
}

TEST(FileFiguresTest, RoundedAndNothingForFilesThatCannotPlan) {
  PeopleMaker maker(8);
  const Profile profile = PersonProfile();
  EXPECT_EQ(MeasureFile(profile, MakeTable({})).records, 0U);
  EXPECT_EQ(MeasureFile(profile, MakeTable(maker.Make(1))).records, 0U);
  const FileFigures spread = MeasureFile(profile, MakeTable(maker.Make(1'000)));
  EXPECT_EQ(spread.records, 1'024U);
  std::vector<Person> people = maker.Make(1'000);
  for (Person& p : people) p.surname = people[0].surname;
  EXPECT_LT(MeasureFile(profile, MakeTable(people)).selectivity, spread.selectivity);
  // A file that was cut, and one that holds each subject twice.
  EXPECT_EQ(MeasureFile(profile, MakeTable(maker.Make(1'000)), 5'000).records, 6'144U);
  people = maker.Make(500);
  for (std::size_t i = 0; i < 500; ++i) people.push_back(people[i]);
  EXPECT_EQ(MeasureFile(profile, MakeTable(people)).records, 512U);
}

}  // namespace
}  // namespace raakvlak::linkage
