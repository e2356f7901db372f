// Encodings: one size, nothing comparable where it should not be, similarity where it should.
#include "linkage/fuzzy/encoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "linkage/fuzzy/testing/people.h"
#include "linkage/score/compare_encodings.h"

namespace raakvlak::linkage {
namespace {

using testing::MakeTable;
using testing::PeopleMaker;
using testing::Person;
using testing::PersonProfile;

constexpr std::array<std::uint8_t, 16> kOwn = {1, 2, 3};
constexpr std::array<std::uint8_t, 16> kTheirs = {9, 9};

BlockKey KeyOf(std::uint8_t pair, std::string_view type, std::uint8_t secret) {
  std::array<std::uint8_t, 32> k{};
  std::array<std::uint8_t, 32> l{};
  k[0] = pair;
  l[0] = secret;
  return DeriveBlockKey(k, type, l);
}

class EncoderTest : public ::testing::Test {
 protected:
  std::string Encode(const Person& person, const BlockKey& key,
                     std::span<const std::uint8_t, 16> dummies = kOwn) const {
    const RecordTable table = MakeTable({person});
    return RecordEncoder(profile_, table, dummies).Encode(key, table, 0);
  }
  AgreementPattern Agree(const Person& a, const Person& b) const {
    AgreementPattern pattern = EmptyPattern();
    EXPECT_TRUE(CompareEncodings(profile_, Encode(a, key_), Encode(b, key_, kTheirs), &pattern));
    return pattern;
  }
  // Bytes of one field.
  std::string Field(const std::string& encoding, std::size_t field) const {
    const std::size_t from = FieldOffset(profile_, field);
    return encoding.substr(from, FieldOffset(profile_, field + 1) - from);
  }

