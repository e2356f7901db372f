#include "server/node/value_groups.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>

#include "crypto/base/bytes.h"
#include "server/node/status_macros.h"

namespace raakvlak::node {

using crypto::SecretAccess;

// A sorted record: key (32) || u32 record number || value.
namespace {
constexpr std::size_t kKeySize = 32;
constexpr std::size_t kHeadSize = kKeySize + 4;
}  // namespace

ValueKey KeyOfValue(const crypto::Secret<32>& local_key, std::string_view identifier_type,
                    std::string_view value) {
  crypto_generichash_state state;
  ValueKey out;
  crypto::ByteView key = local_key.Reveal(SecretAccess{});
  crypto_generichash_init(&state, key.data(), key.size(), out.size());
  const std::array<std::uint8_t, 2> type_size = {
      static_cast<std::uint8_t>(identifier_type.size() >> 8),
      static_cast<std::uint8_t>(identifier_type.size())};
  crypto::ByteView type = crypto::AsBytes(identifier_type);
  crypto_generichash_update(&state, type_size.data(), type_size.size());
  crypto_generichash_update(&state, type.data(), type.size());
  crypto::ByteView bytes = crypto::AsBytes(value);
  crypto_generichash_update(&state, bytes.data(), bytes.size());
  crypto_generichash_final(&state, out.data(), out.size());
  sodium_memzero(&state, sizeof(state));
  return out;
}

absl::Status AddValue(common::ExternalSorter& sorter, const crypto::Secret<32>& local_key,
                      std::string_view identifier_type, std::string_view value,
                      std::uint32_t record) {
  const ValueKey key = KeyOfValue(local_key, identifier_type, value);
  const std::array<std::uint8_t, 4> number = {
      static_cast<std::uint8_t>(record >> 24), static_cast<std::uint8_t>(record >> 16),
      static_cast<std::uint8_t>(record >> 8), static_cast<std::uint8_t>(record)};
  return sorter.AddJoined({key, number, crypto::AsBytes(value)});
}

std::size_t SortMemoryEach(const GroupingOptions& options, std::size_t sorters) {
  return std::max(std::size_t{1} << 20, options.memory_bytes / std::max<std::size_t>(1, sorters));
}

absl::StatusOr<bool> ValueGroupReader::Next(ValueGroup& group) {
  if (!started_) {
    started_ = true;
    NODE_ASSIGN_OR_RETURN(pending_, sorted_->Next());
  }
  if (!pending_) return false;
  group.count = 0;
  group.records.clear();
  bool first = true;
  std::uint32_t last = 0;
  while (pending_) {
    crypto::ByteView record = sorted_->record();
    if (record.size() < kHeadSize) return absl::DataLossError("a sorted value is cut off");
    if (first) {
      std::memcpy(group.key.data(), record.data(), kKeySize);
      group.value = crypto::ToString(record.subspan(kHeadSize));
    } else if (std::memcmp(group.key.data(), record.data(), kKeySize) != 0) {
      break;
    }
    crypto::ByteReader number(record.subspan(kKeySize, 4));
    const std::uint32_t record_number = number.U32();
    // A record that holds a value twice holds it once.
    if (first || record_number != last) {
      ++group.count;
      if (group.count <= max_records_) group.records.push_back(record_number);
    }
    last = record_number;
    first = false;
    NODE_ASSIGN_OR_RETURN(pending_, sorted_->Next());
  }
  if (group.count > max_records_) group.records.clear();
  return true;
}

absl::StatusOr<std::vector<GroupedType>> GroupDataset(
    DatasetFileReader& dataset, const std::vector<std::string>& types,
    const crypto::Secret<32>& local_key, common::FileSystem& fs, crypto::Random& random,
    const std::string& scratch, const GroupingOptions& options, std::stop_token stop,
    const std::function<void(std::uint64_t)>& progress) {
  common::SortOptions sort;
  sort.memory_bytes = SortMemoryEach(options, types.size());
  std::map<std::string, std::unique_ptr<common::ExternalSorter>, std::less<>> sorters;
  for (const std::string& type : types) {
    NODE_ASSIGN_OR_RETURN(
        auto sorter, common::ExternalSorter::Create(fs, scratch + "/values-" + type, random, sort));
    sorters.emplace(type, std::move(sorter));
  }
  StoredRecord record;

  for (std::uint64_t number = 0;; ++number) {
    NODE_ASSIGN_OR_RETURN(bool more, dataset.Next(record));
    if (!more) break;
    if (number > kMaxDatasetRecords) return absl::DataLossError("too many records");
    if ((number & 0xFFF) == 0 && progress) progress(number);
    if (stop.stop_requested()) return absl::CancelledError("stopped");
    for (const auto& [type, value] : record.values) {
      auto sorter = sorters.find(type);
      if (sorter == sorters.end()) continue;
      NODE_RETURN_IF_ERROR(
          AddValue(*sorter->second, local_key, type, value, static_cast<std::uint32_t>(number)));
    }
  }
  std::vector<GroupedType> grouped;
  for (const std::string& type : types) {
    common::ExternalSorter& sorter = *sorters.at(type);
    GroupedType result;
    result.identifier_type = type;
    result.values = sorter.count();
    NODE_ASSIGN_OR_RETURN(result.sorted, sorter.Sort());
    grouped.push_back(std::move(result));
  }
  return grouped;
}

}  // namespace raakvlak::node
