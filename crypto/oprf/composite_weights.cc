// The weights of a batched proof's composites.
#include "crypto/oprf/composite_weights.h"

#include <algorithm>
#include <array>
#include <string>

#include "crypto/base/bytes.h"
#include "crypto/base/hash.h"
#include "crypto/batch/scalars.h"

namespace raakvlak::crypto {
namespace {

// lp(seed) || I2OSP(i, 2) || lp(C_i) || lp(D_i) || "Composite".
constexpr std::string_view kLabel = "Composite";
constexpr size_t kIndexAt = 2 + kDigestSize;
constexpr size_t kFirstAt = kIndexAt + 2 + 2;
constexpr size_t kSecondAt = kFirstAt + kElementSize + 2;
constexpr size_t kLabelAt = kSecondAt + kElementSize;
using Message = std::array<uint8_t, kLabelAt + kLabel.size()>;

// Weights made at a time, so that what is hashed stays in cache.
constexpr size_t kAtOnce = 512;

}  // namespace

absl::StatusOr<std::vector<EncodedScalar>> CompositeWeights(const Kernels& kernels, OprfMode mode,
                                                            const Element& b,
                                                            std::span<const EncodedElement> c,
                                                            std::span<const EncodedElement> d) {
  const std::string context = OprfContext(mode);
  TranscriptBuilder seed_transcript;
  seed_transcript.Lp(ByteView(b.bytes())).Lp("Seed-" + context);
  const Digest seed = Sha512(seed_transcript.view());
  const std::string dst = "HashToScalar-" + context;

  Message common{};
  common[1] = kDigestSize;
  std::copy(seed.begin(), seed.end(), common.begin() + 2);
  common[kFirstAt - 1] = kElementSize;
  common[kSecondAt - 1] = kElementSize;
  std::copy(kLabel.begin(), kLabel.end(), common.begin() + kLabelAt);

  std::vector<Message> messages(std::min(c.size(), kAtOnce), common);
  const std::vector<ByteView> views(messages.begin(), messages.end());
  std::vector<UniformBytes> uniform(messages.size());
  std::vector<EncodedScalar> out(c.size());
  for (size_t at = 0; at < c.size(); at += kAtOnce) {
    const size_t count = std::min(kAtOnce, c.size() - at);
    for (size_t k = 0; k < count; ++k) {
      const size_t i = at + k;
      messages[k][kIndexAt] = static_cast<uint8_t>(i >> 8);
      messages[k][kIndexAt + 1] = static_cast<uint8_t>(i);
      std::copy(c[i].begin(), c[i].end(), messages[k].begin() + kFirstAt);
      std::copy(d[i].begin(), d[i].end(), messages[k].begin() + kSecondAt);
    }
    const absl::Status expanded = kernels.ExpandMessages(
        std::span(views).first(count), AsBytes(dst), std::span(uniform).first(count));
    if (!expanded.ok()) return expanded;
    for (size_t k = 0; k < count; ++k) out[at + k] = ReduceToScalar(uniform[k]);
  }
  return out;
}

}  // namespace raakvlak::crypto
