// That the attacks work where nothing stands in their way: otherwise a low rate would say nothing.
#include "bench/attacks/attacks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "bench/attacks/node_capture.h"
#include "linkage/fuzzy/encoder.h"

namespace raakvlak::bench {
namespace {

using linkage::BlockKey;
using linkage::FieldKind;

constexpr std::array<std::uint8_t, 16> kDummies = {4, 4};

struct Unprotected {
  linkage::RecordTable table;
  Capture capture;
  BlockKeys keys;
};

linkage::Profile NamesAndDates() {
  linkage::Profile profile;
  profile.fields = {{"given_name", FieldKind::kGivenName},
                    {"surname", FieldKind::kSurname},
                    {"birth_date", FieldKind::kDate}};
  return profile;
}

// One block of all records under one key: agency 0 has every row, agency 1 the same, and each row
// is compared with its next bearer of the same surname and with one that is alike.
Unprotected MakeUnprotected(const std::vector<std::string>& surnames) {
  Unprotected out;
  out.capture.profile = NamesAndDates();
  out.table.columns.resize(3);
  for (std::size_t i = 0; i < surnames.size(); ++i) {
    out.table.columns[0].emplace_back("jan");
    out.table.columns[1].push_back(surnames[i]);
    out.table.columns[2].emplace_back(i % 2 == 0 ? "19800413" : "19621231");
  }
  const linkage::RecordEncoder encoder(out.capture.profile, out.table, kDummies);
  BlockKey key{};
  key[0] = 9;
  const linkage::BlockId block{};
  out.keys[{0, 1, block}] = key;
  const auto add = [&](std::size_t a, std::size_t b) {
    out.capture.pairs.push_back({block,
                                 {0, static_cast<std::uint32_t>(a)},
                                 {1, static_cast<std::uint32_t>(b)},
                                 encoder.Encode(key, out.table, a),
                                 encoder.Encode(key, out.table, b)});
  };
  for (std::size_t a = 0; a < surnames.size(); ++a) {
    bool alike = false;
    bool next = false;
    for (std::size_t b = a; b < surnames.size() && !(alike && next); ++b) {
      if (b == a || (!next && surnames[a] == surnames[b])) {
        add(a, b);
        next |= b != a;
      } else if (!alike && surnames[a] != surnames[b] &&
                 linkage::BigramOverlap(surnames[a], surnames[b]) > 0.5) {
        add(a, b);
        alike = true;
      }
    }
  }
  return out;
}

// Every record of one side with every record of the other.
void CompareAll(Unprotected* run) {
  const linkage::RecordEncoder encoder(run->capture.profile, run->table, kDummies);
  const auto& [place, key] = *run->keys.begin();
  std::vector<std::string> encodings;
  encodings.reserve(run->table.rows());
  for (std::size_t i = 0; i < run->table.rows(); ++i) {
    encodings.push_back(encoder.Encode(key, run->table, i));
  }
  run->capture.pairs.clear();
  for (std::uint32_t a = 0; a < encodings.size(); ++a) {
    for (std::uint32_t b = 0; b < encodings.size(); ++b) {
      run->capture.pairs.push_back(
          {std::get<2>(place), {0, a}, {1, b}, encodings[a], encodings[b]});
    }
  }
}

double Right(const Guesses& guesses, const linkage::RecordTable& table) {
  double right = 0;
  for (const auto& [handle, name] : guesses) right += table.columns[1][handle.record] == name;
  return guesses.empty() ? 0 : right / static_cast<double>(guesses.size());
}

// The twelve most frequent names, far enough apart in frequency.
PublicNames FewNames() {
  PublicNames all = DutchSurnames();
  all.names.resize(12);
  all.shares.resize(12);
  for (std::size_t i = 0; i < 12; ++i) all.shares[i] = 1.0 / static_cast<double>(1 << i);
  return all;
}

std::vector<std::string> Bearers(const PublicNames& names) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < names.names.size(); ++i) {
    out.insert(out.end(), 1 + 600 / (1U << i), names.names[i]);
  }
  return out;
}

TEST(AttacksTest, FrequencyOpensWhatIsEncodedUnderOneKey) {
  const PublicNames names = FewNames();
  const Unprotected run = MakeUnprotected(Bearers(names));
  EXPECT_GT(Right(FrequencyAttack(run.capture, names), run.table), 0.9);
  EXPECT_LT(Right(BlindGuess(run.capture, names), run.table), 0.6);
}

