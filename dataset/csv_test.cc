// The CSV parser against RFC 4180, against bad files, and against a slow and simple reference.
#include "dataset/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace raakvlak::dataset {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Row = std::pair<std::uint64_t, std::vector<std::string>>;

struct Parsed {
  absl::Status status;
  std::vector<Row> rows;
  char delimiter = '\0';
  Encoding encoding = Encoding::kDetect;
};

Parsed Parse(std::string_view text, CsvOptions options = {}, std::size_t piece = 1 << 20) {
  options.label = "test.csv";
  Parsed parsed;
  CsvParser parser(options, [&](const CsvRow& row) {
    parsed.rows.emplace_back(row.row,
                             std::vector<std::string>(row.fields.begin(), row.fields.end()));
    return absl::OkStatus();
  });
  for (std::size_t i = 0; i < text.size() && parsed.status.ok(); i += piece) {
    parsed.status = parser.Push(text.substr(i, piece));
  }
  if (parsed.status.ok()) parsed.status = parser.Finish();
  parsed.delimiter = parser.delimiter();
  parsed.encoding = parser.encoding();
  return parsed;
}

std::string Message(const Parsed& parsed) { return std::string(parsed.status.message()); }

TEST(CsvTest, Rfc4180Forms) {
  const Parsed parsed =
      Parse("a,b,c\r\n1,\"two, 2\",\"say \"\"hi\"\"\"\r\n\"line\r\nbreak\",,\r\n");
  ASSERT_TRUE(parsed.status.ok()) << parsed.status;
  EXPECT_THAT(parsed.rows,
              ElementsAre(Row{1, {"a", "b", "c"}}, Row{2, {"1", "two, 2", "say \"hi\""}},
                          Row{3, {"line\r\nbreak", "", ""}}));
}

TEST(CsvTest, LineEndsAndMissingFinalLineEnd) {
  for (std::string_view text : {"a,b\n1,2", "a,b\r\n1,2\r\n", "a,b\r1,2\r", "a,b\n1,2\n"}) {
    EXPECT_THAT(Parse(text).rows, ElementsAre(Row{1, {"a", "b"}}, Row{2, {"1", "2"}})) << text;
  }
}

TEST(CsvTest, EmptyLinesAreCountedNotHandedOut) {
  EXPECT_THAT(Parse("a\n\n1\n").rows, ElementsAre(Row{1, {"a"}}, Row{3, {"1"}}));
  // A quoted empty field is a row.
  EXPECT_THAT(Parse("a\n\"\"\n").rows, ElementsAre(Row{1, {"a"}}, Row{2, {""}}));
}

TEST(CsvTest, DelimiterIsDetected) {
  EXPECT_EQ(Parse("a;b;c\n1,5;2;3\n").delimiter, ';');
  EXPECT_EQ(Parse("a\tb\n1\t2\n").delimiter, '\t');
  EXPECT_EQ(Parse("a,b\n").delimiter, ',');
  EXPECT_EQ(Parse("\"a;b;c\",d\n").delimiter, ',');
  EXPECT_EQ(Parse("only\n1\n").delimiter, ',');
  EXPECT_THAT(Parse("a;b\n1;2\n", {}, 1).rows, ElementsAre(Row{1, {"a", "b"}}, Row{2, {"1", "2"}}));
}

TEST(CsvTest, ADeclaredDelimiterIsNotQuestioned) {
  CsvOptions options;
  options.delimiter = ';';
  EXPECT_THAT(Parse("a,b\n", options).rows, ElementsAre(Row{1, {"a,b"}}));
}

TEST(CsvTest, ByteOrderMarkIsNoPartOfTheFirstColumn) {
  EXPECT_THAT(Parse("\xEF\xBB\xBF"
                    "id,b\n",
                    {}, 1)
                  .rows,
              ElementsAre(Row{1, {"id", "b"}}));
}

