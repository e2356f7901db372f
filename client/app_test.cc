// `raak` as its users meet it: documents from TOML to verified, wrong input, exit codes.
#include "client/app.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/exit_code.h"
#include "client/files.h"
#include "client/testing.h"
#include "nlohmann/json.hpp"

namespace raakvlak::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string NewKey(const TemporaryFolder& folder, const std::string& name) {
  const Outcome made = Raak({"keys", "new", "--out", folder / name});
  EXPECT_EQ(made.exit_code, kExitOk) << made.err;
  return made.out.substr(0, 64);
}

class Documents : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string toml =
        "partnership = \"test\"\nnot_after = 2090-12-31\n"
        "identifier_types = [\"kvk\", \"iban\"]\ncoordinators = [\"uri:raakvlak:coordinator\"]\n"
        "[matcher]\nendpoint = \"localhost:1\"\nidentities = [\"uri:raakvlak:matcher\"]\n"
        "signing_key = \"" +
        NewKey(folder_, "matcher.key") + "\"\n";
    for (const std::string id : {"customs", "police"}) {
      toml += "[[member]]\nagency_id = \"" + id + "\"\ndisplay_name = \"" + id +
              "\"\ncontact_desk = \"desk\"\nendpoint = \"localhost:2\"\nnode_identities = "
              "[\"uri:raakvlak:node:" +
              id + "\"]\nroster_key = \"" + NewKey(folder_, id + ".node") + "\"\nofficer_key = \"" +
              NewKey(folder_, id + ".officer") + "\"\n";
    }
    roster_toml_ = folder_.Write("roster.toml", toml);
    roster_ = folder_ / "roster.json";
    ASSERT_EQ(Raak({"roster", "new", "--from", roster_toml_, roster_}).exit_code, kExitOk);
  }

  int SignRoster(const std::string& agency, const std::string& key) {
    return Raak({"roster", "sign", roster_, "--agency", agency, "--signing-key", folder_ / key})
        .exit_code;
  }

  TemporaryFolder folder_;
  std::string roster_toml_;
  std::string roster_;
};

TEST_F(Documents, RosterIsGoodWhenAllHaveSigned) {
  EXPECT_EQ(SignRoster("police", "police.officer"), kExitOk);
  const Outcome lacking = Raak({"roster", "verify", roster_});
  EXPECT_EQ(lacking.exit_code, kExitNotPossible);
  EXPECT_THAT(lacking.err, HasSubstr("customs"));
  EXPECT_EQ(SignRoster("customs", "customs.officer"), kExitOk);
  EXPECT_EQ(Raak({"roster", "verify", roster_}).exit_code, kExitOk);
  EXPECT_THAT(Raak({"roster", "show", roster_}).out, HasSubstr("signature of police: good"));
}

TEST_F(Documents, AnotherOfficersKeyIsRefused) {
  EXPECT_EQ(SignRoster("police", "customs.officer"), kExitNotAllowed);
  EXPECT_EQ(SignRoster("stranger", "police.officer"), kExitNotPossible);
}

TEST_F(Documents, AKeyThatOthersMayReadIsRefused) {
  std::filesystem::permissions(folder_ / "police.officer", std::filesystem::perms(0644));
  EXPECT_EQ(SignRoster("police", "police.officer"), kExitNotAllowed);
}

