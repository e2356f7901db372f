// Collecting, writing and reading captures.
#include "bench/attacks/capture.h"

#include <algorithm>
#include <istream>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace raakvlak::bench {
namespace {

using nlohmann::json;

std::string Hex(const linkage::BlockId& id) {
  return absl::BytesToHexString(std::string(id.tag.begin(), id.tag.end()));
}

linkage::BlockId ReadId(const json& line) {
  linkage::BlockId id;
  id.type = line.at("key").get<std::uint8_t>();
  const std::string tag = absl::HexStringToBytes(line.at("tag").get<std::string>());
  if (tag.size() != id.tag.size()) throw std::invalid_argument("tag of another size");
  std::copy(tag.begin(), tag.end(), id.tag.begin());
  return id;
}

void ReadLine(const json& line, Capture* out) {
  if (line.contains("fields")) {
    for (const json& field : line.at("fields")) {
      const auto kind = linkage::ParseFieldKind(field.at(1).get<std::string>());
      if (!kind) throw std::invalid_argument("unknown kind of field");
      out->profile.fields.push_back({field.at(0).get<std::string>(), *kind});
    }
    return;
  }
  if (line.contains("handle")) {
    out->handed_in_as[{line.at("agency").get<std::uint16_t>(),
                       line.at("record").get<std::uint32_t>()}] =
        line.at("handle").get<std::string>();
    return;
  }
  const auto [first, second] = line.at("pair").get<std::pair<std::uint16_t, std::uint16_t>>();
  const linkage::BlockId id = ReadId(line);
  if (!line.contains("compare")) {
    out->blocks.push_back({first, second, id, line.at("a").get<std::vector<std::uint32_t>>(),
                           line.at("b").get<std::vector<std::uint32_t>>()});
    return;
  }
  const auto [a, b] = line.at("compare").get<std::pair<std::uint32_t, std::uint32_t>>();
  const auto [x, y] = line.at("encodings").get<std::pair<std::string, std::string>>();
  out->pairs.push_back(
      {id, {first, a}, {second, b}, absl::HexStringToBytes(x), absl::HexStringToBytes(y)});
}

}  // namespace

void Recorder::Shared(std::size_t first, std::size_t second,
                      const std::vector<linkage::BlockMember>& a,
                      const std::vector<linkage::BlockMember>& b) {
  std::map<linkage::BlockId, CapturedBlock> blocks;
  for (const auto& member : a) blocks[member.block].a.push_back(member.record);
  for (const auto& member : b) blocks[member.block].b.push_back(member.record);
  for (auto& [id, block] : blocks) {
    block.first = static_cast<std::uint16_t>(first);
    block.second = static_cast<std::uint16_t>(second);
    block.id = id;
    capture_.blocks.push_back(std::move(block));
  }
}

void Recorder::Compared(std::size_t first, std::size_t second, const linkage::BlockPair& pair,
                        std::string_view a, std::string_view b) {
  capture_.pairs.push_back({pair.block,
                            {static_cast<std::uint16_t>(first), pair.a},
                            {static_cast<std::uint16_t>(second), pair.b},
                            std::string(a),
                            std::string(b)});
}

void Recorder::Keyed(std::size_t first, std::size_t second, const linkage::BlockId& block,
                     const linkage::BlockKey& key) {
  keys_[{static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(second), block}] = key;
}

void WriteCapture(const Capture& capture, std::ostream& out) {
  json fields = json::array();
  for (const linkage::ComparedField& field : capture.profile.fields) {
    fields.push_back({field.name, linkage::FieldKindName(field.kind)});
  }
  out << json({{"fields", fields}}).dump() << "\n";
  for (const auto& [handle, name] : capture.handed_in_as) {
    out << json({{"record", handle.record}, {"agency", handle.agency}, {"handle", name}}).dump()
        << "\n";
  }
  for (const CapturedBlock& block : capture.blocks) {
    out << json({{"pair", {block.first, block.second}},
                 {"key", block.id.type},
                 {"tag", Hex(block.id)},
                 {"a", block.a},
                 {"b", block.b}})
               .dump()
        << "\n";
  }
  for (const CapturedPair& pair : capture.pairs) {
    out << json({{"pair", {pair.a.agency, pair.b.agency}},
                 {"key", pair.block.type},
                 {"tag", Hex(pair.block)},
                 {"compare", {pair.a.record, pair.b.record}},
                 {"encodings",
                  {absl::BytesToHexString(pair.encoding_a),
                   absl::BytesToHexString(pair.encoding_b)}}})
               .dump()
        << "\n";
  }
}

absl::StatusOr<Capture> ReadCapture(std::istream& in) {
  Capture out;
  std::string line;
  for (std::uint64_t number = 1; std::getline(in, line); ++number) {
    if (line.empty()) continue;
    try {
      ReadLine(json::parse(line), &out);
    } catch (const std::exception& error) {
      return absl::InvalidArgumentError(absl::StrCat("line ", number, ": ", error.what()));
    }
  }
  return out;
}

}  // namespace raakvlak::bench