TEST(AttacksTest, GraphMatchingNamesAPairThatIsAlikeInOneWayOnly) {
  // The likeliest two public names of their similarity; frequency has them the wrong way round the
  // others.
  PublicNames names;
  names.names = {"bakker", "visser", "jansen", "janssen", "smit"};
  names.shares = {0.3, 0.25, 0.2, 0.15, 0.1};
  const Unprotected run = MakeUnprotected({"jansen", "jansen", "jansen", "jansen", "janssen",
                                           "janssen", "janssen", "smit", "smit", "bakker"});
  const Guesses graph = GraphAttack(run.capture, names);
  const Guesses frequency = FrequencyAttack(run.capture, names);
  EXPECT_EQ(graph.at({0, 0}), "jansen");
  EXPECT_EQ(graph.at({0, 4}), "janssen");
  EXPECT_GT(Right(graph, run.table), Right(frequency, run.table));
}

TEST(AttacksTest, PatternsOpenWhatIsEncodedUnderOneKey) {
  const PublicNames names = FewNames();
  const Unprotected run = MakeUnprotected(Bearers(names));
  for (const PatternScope scope : {PatternScope::kWithinBlocks, PatternScope::kAcrossBlocks}) {
    EXPECT_GT(Right(PatternAttack(run.capture, names, scope), run.table), 0.9);
  }
}

TEST(AttacksTest, PatternsAcrossBlocksShowThatBlocksHaveOneKey) {
  Unprotected run = MakeUnprotected(Bearers(FewNames()));
  // Each pair in a block of its own, all under one key.
  for (std::size_t i = 0; i < run.capture.pairs.size(); ++i) {
    run.capture.pairs[i].block.tag = {static_cast<std::uint8_t>(i & 0xff),
                                      static_cast<std::uint8_t>(i >> 8)};
  }
  const PatternStatistics one_key = PatternsAcrossBlocks(run.capture);
  EXPECT_EQ(one_key.blocks, run.capture.pairs.size());
  EXPECT_LT(one_key.slots.expected_as_large, 1e-6);
  EXPECT_LT(one_key.pairs.expected_as_large, 1e-6);
  EXPECT_GT(one_key.slots.largest, run.capture.pairs.size() / 2);

  // The same name throughout, but every block has a key of its own.
  const linkage::RecordEncoder encoder(run.capture.profile, run.table, kDummies);
  for (std::size_t i = 0; i < run.capture.pairs.size(); ++i) {
    CapturedPair& pair = run.capture.pairs[i];
    BlockKey key{};
    key[0] = pair.block.tag[0];
    key[1] = pair.block.tag[1];
    pair.encoding_a = pair.encoding_b = encoder.Encode(key, run.table, 0);
  }
  const PatternStatistics own_keys = PatternsAcrossBlocks(run.capture);
  EXPECT_GT(own_keys.slots.expected_as_large, 0.01);
  EXPECT_GT(own_keys.pairs.expected_as_large, 0.01);
}

TEST(AttacksTest, SimilarityTablesOpenWhatIsComparedWithAllUnderOneKey) {
  const PublicNames names = FewNames();
  std::vector<std::string> bearers;
  for (std::size_t i = 0; i < names.names.size(); ++i) {
    bearers.insert(bearers.end(), 1 + 60 / (1U << i), names.names[i]);
  }
  Unprotected run = MakeUnprotected(bearers);
  CompareAll(&run);
  EXPECT_GT(Right(SimilarityTableAttack(run.capture, names), run.table), 0.8);
  EXPECT_LT(Right(BlindGuess(run.capture, names), run.table), 0.6);
}

TEST(AttacksTest, CollusionOpensNamesAndDates) {
  const PublicNames names = FewNames();
  const Unprotected run = MakeUnprotected({names.names[3], names.names[5], "notonanylist"});
  CollusionEffort effort;
  effort.targets = {{0, 0}, {0, 1}, {0, 2}};
  const CollusionResult result = CollusionAttack(run.capture, run.keys, names, effort);
  EXPECT_EQ(result.tried.size(), 3U);
  EXPECT_EQ(result.surnames.at({0, 0}), names.names[3]);
  EXPECT_EQ(result.surnames.at({0, 1}), names.names[5]);
  EXPECT_FALSE(result.surnames.contains({0, 2}));
  EXPECT_EQ(result.birth_dates.at({0, 0}), "19800413");
  EXPECT_EQ(result.birth_dates.at({0, 1}), "19621231");
  // Without the keys, or with others, nothing.
  EXPECT_TRUE(CollusionAttack(run.capture, {}, names, effort).surnames.empty());
  BlockKeys wrong = run.keys;
  wrong.begin()->second[5] = 1;
  const CollusionResult nothing = CollusionAttack(run.capture, wrong, names, effort);
  EXPECT_TRUE(nothing.surnames.empty());
  EXPECT_TRUE(nothing.birth_dates.empty());
}

