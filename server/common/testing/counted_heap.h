// How much is allocated, for tests that hold a bound of memory. Linking it replaces the program's
// operator new and delete.
#ifndef RAAKVLAK_SERVER_COMMON_TESTING_COUNTED_HEAP_H_
#define RAAKVLAK_SERVER_COMMON_TESTING_COUNTED_HEAP_H_

#include <cstdint>

namespace raakvlak::common::testing {

// One at a time; allocations of all threads count.
class CountedPeak {
 public:
  CountedPeak();
  // The most that was allocated since then, above what was there before.
  std::int64_t Bytes() const;

 private:
  const std::int64_t before_;
};

}  // namespace raakvlak::common::testing

#endif  // RAAKVLAK_SERVER_COMMON_TESTING_COUNTED_HEAP_H_
