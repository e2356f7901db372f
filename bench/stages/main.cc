// bench_stages: processor seconds and memory of the matcher's pairing and matching stages over
// made-up persons. Files are written by child processes, so that the peak memory is that of the
// stages.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <string_view>

#include "bench/stages/made_up_run.h"
#include "crypto/base/random.h"
#include "nlohmann/json.hpp"
#include "server/common/testing/temp_dir.h"
#include "server/matcher/matching_stage.h"
#include "server/matcher/pairing_stage.h"

namespace {

using raakvlak::bench::MadeUpRun;

constexpr std::string_view kUsage =
    "usage: bench_stages [--agencies N] [--records M] [--keys K] [--seed S]\n"
    "Prints one JSON object. Defaults: 3 agencies of 100,000 records, 16 keys, seed 1.\n";

// Of processor time: the stages are one thread, and the machine may have other things to do.
double Seconds(const std::function<void()>& work) {
  const std::clock_t begun = std::clock();
  work();
  return static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
}

void Check(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  std::exit(1);
}

void InChild(const std::function<absl::Status()>& work) {
  const pid_t child = fork();
  if (child == 0) _exit(work().ok() ? 0 : 1);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
    Check(absl::InternalError("the run could not be made up"));
  }
}

}  // namespace

int main(int argc, char** argv) {
  MadeUpRun run;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    const std::uint64_t value = i + 1 < argc ? std::strtoull(argv[i + 1], nullptr, 10) : 0;
    if (name == "--agencies" && value >= 2 && value <= 20) {
      run.agencies = static_cast<int>(value);
    } else if (name == "--records" && value > 0) {
      run.records = value;
    } else if (name == "--keys" && value > 0 && value <= 24) {
      run.keys = static_cast<int>(value);
    } else if (name == "--seed") {
      run.seed = value;
    } else {
      std::fputs(kUsage.data(), name == "--help" ? stdout : stderr);
      return name == "--help" ? 0 : 2;
    }
    ++i;
  }
  const raakvlak::common::testing::TempDir dir;
  raakvlak::common::PosixFileSystem fs;
  const raakvlak::matcher::RunDirectory directory(dir.path(), "made-up", 1);
  const raakvlak::matcher::StageContext context = ContextOf(run);
  raakvlak::crypto::SeededRandom random(run.seed);
  Check(fs.MakePrivateDirectory(directory.path()));
  InChild([&] { return WriteRecords(fs, directory, run); });

  nlohmann::ordered_json out;
  out["agencies"] = run.agencies;
  out["records"] = run.records;
  out["pairing_cpu_seconds"] =
      Seconds([&] { Check(PairBlocks(fs, directory, context, {}, {}).status()); });
  InChild([&] { return WriteEncodings(fs, directory, run); });
  raakvlak::matcher::MatchOutcome outcome;
  out["matching_cpu_seconds"] = Seconds([&] {
    auto matched = MatchRecords(fs, directory, context, {}, random);
    Check(matched.status());
    outcome = *matched;
  });
  std::uint64_t candidates = 0;
  for (int a = 0; a < run.agencies; ++a) {
    for (int b = a + 1; b < run.agencies; ++b) {
      Check(raakvlak::matcher::ForEachStored<raakvlak::matcher::StoredCandidate>(
          fs, directory.Candidates(a, b), raakvlak::matcher::kCandidatesMagic, [&](const auto&) {
            ++candidates;
            return absl::OkStatus();
          }));
    }
  }
  out["candidates"] = candidates;
  out["matches"] = outcome.pairs;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  out["peak_mib"] = usage.ru_maxrss / 1024;
  std::printf("%s\n", out.dump(2).c_str());
  return 0;
}
