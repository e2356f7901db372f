// What the matcher sees of surnames: slots, how alike two of them are, and who bears the same one.
// Pure functions.
#ifndef RAAKVLAK_BENCH_ATTACKS_SURNAME_VIEW_H_
#define RAAKVLAK_BENCH_ATTACKS_SURNAME_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bench/attacks/capture.h"

namespace raakvlak::bench {

// Similarities are seen in so many steps (slots of a name).
inline constexpr int kSteps = 24;

// Slot number `slot` of an encoded field, which begins with its tag.
std::uint16_t SlotOf(std::string_view field, std::size_t slot);

// All slots of the surname; none where it is missing.
std::vector<std::uint16_t> SurnameSlots(const linkage::Profile& profile, std::string_view encoding);

// A pair's surnames: how many steps alike, kSteps for equal ones; -1 where one is missing.
int Alike(const Capture& capture, const CapturedPair& pair);

// In order.
std::vector<Handle> EncodedRecords(const Capture& capture);

// Records that bear one surname by all that the matcher can see (attacks.h, SurnameClusters).
struct Clusters {
  std::vector<std::vector<Handle>> members;  // largest first
  std::map<Handle, std::size_t> of;
};
Clusters MakeClusters(const Capture& capture);

// Padded bigrams of a name, each once; one that occurs again is told apart by its count.
std::vector<std::string> PaddedBigrams(std::string_view name);

}  // namespace raakvlak::bench

#endif  // RAAKVLAK_BENCH_ATTACKS_SURNAME_VIEW_H_
