#include "server/node/evaluation_pipeline.h"

#include <condition_variable>
#include <exception>
#include <future>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace raakvlak::node {
namespace {

using crypto::SecretAccess;

// One chunk of values, and what is hashed for each.
struct Chunk {
  std::uint64_t sequence = 0;
  std::uint64_t number = 0;
  std::vector<ValueKey> keys;
  std::vector<crypto::SecretBytes> inputs;
};

struct Outputs {
  std::vector<ValueKey> keys;
  crypto::OutputChunk outputs;
};

class Run {
 public:
  Run(const EvaluationParameters& parameters, const EvaluationOptions& options,
      crypto::Unblinder unblinder, std::stop_token stop)
      : parameters_(parameters),
        options_(options),
        unblinder_(std::move(unblinder)),
        outer_stop_(std::move(stop)) {}

  absl::StatusOr<std::uint64_t> Go() {
    // The first error stops everybody, the evaluators' retries included.
    std::stop_callback forward(outer_stop_, [this] { Fail(absl::CancelledError("stopped")); });
    {
      std::vector<std::jthread> workers;
      workers.reserve(options_.in_flight);
      for (std::size_t i = 0; i < options_.in_flight; ++i) {
        workers.emplace_back([this] { Work(); });
      }
    }
    std::lock_guard lock(state_mutex_);
    if (!status_.ok()) return status_;
    return delivered_;
  }

 private:
  void Fail(absl::Status status) {
    {
      std::lock_guard lock(state_mutex_);
      // What follows from a stop is not its cause.
      if (status_.ok()) status_ = std::move(status);
    }
    stop_.request_stop();
  }
  bool Stopped() const { return stop_.stop_requested(); }

  void Work() {
    while (!Stopped()) {
      absl::StatusOr<bool> more = [&]() -> absl::StatusOr<bool> {
        Chunk chunk;
        absl::StatusOr<bool> some = Take(chunk);
        if (!some.ok() || !*some) return some;
        std::uint64_t sequence = chunk.sequence;
        absl::StatusOr<Outputs> outputs = Evaluate(std::move(chunk));
        if (!outputs.ok()) return outputs.status();
        if (absl::Status status = Deliver(sequence, *std::move(outputs)); !status.ok()) {
          return status;
        }
        return true;
      }();
      if (!more.ok()) {
        Fail(more.status());
        return;
      }
      if (!*more) return;
    }
  }

  // Since a worker takes its next chunk only after delivering the one before, at most `in_flight`
  // chunks exist at any time, the ones waiting for their turn included.
  absl::StatusOr<bool> Take(Chunk& chunk) {
    std::lock_guard lock(source_mutex_);
    if (exhausted_) return false;
    // Once a chunk: reading the clock is a system call.
    StageTimer timer(parameters_.clock, Stage::kReading);
    KeyedValue value;
    while (chunk.keys.size() < options_.chunk_size) {
      if (Stopped()) return absl::CancelledError("stopped");
      absl::StatusOr<bool> more = parameters_.source(value);
      if (!more.ok()) return more.status();
      if (!*more) {
        exhausted_ = true;
        break;
      }
      absl::StatusOr<crypto::SecretBytes> input =
          crypto::OprfInput(parameters_.committee->group_public_key(), parameters_.identifier_type,
                            parameters_.normaliser_version, value.value);
      if (!input.ok()) return input.status();
      chunk.keys.push_back(value.key);
      chunk.inputs.push_back(*std::move(input));
    }
    sodium_memzero(value.value.data(), value.value.size());
    if (chunk.keys.empty()) return false;
    absl::StatusOr<std::uint64_t> number = parameters_.next_chunk_number();
    if (!number.ok()) return number.status();
    chunk.number = *number;
    chunk.sequence = taken_++;
    return true;
  }

