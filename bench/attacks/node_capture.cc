#include "bench/attacks/node_capture.h"

#include <algorithm>
#include <istream>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace raakvlak::bench {
namespace {

using nlohmann::json;

template <typename Array>
void ReadBytes(const json& text, Array* out) {
  const std::string bytes = absl::HexStringToBytes(text.get<std::string>());
  if (bytes.size() != out->size()) throw std::invalid_argument("bytes of another size");
  std::copy(bytes.begin(), bytes.end(), out->begin());
}

void ReadTask(const json& line, std::uint16_t agency, NodeCapture* out) {
  const auto counterpart = line.at("counterpart").get<std::uint16_t>();
  linkage::BlockId block;
  block.type = line.at("key").get<std::uint8_t>();
  ReadBytes(line.at("tag"), &block.tag);
  linkage::BlockKey key;
  ReadBytes(line.at("block_key"), &key);
  out->rows[line.at("handle").get<std::string>()] = line.at("record").get<std::uint32_t>();
  out->keys[{std::min(agency, counterpart), std::max(agency, counterpart), block}] = key;
}

}  // namespace

absl::StatusOr<NodeCapture> ReadNodeCapture(std::istream& in, std::uint16_t agency) {
  NodeCapture out;
  std::string line;
  for (std::uint64_t number = 1; std::getline(in, line); ++number) {
    if (line.empty()) continue;
    try {
      ReadTask(json::parse(line), agency, &out);
    } catch (const std::exception& error) {
      return absl::InvalidArgumentError(absl::StrCat("line ", number, ": ", error.what()));
    }
  }
  return out;
}

absl::StatusOr<Capture> NamedByRow(const Capture& capture, const std::vector<NodeCapture>& nodes) {
  const auto row = [&](const Handle& handle) -> std::optional<std::uint32_t> {
    const auto name = capture.handed_in_as.find(handle);
    if (name == capture.handed_in_as.end() || handle.agency >= nodes.size()) return std::nullopt;
    const auto found = nodes[handle.agency].rows.find(name->second);
    if (found == nodes[handle.agency].rows.end()) return std::nullopt;
    return found->second;
  };
  Capture out;
  out.profile = capture.profile;
  for (const CapturedPair& pair : capture.pairs) {
    const auto a = row(pair.a);
    const auto b = row(pair.b);
    if (!a || !b) {
      return absl::FailedPreconditionError("an encoded record is in no node's capture");
    }
    out.pairs.push_back(pair);
    out.pairs.back().a.record = *a;
    out.pairs.back().b.record = *b;
  }
  for (const CapturedBlock& block : capture.blocks) {
    CapturedBlock& named = out.blocks.emplace_back(block);
    const auto name = [&](std::uint16_t agency, const std::vector<std::uint32_t>& records) {
      std::vector<std::uint32_t> rows;
      for (const std::uint32_t record : records) {
        if (const auto r = row({agency, record})) rows.push_back(*r);
      }
      return rows;
    };
    named.a = name(block.first, block.a);
    named.b = name(block.second, block.b);
  }
  return out;
}

}  // namespace raakvlak::bench
