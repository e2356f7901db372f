// Evaluates with libsodium alone, without any code of ours: the check has to find it too.
#include <sodium.h>

namespace raakvlak::control {

int Multiply(unsigned char* out, const unsigned char* scalar, const unsigned char* point) {
  return crypto_scalarmult_ristretto255(out, scalar, point);
}

}  // namespace raakvlak::control

int main(int argc, char**) {
  unsigned char bytes[32] = {static_cast<unsigned char>(argc)};
  return raakvlak::control::Multiply(bytes, bytes, bytes) == 5 ? 1 : 0;
}
