// Blocking plans: the same everywhere, under their ceilings, finding damaged copies.
#include "linkage/fuzzy/planner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "linkage/fuzzy/blocks.h"
#include "linkage/fuzzy/component_table.h"
#include "linkage/fuzzy/distinct_rows.h"
#include "linkage/fuzzy/file_figures.h"
#include "linkage/fuzzy/plan_check.h"
#include "linkage/fuzzy/testing/people.h"

namespace raakvlak::linkage {
namespace {

using testing::MakeTable;
using testing::PeopleMaker;
using testing::Person;
using testing::PersonProfile;

class PlannerTest : public ::testing::Test {
 protected:
  static BlockingPlan Plan(const Profile& profile, const RecordTable& table) {
    PlanOptions options;
    options.largest_file = table.rows();
    options.sample = 1024;
    return PlanBlocking(profile, table, options);
  }

  void SetUp() override {
    PeopleMaker maker(21);
    people_ = maker.Make(2'000);
    for (std::size_t i = 0; i < 500; ++i) people_.push_back(maker.Relative(people_[i]));
    for (const Person& p : people_) copies_.push_back(maker.Damaged(p, 0.2, 0.05));
    table_ = MakeTable(people_);
  }

  std::vector<Person> people_;
  std::vector<Person> copies_;
  RecordTable table_;
  const Profile profile_ = PersonProfile();
};

TEST_F(PlannerTest, TheSameTableGivesTheSamePlan) {
  const BlockingPlan a = Plan(profile_, table_);
  const BlockingPlan b = Plan(profile_, table_);
  ASSERT_EQ(a.keys.size(), b.keys.size());
  for (std::size_t k = 0; k < a.keys.size(); ++k) {
    EXPECT_EQ(a.keys[k].components, b.keys[k].components);
    EXPECT_EQ(a.keys[k].min_bits, b.keys[k].min_bits);
    EXPECT_EQ(a.keys[k].dependence, b.keys[k].dependence);
  }
  EXPECT_EQ(a.Explain(profile_), b.Explain(profile_));
  EXPECT_EQ(a.Explain(profile_).size(), a.keys.size() + 1);
}

TEST_F(PlannerTest, FindsDamagedCopiesAndExposesFew) {
  const BlockingPlan plan = Plan(profile_, table_);
  EXPECT_LE(plan.keys.size(), profile_.max_keys);
  EXPECT_LE(plan.exposure, profile_.max_exposure);
  EXPECT_GT(plan.coverage, 0.9);
  PeopleMaker stranger(99);
  const RecordTable others = MakeTable(stranger.Make(2'500));
  const auto values = [&](const RecordTable& t) {
    std::map<std::pair<std::uint16_t, std::string>, std::vector<std::uint32_t>> out;
    for (const Block& b : MakeBlocks(profile_, plan, t, nullptr)) out[{b.key, b.input}] = b.records;
    return out;
  };
  const auto own = values(table_);
  std::set<std::uint32_t> found;
  for (const auto& [value, records] : values(MakeTable(copies_))) {
    const auto it = own.find(value);
    if (it == own.end()) continue;
    for (const std::uint32_t r : records) {
      if (std::find(it->second.begin(), it->second.end(), r) != it->second.end()) found.insert(r);
    }
  }
  EXPECT_GT(found.size(), 0.95 * static_cast<double>(people_.size()));
  std::set<std::uint32_t> exposed;
  for (const auto& [value, records] : values(others)) {
    if (own.contains(value)) exposed.insert(records.begin(), records.end());
  }
  EXPECT_LT(exposed.size(), 0.12 * static_cast<double>(others.rows()));
}

// The exposure between files of strangers, not within the planning node's own, where two holders of
// a value make it look more frequent than it looks to either of two agencies. However many agencies
// there are, a record counts if it meets a stranger of any.
TEST_F(PlannerTest, ValuesSeenOnceAtEachOfSeveralAgenciesCountAsExposed) {
  for (const std::size_t counterparts : {1U, 3U}) {
    PlanOptions options;
    options.largest_file = table_.rows();
    options.counterparts = counterparts;
    options.sample = 1024;
    const BlockingPlan plan = PlanBlocking(profile_, table_, options);
    PeopleMaker maker(77);
    double share = 0;
    for (int file = 0; file < 4; ++file) {
      std::set<std::pair<std::uint16_t, std::string>> own;
      for (const Block& b : MakeBlocks(profile_, plan, table_, nullptr)) {
        own.insert({b.key, b.input});
      }
      for (std::size_t other = 1; other < counterparts; ++other) {
        const RecordTable more = MakeTable(maker.Make(2'500));
        for (const Block& b : MakeBlocks(profile_, plan, more, nullptr)) {
          own.insert({b.key, b.input});
        }
      }
      const RecordTable others = MakeTable(maker.Make(2'500));
      std::set<std::uint32_t> exposed;
      for (const Block& b : MakeBlocks(profile_, plan, others, nullptr)) {
        if (own.contains({b.key, b.input})) exposed.insert(b.records.begin(), b.records.end());
      }
      share += static_cast<double>(exposed.size()) / static_cast<double>(others.rows()) / 4;
    }
    EXPECT_LT(share, 1.1 * profile_.max_exposure) << counterparts;
  }
}

// Two lines and a town in each other's place, names spelt anew.
TEST_F(PlannerTest, CrossedAddressLinesAreFound) {
  Profile profile;
  profile.fields = {{"given_name", FieldKind::kGivenName}, {"surname", FieldKind::kSurname},
                    {"line_1", FieldKind::kAddress},       {"line_2", FieldKind::kAddress},
                    {"town", FieldKind::kPlace},           {"birth_date", FieldKind::kDate}};
  PeopleMaker streets(8);
  RecordTable a;
  RecordTable b;
  for (RecordTable* t : {&a, &b}) t->columns.resize(6);
  for (std::size_t i = 0; i < people_.size(); ++i) {
    const std::string street = streets.Make().surname;
    const std::string house = streets.Make().surname;
    const std::string town = streets.Make().given_name;
    const auto add = [&](RecordTable& t, const Person& p, bool crossed) {
      t.columns[0].push_back(p.given_name);
      t.columns[1].push_back(p.surname);
      t.columns[2].push_back(crossed ? house : street);
      t.columns[3].push_back(crossed ? street : house);
      t.columns[4].push_back(town);
      t.columns[5].push_back(p.birth_date);
    };
    Person other = copies_[i];
    other.birth_date.clear();
    add(a, people_[i], false);
    add(b, other, true);
  }
  const BlockingPlan plan = Plan(profile, a);
  std::map<std::pair<std::uint16_t, std::string>, std::vector<std::uint32_t>> own;
  for (const Block& block : MakeBlocks(profile, plan, a, nullptr)) {
    own[{block.key, block.input}] = block.records;
  }
  std::set<std::uint32_t> found;
  for (const Block& block : MakeBlocks(profile, plan, b, nullptr)) {
    const auto it = own.find({block.key, block.input});
    if (it == own.end()) continue;
    for (const std::uint32_t r : block.records) {
      if (std::find(it->second.begin(), it->second.end(), r) != it->second.end()) found.insert(r);
    }
  }
  EXPECT_GT(found.size(), 0.9 * static_cast<double>(people_.size()));
}

TEST_F(PlannerTest, CeilingsHold) {
  Profile strict = profile_;
  strict.max_exposure = 0.01;
  strict.max_keys = 5;
  const BlockingPlan plan = Plan(strict, table_);
  EXPECT_LE(plan.keys.size(), 5U);
  EXPECT_LE(plan.exposure, 0.01);
  EXPECT_LE(plan.coverage, Plan(profile_, table_).coverage);
}

TEST_F(PlannerTest, OwnDuplicatesDoNotSpoilThePlan) {
  std::vector<Person> twice = people_;
  PeopleMaker clerk(5);
  for (std::size_t i = 0; i < 300; ++i) twice.push_back(clerk.Damaged(people_[i], 0.1, 0.02));
  const BlockingPlan plan = Plan(profile_, MakeTable(twice));
  EXPECT_GT(plan.coverage, Plan(profile_, table_).coverage - 0.05);
}

TEST_F(PlannerTest, ARecordThatIsHalfTheFileCountsOnce) {
  std::vector<Person> copied = people_;
  copied.insert(copied.begin() + 100, people_.size(), people_[50]);
  const RecordTable table = MakeTable(copied);
  const std::vector<std::uint8_t> repeated = RepeatedRows(profile_, table, table.rows());
  EXPECT_EQ(std::count(repeated.begin() + 100, repeated.begin() + 100 + 2'500, 1), 2'500);
  const std::vector<std::uint8_t> before = RepeatedRows(profile_, table_, table_.rows());
  EXPECT_EQ(std::count(repeated.begin(), repeated.end(), 1),
            std::count(before.begin(), before.end(), 1) + 2'500);
  EXPECT_EQ(MeasureFile(profile_, table).records, MeasureFile(profile_, table_).records);
  EXPECT_EQ(MeasureFile(profile_, table).selectivity, MeasureFile(profile_, table_).selectivity);
  PlanOptions options;
  options.largest_file = table_.rows();
  options.sample = 1024;
  const BlockingPlan plan = PlanBlocking(profile_, table, options);
  EXPECT_GT(plan.coverage, 0.9);
  EXPECT_EQ(plan.Explain(profile_), PlanBlocking(profile_, table_, options).Explain(profile_));
}

// Common values in every field are no sign that two records are one, copies or not.
TEST_F(PlannerTest, EqualRecordsOfCommonValuesAreNoCopies) {
  std::vector<Person> people = people_;
  Person common;
  common.given_name = people_[0].given_name;
  common.gender = "m";
  for (int i = 0; i < 20; ++i) people.push_back(common);
  const RecordTable table = MakeTable(people);
  const std::vector<std::uint8_t> repeated = RepeatedRows(profile_, table, table.rows());
  EXPECT_EQ(std::count(repeated.end() - 20, repeated.end(), 1), 0);
}

TEST_F(PlannerTest, NoKeyJoinsFieldsOfOneKindOnly) {
  // Two numbers, each of which agrees with none: tempting, were they not of one kind.
  Profile profile = profile_;
  profile.fields[5].kind = FieldKind::kPhone;
  const BlockingPlan plan = Plan(profile, table_);
  EXPECT_TRUE(ValidatePlan(profile, plan).ok()) << ValidatePlan(profile, plan);
}

TEST_F(PlannerTest, TextsMayBeAnythingAndAreJoined) {
  Profile profile = profile_;
  for (ComparedField& f : profile.fields) f.kind = FieldKind::kText;
  const BlockingPlan plan = Plan(profile, table_);
  EXPECT_GT(plan.coverage, 0.9);
  EXPECT_TRUE(ValidatePlan(profile, plan).ok());
}

TEST_F(PlannerTest, DamagedOwnDuplicatesAreRepeatedAndFamiliesAreNot) {
  PeopleMaker maker(35);
  std::vector<Person> people = maker.Make(1'000);
  for (std::size_t i = 0; i < 300; ++i) people.push_back(maker.Relative(people[i]));
  const std::size_t distinct = people.size();
  for (std::size_t i = 0; i < 300; ++i) people.push_back(maker.Damaged(people[i], 0.1, 0.05));
  const RecordTable table = MakeTable(people);
  const std::vector<std::uint8_t> repeated = RepeatedRows(profile_, table, people.size());
  ASSERT_EQ(repeated.size(), people.size());
  const auto copies = repeated.begin() + static_cast<std::ptrdiff_t>(distinct);
  EXPECT_LT(std::count(repeated.begin(), copies, 1), 5);
  EXPECT_GT(std::count(copies, repeated.end(), 1), 250);
  // Nor does a value become more common because its holder was entered again.
  const Component surname{1, Component::kNoField, ComponentForm::kFull};
  const ComponentColumn once = MakeComponentColumn(profile_, table, surname, distinct);
  const ComponentColumn again =
      MakeComponentColumn(profile_, table, surname, people.size(), repeated);
  EXPECT_NEAR(again.collision_bits, once.collision_bits, 0.1);
  EXPECT_GT(again.bits.back(), 0);
}

TEST_F(PlannerTest, NothingToPlanFrom) {
  EXPECT_TRUE(Plan(profile_, MakeTable({})).keys.empty());
  EXPECT_TRUE(Plan(profile_, MakeTable({people_[0]})).keys.empty());
  EXPECT_TRUE(Plan(profile_, MakeTable(std::vector<Person>(500))).keys.empty());
  Profile one;
  one.fields = {{"surname", FieldKind::kSurname}};
  RecordTable names;
  names.columns = {table_.columns[1]};
  EXPECT_TRUE(Plan(one, names).keys.empty());
}

TEST_F(PlannerTest, InputsOfTwoKeysAreNeverEqual) {
  // Both keys read the same values for one whose given name is its surname.
  Profile profile;
  profile.fields = {{"given_name", FieldKind::kGivenName},
                    {"surname", FieldKind::kSurname},
                    {"birth_date", FieldKind::kDate}};
  RecordTable table;
  table.columns = {{"willem"}, {"willem"}, {"19800101"}};
  Component given;
  Component surname;
  surname.field = 1;
  Component date;
  date.field = 2;
  BlockingPlan plan;
  plan.keys.resize(2);
  plan.keys[0].components = {given, date};
  plan.keys[1].components = {surname, date};
  const std::vector<Block> blocks = MakeBlocks(profile, plan, table, nullptr);
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_NE(blocks[0].input, blocks[1].input);
  EXPECT_EQ(blocks[0].input.substr(16), blocks[1].input.substr(16));
}

}  // namespace
}  // namespace raakvlak::linkage
