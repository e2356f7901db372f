// expand_message_xmd for many messages.
#include "crypto/batch/expand_lanes.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <vector>

#include "crypto/batch/expand_message.h"
#include "crypto/batch/sha512_constants.h"

namespace raakvlak::crypto {
namespace {

constexpr size_t kBlock = 128;

size_t Blocks(size_t bytes) { return (bytes + 1 + 16 + kBlock - 1) / kBlock; }

// Appends SHA-512's padding to `length` bytes of the `blocks` blocks at `buffer`; `hashed_before`
// bytes went before them.
void Pad(uint8_t* buffer, size_t length, size_t blocks, size_t hashed_before) {
  std::memset(buffer + length, 0, blocks * kBlock - length);
  buffer[length] = 0x80;
  const uint64_t bits = 8 * (uint64_t{length} + hashed_before);
  for (size_t i = 0; i < 8; ++i) {
    buffer[blocks * kBlock - 1 - i] = static_cast<uint8_t>((bits >> (8 * i)) & 0xff);
  }
}

}  // namespace

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
  const std::vector<uint8_t> zeros(kBlock);
  std::vector<const uint8_t*> blocks(lanes, zeros.data());
  ops.sha512(zero_state.data(), blocks.data(), 1);

  std::vector<uint64_t> state(8 * lanes);
  std::vector<uint8_t> buffer;
  const size_t second_length = 64 + 1 + dst.size() + 1;
  const size_t second_blocks = Blocks(second_length);

  // One batch of equally long messages; spare lanes repeat the first.
  const auto run = [&](const std::vector<size_t>& batch, size_t first_blocks) {
    const size_t span = std::max(first_blocks, second_blocks) * kBlock;
    buffer.resize(lanes * span);
    for (size_t l = 0; l < lanes; ++l) {
      const ByteView message = messages[batch[l < batch.size() ? l : 0]];
      uint8_t* lane = buffer.data() + l * span;
      if (!message.empty()) std::memcpy(lane, message.data(), message.size());
      std::memcpy(lane + message.size(), tail.data(), tail.size());
      Pad(lane, message.size() + tail.size(), first_blocks, kBlock);
      blocks[l] = lane;
    }
    state = zero_state;
    ops.sha512(state.data(), blocks.data(), first_blocks);
    for (size_t l = 0; l < lanes; ++l) {
      uint8_t* lane = buffer.data() + l * span;
      for (size_t i = 0; i < 8; ++i) {
        const uint64_t word = __builtin_bswap64(state[i * lanes + l]);
        std::memcpy(lane + 8 * i, &word, 8);
      }
      lane[64] = 1;
      std::memcpy(lane + 65, tail.data() + 3, tail.size() - 3);
      Pad(lane, second_length, second_blocks, 0);
    }
    for (size_t i = 0; i < 8 * lanes; ++i) state[i] = kSha512Initial[i / lanes];
    ops.sha512(state.data(), blocks.data(), second_blocks);
    for (size_t l = 0; l < batch.size(); ++l) {
      for (size_t i = 0; i < 8; ++i) {
        const uint64_t word = __builtin_bswap64(state[i * lanes + l]);
        std::memcpy(out[batch[l]].data() + 8 * i, &word, 8);
      }
    }
  };

  // Messages wait, by their number of blocks, until there is one for every lane.
  std::map<size_t, std::vector<size_t>> waiting;
  for (size_t i = 0; i < messages.size(); ++i) {
    const size_t first_blocks = Blocks(messages[i].size() + tail.size());
    std::vector<size_t>& batch = waiting[first_blocks];
    batch.push_back(i);
    if (batch.size() == lanes) {
      run(batch, first_blocks);
      batch.clear();
    }
  }
  for (const auto& [first_blocks, batch] : waiting) {
    if (batch.empty()) continue;
    if (batch.size() * 4 > lanes) {
      run(batch, first_blocks);
    } else {
      for (size_t i : batch) out[i] = ExpandMessage64(messages[i], dst);
    }
  }
  sodium_memzero(buffer.data(), buffer.size());
  sodium_memzero(state.data(), state.size() * sizeof(uint64_t));
}

}  // namespace raakvlak::crypto
