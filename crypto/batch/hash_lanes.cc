// SHA-512 of many messages.
#include "crypto/batch/hash_lanes.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "crypto/batch/lane_batches.h"
#include "crypto/batch/sha512_constants.h"

namespace raakvlak::crypto {

void HashMessages(const VectorOps& ops, ByteView beginning, std::span<const ByteView> messages,
                  std::span<UniformBytes> out) {
  const size_t lanes = ops.lanes;
  std::vector<uint64_t> state(8 * lanes);
  std::vector<const uint8_t*> blocks(lanes);
  std::vector<uint8_t> buffer;
  std::vector<uint64_t> begun(8 * lanes);
  for (size_t i = 0; i < 8 * lanes; ++i) begun[i] = kSha512Initial[i / lanes];
  if (!beginning.empty()) {
    std::fill(blocks.begin(), blocks.end(), beginning.data());
    ops.sha512(begun.data(), blocks.data(), beginning.size() / kSha512Block);
  }
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
      PadSha512(lane, message.size(), count, beginning.size());
      blocks[l] = lane;
    }
    state = begun;
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
      [&](size_t i) {
        crypto_hash_sha512_state alone;
        crypto_hash_sha512_init(&alone);
        crypto_hash_sha512_update(&alone, beginning.data(), beginning.size());
        crypto_hash_sha512_update(&alone, messages[i].data(), messages[i].size());
        crypto_hash_sha512_final(&alone, out[i].data());
        sodium_memzero(&alone, sizeof alone);
      });
  if (!buffer.empty()) sodium_memzero(buffer.data(), buffer.size());
  sodium_memzero(state.data(), state.size() * sizeof(uint64_t));
  sodium_memzero(begun.data(), begun.size() * sizeof(uint64_t));
}

}  // namespace raakvlak::crypto
