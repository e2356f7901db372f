// What libsodium makes of a batch, for tests to hold backends against.
#ifndef RAAKVLAK_CRYPTO_BATCH_REFERENCE_H_
#define RAAKVLAK_CRYPTO_BATCH_REFERENCE_H_

#include <string>
#include <vector>

#include "crypto/batch/kernels.h"
#include "crypto/batch/types.h"

namespace raakvlak::crypto {

// The answers for `elements` (valid) with a scalar each and one for all, all reduced.
struct Reference {
  Reference(std::vector<EncodedElement> elements, std::vector<EncodedScalar> scalars,
            const EncodedScalar& common);

  std::vector<EncodedElement> elements;
  std::vector<EncodedScalar> scalars;
  EncodedScalar common;

  std::vector<UniformBytes> uniform;            // scalars[i], then elements[i]
  std::vector<EncodedElement> mapped;           // what uniform[i] is mapped to
  std::vector<EncodedElement> products;         // scalars[i] * elements[i]
  std::vector<EncodedElement> common_products;  // common * elements[i]
  std::vector<EncodedElement> bases;            // scalars[i] * generator
  std::vector<EncodedElement> sums;             // elements[i] + products[i]
  std::vector<EncodedElement> blinded;          // elements[i] + scalars[i] * generator
  std::vector<EncodedElement> shifted;          // elements[i] + scalars[i] * the last element
  EncodedElement sum{};                         // of the elements
  EncodedElement composite{};                   // of the products
};

// What `kernels` says of the batch must be the same, to the bit: fails the running test else.
void ExpectAgrees(const Kernels& kernels, const Reference& reference);

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_REFERENCE_H_