TEST(CsvTest, Windows1252IsDetectedAndConverted) {
  const Parsed parsed = Parse("naam\nM\xFCller\n\x80 5\n");
  ASSERT_TRUE(parsed.status.ok()) << parsed.status;
  EXPECT_THAT(parsed.rows, ElementsAre(Row{1, {"naam"}}, Row{2, {"Müller"}}, Row{3, {"€ 5"}}));
  EXPECT_EQ(parsed.encoding, Encoding::kWindows1252);
  EXPECT_EQ(Parse("naam\nMüller\n").encoding, Encoding::kUtf8);
  EXPECT_EQ(Parse("naam\nMuller\n").encoding, Encoding::kDetect);
}

TEST(CsvTest, ADeclaredEncodingIsTrusted) {
  CsvOptions options;
  options.encoding = Encoding::kWindows1252;
  // Valid UTF-8 by coincidence: capital E acute and a curly apostrophe.
  EXPECT_THAT(Parse("naam\nCAF\xC9\x92S\n", options).rows,
              ElementsAre(Row{1, {"naam"}}, Row{2, {"CAFÉ’S"}}));
  options.encoding = Encoding::kUtf8;
  const Parsed parsed = Parse("naam,x\nJan,M\xFCller\n", options);
  EXPECT_THAT(Message(parsed), HasSubstr("test.csv: row 2, column 2: not UTF-8"));
  EXPECT_THAT(Message(parsed), HasSubstr("windows-1252"));
}

TEST(CsvTest, MixedEncodingsAreRefused) {
  const Parsed one = Parse("naam\nMüller\nJan\nM\xFCller\n");
  EXPECT_THAT(Message(one), HasSubstr("test.csv: row 4, column 1: mixed encodings"));
  EXPECT_THAT(Message(one), HasSubstr("row 2"));
  EXPECT_THAT(Message(Parse("naam\nM\xFCller\nMüller\n")), HasSubstr("mixed encodings"));
  EXPECT_THAT(Message(Parse("a,b\nM\xFCller,Müller\n")), HasSubstr("row 2, column 2"));
  EXPECT_THAT(Message(Parse("naam\nM\x81ller\n")), HasSubstr("neither UTF-8 nor Windows-1252"));
}

TEST(CsvTest, Utf16AndBinaryAreNamed) {
  EXPECT_THAT(Message(Parse(std::string("\xFF\xFE"
                                        "a\0",
                                        4))),
              HasSubstr("UTF-16"));
  EXPECT_THAT(Message(Parse(std::string("a,b\n1,\0\n", 8))),
              HasSubstr("row 2, column 2: a zero byte"));
}

TEST(CsvTest, AnEmptyFileIsAnError) {
  for (std::string_view text : {"", "\n\n", "\xEF\xBB\xBF", "\r\n"}) {
    EXPECT_THAT(Message(Parse(text)), HasSubstr("test.csv: the file is empty")) << text;
  }
}

TEST(CsvTest, AHugeFieldIsRefusedWithItsRow) {
  std::string text = "a,b\n1,2\n3,\"";
  text.append(10 * 1024 * 1024, 'x');
  const Parsed parsed = Parse(text, {}, 4096);
  EXPECT_THAT(Message(parsed),
              HasSubstr("test.csv: row 3, column 2: a field is larger than 65536 bytes"));
  EXPECT_THAT(Message(parsed), HasSubstr("closing quote"));
  EXPECT_EQ(parsed.rows.size(), 2u);
}

TEST(CsvTest, LimitsAreExact) {
  CsvOptions options;
  options.max_field_bytes = 4;
  options.max_row_bytes = 10;
  options.max_columns = 3;
  EXPECT_TRUE(Parse("abcd,abcd,ab\n", options).status.ok());
  EXPECT_THAT(Message(Parse("abcde\n", options)), HasSubstr("a field is larger than 4 bytes"));
  EXPECT_THAT(Message(Parse("abcd,abcd,abc\n", options)), HasSubstr("the row is larger than 10"));
  EXPECT_THAT(Message(Parse("a,b,c,d\n", options)), HasSubstr("more than 3 columns"));
}

