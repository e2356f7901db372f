// Google Benchmark of the batch kernels, backend by backend and batch size by batch size.
#include <benchmark/benchmark.h>
#include <sodium.h>

#include <string>
#include <vector>

#include "bench/kernels/field_timings.h"
#include "crypto/batch/kernels.h"

namespace raakvlak::crypto {
namespace {

struct Inputs {
  explicit Inputs(size_t n) : elements(n), scalars(n), messages(n, std::vector<uint8_t>(72)) {
    for (size_t i = 0; i < n; ++i) {
      UniformBytes wide;
      randombytes_buf(wide.data(), wide.size());
      crypto_core_ristretto255_from_hash(elements[i].data(), wide.data());
      crypto_core_ristretto255_scalar_random(scalars[i].data());
      randombytes_buf(messages[i].data(), messages[i].size());
    }
    views.assign(messages.begin(), messages.end());
  }
  std::vector<EncodedElement> elements;
  std::vector<EncodedScalar> scalars;
  std::vector<std::vector<uint8_t>> messages;
  std::vector<ByteView> views;
};

template <typename Work>
void Run(benchmark::State& state, const Work& work) {
  const Inputs in(static_cast<size_t>(state.range(0)));
  std::vector<EncodedElement> out(in.elements.size());
  for (auto _ : state) {
    if (!work(in, out)) state.SkipWithError("the backend returned an error");
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * state.range(0));
}

void Register(const Kernels* k) {
  const auto add = [&](const std::string& operation, auto work) {
    benchmark::RegisterBenchmark((std::string(k->name()) + "/" + operation).c_str(),
                                 [work](benchmark::State& state) { Run(state, work); })
        ->Arg(8)
        ->Arg(64)
        ->Arg(4096);
  };
  using Out = std::vector<EncodedElement>;
  add("decode",
      [k](const Inputs& in, Out&) { return k->Decode(in.elements, IdentityRule::kRefuse).ok(); });
  add("scalarmult_common", [k](const Inputs& in, Out& out) {
    const auto points = k->Decode(in.elements, IdentityRule::kRefuse);
    return points.ok() && k->MultiplyCommonEncode(*points, in.scalars[0], out).ok();
  });
  add("scalarmult_each", [k](const Inputs& in, Out& out) {
    const auto points = k->Decode(in.elements, IdentityRule::kRefuse);
    return points.ok() && k->MultiplyEachEncode(*points, in.scalars, out).ok();
  });
  add("fixed_base",
      [k](const Inputs& in, Out& out) { return k->FixedBaseEncode(in.scalars, out).ok(); });
  add("hash_to_group", [k](const Inputs& in, Out& out) {
    const std::vector<uint8_t> dst(46, 'd');
    return k->HashToGroupEncode(in.views, dst, out).ok();
  });
  add("composite", [k](const Inputs& in, Out& out) {
    const auto points = k->Decode(in.elements, IdentityRule::kRefuse);
    if (!points.ok()) return false;
    const auto sum = k->MultiScalarMultiply(*points, in.scalars);
    if (sum.ok()) out[0] = *sum;
    return sum.ok();
  });
}

// Single steps of a vector backend, for all its lanes at once.
void RegisterSteps(const std::string& backend, const FieldTimings& timings) {
  const auto add = [&](const char* step, void (*work)(size_t)) {
    benchmark::RegisterBenchmark(
        (backend + "/" + step + "/" + std::to_string(timings.lanes) + "_lanes").c_str(),
        [work](benchmark::State& state) {
          constexpr size_t kTimes = 1024;
          for (auto _ : state) work(kTimes);
          state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kTimes));
        });
  };
  add("field_multiply", timings.multiply);
  add("field_square", timings.square);
  add("field_square_chains", timings.square_chains);
  add("point_double", timings.double_point);
  add("point_add", timings.add_point);
}

}  // namespace
}  // namespace raakvlak::crypto

int main(int argc, char** argv) {
  for (const auto* kernels : raakvlak::crypto::AvailableKernels()) {
    raakvlak::crypto::Register(kernels);
#if defined(__x86_64__)
    if (kernels->name() == "ifma") {
      raakvlak::crypto::RegisterSteps("ifma", raakvlak::crypto::kIfmaTimings);
    } else if (kernels->name() == "avx2") {
      raakvlak::crypto::RegisterSteps("avx2", raakvlak::crypto::kAvx2Timings);
    }
#endif
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
