// Personal names: how they are read, what is equal, and what must stay apart.
#include "linkage/normalise/person_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace raakvlak::linkage {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Keys(const PersonName& name) {
  const NormaliseResult result = NormalisePersonName(name);
  std::vector<std::string> keys = result.alternatives;
  if (result.ok()) keys.push_back(result.value);
  return keys;
}

bool Same(const PersonName& a, const PersonName& b) {
  const auto keys_a = Keys(a);
  const auto keys_b = Keys(b);
  return std::any_of(keys_a.begin(), keys_a.end(), [&](const std::string& key) {
    return std::find(keys_b.begin(), keys_b.end(), key) != keys_b.end();
  });
}

bool Same(std::string_view a, std::string_view b) {
  return Same(ParsePersonName(a), ParsePersonName(b));
}

TEST(PersonNameTest, NaturalOrder) {
  const PersonName name = ParsePersonName("Jan Peter van der Maassen");
  EXPECT_THAT(name.given_names, ElementsAre("jan", "peter"));
  EXPECT_EQ(name.initials, "jp");
  EXPECT_THAT(name.family.prefixes, ElementsAre("van der"));
  EXPECT_EQ(name.family.surname, "maassen");
  EXPECT_FALSE(name.only_initials);
}

TEST(PersonNameTest, SortingFormHasThePrefixAtTheEnd) {
  const PersonName name = ParsePersonName("Maassen, Jan Peter van der");
  EXPECT_THAT(name.given_names, ElementsAre("jan", "peter"));
  EXPECT_THAT(name.family.prefixes, ElementsAre("van der"));
  EXPECT_TRUE(Same("Maassen, J.P. van der", "J.P. van der Maassen"));
  EXPECT_TRUE(Same("Maassen J.P.", "J.P. Maassen"));
  EXPECT_TRUE(Same("Maassen J.P. van", "J.P. van Maassen"));
}

TEST(PersonNameTest, SeparateFieldsEqualOneField) {
  const PersonName whole = ParsePersonName("Jan Peter van der Maassen");
  EXPECT_TRUE(Same(ParsePersonName("Jan Peter", "van der", "Maassen"), whole));
  EXPECT_TRUE(Same(ParsePersonName("Jan Peter", "", "van der Maassen"), whole));
  EXPECT_TRUE(Same(ParsePersonName("Jan Peter", "van der", "van der Maassen"), whole));
  EXPECT_TRUE(Same(ParsePersonName("Jan Peter", "", "Maassen, van der"), whole));
  EXPECT_TRUE(Same(ParsePersonName("JAN PETER", "VAN DER", "MAASSEN"), whole));
  EXPECT_TRUE(Same(ParsePersonName("Jan Peter", "v.d.", "Maassen"), whole));
  EXPECT_FALSE(Same(ParsePersonName("Jan Peter", "", "Maassen"), whole));
}

TEST(PersonNameTest, AbbreviatedPrefixesStandForSeveral) {
  EXPECT_THAT(ParsePersonName("Jan v.d. Berg").family.prefixes,
              ElementsAre("van de", "van den", "van der"));
  for (std::string_view full : {"Jan van de Berg", "Jan van den Berg", "Jan van der Berg"}) {
    for (std::string_view abbreviated : {"Jan v.d. Berg", "Jan v/d Berg", "Jan vd Berg",
                                         "Jan V.D. Berg", "JAN V/D BERG", "Berg, Jan v.d."}) {
      EXPECT_TRUE(Same(full, abbreviated)) << full << " " << abbreviated;
    }
  }
  // What they stand for differs.
  EXPECT_FALSE(Same("Jan van den Berg", "Jan van der Berg"));
  EXPECT_TRUE(Same("J.v.d.Berg", "J. van den Berg"));
  EXPECT_TRUE(Same("J. v. Dam", "J. van Dam"));
  EXPECT_FALSE(Same("J.V. Dam", "J. van Dam"));
  EXPECT_TRUE(Same("Jan a/d Wiel", "Jan aan de Wiel"));
}

TEST(PersonNameTest, ElidedAndJoinedPrefixes) {
  EXPECT_TRUE(Same("Kees 't Hart", "Kees ’t Hart"));
  EXPECT_TRUE(Same("Kees 't Hart", "Kees t Hart"));
  EXPECT_TRUE(Same("Els 's-Gravesande", "Els s Gravesande"));
  EXPECT_TRUE(Same("Charles d'Ancona", "Charles D’ANCONA"));
  EXPECT_TRUE(Same("Jan van 't Hof", "Jan van t Hof"));
  EXPECT_THAT(ParsePersonName("Kees 't Hart").family.prefixes, ElementsAre("t"));
  // An initial is no prefix.
  EXPECT_EQ(ParsePersonName("Kees T Hart").initials, "kt");
}

