// A bounded set of 64-bit fingerprints, to see whether something came by before. Not thread safe.
#ifndef RAAKVLAK_DATASET_FINGERPRINTS_H_
#define RAAKVLAK_DATASET_FINGERPRINTS_H_

#include <sodium.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace raakvlak::dataset {

// SipHash-2-4 under a fixed key: a false duplicate among 10^7 values has a chance of about 3 in a
// million.
inline std::uint64_t Fingerprint(std::string_view text) {
  static constexpr std::array<unsigned char, crypto_shorthash_KEYBYTES> kKey{};
  std::array<unsigned char, crypto_shorthash_BYTES> hash;
  crypto_shorthash(hash.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                   kKey.data());
  std::uint64_t value;
  std::memcpy(&value, hash.data(), sizeof(value));
  return value;
}

// Maps fingerprints to a `Payload` given at first sight. Holds at most `limit` of them; afterwards
// it still finds those, and says that it is full.
template <typename Payload>
class Fingerprints {
 public:
  explicit Fingerprints(std::size_t limit) : limit_(limit) {}

  // The payload of an earlier equal fingerprint, or nullptr: then `payload` is kept if there is
  // room.
  const Payload* FindOrAdd(std::uint64_t fingerprint, Payload payload) {
    if (fingerprint == 0) fingerprint = 1;  // 0 marks a free slot
    if ((count_ + 1) * 4 > slots_.size() * 3 && count_ < limit_) Grow();
    if (slots_.empty()) {
      full_ = true;
      return nullptr;
    }
    Slot* slot = Seek(fingerprint);
    if (slot->fingerprint != 0) return &slot->payload;
    if (count_ >= limit_) {
      full_ = true;
      return nullptr;
    }
    *slot = {fingerprint, payload};
    ++count_;
    return nullptr;
  }

  // Something was not kept: later answers of "new" may be wrong.
  bool full() const { return full_; }

 private:
  struct Slot {
    std::uint64_t fingerprint = 0;
    [[no_unique_address]] Payload payload{};
  };

  Slot* Seek(std::uint64_t fingerprint) {
    std::size_t i = fingerprint & (slots_.size() - 1);
    while (slots_[i].fingerprint != 0 && slots_[i].fingerprint != fingerprint) {
      i = (i + 1) & (slots_.size() - 1);
    }
    return &slots_[i];
  }

  void Grow() {
    std::vector<Slot> old(slots_.empty() ? 1024 : slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.fingerprint != 0) *Seek(slot.fingerprint) = slot;
    }
  }

  std::size_t limit_;
  std::size_t count_ = 0;
  bool full_ = false;
  std::vector<Slot> slots_;
};

}  // namespace raakvlak::dataset

#endif  // RAAKVLAK_DATASET_FINGERPRINTS_H_