  absl::StatusOr<Outputs> Evaluate(Chunk chunk) {
    const crypto::Kernels& kernels = *parameters_.kernels;
    std::vector<crypto::ByteView> inputs;
    inputs.reserve(chunk.inputs.size());
    for (const crypto::SecretBytes& input : chunk.inputs) {
      inputs.push_back(input.Reveal(SecretAccess{}));
    }
    absl::StatusOr<crypto::BlindedChunk> blinded = [&] {
      StageTimer timer(parameters_.clock, Stage::kHashingAndBlinding);
      return crypto::Blind(kernels, inputs, *parameters_.random);
    }();
    if (!blinded.ok()) return blinded.status();
    // Whoever is asked now is paid for what nobody waits for.
    if (Stopped()) return absl::CancelledError("stopped");

    absl::StatusOr<std::vector<crypto::VerifiedPartial>> partials = AskAll(chunk.number, *blinded);
    if (!partials.ok()) return partials.status();

    StageTimer timer(parameters_.clock, Stage::kCombining);
    absl::StatusOr<crypto::CombinedChunk> combined =
        crypto::CombineChunk(kernels, *parameters_.committee, *blinded, *std::move(partials));
    if (!combined.ok()) return combined.status();
    absl::StatusOr<crypto::OutputChunk> outputs = crypto::FinalizeChunk(
        kernels, unblinder_, *std::move(blinded), *std::move(combined), inputs);
    if (!outputs.ok()) return outputs.status();
    return Outputs{std::move(chunk.keys), *std::move(outputs)};
  }

  // All evaluators at once; answers in the order of the committee.
  absl::StatusOr<std::vector<crypto::VerifiedPartial>> AskAll(std::uint64_t number,
                                                              const crypto::BlindedChunk& blinded) {
    std::span<const crypto::ShareIndex> indices = parameters_.committee->indices();
    StageTimer timer(parameters_.clock, Stage::kEvaluating);
    auto ask = [&](crypto::ShareIndex index) {
      absl::StatusOr<crypto::VerifiedPartial> answer =
          parameters_.ask(PartialRequest{index, number, blinded}, stop_.get_token());
      // At once, since the others may be waited for in vain.
      if (!answer.ok()) Fail(answer.status());
      return answer;
    };
    std::vector<std::future<absl::StatusOr<crypto::VerifiedPartial>>> pending;
    for (crypto::ShareIndex index : indices.subspan(1)) {
      pending.push_back(std::async(std::launch::async, [&, index] {
        StageTimer asking(parameters_.clock, Stage::kEvaluating);
        return ask(index);
      }));
    }
    std::vector<crypto::VerifiedPartial> answers;
    absl::Status failed;
    auto take = [&](absl::StatusOr<crypto::VerifiedPartial> answer) {
      if (answer.ok()) {
        answers.push_back(*std::move(answer));
      } else if (failed.ok()) {
        failed = answer.status();
      }
    };
    take(ask(indices[0]));
    for (auto& future : pending) take(future.get());
    if (!failed.ok()) return failed;
    return answers;
  }

  absl::Status Deliver(std::uint64_t sequence, Outputs outputs) {
    std::unique_lock lock(sink_mutex_);
    std::stop_token token = stop_.get_token();
    if (!turn_.wait(lock, token, [&] { return next_ == sequence; })) {
      return absl::CancelledError("stopped");
    }
    for (std::size_t i = 0; i < outputs.keys.size(); ++i) {
      absl::Status status =
          parameters_.sink(outputs.keys[i], outputs.outputs.Output(i, SecretAccess{}));
      if (!status.ok()) return status;
    }
    std::uint64_t done;
    {
      std::lock_guard state(state_mutex_);
      delivered_ += outputs.keys.size();
      done = delivered_;
    }
    if (parameters_.progress) parameters_.progress(done);
    ++next_;
    lock.unlock();
    turn_.notify_all();
    return absl::OkStatus();
  }

  const EvaluationParameters& parameters_;
  const EvaluationOptions& options_;
  const crypto::Unblinder unblinder_;
  std::stop_token outer_stop_;
  std::stop_source stop_;

  std::mutex source_mutex_;
  bool exhausted_ = false;
  std::uint64_t taken_ = 0;

  std::mutex sink_mutex_;
  std::condition_variable_any turn_;
  std::uint64_t next_ = 0;

  std::mutex state_mutex_;
  absl::Status status_;
  std::uint64_t delivered_ = 0;
};

}  // namespace

absl::StatusOr<std::uint64_t> RunEvaluation(const EvaluationParameters& parameters,
                                            const EvaluationOptions& options,
                                            std::stop_token stop) {
  if (options.chunk_size == 0 || options.chunk_size > 32'767 || options.in_flight == 0) {
    return absl::InvalidArgumentError("chunk size or number of chunks in flight out of range");
  }
  if (parameters.committee == nullptr || parameters.committee->indices().empty()) {
    return absl::InvalidArgumentError("no committee");
  }
  absl::StatusOr<crypto::Unblinder> unblinder =
      crypto::Unblinder::Create(*parameters.kernels, parameters.committee->group_public_key());
  if (!unblinder.ok()) return unblinder.status();
  return Run(parameters, options, *std::move(unblinder), std::move(stop)).Go();
}

}  // namespace raakvlak::node