TEST(PersonNameTest, PrefixWordsThatAreGivenNames) {
  EXPECT_THAT(ParsePersonName("Ben Jansen").given_names, ElementsAre("ben"));
  EXPECT_THAT(ParsePersonName("Al Jansen").given_names, ElementsAre("al"));
  EXPECT_THAT(ParsePersonName("de Bruin").given_names, IsEmpty());
  // Vietnamese Van is a middle name.
  EXPECT_THAT(ParsePersonName("Nguyễn Văn Anh").family.prefixes, IsEmpty());
  EXPECT_THAT(ParsePersonName("Nguyen Van Anh").family.prefixes, IsEmpty());
}

TEST(PersonNameTest, Initials) {
  EXPECT_TRUE(Same("Th.Ph.IJ. Maassen", "T.P.I. Maassen"));
  EXPECT_TRUE(Same("JP Maassen", "J.P. Maassen"));
  EXPECT_TRUE(Same("J P Maassen", "J.P. Maassen"));
  EXPECT_TRUE(Same("JP MAASSEN", "J.P. Maassen"));
  EXPECT_TRUE(Same("J.-P. Maassen", "J. Maassen"));
  EXPECT_TRUE(ParsePersonName("J.P. Maassen").only_initials);
  EXPECT_EQ(ParsePersonName("Anne-Fleur Belle Maassen").initials, "ab");
  // Initials are no given name, and another initial is another key.
  EXPECT_FALSE(Same("Jan Maassen", "J. Maassen"));
  EXPECT_FALSE(Same("J. Maassen", "J.P. Maassen"));
  EXPECT_FALSE(Same("J.O. Hansen", "Jo Hansen"));
}

TEST(PersonNameTest, PartnerNames) {
  const PersonName hyphenated = ParsePersonName("Maria van Velzen - van den Berg");
  EXPECT_EQ(hyphenated.partner_name, PartnerName::kHyphenated);
  EXPECT_EQ(hyphenated.family.surname, "velzen");
  EXPECT_EQ(hyphenated.partner.surname, "berg");
  EXPECT_TRUE(Same("Maria van Velzen-van den Berg", "Maria van den Berg-van Velzen"));
  EXPECT_TRUE(Same("Maria Jansen-Pietersen", "Maria Pietersen-Jansen"));
  EXPECT_TRUE(Same("Berg-van Velzen, Maria van den", "Maria van Velzen-van den Berg"));
  const PersonName born = ParsePersonName("Maria van Velzen geb. van den Berg");
  EXPECT_EQ(born.partner_name, PartnerName::kMarked);
  EXPECT_EQ(born.family.surname, "berg");
  EXPECT_EQ(born.partner.surname, "velzen");
  EXPECT_TRUE(Same("Maria van Velzen (geb. van den Berg)", "Maria van den Berg e.v. van Velzen"));
  EXPECT_TRUE(Same(ParsePersonName("Maria", "", "van Velzen geb. van den Berg"), born));
  EXPECT_FALSE(Same("Maria van Velzen", "Maria van Velzen-van den Berg"));
}

TEST(PersonNameTest, TitlesAndSuffixes) {
  for (std::string_view raw :
       {"drs. J. Maassen", "mr.dr. J. Maassen MSc", "ir J Maassen", "De heer J. Maassen",
        "Maassen, drs. J.", "J. Maassen, LL.M.", "Dhr. J. Maassen"}) {
    EXPECT_TRUE(Same(raw, "J. Maassen")) << raw;
  }
  EXPECT_TRUE(Same("Carolina barones Van Naersen", "Carolina van Naersen"));
  EXPECT_TRUE(Same("jhr. Jan van Hoogh", "Jan van Hoogh"));
  EXPECT_FALSE(Same("Jan de Ridder", "Jan de"));
  EXPECT_EQ(ParsePersonName("Jan de Ridder").family.surname, "ridder");
  EXPECT_EQ(ParsePersonName("Piet Graaf").family.surname, "graaf");
  EXPECT_TRUE(Same("Jan Maassen sr.", "Jan Maassen, Sr"));
  EXPECT_FALSE(Same("Jan Maassen sr.", "Jan Maassen jr."));
  EXPECT_FALSE(Same("Jan Maassen sr.", "Jan Maassen"));
  // Ma is a surname.
  EXPECT_EQ(ParsePersonName("Li Ma").family.surname, "ma");
}

