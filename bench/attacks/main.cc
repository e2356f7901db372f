// `bench attacks`: runs the attacks on a run over made-up Dutch people and prints one JSON object.
#include <sodium.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "bench/attacks/attacks.h"
#include "bench/attacks/capture.h"
#include "bench/attacks/dutch_people.h"

namespace raakvlak::bench {
namespace {

using nlohmann::ordered_json;

struct Flags {
  PopulationOptions population;
  std::string write_capture;
  std::string read_capture;
  double max_exposure = 0;
  std::size_t fields = 5;
  bool link_only = false;
};

double Rounded(double value) { return std::round(value * 1e6) / 1e6; }

double Share(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : Rounded(static_cast<double>(part) / static_cast<double>(whole));
}

// Surnames guessed right, of all records that were encoded and of all records.
ordered_json Rate(const Guesses& guesses, const Agencies& people, std::size_t encoded,
                  std::size_t records) {
  std::size_t right = 0;
  for (const auto& [handle, name] : guesses) {
    right += people.tables[handle.agency].columns[1][handle.record] == name ? 1 : 0;
  }
  return {{"right", right},
          {"of_encoded_records", Share(right, encoded)},
          {"of_all_records", Share(right, records)}};
}

// Records of agency 0 whose subject agency 1 does not know: what collusion must not open.
std::set<Handle> Strangers(const Agencies& people) {
  const std::set<std::uint32_t> known(people.subjects[1].begin(), people.subjects[1].end());
  std::set<Handle> out;
  for (std::uint32_t row = 0; row < people.subjects[0].size(); ++row) {
    if (!known.contains(people.subjects[0][row])) out.insert({0, row});
  }
  return out;
}

ordered_json Collusion(const Recorder& recorder, const Agencies& people,
                       const PublicNames& surnames) {
  CollusionEffort effort;
  effort.targets = Strangers(people);
  std::set<Handle> exposed;
  for (const CapturedPair& p : recorder.capture().pairs) {
    if (p.b.agency == 1 && effort.targets.contains(p.a)) exposed.insert(p.a);
  }
  const CollusionResult result =
      CollusionAttack(recorder.capture(), recorder.keys(), surnames, effort);
  std::size_t names = 0;
  for (const auto& [handle, name] : result.surnames) {
    names += people.tables[0].columns[1][handle.record] == name ? 1 : 0;
  }
  std::size_t dates = 0;
  for (const auto& [handle, date] : result.birth_dates) {
    dates += people.tables[0].columns[2][handle.record] == date ? 1 : 0;
  }
  const double share = Share(exposed.size(), effort.targets.size());
  const double opened = Share(names, result.tried.size());
  return {{"records_without_match", effort.targets.size()},
          {"encoded", exposed.size()},
          {"exposed_share", share},
          {"tried", result.tried.size()},
          {"surnames_opened", opened},
          {"birth_dates_opened", Share(dates, result.tried.size())},
          {"surnames_opened_of_records_without_match", Rounded(share * opened)}};
}

// Links as reported, and how many of them join two people.
ordered_json Links(const bench::Run& run, const Agencies& people) {
  std::size_t links = 0;
  std::size_t wrong = 0;
  for (const linkage::LinkGroup& group : run.groups) {
    for (std::size_t x = 0; x < group.members.size(); ++x) {
      for (std::size_t y = x + 1; y < group.members.size(); ++y) {
        const linkage::RunRecord& a = group.members[x];
        const linkage::RunRecord& b = group.members[y];
        if (a.agency == b.agency) continue;
        ++links;
        wrong += people.subjects[a.agency][a.record] != people.subjects[b.agency][b.record];
      }
    }
  }
  std::size_t common = 0;
  for (std::size_t a = 0; a < people.subjects.size(); ++a) {
    const std::set<std::uint32_t> known(people.subjects[a].begin(), people.subjects[a].end());
    for (std::size_t b = a + 1; b < people.subjects.size(); ++b) {
      for (const std::uint32_t s : people.subjects[b]) common += known.contains(s) ? 1 : 0;
    }
  }
  return {{"true", common}, {"reported", links}, {"wrong", wrong}};
}

int Attack(const Flags& flags) {
  Agencies people = MakeAgencies(flags.population);
  people.profile.fields.resize(flags.fields);
  for (linkage::RecordTable& table : people.tables) table.columns.resize(flags.fields);
  if (flags.max_exposure > 0) people.profile.max_exposure = flags.max_exposure;
  Recorder recorder(people.profile);
  const auto start = std::chrono::steady_clock::now();
  const auto run = Link(people.profile, people.tables, flags.population.seed,
                        flags.link_only ? nullptr : &recorder);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (!flags.write_capture.empty()) {
    std::ofstream out(flags.write_capture, std::ios::binary);
    WriteCapture(recorder.capture(), out);
    if (!out.flush()) {
      std::cerr << "attacks: cannot write " << flags.write_capture << "\n";
      return 1;
    }
  }
  ordered_json out;
  out["agencies"] = people.tables.size();
  out["records"] = run.records;
  out["links"] = Links(run, people);
  out["seconds"] = Rounded(seconds);
  if (flags.link_only) {
    std::cout << out.dump(2) << "\n";
    return 0;
  }
  const PublicNames surnames = DutchSurnames();
  std::set<Handle> encoded;
  for (const CapturedPair& p : recorder.capture().pairs) {
    encoded.insert(p.a);
    encoded.insert(p.b);
  }
  const auto rate = [&](const Guesses& guesses) {
    return Rate(guesses, people, encoded.size(), run.records);
  };
  out["encoded_records"] = encoded.size();
  out["candidate_pairs"] = recorder.capture().pairs.size();
  out["surname_clusters"] = SurnameClusters(recorder.capture()).size();
  out["matcher_alone"] = {{"blind", rate(BlindGuess(recorder.capture(), surnames))},
                          {"frequency", rate(FrequencyAttack(recorder.capture(), surnames))},
                          {"graph_matching", rate(GraphAttack(recorder.capture(), surnames))}};
  if (flags.fields > 2) out["matcher_with_agency"] = Collusion(recorder, people, surnames);
  std::cout << out.dump(2) << "\n";
  return 0;
}

// What was captured elsewhere: guesses by handle, for those who know the truth to judge.
int Guess(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const auto capture = ReadCapture(in);
  if (!in.eof() || !capture.ok()) {
    std::cerr << "attacks: " << path << ": "
              << (capture.ok() ? "cannot read" : std::string(capture.status().message())) << "\n";
    return 1;
  }
  const PublicNames surnames = DutchSurnames();
  const Guesses frequency = FrequencyAttack(*capture, surnames);
  const Guesses graph = GraphAttack(*capture, surnames);
  for (const auto& [handle, name] : graph) {
    const auto by_rank = frequency.find(handle);
    std::cout << ordered_json({{"agency", handle.agency},
                               {"handle", handle.record},
                               {"frequency", by_rank == frequency.end() ? "" : by_rank->second},
                               {"graph_matching", name}})
                     .dump()
              << "\n";
  }
  return 0;
}

int Main(int argc, char** argv) {
  CLI::App app("Attacks keyed encodings of names with what the matcher of a run holds.", "attacks");
  Flags flags;
  app.add_option("--agencies", flags.population.agencies, "agencies of the run")
      ->default_val(2)
      ->check(CLI::Range(2, 20));
  app.add_option("--records", flags.population.records, "records an agency")
      ->default_val(10'000)
      ->check(CLI::Range(10, 200'000));
  app.add_option("--overlap", flags.population.overlap, "share of people that all agencies know")
      ->default_val(0.3)
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--households", flags.population.households,
                 "share of people who live with a relative that the agency knows")
      ->default_val(0.2)
      ->check(CLI::Range(0.0, 0.95));
  app.add_option("--fields", flags.fields,
                 "compare only the first of given name, surname, date of birth, postcode, phone")
      ->default_val(5)
      ->check(CLI::Range(2, 5));
  app.add_flag("--link-only", flags.link_only, "link and count the links, attack nothing");
  app.add_option("--seed", flags.population.seed, "seed of the people and of the run")
      ->default_val(1);
  app.add_option("--max-exposure", flags.max_exposure,
                 "ceiling of the plan; default: the profile's")
      ->check(CLI::Range(0.0001, 1.0));
  app.add_option("--write-capture", flags.write_capture,
                 "write what the matcher held to this file");
  app.add_option("--capture", flags.read_capture,
                 "guess from this capture instead, one JSON object a record");
  CLI11_PARSE(app, argc, argv);
  if (sodium_init() < 0) return 1;
  return flags.read_capture.empty() ? Attack(flags) : Guess(flags.read_capture);
}

}  // namespace
}  // namespace raakvlak::bench

int main(int argc, char** argv) { return raakvlak::bench::Main(argc, argv); }
