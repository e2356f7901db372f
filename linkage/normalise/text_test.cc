// Folding: what NFD alone misses, and what may not get lost.
#include "linkage/normalise/text.h"

#include <gtest/gtest.h>

#include <string>

namespace raakvlak::linkage {
namespace {

TEST(FoldTextTest, LettersThatDoNotDecompose) {
  EXPECT_EQ(FoldText("Żáïŀëñøŕ Åłéèç Đëļŧå"), "zailenor aleec delta");
  EXPECT_EQ(FoldText("Straße Æsir"), "strasse aesir");
}

TEST(FoldTextTest, TurkishI) {
  EXPECT_EQ(FoldText("İbrahim Yıldız"), "ibrahim yildiz");
  EXPECT_EQ(FoldText("IŞIK"), "isik");
}

TEST(FoldTextTest, DutchIjIsOneOrTwoCharacters) {
  EXPECT_EQ(FoldText("Ĳsbrand Dĳkstra"), "ijsbrand dijkstra");
  EXPECT_EQ(FoldText("Dÿkstra"), "dykstra");
  EXPECT_EQ(FoldTextExpanded("Dÿkstra"), "dijkstra");
}

TEST(FoldTextTest, GermanUmlautsHaveTwoForms) {
  EXPECT_EQ(FoldText("Müller"), "muller");
  EXPECT_EQ(FoldTextExpanded("Müller"), "mueller");
  // Composed and decomposed text are the same.
  EXPECT_EQ(FoldTextExpanded("Mu\u0308ller"), "mueller");
  // Turkish does not expand, French beside German does.
  EXPECT_EQ(FoldTextExpanded("Gökçe"), "gokce");
  EXPECT_EQ(FoldTextExpanded("Şükrü"), "sukru");
  EXPECT_EQ(FoldTextExpanded("François Müller"), "francois mueller");
}

TEST(FoldTextTest, OtherScripts) {
  EXPECT_EQ(FoldText("Ромашка"), "romashka");
  EXPECT_EQ(FoldText("Ναυτιλία"), "nautilia");
  EXPECT_FALSE(FoldText("محمد").empty());
  EXPECT_FALSE(FoldText("王伟").empty());
}

TEST(FoldTextTest, InvisibleAndTypographicCharacters) {
  EXPECT_EQ(FoldText("O’Brien"), "o'brien");
  EXPECT_EQ(FoldText("a\u200bb\ufeffc"), "abc");
  EXPECT_EQ(FoldText("\u202ejan\u202c"), "jan");
  EXPECT_EQ(FoldText("a\u00a0\u2003 b\t\n"), "a b");
  EXPECT_EQ(FoldText("x–y"), "x-y");
  EXPECT_EQ(FoldText("😀"), "");
  EXPECT_EQ(FoldText(""), "");
}

TEST(FoldTextTest, InvalidUtf8GivesNothing) {
  EXPECT_EQ(FoldText("M\xfcller"), "");
  EXPECT_EQ(CleanText("\xc3"), "");
  EXPECT_FALSE(IsValidUtf8("\xed\xa0\x80"));  // a surrogate
  EXPECT_FALSE(IsValidUtf8("\xc0\xaf"));      // overlong
  EXPECT_TRUE(IsValidUtf8("ü😀"));
}

TEST(FoldTextTest, AsciiAndUnicodePathsAgree) {
  const std::string ascii = "Jan  de \tVries-O'Hara 12/3";
  std::string folded = FoldText(ascii + " \u00e9");
  folded.resize(folded.size() - 2);
  EXPECT_EQ(folded, FoldText(ascii));
}

TEST(FoldTextTest, ThePathForLatinAgreesWithTheOneForAnyScript) {
  for (std::string_view text :
       {"Żáïŀëñøŕ", "Müller", "Nguyễn Văn Anh", "İbrahim", "Łódź", "naïve–x", "ß"}) {
    // One Greek letter sends the whole text the other way.
    EXPECT_EQ(FoldText(std::string(text) + " \u03b1"), FoldText(text) + " a") << text;
  }
}

TEST(CleanTextTest, KeepsCaseAndDiacritics) {
  EXPECT_EQ(CleanText("  Käster\u2019s  "), "Käster's");
  EXPECT_EQ(CleanText("Ｎ１"), "N1");
}

TEST(MixedScriptTest, WordByWord) {
  EXPECT_TRUE(HasMixedScriptWord("Jan J\u0430nsen"));  // Cyrillic a
  EXPECT_FALSE(HasMixedScriptWord("Jan Янсен"));
  EXPECT_FALSE(HasMixedScriptWord("Jänsen"));
  EXPECT_FALSE(HasMixedScriptWord("Ja\u0308nsen"));
}

}  // namespace
}  // namespace raakvlak::linkage