TEST(PersonNameTest, CallNamesInBracketsAreLeftOut) {
  EXPECT_TRUE(Same("Johannes (Jan) Maassen", "Johannes Maassen"));
}

TEST(PersonNameTest, AChainOfNamesKeepsItsOrder) {
  EXPECT_FALSE(Same("Ali bin Mohammed", "bin Mohammed, Ali"));
  EXPECT_TRUE(Same("Ali bin Mohammed", "Ali Bin Mohammed"));
}

TEST(PersonNameTest, SpellingsOfOneLetter) {
  EXPECT_TRUE(Same("Müller", "Mueller"));
  EXPECT_TRUE(Same("Müller", "Muller"));
  EXPECT_FALSE(Same("Mueller", "Muller"));
  EXPECT_TRUE(Same("Dÿkstra", "Dijkstra"));
  EXPECT_FALSE(Same("Dykstra", "Dijkstra"));
  EXPECT_TRUE(Same("Иванов", "Ivanov"));
}

TEST(PersonNameTest, PlaceholdersNeverMatch) {
  for (std::string_view raw : {"NN", "N.N.", "onbekend", "Onbekend Onbekend", "unknown",
                               "Jan Onbekend", "xxx", "Onbekend, Jan"}) {
    EXPECT_EQ(ParsePersonName(raw).reason, RefusalReason::kPlaceholder) << raw;
    EXPECT_TRUE(ParsePersonName(raw).family.surname.empty()) << raw;
  }
  EXPECT_FALSE(ParsePersonName(".").ok());
  EXPECT_TRUE(Same("Obbadah .", "Obbadah"));
  EXPECT_TRUE(Same(ParsePersonName("Obbadah", "", "."), ParsePersonName("Obbadah")));
}

TEST(PersonNameTest, RefusalsKeepThePartsForFuzzyUse) {
  const PersonName mixed = ParsePersonName("Jan J\u0430nsen");
  EXPECT_EQ(mixed.reason, RefusalReason::kMixedScript);
  EXPECT_EQ(mixed.family.surname, "jansen");
  EXPECT_EQ(ParsePersonName("J").reason, RefusalReason::kIncomplete);
  EXPECT_EQ(ParsePersonName("Jan 3").reason, RefusalReason::kCharacters);
  EXPECT_EQ(ParsePersonName("😀").reason, RefusalReason::kCharacters);
  EXPECT_EQ(ParsePersonName(std::string(10'000, 'a')).reason, RefusalReason::kTooLong);
  EXPECT_EQ(ParsePersonName("J\xfcrgen").reason, RefusalReason::kInvalidUtf8);
  EXPECT_EQ(ParsePersonName("Jan", "", "M\xfcller").reason, RefusalReason::kInvalidUtf8);
  EXPECT_EQ(ParsePersonName("", "", "").reason, RefusalReason::kEmpty);
}

TEST(PersonNameTest, CapitalsThatLeaveAccentedLettersSmall) {
  EXPECT_EQ(ParsePersonName("LOTTE KäSTER").given_names,
            ParsePersonName("Lotte Käster").given_names);
  EXPECT_TRUE(Same("LOTTE KäSTER", "Lotte Käster"));
  EXPECT_TRUE(Same("éMILE VAN DER BERG", "Émile van der Berg"));
  EXPECT_TRUE(Same("ANNA MüLLER", "ANNA MÜLLER"));
}

TEST(WeakPersonKeyTest, SoundAlikesMeet) {
  auto key = [](std::string_view name) { return WeakPersonKey(ParsePersonName(name)); };
  EXPECT_EQ(key("Jan Dijkstra"), key("J. Dykstra"));
  EXPECT_EQ(key("Meyer"), key("Meijer"));
  EXPECT_EQ(key("Meier"), key("Meijer"));
  EXPECT_EQ(key("de Bruin"), key("de Bruijn"));
  EXPECT_EQ(key("Visser"), key("Fisser"));
  EXPECT_EQ(key("Groot"), key("Groodt"));
  EXPECT_EQ(key("Dekker"), key("Decker"));
  EXPECT_EQ(key("Zanders"), key("Sanders"));
  EXPECT_EQ(key("Schoenmaker"), key("Schoenmakers"));
  EXPECT_NE(key("Jan de Jong"), key("Jan de Jonge"));
  EXPECT_NE(key("Jan Jansen"), key("Piet Jansen"));
  EXPECT_EQ(key("NN"), "");
}

}  // namespace
}  // namespace raakvlak::linkage
