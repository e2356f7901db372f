// bench_kernels: every backend of crypto/batch against libsodium, in one process, alternating.
//
//   bench_kernels [--json] [--backend NAME] [--rounds N] [--size N]
//
// Prints microseconds of CPU time an element and the ratio to libsodium doing the same, medians
// over the rounds; --json prints one object for one backend (the default choice, or NAME):
//   {"backend": .., "ratios": {"scalarmult_common", "scalarmult_each", "fixed_base",
//    "hash_to_group": times libsodium, "composite": fraction of a batched multiplication}}
#include <sodium.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <vector>

#include "crypto/batch/kernels.h"

namespace raakvlak::crypto {
namespace {

// CPU time of this thread: other processes on the machine disturb it least.
double Seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct Inputs {
  explicit Inputs(size_t n) : elements(n), scalars(n), messages(n), out(n) {
    for (size_t i = 0; i < n; ++i) {
      std::array<uint8_t, 64> wide;
      randombytes_buf(wide.data(), wide.size());
      crypto_core_ristretto255_from_hash(elements[i].data(), wide.data());
      crypto_core_ristretto255_scalar_random(scalars[i].data());
      // As long as the input of the protocol for an IBAN.
      messages[i].resize(72);
      randombytes_buf(messages[i].data(), messages[i].size());
    }
    views.assign(messages.begin(), messages.end());
    dst.assign(46, 'd');
  }
  std::vector<EncodedElement> elements;
  std::vector<EncodedScalar> scalars;
  std::vector<std::vector<uint8_t>> messages;
  std::vector<ByteView> views;
  std::vector<uint8_t> dst;
  std::vector<EncodedElement> out;
};

void Check(const absl::Status& status) {
  if (!status.ok()) {
    std::cerr << status << "\n";
    std::exit(1);
  }
}

using Operation = std::function<void(Inputs&)>;
struct Row {
  std::string name;
  Operation sodium;  // on few elements
  std::function<void(const Kernels&, Inputs&)> batch;
};

PointVector Decoded(const Kernels& k, const Inputs& in) {
  auto points = k.Decode(in.elements, IdentityRule::kRefuse);
  Check(points.status());
  return *std::move(points);
}

void SodiumHash(Inputs& in) {
  for (size_t i = 0; i < in.messages.size(); ++i) {
    // What the operation asks for with one-call hashes, the expansion included.
    std::array<uint8_t, 64> block;
    static constexpr std::array<uint8_t, 128> kZeros{};
    static constexpr std::array<uint8_t, 3> kLength = {0, 64, 0};
    const uint8_t length = static_cast<uint8_t>(in.dst.size());
    const uint8_t one = 1;
    crypto_hash_sha512_state s;
    crypto_hash_sha512_init(&s);
    crypto_hash_sha512_update(&s, kZeros.data(), kZeros.size());
    crypto_hash_sha512_update(&s, in.messages[i].data(), in.messages[i].size());
    crypto_hash_sha512_update(&s, kLength.data(), kLength.size());
    crypto_hash_sha512_update(&s, in.dst.data(), in.dst.size());
    crypto_hash_sha512_update(&s, &length, 1);
    crypto_hash_sha512_final(&s, block.data());
    crypto_hash_sha512_init(&s);
    crypto_hash_sha512_update(&s, block.data(), block.size());
    crypto_hash_sha512_update(&s, &one, 1);
    crypto_hash_sha512_update(&s, in.dst.data(), in.dst.size());
    crypto_hash_sha512_update(&s, &length, 1);
    crypto_hash_sha512_final(&s, block.data());
    crypto_core_ristretto255_from_hash(in.out[i].data(), block.data());
  }
}

void SodiumMultiply(Inputs& in, bool common) {
  for (size_t i = 0; i < in.out.size(); ++i) {
    std::ignore = crypto_scalarmult_ristretto255(
        in.out[i].data(), in.scalars[common ? 0 : i].data(), in.elements[i].data());
  }
}

std::vector<Row> Rows() {
  return {
      {"scalarmult_common", [](Inputs& in) { SodiumMultiply(in, true); },
       [](const Kernels& k, Inputs& in) {
         Check(k.MultiplyCommonEncode(Decoded(k, in), in.scalars[0], in.out));
       }},
      {"scalarmult_each", [](Inputs& in) { SodiumMultiply(in, false); },
       [](const Kernels& k, Inputs& in) {
         Check(k.MultiplyEachEncode(Decoded(k, in), in.scalars, in.out));
       }},
      {"fixed_base",
       [](Inputs& in) {
         for (size_t i = 0; i < in.out.size(); ++i) {
           std::ignore =
               crypto_scalarmult_ristretto255_base(in.out[i].data(), in.scalars[i].data());
         }
       },
       [](const Kernels& k, Inputs& in) { Check(k.FixedBaseEncode(in.scalars, in.out)); }},
      {"hash_to_group", SodiumHash,
       [](const Kernels& k, Inputs& in) { Check(k.HashToGroupEncode(in.views, in.dst, in.out)); }},
      {"hash, then encode", SodiumHash,
       [](const Kernels& k, Inputs& in) {
         auto points = k.HashToGroup(in.views, in.dst);
         Check(points.status());
         Check(k.Encode(*points, in.out));
       }},
      {"hash, not encoded", SodiumHash,
       [](const Kernels& k, Inputs& in) { Check(k.HashToGroup(in.views, in.dst).status()); }},
      {"decode",
       [](Inputs& in) {
         for (size_t i = 0; i < in.out.size(); ++i) {
           in.out[i][0] =
               static_cast<uint8_t>(crypto_core_ristretto255_is_valid_point(in.elements[i].data()));
         }
       },
       [](const Kernels& k, Inputs& in) { Decoded(k, in); }},
      // Decoding included.
      {"composite", nullptr,
       [](const Kernels& k, Inputs& in) {
         Check(k.MultiScalarMultiply(Decoded(k, in), in.scalars).status());
       }},
  };
}

struct Options {
  bool json = false;
  std::string backend;
  size_t rounds = 5;
  size_t size = 4096;
};

Options Parse(int argc, char** argv) {
  Options o;
  const std::vector<std::string> args(argv + 1, argv + argc);
  const auto usage = [](int code = 2) {
    (code == 0 ? std::cout : std::cerr)
        << "usage: bench_kernels [--json] [--backend NAME] [--rounds N] [--size N]\n"
           "Compares the backends of the curve kernels with libsodium.\n";
    std::exit(code);
  };
  const auto number = [&](const std::string& text) {
    const long value = std::strtol(text.c_str(), nullptr, 10);
    if (value < 1 || value > 1000000) usage();
    return static_cast<size_t>(value);
  };
  for (size_t i = 0; i < args.size(); ++i) {
    if (args[i] == "--help") {
      usage(0);
    } else if (args[i] == "--json") {
      o.json = true;
    } else if (i + 1 < args.size() && args[i] == "--backend") {
      o.backend = args[++i];
    } else if (i + 1 < args.size() && args[i] == "--rounds") {
      o.rounds = number(args[++i]);
    } else if (i + 1 < args.size() && args[i] == "--size") {
      o.size = number(args[++i]);
    } else {
      usage();
    }
  }
  return o;
}

int Main(int argc, char** argv) {
  const Options options = Parse(argc, argv);
  Check(SelectedKernels().Problem());
  std::vector<const Kernels*> backends;
  if (!options.backend.empty()) {
    auto named = KernelsByName(options.backend);
    Check(named.status());
    backends = {*named};
  } else if (options.json) {
    backends = {&DefaultKernels()};
  } else {
    backends = AvailableKernels();
  }

  Inputs few(std::max<size_t>(32, options.size / 32));
  Inputs many(options.size);
  Inputs fewer(std::max<size_t>(64, options.size / 16));
  const std::vector<Row> rows = Rows();
  std::map<std::string, std::vector<double>> sodium;
  std::map<std::pair<const Kernels*, std::string>, std::vector<double>> batch;
  for (const Kernels* k : backends) {
    for (const Row& row : rows) row.batch(*k, fewer);  // warm: tables made, pages touched
  }
  for (size_t round = 0; round < options.rounds; ++round) {
    for (const Row& row : rows) {
      if (row.sodium) {
        const double start = Seconds();
        row.sodium(few);
        sodium[row.name].push_back((Seconds() - start) * 1e6 / static_cast<double>(few.out.size()));
      }
      for (const Kernels* k : backends) {
        // The portable backend is too slow for as many, and gains nothing by them.
        Inputs& in = k->name() == "portable" ? fewer : many;
        const double start = Seconds();
        row.batch(*k, in);
        batch[{k, row.name}].push_back((Seconds() - start) * 1e6 /
                                       static_cast<double>(in.out.size()));
      }
    }
  }

  const auto ratio = [&](const Kernels* k, const std::string& name) {
    const double own = Median(batch[{k, name}]);
    return name == "composite" ? own / Median(batch[{k, "scalarmult_common"}])
                               : Median(sodium[name]) / own;
  };
  if (options.json) {
    nlohmann::json object;
    object["backend"] = std::string(backends[0]->name());
    for (const char* name :
         {"scalarmult_common", "scalarmult_each", "fixed_base", "hash_to_group", "composite"}) {
      object["ratios"][name] = ratio(backends[0], name);
    }
    std::cout << object.dump() << "\n";
    return 0;
  }
  std::printf("batches of %zu, medians of %zu rounds, CPU time in us an element (x libsodium)\n\n",
              options.size, options.rounds);
  std::printf("%-18s %10s", "", "libsodium");
  for (const Kernels* k : backends) std::printf(" %18s", std::string(k->name()).c_str());
  std::printf("\n");
  for (const Row& row : rows) {
    std::printf("%-18s ", row.name.c_str());
    if (row.sodium) {
      std::printf("%10.2f", Median(sodium[row.name]));
    } else {
      std::printf("%10s", "");
    }
    for (const Kernels* k : backends) {
      std::printf(" %9.2f (%6.2f)", Median(batch[{k, row.name}]), ratio(k, row.name));
    }
    std::printf("\n");
  }
  std::printf(
      "\ncomposite: decoding included; in brackets the fraction of a batched multiplication\n");
  for (const BackendReport& report : SelectedKernels().reports) {
    if (!report.status.ok()) {
      std::printf("%s: %s\n", report.name.c_str(), std::string(report.status.message()).c_str());
    }
  }
  return 0;
}

}  // namespace
}  // namespace raakvlak::crypto

int main(int argc, char** argv) { return raakvlak::crypto::Main(argc, argv); }