TEST_F(Documents, PurposeNeedsTheRosterAndItsOfficers) {
  SignRoster("police", "police.officer");
  SignRoster("customs", "customs.officer");
  const std::string toml = folder_.Write(
      "harbour.toml",
      "purpose_id = \"harbour\"\ntitle = \"Harbour\"\nlegal_basis = \"law\"\napprover = \"board\"\n"
      "agencies = [\"police\", \"customs\"]\nnot_before = 2026-01-01\nnot_after = 2090-12-31\n"
      "[[type]]\nname = \"kvk\"\n");
  const std::string purpose = folder_ / "harbour.json";
  ASSERT_EQ(Raak({"purpose", "new", "--from", toml, purpose}).exit_code, kExitOk);
  EXPECT_EQ(Raak({"purpose", "verify", purpose, "--roster", roster_}).exit_code, kExitNotPossible);
  for (const std::string agency : {"police", "customs"}) {
    EXPECT_EQ(Raak({"purpose", "sign", purpose, "--agency", agency, "--signing-key",
                    folder_ / (agency + ".officer"), "--roster", roster_})
                  .exit_code,
              kExitOk);
  }
  EXPECT_EQ(Raak({"purpose", "verify", purpose, "--roster", roster_}).exit_code, kExitOk);
  // A roster is no purpose.
  EXPECT_EQ(Raak({"purpose", "show", roster_}).exit_code, kExitBadInput);
}

TEST_F(Documents, UnknownKeysAreNamedWithTheirLine) {
  const std::string toml = folder_.Write("bad.toml", "partnership = \"x\"\nthreshhold = 2\n");
  const Outcome outcome = Raak({"roster", "new", "--from", toml, folder_ / "x.json"});
  EXPECT_EQ(outcome.exit_code, kExitBadInput);
  EXPECT_THAT(outcome.err, HasSubstr("bad.toml:"));
}

TEST(App, SigningKeysAreNeverOverwritten) {
  TemporaryFolder folder;
  NewKey(folder, "a.key");
  EXPECT_EQ(Raak({"keys", "new", "--out", folder / "a.key"}).exit_code, kExitNotPossible);
}

TEST(App, UsageErrorsExitTwo) {
  EXPECT_EQ(Raak({}).exit_code, kExitUsage);
  EXPECT_EQ(Raak({"rnu"}).exit_code, kExitUsage);
  EXPECT_EQ(Raak({"check"}).exit_code, kExitUsage);
  EXPECT_EQ(Raak({"--help"}).exit_code, kExitOk);
  EXPECT_THAT(Raak({"submit", "--help"}).out, HasSubstr("Examples"));
}

TEST(App, EveryHelpHasAnExampleOfItsOwn) {
  const std::vector<std::vector<std::string>> commands = {{"check"},
                                                          {"submit"},
                                                          {"matches"},
                                                          {"review", "list"},
                                                          {"review", "decide"},
                                                          {"review", "statistics"},
                                                          {"duplicates"},
                                                          {"status"},
                                                          {"keys", "new"},
                                                          {"keys", "show"},
                                                          {"keys", "ceremony"},
                                                          {"keys", "consent"},
                                                          {"keys", "status"},
                                                          {"run", "start"},
                                                          {"run", "list"},
                                                          {"run", "show"},
                                                          {"run", "watch"},
                                                          {"run", "cancel"},
                                                          {"report"},
                                                          {"purpose", "new"},
                                                          {"purpose", "sign"},
                                                          {"purpose", "verify"},
                                                          {"purpose", "show"},
                                                          {"purpose", "register"},
                                                          {"purpose", "list"},
                                                          {"roster", "new"},
                                                          {"roster", "sign"},
                                                          {"roster", "verify"},
                                                          {"roster", "show"},
                                                          {"doctor"}};
  for (std::vector<std::string> command : commands) {
    const std::string name = command.back();
    command.push_back("--help");
    const Outcome outcome = Raak(command);
    EXPECT_EQ(outcome.exit_code, kExitOk) << name;
    EXPECT_THAT(outcome.out, ::testing::ContainsRegex("Examples?:\n  raak .*" + name)) << name;
  }
}

TEST(App, SaysWhatTheProfileLacks) {
  TemporaryFolder folder;
  const std::string profile = folder.Write("raak.toml", "node = \"localhost:1\"\n");
  const Outcome outcome = Raak({"status", "--config", profile});
  EXPECT_EQ(outcome.exit_code, kExitBadInput);
  EXPECT_THAT(outcome.err, HasSubstr("ca"));
}

