#include "server/node/capture.h"

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "linkage/types/identifier_type.h"

namespace raakvlak::node {

void TaskCapture::Add(std::string_view handle, std::string_view type, const CheckedTask& task,
                      const linkage::BlockKey& key) {
  const auto parsed = linkage::ParseIdentifierType(type);
  if (!parsed || !linkage::IsBlockType(*parsed)) return;
  absl::StrAppend(&lines_, "{\"handle\": \"", crypto::ToHex(crypto::AsBytes(handle)),
                  "\", \"record\": ", task.record,
                  ", \"counterpart\": ", static_cast<int>(task.counterpart),
                  ", \"key\": ", linkage::BlockKeyOf(*parsed), ", \"tag\": \"",
                  crypto::ToHex(task.tag), "\", \"block_key\": \"", crypto::ToHex(key), "\"}\n");
}

absl::Status TaskCapture::Write(const RunFiles& files) const {
  return common::WriteFileAtomic(*files.seal().fs, files.directory() + "-capture.jsonl",
                                 std::string_view(lines_));
}

}  // namespace raakvlak::node
