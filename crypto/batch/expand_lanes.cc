// expand_message_xmd for many messages.
#include "crypto/batch/expand_lanes.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "crypto/batch/expand_message.h"
#include "crypto/batch/lane_batches.h"
#include "crypto/batch/sha512_constants.h"

namespace raakvlak::crypto {
void ExpandMessages64(const VectorOps& ops, std::span<const ByteView> messages, ByteView dst,
                      std::span<UniformBytes> out) {
  const size_t lanes = ops.lanes;
  // What follows a message: I2OSP(64, 2) || 0 || DST || I2OSP(len(DST), 1).
  std::vector<uint8_t> tail(3 + dst.size() + 1);
  tail[1] = 64;
  std::copy(dst.begin(), dst.end(), tail.begin() + 3);
  tail.back() = static_cast<uint8_t>(dst.size());

  // The state after the block of zeros with which every message begins.
  std::vector<uint64_t> zero_state(8 * lanes);
  for (size_t i = 0; i < 8 * lanes; ++i) zero_state[i] = kSha512Initial[i / lanes];
  const std::vector<uint8_t> zeros(kSha512Block);
  std::vector<const uint8_t*> blocks(lanes, zeros.data());
  ops.sha512(zero_state.data(), blocks.data(), 1);

  std::vector<uint64_t> state(8 * lanes);
  std::vector<uint8_t> buffer;
  const size_t second_length = 64 + 1 + dst.size() + 1;
  const size_t second_blocks = Sha512Blocks(second_length);
  // b_0 || 1 || DST || len(DST) of every lane, with its padding; b_0 is all that differs.
  std::vector<uint8_t> seconds(lanes * second_blocks * kSha512Block);
  std::vector<const uint8_t*> second(lanes);
  for (size_t l = 0; l < lanes; ++l) {
    uint8_t* lane = seconds.data() + l * second_blocks * kSha512Block;
    lane[64] = 1;
    std::memcpy(lane + 65, tail.data() + 3, tail.size() - 3);
    PadSha512(lane, second_length, second_blocks, 0);
    second[l] = lane;
  }

  // One batch of equally long messages; spare lanes repeat the first.
  const auto run = [&](const std::vector<size_t>& batch, size_t first_blocks) {
    const size_t span = first_blocks * kSha512Block;
    // Grown by hand: a vector that grows by itself would leave what it held behind.
    if (buffer.size() < lanes * span) {
      if (!buffer.empty()) sodium_memzero(buffer.data(), buffer.size());
      buffer = std::vector<uint8_t>(lanes * span);
    }
    for (size_t l = 0; l < lanes; ++l) {
      const ByteView message = messages[batch[l < batch.size() ? l : 0]];
      uint8_t* lane = buffer.data() + l * span;
      if (!message.empty()) std::memcpy(lane, message.data(), message.size());
      std::memcpy(lane + message.size(), tail.data(), tail.size());
      PadSha512(lane, message.size() + tail.size(), first_blocks, kSha512Block);
      blocks[l] = lane;
    }
    state = zero_state;
    ops.sha512(state.data(), blocks.data(), first_blocks);
    for (size_t l = 0; l < lanes; ++l) {
      uint8_t* lane = seconds.data() + l * second_blocks * kSha512Block;
      for (size_t i = 0; i < 8; ++i) {
        const uint64_t word = __builtin_bswap64(state[i * lanes + l]);
        std::memcpy(lane + 8 * i, &word, 8);
      }
    }
    for (size_t i = 0; i < 8 * lanes; ++i) state[i] = kSha512Initial[i / lanes];
    ops.sha512(state.data(), second.data(), second_blocks);
    for (size_t l = 0; l < batch.size(); ++l) {
      for (size_t i = 0; i < 8; ++i) {
        const uint64_t word = __builtin_bswap64(state[i * lanes + l]);
        std::memcpy(out[batch[l]].data() + 8 * i, &word, 8);
      }
    }
  };

  ForLaneBatches(
      messages.size(), lanes,
      [&](size_t i) { return Sha512Blocks(messages[i].size() + tail.size()); }, run,
      [&](size_t i) { out[i] = ExpandMessage64(messages[i], dst); });
  if (!buffer.empty()) sodium_memzero(buffer.data(), buffer.size());
  sodium_memzero(seconds.data(), seconds.size());
  sodium_memzero(state.data(), state.size() * sizeof(uint64_t));
}

}  // namespace raakvlak::crypto