TEST(App, ErrorsAreJsonToo) {
  const Outcome outcome =
      Raak({"--json", "check", "/nonexistent.csv", "--schema", "/nonexistent.toml"});
  EXPECT_EQ(outcome.exit_code, kExitBadInput);
  EXPECT_EQ(nlohmann::json::parse(outcome.out)["error"]["code"], kExitBadInput);
}

TEST(App, UsageErrorsAreJsonTooWhereverTheFlagStands) {
  for (const Outcome& outcome :
       {Raak({"--json", "check"}), Raak({"run", "start", "x", "--frob", "--json"})}) {
    EXPECT_EQ(outcome.exit_code, kExitUsage);
    EXPECT_EQ(nlohmann::json::parse(outcome.out)["error"]["code"], kExitUsage);
  }
  EXPECT_THAT(Raak({"run", "start", "x", "--frob"}).err, HasSubstr("`raak run start --help`"));
}

TEST(App, CheckOfAUselessFileIsOneJsonObject) {
  TemporaryFolder folder;
  const std::string schema =
      folder.Write("s.toml", "record_id = \"id\"\n[columns]\nkvk = \"kvk\"\n");
  // Nor need the file's name be UTF-8.
  const std::string useless = folder.Write("useless\xff.csv", "id,kvk\n1,abc\n");
  const Outcome outcome = Raak({"--json", "check", useless, "--schema", schema});
  EXPECT_EQ(outcome.exit_code, kExitBadInput);
  const nlohmann::json answer = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(answer["rows"], 1);
  EXPECT_EQ(answer["error"]["code"], kExitBadInput);
}

TEST(App, SubmitNamesTheSchemaFileThatIsNotGood) {
  TemporaryFolder folder;
  const std::string schema = folder.Write("s.toml", "record_id = \"id\"\nfrob = 1\n");
  const std::string file = folder.Write("f.csv", "id,kvk\n1,12345678\n");
  const Outcome outcome = Raak({"submit", file, "--schema", schema});
  EXPECT_EQ(outcome.exit_code, kExitBadInput);
  EXPECT_THAT(outcome.err, HasSubstr("s.toml: line 2"));
}

