// Messages of any lengths onto the lanes of a SHA-512 that hashes several side by side: which go
// together, and their padding (FIPS 180-4, section 5.1.2).
#ifndef RAAKVLAK_CRYPTO_BATCH_LANE_BATCHES_H_
#define RAAKVLAK_CRYPTO_BATCH_LANE_BATCHES_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <vector>

namespace raakvlak::crypto {

inline constexpr size_t kSha512Block = 128;

// Blocks that `bytes` bytes and their padding take.
inline size_t Sha512Blocks(size_t bytes) {
  return (bytes + 1 + 16 + kSha512Block - 1) / kSha512Block;
}

// Appends the padding to `length` bytes of the `blocks` blocks at `buffer`; `hashed_before` bytes
// went before them.
inline void PadSha512(uint8_t* buffer, size_t length, size_t blocks, size_t hashed_before) {
  std::memset(buffer + length, 0, blocks * kSha512Block - length);
  buffer[length] = 0x80;
  const uint64_t bits = __builtin_bswap64(8 * (uint64_t{length} + hashed_before));
  std::memcpy(buffer + blocks * kSha512Block - sizeof bits, &bits, sizeof bits);
}

// Calls together(batch, blocks) with up to `lanes` indices of messages that take equally many
// blocks, wherever they stand, or alone(index) for what is left over and not worth all lanes.
// Lengths are public.
template <typename BlocksOf, typename Together, typename Alone>
void ForLaneBatches(size_t count, size_t lanes, const BlocksOf& blocks_of, const Together& together,
                    const Alone& alone) {
  // Messages wait, by their number of blocks, until there is one for every lane.
  std::map<size_t, std::vector<size_t>> waiting;
  for (size_t i = 0; i < count; ++i) {
    const size_t blocks = blocks_of(i);
    std::vector<size_t>& batch = waiting[blocks];
    batch.push_back(i);
    if (batch.size() == lanes) {
      together(batch, blocks);
      batch.clear();
    }
  }
  for (const auto& [blocks, batch] : waiting) {
    if (batch.empty()) continue;
    if (batch.size() * 4 > lanes) {
      together(batch, blocks);
    } else {
      for (const size_t i : batch) alone(i);
    }
  }
}

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_LANE_BATCHES_H_