  const Profile profile_ = PersonProfile();
  const BlockKey key_ = KeyOf(1, "block-01", 1);
  const Person person_{"johanna", "steenbergen", "19671204", "v", "0612345678", "1234ab"};
};

TEST_F(EncoderTest, OneSizeForEveryRecord) {
  PeopleMaker maker(1);
  std::set<std::size_t> sizes;
  for (const Person& p : maker.Make(200))
    sizes.insert(Encode(maker.Damaged(p, .3, .3), key_).size());
  sizes.insert(Encode(Person(), key_).size());
  Person long_names = person_;
  long_names.surname = std::string(256, 'q');
  sizes.insert(Encode(long_names, key_).size());
  EXPECT_EQ(sizes, std::set<std::size_t>{EncodedSize(profile_)});
  EXPECT_TRUE(IsWellFormed(profile_, Encode(long_names, key_)));
}

TEST_F(EncoderTest, NothingIsComparableAcrossBlocksTypesAndCounterparts) {
  for (const BlockKey& other :
       {KeyOf(2, "block-01", 1), KeyOf(1, "block-02", 1), KeyOf(1, "block-01", 2)}) {
    const std::string a = Encode(person_, key_);
    const std::string b = Encode(person_, other);
    AgreementPattern pattern = EmptyPattern();
    ASSERT_TRUE(CompareEncodings(profile_, a, b, &pattern));
    for (std::size_t f = 0; f < profile_.fields.size(); ++f) {
      EXPECT_EQ(pattern[f], 4) << f;
      EXPECT_LT(EncodedSimilarity(profile_, a, b, f), 0.2) << f;
    }
  }
}

TEST_F(EncoderTest, EqualValuesOfOtherFieldsShowOnlyBetweenGivenNameAndSurname) {
  Profile texts;
  texts.fields = {{"one", FieldKind::kText}, {"two", FieldKind::kText}};
  RecordTable table;
  table.columns = {{"steenbergen"}, {"steenbergen"}};
  const std::string e = RecordEncoder(texts, table, kOwn).Encode(key_, table, 0);
  const std::size_t size = FieldOffset(texts, 1) - FieldOffset(texts, 0);
  EXPECT_NE(e.substr(FieldOffset(texts, 0), size), e.substr(FieldOffset(texts, 1), size));
}

TEST_F(EncoderTest, AMissingValueIsFilledAndFilledAnewInEveryRecord) {
  Person nameless = person_;
  nameless.surname.clear();
  const std::string a = Field(Encode(nameless, key_), 1);
  const std::string b = Field(Encode(nameless, key_, kTheirs), 1);
  EXPECT_NE(a, b);
  EXPECT_NE(a, std::string(a.size(), '\0'));
  RecordTable two = MakeTable({nameless, nameless});
  const RecordEncoder encoder(profile_, two, kOwn);
  EXPECT_NE(Field(encoder.Encode(key_, two, 0), 1), Field(encoder.Encode(key_, two, 1), 1));
  EXPECT_EQ(Agree(nameless, person_)[1], kMissingLevel);
}

TEST_F(EncoderTest, LevelsFollowTheDamage) {
  EXPECT_EQ(Agree(person_, person_)[1], 0);
  Person other = person_;
  other.surname = "steenbergem";
  other.birth_date = "19671205";
  other.phone = "0612345679";
  AgreementPattern pattern = Agree(person_, other);
  EXPECT_EQ(pattern[1], 1);
  EXPECT_EQ(pattern[2], 1);
  EXPECT_GE(pattern[4], 1);
  EXPECT_LE(pattern[4], 2);
  other.birth_date = "19670412";  // day and month swapped
  EXPECT_EQ(Agree(person_, other)[2], 1);
  other.birth_date = "19320817";
  other.surname = "vliet";
  pattern = Agree(person_, other);
  EXPECT_EQ(pattern[1], 4);
  EXPECT_EQ(pattern[2], 4);
  Person initial = person_;
  initial.given_name = "j";
  EXPECT_EQ(Agree(person_, initial)[0], 2);
  initial.given_name = "k";
  EXPECT_EQ(Agree(person_, initial)[0], 4);
}

TEST_F(EncoderTest, CrossedNamesAreSeen) {
  Person crossed = person_;
  std::swap(crossed.given_name, crossed.surname);
  const AgreementPattern pattern = Agree(person_, crossed);
  EXPECT_EQ(pattern[0], 0);
  EXPECT_EQ(pattern[1], 0);
}

TEST_F(EncoderTest, SlotsFollowTheBigrams) {
  PeopleMaker maker(2);
  double error = 0;
  int pairs = 0;
  for (int i = 0; i < 300; ++i) {
    const Person a = maker.Make();
    const Person b = i % 2 == 0 ? maker.Make() : maker.Damaged(a, 1, 0);
    if (a.surname == b.surname || b.surname.empty()) continue;
    error += EncodedSimilarity(profile_, Encode(a, key_), Encode(b, key_), 1) -
             BigramOverlap(a.surname, b.surname);
    ++pairs;
  }
  EXPECT_LT(std::abs(error / pairs), 0.02);
}

TEST_F(EncoderTest, SlotsThatAgreeBetweenEqualValuesShowNoLength) {
  for (const char* surname : {"o", "vos", "steenbergen", "vandenbosschevanderlinden"}) {
    Person p = person_;
    p.surname = surname;
    // All of them, whatever the length: the tags alone are made to differ.
    std::string x = Encode(p, key_);
    const std::string y = x;
    x[FieldOffset(profile_, 1)] ^= 1;
    EXPECT_EQ(EncodedSimilarity(profile_, x, y, 1), 1) << surname;
  }
}

TEST_F(EncoderTest, EncodingsOfTheWrongSizeAreRefused) {
  const std::string good = Encode(person_, key_);
  AgreementPattern pattern = EmptyPattern();
  const AgreementPattern before = pattern;
  for (const std::string& bad :
       {std::string(), good.substr(1), good + "x", std::string(100'000, 'x')}) {
    EXPECT_FALSE(CompareEncodings(profile_, good, bad, &pattern));
    EXPECT_FALSE(CompareEncodings(profile_, bad, good, &pattern));
    EXPECT_EQ(pattern, before);
  }
  // Of the right size, any bytes.
  EXPECT_TRUE(CompareEncodings(profile_, good, std::string(good.size(), '\xff'), &pattern));
}

}  // namespace
}  // namespace raakvlak::linkage
