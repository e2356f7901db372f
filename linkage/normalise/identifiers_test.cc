// The identifier families against public facts: registry examples, standards, published test
// numbers.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "linkage/normalise/checksum.h"
#include "linkage/normalise/iban_structures.h"
#include "linkage/normalise/normalise.h"

namespace raakvlak::linkage {
namespace {

std::string Value(IdentifierType type, std::string_view raw) { return Normalise(type, raw).value; }
RefusalReason Reason(IdentifierType type, std::string_view raw) {
  return Normalise(type, raw).reason;
}

TEST(IbanTest, SpellingsOfOneAccountAreOneValue) {
  // The example of the IBAN registry for the Netherlands.
  for (std::string_view raw :
       {"NL91ABNA0417164300", "nl91 abna 0417 1643 00", "IBAN: NL91-ABNA-0417-1643-00",
        "\u00a0NL91\u200bABNA\u20600417164300", "ＮＬ91ABNA0417164300"}) {
    EXPECT_EQ(Value(IdentifierType::kIban, raw), "NL91ABNA0417164300") << raw;
  }
}

TEST(IbanTest, RegistryExamplesOfOtherCountries) {
  for (std::string_view raw :
       {"DE89370400440532013000", "BE68539007547034", "FR1420041010050500013M02606",
        "GB29NWBK60161331926819", "NO9386011117947", "MT84MALT011000012345MTLCAST001S",
        "SA0380000000608010167519", "CH9300762011623852957"}) {
    EXPECT_EQ(Value(IdentifierType::kIban, raw), raw);
  }
}

TEST(IbanTest, SaysWhatIsWrong) {
  EXPECT_EQ(Reason(IdentifierType::kIban, "NL91ABNA0417164301"), RefusalReason::kChecksum);
  EXPECT_EQ(Reason(IdentifierType::kIban, "NL91ABNA041716430"), RefusalReason::kLength);
  EXPECT_EQ(Reason(IdentifierType::kIban, "NL91ABN10417164300"), RefusalReason::kStructure);
  EXPECT_EQ(Reason(IdentifierType::kIban, "XX91ABNA0417164300"), RefusalReason::kUnknownCountry);
  EXPECT_EQ(Reason(IdentifierType::kIban, "417164300"), RefusalReason::kOtherIdentifier);
  EXPECT_EQ(Reason(IdentifierType::kIban, "NL91ABNA04171643_0"), RefusalReason::kCharacters);
}

TEST(IbanTest, CheckDigitsOutside02To98AreRefused) {
  // 97 more than the valid 02 of this constructed number leaves the same remainder.
  std::string iban = "NL02ABNA0000000000";
  int valid = 0;
  for (int bban = 0; bban < 200 && valid != 2; ++bban) {
    iban = "NL00ABNA0000000" + std::to_string(100 + bban).substr(0, 3);
    valid = 98 - Mod97("NL00", Mod97(iban.substr(4)));
  }
  ASSERT_EQ(valid, 2);
  EXPECT_TRUE(Normalise(IdentifierType::kIban, "NL02" + iban.substr(4)).ok());
  EXPECT_EQ(Reason(IdentifierType::kIban, "NL99" + iban.substr(4)), RefusalReason::kChecksum);
}

TEST(IbanTest, TheTableHolds89Countries) { EXPECT_EQ(kIbanStructures.size(), 89u); }

TEST(BicTest, HeadOfficeEqualsTheShortForm) {
  EXPECT_EQ(Value(IdentifierType::kBic, "ABNANL2AXXX"), "ABNANL2A");
  EXPECT_EQ(Value(IdentifierType::kBic, "BIC: abnanl2a"), "ABNANL2A");
  EXPECT_EQ(Value(IdentifierType::kBic, "DEUTDEFF500"), "DEUTDEFF500");
  EXPECT_EQ(Reason(IdentifierType::kBic, "ABNAZZ2A"), RefusalReason::kUnknownCountry);
  EXPECT_EQ(Reason(IdentifierType::kBic, "ABNANL2"), RefusalReason::kLength);
}

TEST(KvkTest, LeadingZerosCountAndLabelsDoNot) {
  EXPECT_EQ(Value(IdentifierType::kKvk, "K.v.K. nr. 01234567"), "01234567");
  const NormaliseResult padded = Normalise(IdentifierType::kKvk, "1234567");
  EXPECT_EQ(padded.value, "01234567");
  EXPECT_EQ(padded.flags, kFlagPadded);
}

TEST(KvkTest, ALongNumberIsNeverTruncated) {
  EXPECT_EQ(Reason(IdentifierType::kKvk, "695990840000"), RefusalReason::kOtherIdentifier);
  EXPECT_EQ(Reason(IdentifierType::kKvk, "123456"), RefusalReason::kLength);
  EXPECT_EQ(Reason(IdentifierType::kKvk, "00000000"), RefusalReason::kOutOfRange);
  EXPECT_EQ(Reason(IdentifierType::kKvk, "6.96E+07"), RefusalReason::kCharacters);
}

TEST(VestigingTest, TwelveDigits) {
  EXPECT_EQ(Value(IdentifierType::kVestiging, "0000 3850 9504"), "000038509504");
  EXPECT_EQ(Reason(IdentifierType::kVestiging, "69599084"), RefusalReason::kOtherIdentifier);
}

TEST(FiscalTest, ElevenTestAndPadding) {
  // 111222333 is the customary example of a BSN.
  EXPECT_EQ(Value(IdentifierType::kBsn, "1112.22.333"), "111222333");
  EXPECT_EQ(Reason(IdentifierType::kBsn, "111222334"), RefusalReason::kChecksum);
  EXPECT_EQ(Reason(IdentifierType::kBsn, "000000000"), RefusalReason::kOutOfRange);
  const NormaliseResult padded = Normalise(IdentifierType::kRsin, "2220647");
  EXPECT_EQ(padded.value, "002220647");
  EXPECT_EQ(padded.flags, kFlagPadded);
  EXPECT_EQ(Reason(IdentifierType::kRsin, "002220647B01"), RefusalReason::kOtherIdentifier);
}

TEST(BtwTest, EitherTestWillDo) {
  // The Tax Administration's example of a number since 2020 passes modulo 97 only.
  EXPECT_EQ(Value(IdentifierType::kBtw, "NL000099998B57"), "NL000099998B57");
  EXPECT_EQ(Value(IdentifierType::kBtw, "btw-nr. 2220647.B.01"), "NL002220647B01");
  EXPECT_EQ(Reason(IdentifierType::kBtw, "NL000099998B58"), RefusalReason::kChecksum);
  EXPECT_EQ(Reason(IdentifierType::kBtw, "DE129273398"), RefusalReason::kUnknownCountry);
}

TEST(BtwTest, AnOldNumberOfASoleTraderIsFlaggedAsABsn) {
  EXPECT_EQ(Normalise(IdentifierType::kBtw, "NL111222333B01").flags, kFlagMayContainBsn);
  EXPECT_EQ(Normalise(IdentifierType::kBtw, "NL822477348B01").flags, 0u);
  EXPECT_EQ(Normalise(IdentifierType::kBtw, "NL000099998B57").flags, 0u);
}

TEST(LeiTest, LengthAndChecksum) {
  EXPECT_EQ(Value(IdentifierType::kLei, "7245-00BO-ZIXJ-ENTA-K147"), "724500BOZIXJENTAK147");
  EXPECT_EQ(Reason(IdentifierType::kLei, "724500BOZIXJENTAK148"), RefusalReason::kChecksum);
  EXPECT_EQ(Reason(IdentifierType::kLei, "724500BOZIXJENTAK14"), RefusalReason::kLength);
}

TEST(EoriTest, CountryRules) {
  EXPECT_EQ(Value(IdentifierType::kEori, "EORI NL 000 123 456"), "NL000123456");
  EXPECT_EQ(Value(IdentifierType::kEori, "XI123456789000"), "XI123456789000");
  EXPECT_EQ(Reason(IdentifierType::kEori, "NL12345678"), RefusalReason::kLength);
  EXPECT_EQ(Reason(IdentifierType::kEori, "PL1234567890123456"), RefusalReason::kLength);
  EXPECT_EQ(Reason(IdentifierType::kEori, "ZZ123"), RefusalReason::kUnknownCountry);
}

TEST(OinTest, PrefixAndLength) {
  EXPECT_EQ(Value(IdentifierType::kOin, "00000001002220647000"), "00000001002220647000");
  EXPECT_EQ(Reason(IdentifierType::kOin, "10000001002220647000"), RefusalReason::kStructure);
}

TEST(ContainerTest, Iso6346) {
  EXPECT_EQ(Value(IdentifierType::kContainer, "csqu 305438 [3]"), "CSQU3054383");
  EXPECT_EQ(Value(IdentifierType::kContainer, "CSQU-305438/3"), "CSQU3054383");
  EXPECT_EQ(Reason(IdentifierType::kContainer, "CSQU3054384"), RefusalReason::kChecksum);
  // Remainder 10 is written as 0.
  EXPECT_EQ(ContainerCheckDigit("GYOU404799"), 0);
}

TEST(ImoTest, AFailingCheckDigitIsKeptAndFlagged) {
  EXPECT_EQ(Normalise(IdentifierType::kImo, "IMO 9074729").flags, 0u);
  const NormaliseResult suspect = Normalise(IdentifierType::kImo, "IMO 9074728");
  EXPECT_EQ(suspect.value, "9074728");
  EXPECT_EQ(suspect.flags, kFlagSuspect);
  EXPECT_EQ(Reason(IdentifierType::kImo, "MMSI 244660000"), RefusalReason::kOtherIdentifier);
}

TEST(KentekenTest, SidecodesAndSeparators) {
  EXPECT_EQ(Value(IdentifierType::kKenteken, "gh–123–j"), "GH123J");
  EXPECT_EQ(Value(IdentifierType::kKenteken, "NL GH-123-J"), "GH123J");
  EXPECT_EQ(Reason(IdentifierType::kKenteken, "GHJKLM"), RefusalReason::kStructure);
  EXPECT_EQ(Reason(IdentifierType::kKenteken, "12345G"), RefusalReason::kStructure);
  // Vowels are not in use today: no reason to refuse.
  EXPECT_TRUE(Normalise(IdentifierType::kKenteken, "AE-123-I").ok());
}

TEST(PhoneTest, DutchSpellingsOfOneNumber) {
  for (std::string_view raw : {"020-6234567", "+31 20 623 4567", "+31 (0)20 623 45 67",
                               "0031206234567", "tel:+31206234567", "(020) 623 4567"}) {
    EXPECT_EQ(Value(IdentifierType::kPhone, raw), "+31206234567") << raw;
  }
  EXPECT_EQ(Value(IdentifierType::kPhone, "+32 470 12 34 56"), "+32470123456");
  EXPECT_FALSE(Normalise(IdentifierType::kPhone, "112").ok());
  EXPECT_FALSE(Normalise(IdentifierType::kPhone, "06123456789").ok());
}

TEST(DocumentTest, PatternWithoutTheLetterO) {
  EXPECT_EQ(Value(IdentifierType::kDocument, "speci2014"), "SPECI2014");
  EXPECT_EQ(Reason(IdentifierType::kDocument, "XR1O01R58"), RefusalReason::kCharacters);
  EXPECT_EQ(Reason(IdentifierType::kDocument, "581001RXR"), RefusalReason::kStructure);
  // ICAO Doc 9303 part 4, the specimen passport.
  EXPECT_EQ(MrzCheckDigit("L898902C3"), 6);
  EXPECT_EQ(MrzCheckDigit("740812"), 2);
  EXPECT_FALSE(MrzCheckDigit("l8").has_value());
}

TEST(EmailTest, CaseAndWrappings) {
  for (std::string_view raw : {"Jan.Jansen@Example.NL", "mailto:jan.jansen@example.nl",
                               "Jan Jansen <jan.jansen@example.nl>", " jan.jansen@example.nl "}) {
    EXPECT_EQ(Value(IdentifierType::kEmail, raw), "jan.jansen@example.nl") << raw;
  }
  // RFC 5891: an internationalised domain and its ASCII form are the same.
  EXPECT_EQ(Value(IdentifierType::kEmail, "info@bücher.example"), "info@xn--bcher-kva.example");
  for (std::string_view raw :
       {"jan", "jan@", "@example.nl", "jan@localhost", "a@b@c.nl", "jan..j@example.nl", "jan@-x.nl",
        "jan@example.1", "jan jansen@x.nl", ">"}) {
    EXPECT_FALSE(Normalise(IdentifierType::kEmail, raw).ok()) << raw;
  }
}

TEST(PostcodeTest, FormAndNeverIssued) {
  EXPECT_EQ(Value(IdentifierType::kPostcode, "NL-1012 js"), "1012JS");
  EXPECT_EQ(Reason(IdentifierType::kPostcode, "2611 SS"), RefusalReason::kOutOfRange);
  EXPECT_EQ(Reason(IdentifierType::kPostcode, "0123 AB"), RefusalReason::kStructure);
}

TEST(NormaliseTest, PlaceholdersMatchNothing) {
  for (std::string_view raw : {"onbekend", "N.v.t.", "-", "?", "xxx", "NULL"}) {
    EXPECT_EQ(Reason(IdentifierType::kKvk, raw), RefusalReason::kPlaceholder) << raw;
    EXPECT_EQ(Reason(IdentifierType::kIban, raw), RefusalReason::kPlaceholder) << raw;
  }
  EXPECT_EQ(Reason(IdentifierType::kIban, " \t "), RefusalReason::kEmpty);
}

// Any bytes whatever: an answer, never a crash; either a value or a reason; no value in a message.
TEST(NormaliseTest, EveryTypeSurvivesHostileInput) {
  std::vector<std::string> inputs = {"",
                                     std::string(10'000, 'A'),
                                     std::string(4'000, '1'),
                                     std::string(900, '.'),
                                     std::string(900, '-'),
                                     std::string(900, '\''),
                                     std::string("NL\0\0 91", 7),
                                     "\xff\xfe\x80",
                                     "Jan \xc3",
                                     "😀😀😀",
                                     "\u202e007 \u05d3\u05d5\u05d3",
                                     "((((",
                                     ",,,,",
                                     "<>",
                                     "@",
                                     "0x",
                                     "bc1",
                                     "+",
                                     "v.d.",
                                     "van der",
                                     "geb.",
                                     "-van",
                                     "' ' '",
                                     "h/o",
                                     "B.V.",
                                     "mr. dr.",
                                     ", jr."};
  std::uint32_t seed = 20240229;
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    seed = seed * 1664525u + 1013904223u;
    const std::uint32_t length = (seed >> 16) % 24;
    static constexpr std::string_view kAlphabet = "aVdB. ,-'/(@0x19NL\xc3\xbc\xe2\x80\x99\xff";
    for (std::uint32_t j = 0; j < length; ++j) {
      seed = seed * 1664525u + 1013904223u;
      text.push_back(kAlphabet[(seed >> 16) % kAlphabet.size()]);
    }
    inputs.push_back(text);
  }
  for (const auto& info : AllIdentifierTypes()) {
    for (const std::string& input : inputs) {
      const NormaliseResult result = Normalise(info.type, input);
      EXPECT_EQ(result.ok(), !result.value.empty()) << info.name;
      EXPECT_EQ(result.ok(), result.message.empty()) << info.name;
    }
    EXPECT_FALSE(Normalise(info.type, std::string(10'000, 'A')).ok()) << info.name;
    EXPECT_FALSE(Normalise(info.type, "\xff\xfe").ok()) << info.name;
  }
}

TEST(NormaliseTest, NormalisingAgainChangesNothing) {
  for (auto [type, raw] : {std::pair{IdentifierType::kIban, "nl91 abna 0417 1643 00"},
                           std::pair{IdentifierType::kBtw, "4495445B01"},
                           std::pair{IdentifierType::kPhone, "06-12345678"},
                           std::pair{IdentifierType::kKenteken, "gh-123-j"},
                           std::pair{IdentifierType::kEmail, "A@EXAMPLE.NL"}}) {
    const std::string once = Value(type, raw);
    ASSERT_FALSE(once.empty());
    EXPECT_EQ(Value(type, once), once);
  }
}

}  // namespace
}  // namespace raakvlak::linkage