TEST(App, CheckShowsThePlanOfAPurposeAndWhatTheSchemaLacks) {
  TemporaryFolder folder;
  const std::string toml = folder.Write("p.toml", R"(purpose_id = "harbour"
title = "Harbour"
legal_basis = "law"
approver = "board"
agencies = ["police", "customs"]
not_before = 2026-01-01
not_after = 2026-12-31
[profile]
fields = ["person_name", "date", "phone"]
)");
  const std::string purpose = folder / "purpose.json";
  ASSERT_EQ(Raak({"purpose", "new", "--from", toml, purpose}).exit_code, kExitOk);
  // 400 people whom name and date tell apart.
  std::string csv = "id,naam,geboren\n";
  for (int i = 0; i < 400; ++i) {
    const std::string letters = {static_cast<char>('a' + i % 23),
                                 static_cast<char>('a' + i * 7 % 25),
                                 static_cast<char>('a' + i * 3 % 26)};
    csv += std::to_string(i) + ",Jan" + letters + " " + letters + letters + "stra," +
           std::to_string(1950 + i % 50) + "-" + std::to_string(1 + i % 12) + "-" +
           std::to_string(1 + i % 28) + "\n";
  }
  const std::string file = folder.Write("f.csv", csv);
  const std::string start = "record_id = \"id\"\n[compare]\nnaam = \"person_name\"\n";
  const std::string schema = folder.Write("s.toml", start + "geboren = \"date\"\n");
  const Outcome text = Raak({"check", file, "--schema", schema, "--purpose", purpose});
  EXPECT_EQ(text.exit_code, kExitOk) << text.err;
  EXPECT_THAT(text.out, HasSubstr("no column is compared as phone"));
  EXPECT_THAT(text.out, HasSubstr("evaluations a record"));
  EXPECT_THAT(text.out, HasSubstr("the purpose allows an exposure of 8.00%"));
  const Outcome json =
      Raak({"--json", "check", file, "--schema", schema, "--purpose", purpose, "--strict"});
  EXPECT_EQ(json.exit_code, kExitBadInput) << "a field is missing";
  const nlohmann::json plan = nlohmann::json::parse(json.out)["plan"];
  EXPECT_GT(plan["keys"], 0);
  EXPECT_EQ(plan["missing"].size(), 1U);
  EXPECT_LE(plan["exposure"], plan["max_exposure"]);

  EXPECT_EQ(plan["unusable"], 0);
  EXPECT_EQ(plan["records_unserved"], 0);
  EXPECT_TRUE(plan["within_run_grant"]);
  EXPECT_THAT(text.out, HasSubstr("one record in "));
  EXPECT_THAT(text.out, Not(HasSubstr("identifiers only")));

  // What a plan does not serve, and a purpose that grants less than the file needs.
  csv += "400,onbekend,onzin\n401,Jan,\n";
  const std::string worse = folder.Write("w.csv", csv);
  const std::string small = folder / "small.json";
  const auto written = ReadFile(toml, 64 << 10);
  ASSERT_TRUE(written.ok());
  ASSERT_EQ(Raak({"purpose", "new", "--from",
                  folder.Write("q.toml", *written + "run_grant = 300\n"), small})
                .exit_code,
            kExitOk);
  const Outcome warned = Raak({"check", worse, "--schema", schema, "--purpose", small});
  EXPECT_EQ(warned.exit_code, kExitOk) << warned.err;
  EXPECT_THAT(warned.out, HasSubstr("naam: 1 value is of no use"));
  EXPECT_THAT(warned.out, HasSubstr("geboren: 1 value is of no use"));
  EXPECT_THAT(warned.out, HasSubstr("2 of 402 records have too few values"));
  EXPECT_THAT(warned.out, HasSubstr("402 records may need more evaluations of a key than the 300"));
  EXPECT_EQ(Raak({"check", worse, "--schema", schema, "--purpose", small, "--strict"}).exit_code,
            kExitBadInput);

  // Names alone: no key has a second kind of field that says something.
  const std::string names = folder.Write("n.toml", start);
  EXPECT_EQ(Raak({"check", file, "--schema", names, "--purpose", toml}).exit_code, kExitBadInput)
      << "the TOML is no purpose";
  EXPECT_THAT(Raak({"check", file, "--schema", names, "--purpose", purpose}).out,
              HasSubstr("no column is compared as date"));
}

TEST(App, CheckReportsAFileAndItsProblems) {
  TemporaryFolder folder;
  const std::string schema =
      folder.Write("s.toml", "record_id = \"id\"\n[columns]\nkvk = \"kvk\"\n");
  const std::string good = folder.Write("good.csv", "id,kvk\n1,12345678\n2,87654321\n");
  const std::string bad = folder.Write("bad.csv", "id,kvk\n1,12345678\n2,abc\n");
  EXPECT_EQ(Raak({"check", good, "--schema", schema, "--strict"}).exit_code, kExitOk);
  EXPECT_EQ(Raak({"check", bad, "--schema", schema}).exit_code, kExitOk);
  EXPECT_EQ(Raak({"check", bad, "--schema", schema, "--strict"}).exit_code, kExitBadInput);
  const std::string empty = folder.Write("empty.csv", "");
  EXPECT_EQ(Raak({"check", empty, "--schema", schema}).exit_code, kExitBadInput);
  // The value itself never stands in the report.
  EXPECT_EQ(Raak({"check", bad, "--schema", schema}).out.find("abc"), std::string::npos);
}

}  // namespace
}  // namespace raakvlak::client
