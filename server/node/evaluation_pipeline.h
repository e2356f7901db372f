// Turns a stream of normalised values into their OPRF outputs, in the same order: hash, blind, ask
// every evaluator of the committee, verify every proof, combine, unblind, finalise. Several chunks
// are on their way at once; how many bounds the memory, and a slow sink or evaluator slows the
// source down. Nothing reaches the sink unless every proof of its chunk held.
#ifndef RAAKVLAK_SERVER_NODE_EVALUATION_PIPELINE_H_
#define RAAKVLAK_SERVER_NODE_EVALUATION_PIPELINE_H_

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/base/random.h"
#include "crypto/batch/kernels.h"
#include "crypto/oprf/committee.h"
#include "crypto/oprf/output_keys.h"
#include "crypto/oprf/voprf.h"
#include "server/node/evaluation_options.h"
#include "server/node/stage_clock.h"
#include "server/node/value_groups.h"

namespace raakvlak::node {

struct KeyedValue {
  ValueKey key;
  std::string value;  // normalised; secret
};

// What an evaluator is asked. The views live until the call returns.
struct PartialRequest {
  crypto::ShareIndex evaluator = 0;
  std::uint64_t chunk_number = 0;
  const crypto::BlindedChunk& chunk;
};

struct EvaluationParameters {
  std::string identifier_type;
  std::string normaliser_version;
  // All of these must outlive the pipeline's run.
  const crypto::Committee* committee = nullptr;
  const crypto::Kernels* kernels = nullptr;
  crypto::Random* random = nullptr;
  StageClock* clock = nullptr;
  // The next value; false at the end. Called from one thread at a time.
  std::function<absl::StatusOr<bool>(KeyedValue&)> source;
  // Takes an output; in the order of the source, from one thread at a time.
  std::function<absl::Status(const ValueKey&, crypto::OprfOutputView)> sink;
  // Reserves the number of the next chunk, durably: no number is given out twice in a run, not
  // even to a node that was killed. Called from one thread at a time.
  std::function<absl::StatusOr<std::uint64_t>()> next_chunk_number;
  // Asks one evaluator and checks its answer. Called from many threads at once; retries by itself
  // what passes by itself. An error blames the evaluator.
  std::function<absl::StatusOr<crypto::VerifiedPartial>(const PartialRequest&, std::stop_token)>
      ask;
  // Told after each chunk how many values are done in all; may be empty.
  std::function<void(std::uint64_t)> progress;
};

// Runs until the source is at its end, and returns the number of values evaluated; or until the
// first error, which blames an evaluator if one is to blame: its chunk is thrown away, as are all
// after it. Cancelled when `stop` is requested.
absl::StatusOr<std::uint64_t> RunEvaluation(const EvaluationParameters& parameters,
                                            const EvaluationOptions& options, std::stop_token stop);

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_EVALUATION_PIPELINE_H_
