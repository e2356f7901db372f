// What a matcher holds in the course of a run, for attacks on it; and its file form.
//
// The file has one JSON object a line. First the profile: {"fields": [["surname", "surname"], ..]},
// name and kind. Then in any order:
//   {"pair": [0, 1], "key": 3, "tag": "<hex>", "a": [4, 17], "b": [2]}
// a block that two agencies share, with the handles of its records on both sides; and
//   {"pair": [0, 1], "key": 3, "tag": "<hex>", "compare": [4, 2], "encodings": ["<hex>", "<hex>"]}
// a candidate pair with its encodings; and, from a real matcher,
//   {"record": 4, "agency": 0, "handle": "<hex>"}
// by what name a record was handed in. Handles say nothing of a record but that it is the same.
#ifndef RAAKVLAK_BENCH_ATTACKS_CAPTURE_H_
#define RAAKVLAK_BENCH_ATTACKS_CAPTURE_H_

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/quality/pipeline.h"
#include "linkage/score/candidates.h"
#include "linkage/score/profile.h"

namespace raakvlak::bench {

// A record of an agency as the matcher knows it.
struct Handle {
  std::uint16_t agency = 0;
  std::uint32_t record = 0;

  friend auto operator<=>(const Handle&, const Handle&) = default;
};

struct CapturedBlock {
  std::uint16_t first = 0;  // agencies
  std::uint16_t second = 0;
  linkage::BlockId id;
  std::vector<std::uint32_t> a;
  std::vector<std::uint32_t> b;
};

struct CapturedPair {
  linkage::BlockId block;
  Handle a;
  Handle b;
  std::string encoding_a;
  std::string encoding_b;
};

struct Capture {
  linkage::Profile profile;
  std::vector<CapturedBlock> blocks;
  std::vector<CapturedPair> pairs;
  std::map<Handle, std::string> handed_in_as;  // hexadecimal; of a real matcher only
};

// Keys of blocks, which the matcher has not: what the agencies of a pair add when they collude.
using BlockKeys =
    std::map<std::tuple<std::uint16_t, std::uint16_t, linkage::BlockId>, linkage::BlockKey>;

// Collects while a run goes on (pipeline.h).
class Recorder final : public MatcherView {
 public:
  explicit Recorder(const linkage::Profile& profile) { capture_.profile = profile; }

  void Shared(std::size_t first, std::size_t second, const std::vector<linkage::BlockMember>& a,
              const std::vector<linkage::BlockMember>& b) override;
  void Compared(std::size_t first, std::size_t second, const linkage::BlockPair& pair,
                std::string_view a, std::string_view b) override;
  void Keyed(std::size_t first, std::size_t second, const linkage::BlockId& block,
             const linkage::BlockKey& key) override;

  const Capture& capture() const { return capture_; }
  const BlockKeys& keys() const { return keys_; }

 private:
  Capture capture_;
  BlockKeys keys_;
};

void WriteCapture(const Capture& capture, std::ostream& out);
// InvalidArgument with the line number.
absl::StatusOr<Capture> ReadCapture(std::istream& in);

}  // namespace raakvlak::bench

#endif  // RAAKVLAK_BENCH_ATTACKS_CAPTURE_H_
