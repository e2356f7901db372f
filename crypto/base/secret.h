// Secrets: byte strings that move but do not copy, are zeroed when they go away, cannot be printed
// and are read only where a SecretAccess token stands, so that `grep SecretAccess` lists every
// place that looks at one.
#ifndef RAAKVLAK_CRYPTO_BASE_SECRET_H_
#define RAAKVLAK_CRYPTO_BASE_SECRET_H_

#include <sodium.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ostream>
#include <span>
#include <utility>
#include <vector>

namespace raakvlak::crypto {

// The token. Write `secret.Reveal(SecretAccess{})` where a secret must be read.
struct SecretAccess {
  explicit SecretAccess() = default;
};

// A secret of N bytes. Thread-compatible. A moved-from secret is all zeros.
template <size_t N>
class Secret {
 public:
  static constexpr size_t kSize = N;

  // All zeros; to be filled through Mutable().
  Secret() = default;
  explicit Secret(std::span<const uint8_t, N> bytes) {
    std::memcpy(bytes_.data(), bytes.data(), N);
  }
  ~Secret() { sodium_memzero(bytes_.data(), N); }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept : bytes_(other.bytes_) { sodium_memzero(other.bytes_.data(), N); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      bytes_ = other.bytes_;
      sodium_memzero(other.bytes_.data(), N);
    }
    return *this;
  }

  std::span<const uint8_t, N> Reveal(SecretAccess) const { return bytes_; }
  std::span<uint8_t, N> Mutable(SecretAccess) { return bytes_; }
  Secret Clone(SecretAccess) const { return Secret(std::span<const uint8_t, N>(bytes_)); }

  // Constant time.
  friend bool operator==(const Secret& a, const Secret& b) {
    return sodium_memcmp(a.bytes_.data(), b.bytes_.data(), N) == 0;
  }

  friend std::ostream& operator<<(std::ostream&, const Secret&) = delete;
  template <typename Sink>
  friend void AbslStringify(Sink&, const Secret&) = delete;
  // GoogleTest would dump the raw bytes of an unprintable type.
  friend void PrintTo(const Secret&, std::ostream* os) { *os << "(secret)"; }

 private:
  std::array<uint8_t, N> bytes_{};
};

// A secret of any size.
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(size_t size) : bytes_(size) {}
  explicit SecretBytes(std::span<const uint8_t> bytes) : bytes_(bytes.begin(), bytes.end()) {}
  // Takes a buffer over without copying it.
  explicit SecretBytes(std::vector<uint8_t>&& bytes) : bytes_(std::move(bytes)) { bytes.clear(); }
  ~SecretBytes() { Wipe(); }
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  SecretBytes(SecretBytes&& other) noexcept : bytes_(std::move(other.bytes_)) {
    other.bytes_.clear();
  }
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    if (this != &other) {
      Wipe();
      bytes_ = std::move(other.bytes_);
      other.bytes_.clear();
    }
    return *this;
  }

  size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  std::span<const uint8_t> Reveal(SecretAccess) const { return bytes_; }
  std::span<uint8_t> Mutable(SecretAccess) { return bytes_; }
  SecretBytes Clone(SecretAccess) const { return SecretBytes(std::span<const uint8_t>(bytes_)); }

  // Constant time for equal sizes; the size is not secret.
  friend bool operator==(const SecretBytes& a, const SecretBytes& b) {
    return a.size() == b.size() &&
           (a.empty() || sodium_memcmp(a.bytes_.data(), b.bytes_.data(), a.size()) == 0);
  }

  friend std::ostream& operator<<(std::ostream&, const SecretBytes&) = delete;
  template <typename Sink>
  friend void AbslStringify(Sink&, const SecretBytes&) = delete;
  friend void PrintTo(const SecretBytes&, std::ostream* os) { *os << "(secret)"; }

 private:
  void Wipe() {
    if (!bytes_.empty()) sodium_memzero(bytes_.data(), bytes_.size());
  }
  std::vector<uint8_t> bytes_;
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BASE_SECRET_H_
