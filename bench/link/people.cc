// bench_people FOLDER AGENCIES RECORDS: made-up people of the Netherlands as one CSV file an
// agency, agency-01.csv and on, some known to several agencies and written otherwise there.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "bench/attacks/dutch_people.h"

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: bench_people FOLDER AGENCIES RECORDS\n");
    return 2;
  }
  raakvlak::bench::PopulationOptions options;
  options.agencies = std::strtoul(argv[2], nullptr, 10);
  options.records = std::strtoul(argv[3], nullptr, 10);
  const raakvlak::bench::Agencies agencies = raakvlak::bench::MakeAgencies(options);
  for (std::size_t a = 0; a < agencies.tables.size(); ++a) {
    const std::string number = (a < 9 ? "0" : "") + std::to_string(a + 1);
    std::ofstream out(std::string(argv[1]) + "/agency-" + number + ".csv");
    out << "id,kvk";
    for (const auto& field : agencies.profile.fields)
      out << "," << raakvlak::linkage::FieldKindName(field.kind);
    out << "\n";
    const auto& columns = agencies.tables[a].columns;
    for (std::size_t row = 0; row < agencies.tables[a].rows(); ++row) {
      // The subject stands in the id, so that links can be counted afterwards.
      out << agencies.subjects[a][row] << "-" << row << ",";
      for (const auto& column : columns) out << "," << column[row];
      out << "\n";
    }
    if (!out.flush()) {
      std::fprintf(stderr, "bench_people: cannot write to %s\n", argv[1]);
      return 1;
    }
  }
  return 0;
}
