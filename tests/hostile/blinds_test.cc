// Blinds never repeat (protocol.md, "What must be refused" 16): not within a chunk, not across
// runs, not when a node evaluates the same values again after a restart.
#include <gtest/gtest.h>

#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "crypto/base/bytes.h"
#include "crypto/base/random.h"
#include "server/node/testing/local_committee.h"

namespace raakvlak::node {
namespace {

class BlindsTest : public ::testing::Test {
 protected:
  // Evaluates `values` with randomness of its own, as a freshly started node does; keeps every
  // blinded element that an evaluator is shown.
  void EvaluateAsNewProcess(const std::vector<std::string>& values) {
    crypto::SystemRandom random;
    EvaluationParameters parameters = committee_.Parameters("kvk");
    parameters.random = &random;
    auto inner = parameters.ask;
    parameters.ask = [this, inner](const PartialRequest& request, std::stop_token stop) {
      if (request.evaluator == 1) {
        const std::lock_guard lock(mutex_);
        for (const crypto::EncodedElement& element : request.chunk.encoded()) {
          ++shown_;
          distinct_.insert(crypto::ToString(element));
        }
      }
      return inner(request, stop);
    };
    std::size_t next = 0;
    parameters.source = [&](KeyedValue& value) -> absl::StatusOr<bool> {
      if (next == values.size()) return false;
      value.key.fill(static_cast<std::uint8_t>(next));
      value.value = values[next++];
      return true;
    };
    parameters.sink = [this](const ValueKey&, crypto::OprfOutputView output) {
      outputs_.insert(crypto::ToString(crypto::ByteView(output)));
      return absl::OkStatus();
    };
    std::uint64_t chunk = 0;
    parameters.next_chunk_number = [&]() -> absl::StatusOr<std::uint64_t> { return chunk++; };
    EvaluationOptions options;
    options.chunk_size = 4;
    const absl::StatusOr<std::uint64_t> done = RunEvaluation(parameters, options, {});
    ASSERT_TRUE(done.ok()) << done.status();
    ASSERT_EQ(*done, values.size());
  }

  crypto::SeededRandom seeded_{3};
  testing::LocalCommittee committee_{3, 2, seeded_};
  std::mutex mutex_;
  std::size_t shown_ = 0;
  std::set<std::string> distinct_;
  std::set<std::string> outputs_;
};

TEST_F(BlindsTest, Refusal16SameValueInAChunkAcrossRunsAndAfterARestart) {
  // One value six times over: equal elements could come from equal blinds alone.
  EvaluateAsNewProcess(std::vector<std::string>(6, "91000001"));
  EvaluateAsNewProcess(std::vector<std::string>(6, "91000001"));
  EvaluateAsNewProcess(std::vector<std::string>(6, "91000001"));
  EXPECT_EQ(shown_, 18u);
  EXPECT_EQ(distinct_.size(), 18u) << "an evaluator saw the same blinded element twice";
  EXPECT_EQ(outputs_.size(), 1u) << "the blinds must cancel out";
}

}  // namespace
}  // namespace raakvlak::node
