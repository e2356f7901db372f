// `bench attacks`: runs the attacks on a run over made-up Dutch people and prints one JSON object.
#include <sodium.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "bench/attacks/attacks.h"
#include "bench/attacks/capture.h"
#include "bench/attacks/dutch_people.h"
#include "bench/attacks/node_capture.h"
#include "bench/attacks/rates.h"

namespace raakvlak::bench {
namespace {

using nlohmann::ordered_json;

struct Flags {
  PopulationOptions population;
  std::string write_capture;
  std::string read_capture;
  std::vector<std::string> node_captures;
  double max_exposure = 0;
  std::size_t fields = 5;
  bool link_only = false;
};

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
  out.update(AttackRates(recorder.capture(), recorder.keys(), people));
  std::cout << out.dump(2) << "\n";
  return 0;
}

absl::StatusOr<Capture> ReadCaptureFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return absl::NotFoundError("cannot read");
  return ReadCapture(in);
}

int Fail(const std::string& path, const absl::Status& status) {
  std::cerr << "attacks: " << path << ": " << status.message() << "\n";
  return 1;
}

// A real matcher's capture of a run over people that bench_people made, with the nodes' captures to
// tell the truth. The keys are those of the second agency.
int AttackReal(const Flags& flags) {
  const auto capture = ReadCaptureFile(flags.read_capture);
  if (!capture.ok()) return Fail(flags.read_capture, capture.status());
  std::vector<NodeCapture> nodes;
  for (const std::string& path : flags.node_captures) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return Fail(path, absl::NotFoundError("cannot read"));
    auto node = ReadNodeCapture(in, static_cast<std::uint16_t>(nodes.size()));
    if (!node.ok()) return Fail(path, node.status());
    nodes.push_back(*std::move(node));
  }
  const Agencies people = MakeAgencies(flags.population);
  for (std::size_t a = 0; a < nodes.size(); ++a) {
    for (const auto& [name, row] : nodes[a].rows) {
      if (a < people.tables.size() && row < people.tables[a].rows()) continue;
      std::cerr << "attacks: the run had other agencies or more records than --agencies and "
                   "--records say\n";
      return 1;
    }
  }
  const auto named = NamedByRow(*capture, nodes);
  if (!named.ok()) return Fail(flags.read_capture, named.status());
  ordered_json out;
  out["agencies"] = people.tables.size();
  out["records"] = people.tables.size() * flags.population.records;
  out.update(AttackRates(*named, nodes[1].keys, people));
  std::cout << out.dump(2) << "\n";
  return 0;
}

// What was captured elsewhere: guesses by handle, for those who know the truth to judge.
int Guess(const std::string& path) {
  const auto capture = ReadCaptureFile(path);
  if (!capture.ok()) return Fail(path, capture.status());
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
  app.add_option("--node", flags.node_captures,
                 "what the nodes of a real run wrote down, one file an agency in the run's order: "
                 "count what the attacks get right from --capture instead of printing guesses; "
                 "--agencies and --records as given to bench_people");
  CLI11_PARSE(app, argc, argv);
  if (sodium_init() < 0) return 1;
  if (!flags.node_captures.empty()) {
    if (flags.read_capture.empty() || flags.node_captures.size() < 2) {
      std::cerr << "attacks: --node goes with --capture and stands for each agency\n";
      return 2;
    }
    return AttackReal(flags);
  }
  return flags.read_capture.empty() ? Attack(flags) : Guess(flags.read_capture);
}

}  // namespace
}  // namespace raakvlak::bench

int main(int argc, char** argv) { return raakvlak::bench::Main(argc, argv); }