TEST(CaptureTest, ComesBackAsWritten) {
  Unprotected run = MakeUnprotected({"jansen", "janssen"});
  run.capture.blocks.push_back({0, 1, run.capture.pairs[0].block, {0, 1}, {1}});
  std::stringstream file;
  WriteCapture(run.capture, file);
  const auto back = ReadCapture(file);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->profile.fields, run.capture.profile.fields);
  ASSERT_EQ(back->pairs.size(), run.capture.pairs.size());
  EXPECT_EQ(back->pairs[1].encoding_b, run.capture.pairs[1].encoding_b);
  ASSERT_EQ(back->blocks.size(), 1U);
  EXPECT_EQ(back->blocks[0].a, (std::vector<std::uint32_t>{0, 1}));
  EXPECT_TRUE(back->handed_in_as.empty());
  for (const char* bad : {"{", "{\"pair\": [0]}", "{\"fields\": [[\"x\", \"nonsense\"]]}", "7"}) {
    std::stringstream text(bad);
    EXPECT_FALSE(ReadCapture(text).ok()) << bad;
  }
}

TEST(NodeCaptureTest, NamesRecordsByRowAndGivesKeys) {
  // Matcher and nodes as they write it down; record 9 of agency 1 sits in the block and was not
  // encoded.
  Unprotected run = MakeUnprotected({"jansen"});
  CapturedPair& pair = run.capture.pairs[0];
  pair.a.record = 4;
  pair.b.record = 7;
  run.capture.handed_in_as = {{{0, 4}, "aa"}, {{1, 7}, "bb"}, {{1, 9}, "cc"}};
  run.capture.blocks.push_back({0, 1, pair.block, {4}, {7, 9}});
  std::stringstream matcher;
  WriteCapture(run.capture, matcher);
  const auto capture = ReadCapture(matcher);
  ASSERT_TRUE(capture.ok()) << capture.status();
  const std::string rest = "\"key\": 0, \"tag\": \"" + std::string(32, '0') +
                           "\", \"block_key\": \"09" + std::string(126, '0') + "\"}\n";
  std::stringstream first("{\"handle\": \"aa\", \"record\": 0, \"counterpart\": 1, " + rest);
  std::stringstream second("{\"handle\": \"bb\", \"record\": 0, \"counterpart\": 0, " + rest);
  std::vector<NodeCapture> nodes = {*ReadNodeCapture(first, 0), *ReadNodeCapture(second, 1)};
  EXPECT_EQ(nodes[0].keys, run.keys);
  EXPECT_EQ(nodes[1].keys, run.keys);
  const auto named = NamedByRow(*capture, nodes);
  ASSERT_TRUE(named.ok()) << named.status();
  EXPECT_EQ(named->pairs[0].a, (Handle{0, 0}));
  EXPECT_EQ(named->pairs[0].b, (Handle{1, 0}));
  EXPECT_EQ(named->blocks[0].b, (std::vector<std::uint32_t>{0}));
  nodes[1].rows.clear();
  EXPECT_FALSE(NamedByRow(*capture, nodes).ok());
  for (const char* bad : {"{", "{\"handle\": \"aa\"}", "7"}) {
    std::stringstream text(bad);
    EXPECT_FALSE(ReadNodeCapture(text, 0).ok()) << bad;
  }
}

TEST(DutchPeopleTest, NamesAreAsFrequentAsRealOnes) {
  const PublicNames names = DutchSurnames();
  EXPECT_NEAR(names.shares[0], 0.0052, 0.0005);  // De Jong, 83,937 of 16 million
  EXPECT_TRUE(std::is_sorted(names.shares.rbegin(), names.shares.rend()));
  EXPECT_GT(names.names.size(), 50'000U);
}

}  // namespace
}  // namespace raakvlak::bench
