// Prints how many crypto_scalarmult_ristretto255 one core does in a second, here and now: the
// measure that the link benchmark's figures are read against.
#include <sodium.h>

#include <chrono>
#include <cstdio>
#include <cstring>

int main() {
  if (sodium_init() < 0) return 1;
  unsigned char scalar[crypto_scalarmult_ristretto255_SCALARBYTES];
  unsigned char point[crypto_scalarmult_ristretto255_BYTES];
  crypto_core_ristretto255_scalar_random(scalar);
  crypto_core_ristretto255_random(point);
  const auto start = std::chrono::steady_clock::now();
  std::chrono::duration<double> elapsed{};
  long count = 0;
  do {
    for (int i = 0; i < 500; ++i, ++count) {
      // Each result is the next input, so that nothing is folded away.
      unsigned char next[crypto_scalarmult_ristretto255_BYTES];
      if (crypto_scalarmult_ristretto255(next, scalar, point) != 0) return 1;
      std::memcpy(point, next, sizeof point);
    }
    elapsed = std::chrono::steady_clock::now() - start;
  } while (elapsed.count() < 1.0);
  std::printf("%.0f\n", static_cast<double>(count) / elapsed.count());
  return 0;
}
