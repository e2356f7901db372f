// The weights of a batched proof's composites.
#include "crypto/oprf/composite_weights.h"

#include <algorithm>
#include <array>
#include <string>

#include "crypto/base/bytes.h"
#include "crypto/base/hash.h"

namespace raakvlak::crypto {

std::vector<EncodedScalar> CompositeWeights(OprfMode mode, const Element& b,
                                            std::span<const EncodedElement> c,
                                            std::span<const EncodedElement> d) {
  const std::string context = OprfContext(mode);
  TranscriptBuilder seed_transcript;
  seed_transcript.Lp(ByteView(b.bytes())).Lp("Seed-" + context);
  const Digest seed = Sha512(seed_transcript.view());

  // HashToScalar written out, so that what all elements share is absorbed once: the block of zeros
  // with the seed behind it (RFC 9380, expand_message_xmd with one output block).
  const std::string dst = "HashToScalar-" + context;
  Bytes tag(dst.begin(), dst.end());
  tag.push_back(static_cast<uint8_t>(dst.size()));
  const std::array<uint8_t, 128> zeros{};
  Sha512Hasher start;
  start.Update(zeros).Update(Lp(ByteView(seed)));

  // The rest of an element's input: I2OSP(i, 2), lp(C_i), lp(D_i), "Composite", I2OSP(64, 2), 0.
  std::array<uint8_t, 2 + 34 + 34 + 9 + 3> rest{};
  rest[2 + 1] = kElementSize;
  rest[2 + 34 + 1] = kElementSize;
  const ByteView label = AsBytes("Composite");
  std::copy(label.begin(), label.end(), rest.begin() + 70);
  rest[80] = 64;

  std::vector<EncodedScalar> out(c.size());
  for (size_t i = 0; i < c.size(); ++i) {
    rest[0] = static_cast<uint8_t>(i >> 8);
    rest[1] = static_cast<uint8_t>(i);
    std::copy(c[i].begin(), c[i].end(), rest.begin() + 4);
    std::copy(d[i].begin(), d[i].end(), rest.begin() + 38);
    const Digest b0 = Sha512Hasher(start).Update(rest).Update(tag).Finish();
    const uint8_t one = 1;
    out[i] = Scalar::FromUniform(Sha512Hasher().Update(b0).Update({&one, 1}).Update(tag).Finish())
                 .bytes();
  }
  return out;
}

}  // namespace raakvlak::crypto
