// Does what the matcher must never be able to: the check has to find it.
#include "crypto/batch/kernels.h"
#include "crypto/oprf/hash_to_group.h"

int main(int argc, char** argv) {
  const std::string_view text(argv[0]);
  const auto expanded = raakvlak::crypto::ExpandMessageXmd(raakvlak::crypto::AsBytes(text),
                                                           raakvlak::crypto::AsBytes(text), 64);
  return argc > 5 && expanded.ok() ? 1 : 0;
}
