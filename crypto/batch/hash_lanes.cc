// SHA-512 of many messages.
#include "crypto/batch/hash_lanes.h"

#include <sodium.h>

#include <cstring>
#include <vector>

#include "crypto/batch/lane_batches.h"
#include "crypto/batch/sha512_constants.h"

namespace raakvlak::crypto {

void HashMessages(const VectorOps& ops, std::span<const ByteView> messages,
                  std::span<UniformBytes> out) {
  const size_t lanes = ops.lanes;
  std::vector<uint64_t> state(8 * lanes);
  std::vector<const uint8_t*> blocks(lanes);
  std::vector<uint8_t> buffer;
  // One batch of equally long messages; spare lanes repeat the first.
  const auto run = [&](const std::vector<size_t>& batch, size_t count) {
    const size_t span = count * kSha512Block;
    // Grown by hand: a vector that grows by itself would leave what it held behind.
    if (buffer.size() < lanes * span) {
      if (!buffer.empty()) sodium_memzero(buffer.data(), buffer.size());
      buffer = std::vector<uint8_t>(lanes * span);
    }
    for (size_t l = 0; l < lanes; ++l) {
      const ByteView message = messages[batch[l < batch.size() ? l : 0]];
      uint8_t* lane = buffer.data() + l * span;
      if (!message.empty()) std::memcpy(lane, message.data(), message.size());
      PadSha512(lane, message.size(), count, 0);
      blocks[l] = lane;
    }
    for (size_t i = 0; i < 8 * lanes; ++i) state[i] = kSha512Initial[i / lanes];
    ops.sha512(state.data(), blocks.data(), count);
    for (size_t l = 0; l < batch.size(); ++l) {
      for (size_t i = 0; i < 8; ++i) {
        const uint64_t word = __builtin_bswap64(state[i * lanes + l]);
        std::memcpy(out[batch[l]].data() + 8 * i, &word, 8);
      }
    }
  };
  ForLaneBatches(
      messages.size(), lanes, [&](size_t i) { return Sha512Blocks(messages[i].size()); }, run,
      [&](size_t i) { crypto_hash_sha512(out[i].data(), messages[i].data(), messages[i].size()); });
  if (!buffer.empty()) sodium_memzero(buffer.data(), buffer.size());
  sodium_memzero(state.data(), state.size() * sizeof(uint64_t));
}

}  // namespace raakvlak::crypto