TEST(CsvTest, QuoteMistakes) {
  EXPECT_THAT(Message(Parse("a,b\n\"Jansen\" B.V.,1\n")),
              HasSubstr("test.csv: row 2, column 1: text follows a closing quote"));
  EXPECT_THAT(Message(Parse("a,b\n1,\"open\n2,3\n")),
              HasSubstr("test.csv: row 2, column 2: the file ends inside a quoted field"));
  // A quote within an unquoted field is text.
  EXPECT_THAT(Parse("a\n5\" pipe\n").rows, ElementsAre(Row{1, {"a"}}, Row{2, {"5\" pipe"}}));
}

TEST(CsvTest, AnErrorIsFinal) {
  CsvParser parser(CsvOptions{}, [](const CsvRow&) { return absl::OkStatus(); });
  EXPECT_FALSE(parser.Push(std::string("a\n\0", 3)).ok());
  EXPECT_FALSE(parser.Push("b\n").ok());
  EXPECT_FALSE(parser.Finish().ok());
}

TEST(CsvTest, AnErrorOfTheSinkStopsTheParser) {
  int calls = 0;
  CsvParser parser(CsvOptions{}, [&](const CsvRow&) {
    ++calls;
    return absl::ResourceExhaustedError("full");
  });
  EXPECT_EQ(parser.Push("a\nb\nc\n").code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(calls, 1);
}

// The whole text at once, one character after the other; nullopt for malformed.
std::optional<std::vector<Row>> Reference(const std::string& text, char delimiter) {
  std::vector<Row> rows;
  std::uint64_t number = 1;
  std::size_t i = 0;
  while (i < text.size()) {
    std::vector<std::string> fields;
    const std::size_t row_start = i;
    bool row_done = false;
    while (!row_done) {
      std::string field;
      if (i < text.size() && text[i] == '"') {
        ++i;
        while (true) {
          if (i >= text.size()) return std::nullopt;
          if (text[i] == '"' && i + 1 < text.size() && text[i + 1] == '"') {
            field += '"';
            i += 2;
          } else if (text[i] == '"') {
            ++i;
            break;
          } else {
            field += text[i++];
          }
        }
        if (i < text.size() && text[i] != delimiter && text[i] != '\n' && text[i] != '\r') {
          return std::nullopt;
        }
      } else {
        while (i < text.size() && text[i] != delimiter && text[i] != '\n' && text[i] != '\r') {
          field += text[i++];
        }
      }
      fields.push_back(field);
      if (i < text.size() && text[i] == delimiter) {
        ++i;
      } else {
        row_done = true;
      }
    }
    const bool empty = i == row_start;
    if (i < text.size()) i += text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n' ? 2 : 1;
    if (!empty) rows.emplace_back(number, fields);
    ++number;
  }
  if (rows.empty()) return std::nullopt;
  return rows;
}

TEST(CsvTest, AgreesWithTheReferenceOnRandomText) {
  std::uint32_t seed = 4180;
  auto next = [&seed](std::uint32_t bound) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 16) % bound;
  };
  static constexpr std::string_view kAlphabet = "ab,;\"\"\r\n\n,";
  int malformed = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (std::uint32_t length = next(24); length > 0; --length) {
      text.push_back(kAlphabet[next(static_cast<std::uint32_t>(kAlphabet.size()))]);
    }
    CsvOptions options;
    options.delimiter = next(2) == 0 ? ',' : ';';
    const auto expected = Reference(text, options.delimiter);
    const Parsed parsed = Parse(text, options, 1 + next(5));
    ASSERT_EQ(parsed.status.ok(), expected.has_value())
        << testing::PrintToString(text) << " " << parsed.status;
    if (expected.has_value()) {
      ASSERT_EQ(parsed.rows, *expected) << testing::PrintToString(text);
    } else {
      ++malformed;
    }
  }
  EXPECT_GT(malformed, 1000);
}

}  // namespace
}  // namespace raakvlak::dataset
