// raakvlak-demo-verify: holds the coordinator's report and the stewards' matches against the
// planted truth. Exit 0 only if every planted hit was reported, by both sides and with the types
// that agree, and nothing else.
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <tuple>

#include "nlohmann/json.hpp"

namespace raakvlak::demo {
namespace {

using Json = nlohmann::json;

// Agencies, record ids, agreed types: what a hit is, on both sides.
using Hit = std::tuple<std::string, std::string, std::string, std::string, std::string>;

std::string Join(const Json& list) {
  std::string out;
  for (const Json& item : list) out += (out.empty() ? "" : " ") + item.get<std::string>();
  return out;
}

Json Read(const std::string& path) {
  std::ifstream file(path);
  Json out = Json::parse(file, nullptr, false);
  if (out.is_discarded()) throw std::runtime_error(path + " cannot be read");
  return out;
}

struct Side {
  std::string record;
  std::string agreed;
};

int Verify(const std::string& truth_path, const std::string& report_path,
           const std::map<std::string, std::string>& match_paths) {
  const Json truth = Read(truth_path);
  const Json report = Read(report_path);
  std::set<Hit> planted;
  std::map<std::string, size_t> planted_pairs;
  for (const Json& hit : truth["hits"]) {
    planted.emplace(hit["agencies"][0], hit["records"][0], hit["agencies"][1], hit["records"][1],
                    Join(hit["agreed"]));
    ++planted_pairs[Join(hit["agencies"])];
  }
  // What stewards see: reference and pair of agencies, to each side's record.
  std::map<std::pair<std::string, std::string>, std::map<std::string, Side>> seen;
  for (const auto& [agency, path] : match_paths) {
    const Json own = Read(path);
    for (const Json& match : own["matches"]) {
      const std::string counterpart = match["counterpart"];
      const std::string pair =
          agency < counterpart ? agency + " " + counterpart : counterpart + " " + agency;
      seen[{pair, match["reference"]}][agency] = {match["record_id"], Join(match["agreed"])};
    }
  }
  std::set<Hit> found;
  size_t one_sided = 0;
  for (const auto& [key, sides] : seen) {
    if (sides.size() != 2) {
      ++one_sided;
      continue;
    }
    const auto& [first, a] = *sides.begin();
    const auto& [second, b] = *sides.rbegin();
    found.emplace(first, a.record, second, b.record, a.agreed);
    if (a.agreed != b.agreed) ++one_sided;
  }
  size_t missed = 0;
  size_t wrong = 0;
  for (const Hit& hit : planted) missed += found.contains(hit) ? 0 : 1;
  for (const Hit& hit : found) wrong += planted.contains(hit) ? 0 : 1;
  // The coordinator must list exactly the references that both stewards hold.
  size_t unknown_references = 0;
  std::map<std::string, size_t> reported_pairs;
  for (const Json& match : report["matches"]) {
    ++reported_pairs[Join(match["agencies"])];
    unknown_references +=
        seen.contains({Join(match["agencies"]), match["reference"].get<std::string>()}) ? 0 : 1;
  }
  size_t triples = 0;
  for (const Json& group : report["groups"]) {
    if (group["agencies"].size() == 3 && group["count"].is_number())
      triples += group["count"].get<size_t>();
  }
  std::cout << "planted " << planted.size() << " hits, found by the stewards " << found.size()
            << ", reported to the coordinator " << report["matches"].size() << "\n"
            << "missed " << missed << ", wrong " << wrong << ", seen by one side only " << one_sided
            << ", references unknown to the stewards " << unknown_references << "\n";
  for (const auto& [pair, count] : planted_pairs) {
    std::cout << "  " << pair << ": planted " << count << ", reported " << reported_pairs[pair]
              << "\n";
  }
  std::cout << "  groups of three: planted " << truth["groups_of_three"] << ", reported " << triples
            << "\n";
  const bool good = missed == 0 && wrong == 0 && one_sided == 0 && unknown_references == 0 &&
                    planted_pairs == reported_pairs && triples == truth["groups_of_three"] &&
                    !planted.empty();
  std::cout << (good ? "every planted hit was reported, and nothing else\n"
                     : "the report differs from what was planted\n");
  return good ? 0 : 1;
}

}  // namespace
}  // namespace raakvlak::demo

int main(int argc, char** argv) {
  std::string truth;
  std::string report;
  std::vector<std::string> matches;
  CLI::App app("Holds a demo's reports against the planted truth", "raakvlak-demo-verify");
  app.add_option("--truth", truth, "truth.json of raakvlak-demo-generate")->required();
  app.add_option("--report", report, "The coordinator's report as JSON")->required();
  app.add_option("matches", matches, "AGENCY=FILE: what `raak matches --json` answered")
      ->required();
  CLI11_PARSE(app, argc, argv);
  std::map<std::string, std::string> paths;
  for (const std::string& entry : matches) {
    const size_t equals = entry.find('=');
    if (equals == std::string::npos) {
      std::cerr << "raakvlak-demo-verify: " << entry << " is not AGENCY=FILE\n";
      return 2;
    }
    paths[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
  try {
    return raakvlak::demo::Verify(truth, report, paths);
  } catch (const std::exception& error) {
    std::cerr << "raakvlak-demo-verify: " << error.what() << "\n";
    return 2;
  }
}
