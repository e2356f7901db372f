// A backend whose group operations an observer sees begin and end: how a program learns what share
// of its time is curve arithmetic. The observer brings the clock.
#ifndef RAAKVLAK_CRYPTO_BATCH_OBSERVED_H_
#define RAAKVLAK_CRYPTO_BATCH_OBSERVED_H_

#include <cstdint>
#include <memory>

#include "crypto/batch/kernels.h"

namespace raakvlak::crypto {

// Called on the thread that calls the kernels; must be thread-safe.
class KernelObserver {
 public:
  virtual ~KernelObserver() = default;
  // What it returns is given back at the end of the operation.
  virtual std::int64_t OperationBegins() = 0;
  virtual void OperationEnds(std::int64_t begun) = 0;
};

// Does what `kernels` does. Operations on elements and scalars are observed; hashing (Hash,
// ExpandMessages, and the expansion within HashToGroup) is not. Both must outlive it.
std::unique_ptr<Kernels> MakeObservedKernels(const Kernels& kernels, KernelObserver& observer);

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_OBSERVED_H_
