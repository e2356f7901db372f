// Run tags, confirmations, references and block keys, against the formulas of protocol.md.
#include "crypto/oprf/output_keys.h"

#include <gtest/gtest.h>

#include "crypto/base/bytes.h"
#include "crypto/base/random.h"

namespace raakvlak::crypto {
namespace {

Secret<64> Key(uint64_t seed) {
  SeededRandom random(seed);
  return random.NewSecret<64>();
}

Bytes Output(uint64_t seed) {
  Bytes out(64);
  SeededRandom(seed).Fill(out);
  return out;
}

std::string Concat(std::initializer_list<std::string> parts) {
  std::string out;
  for (const std::string& part : parts) out += part;
  return out;
}
std::string LpText(const std::string& text) { return ToString(Lp(text)); }

TEST(RunTagTest, FollowsTheFormula) {
  const GroupKey g = Key(1);
  const Bytes y = Output(2);
  const RunTag tag = RunTagger(g, "iban").Tag(OprfOutputView(y));
  Bytes tag_key(64);
  HkdfSha512Expand(g.Reveal(SecretAccess{}), AsBytes(Concat({"raakvlak/v1 tag", LpText("iban")})),
                   tag_key);
  const Digest mac = HmacSha512(tag_key, ByteView(y).first(32));
  EXPECT_EQ(ToHex(tag), ToHex(ByteView(mac).first(16)));
}

TEST(RunTagTest, OtherTypeRunOrOutputIsUnrelatedAndBlockSecretPlaysNoPart) {
  const Bytes y = Output(2);
  Bytes other_secret = y;
  other_secret[63] ^= 1;
  Bytes other_head = y;
  other_head[0] ^= 1;
  const RunTagger tagger(Key(1), "iban");
  const RunTag tag = tagger.Tag(OprfOutputView(y));
  EXPECT_EQ(tag, tagger.Tag(OprfOutputView(other_secret)));
  EXPECT_NE(tag, tagger.Tag(OprfOutputView(other_head)));
  EXPECT_NE(tag, RunTagger(Key(1), "kvk").Tag(OprfOutputView(y)));
  EXPECT_NE(tag, RunTagger(Key(3), "iban").Tag(OprfOutputView(y)));
  EXPECT_EQ(tag, RunTagger(Key(1), "iban").Tag(OprfOutputView(y)));
}

TEST(RunTagTest, ManyAtOnceAreTheSame) {
  const RunTagger tagger(Key(1), "iban");
  for (size_t count : {0, 1, 7, 64, 150}) {
    Bytes outputs;
    std::vector<RunTag> want;
    for (size_t i = 0; i < count; ++i) {
      const Bytes y = Output(static_cast<uint8_t>(i));
      outputs.insert(outputs.end(), y.begin(), y.end());
      want.push_back(tagger.Tag(OprfOutputView(y)));
    }
    for (const Kernels* kernels : AvailableKernels()) {
      std::vector<RunTag> tags(count);
      ASSERT_TRUE(tagger.Tags(*kernels, outputs, tags).ok());
      EXPECT_EQ(tags, want) << kernels->name() << ", " << count;
      tags.resize(count + 1);
      EXPECT_TRUE(absl::IsInvalidArgument(tagger.Tags(*kernels, outputs, tags)));
    }
  }
}

TEST(ConfirmationTest, FollowsTheFormulaAndIsDirected) {
  const PairKey k = Key(4);
  const Digest hm = Sha512(AsBytes("manifest"));
  const Bytes a = Output(5), b = Output(6);
  Confirmation confirmation;
  confirmation.Add(BlockSecretOf(OprfOutputView(a)));
  confirmation.Add(BlockSecretOf(OprfOutputView(b)));
  const Digest list =
      Sha512Hasher().Update(ByteView(a).last(32)).Update(ByteView(b).last(32)).Finish();
  const std::string message =
      Concat({"raakvlak/v1 confirm", ToString(hm), LpText("kvk"), LpText("fiod"), LpText("politie"),
              std::string("\0\0\0\0\0\0\0\2", 8), ToString(list)});
  const Digest mac = HmacSha512(k.Reveal(SecretAccess{}), AsBytes(message));
  const ConfirmationTag tag = confirmation.Tag(k, hm, "kvk", "fiod", "politie");
  EXPECT_EQ(ToHex(tag), ToHex(ByteView(mac).first(32)));
  // A reflected confirmation is not the expected one.
  EXPECT_FALSE(EqualConfirmation(tag, confirmation.Tag(k, hm, "kvk", "politie", "fiod")));
  EXPECT_FALSE(EqualConfirmation(tag, confirmation.Tag(k, hm, "iban", "fiod", "politie")));
  EXPECT_FALSE(EqualConfirmation(tag, confirmation.Tag(Key(9), hm, "kvk", "fiod", "politie")));
  EXPECT_TRUE(EqualConfirmation(tag, confirmation.Tag(k, hm, "kvk", "fiod", "politie")));
  // One more tag claimed, or another order, shows.
  Confirmation more = confirmation;
  more.Add(BlockSecretOf(OprfOutputView(a)));
  EXPECT_FALSE(EqualConfirmation(tag, more.Tag(k, hm, "kvk", "fiod", "politie")));
  Confirmation reversed;
  reversed.Add(BlockSecretOf(OprfOutputView(b)));
  reversed.Add(BlockSecretOf(OprfOutputView(a)));
  EXPECT_FALSE(EqualConfirmation(tag, reversed.Tag(k, hm, "kvk", "fiod", "politie")));
}

TEST(MatchReferenceTest, FollowsTheFormula) {
  const Secret<64> p = Key(7);
  const Bytes y = Output(8);
  const std::string reference = MatchReference(p, "purpose-1", 3, BlockSecretOf(OprfOutputView(y)));
  EXPECT_EQ(reference.size(), 16u);
  const std::string message =
      Concat({"raakvlak/v1 ref", LpText("purpose-1"), std::string("\0\x08\0\0\0\0\0\0\0\3", 10),
              ToString(ByteView(y).last(32))});
  const Digest mac = HmacSha512(p.Reveal(SecretAccess{}), AsBytes(message));
  EXPECT_EQ(reference, ToBase32(ByteView(mac).first(10)));
  EXPECT_NE(reference, MatchReference(p, "purpose-2", 3, BlockSecretOf(OprfOutputView(y))));
  EXPECT_NE(reference, MatchReference(p, "purpose-1", 4, BlockSecretOf(OprfOutputView(y))));
}

TEST(BlockKeyTest, FollowsTheFormulaAndSeparatesPairsFieldsAndBlocks) {
  const PairKey k = Key(10);
  const Bytes y = Output(11);
  const BlockSecretView secret = BlockSecretOf(OprfOutputView(y));
  const Secret<64> block = DeriveBlockKey(k, "name-dob", secret);
  const Digest outer =
      HmacSha512(k.Reveal(SecretAccess{}),
                 AsBytes(Concat({"raakvlak/v1 block", LpText("name-dob"), ToString(secret)})));
  EXPECT_EQ(ToHex(block.Reveal(SecretAccess{})), ToHex(outer));
  const Secret<64> field = DeriveFieldKey(block, 0x0102);
  EXPECT_EQ(ToHex(field.Reveal(SecretAccess{})), ToHex(HmacSha512(outer, AsBytes("field\1\2"))));
  EXPECT_FALSE(field == DeriveFieldKey(block, 0x0103));
  EXPECT_FALSE(block == DeriveBlockKey(Key(12), "name-dob", secret));
  EXPECT_FALSE(block == DeriveBlockKey(k, "name-tel", secret));
}

}  // namespace
}  // namespace raakvlak::crypto
