#include "server/common/audit.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace raakvlak::common {
namespace {

using Json = nlohmann::ordered_json;

// Longest line: an entry is a sentence, not a document.
constexpr size_t kMaxLine = 64 * 1024;

// What a scan of the file found.
struct Scan {
  AuditHead head;
  uint64_t complete = 0;  // bytes up to and including the last newline
  uint64_t size = 0;
};

absl::Status Tampered(const std::string& path, uint64_t line, std::string_view how) {
  return absl::DataLossError(absl::StrCat(path, ":", line,
                                          ": the audit log was tampered with: ", std::string(how),
                                          "; keep the file, find out who wrote it"));
}

absl::Status CheckLine(const std::string& path, std::string_view line, const AuditHead& before) {
  const uint64_t sequence = before.sequence + 1;
  const Json entry = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!entry.is_object() || !entry.contains("seq") || !entry["seq"].is_number_unsigned() ||
      !entry.contains("previous") || !entry["previous"].is_string()) {
    return Tampered(path, sequence, "not an entry");
  }
  if (entry["seq"].get<uint64_t>() != sequence) {
    return Tampered(path, sequence, absl::StrCat("sequence number ", entry["seq"].dump()));
  }
  if (entry["previous"].get<std::string>() != crypto::ToHex(before.hash)) {
    return Tampered(path, sequence, "it does not continue the line before it");
  }
  return absl::OkStatus();
}

absl::StatusOr<Scan> ScanLog(FileSystem& fs, const std::string& path) {
  Scan scan;
  absl::StatusOr<std::unique_ptr<ReadableFile>> file = fs.OpenRead(path);
  if (!file.ok()) return file.status();
  std::array<uint8_t, kMaxLine> buffer{};
  std::string line;
  while (true) {
    absl::StatusOr<size_t> got = (*file)->Read(buffer);
    if (!got.ok()) return got.status();
    if (*got == 0) break;
    scan.size += *got;
    std::string_view text(reinterpret_cast<const char*>(buffer.data()), *got);
    while (!text.empty()) {
      const size_t newline = text.find('\n');
      line.append(text.substr(0, newline));
      if (line.size() > kMaxLine) return Tampered(path, scan.head.sequence + 1, "a line too long");
      if (newline == std::string_view::npos) break;
      text.remove_prefix(newline + 1);
      if (absl::Status status = CheckLine(path, line, scan.head); !status.ok()) return status;
      ++scan.head.sequence;
      scan.head.hash = crypto::Sha512(crypto::AsBytes(line));
      scan.complete += line.size() + 1;
      line.clear();
    }
  }
  return scan;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AuditLog>> AuditLog::Open(FileSystem& fs, const std::string& path,
                                                         const Clock& clock) {
  std::unique_ptr<AuditLog> log(new AuditLog(fs, path, clock));
  uint64_t torn = 0;
  const bool existed = fs.Exists(path);
  if (existed) {
    absl::StatusOr<Scan> scan = ScanLog(fs, path);
    if (!scan.ok()) return scan.status();
    log->head_ = scan->head;
    torn = scan->size - scan->complete;
    if (torn > 0) {
      if (absl::Status status = fs.Truncate(path, scan->complete); !status.ok()) return status;
    }
  }
  absl::StatusOr<std::unique_ptr<WritableFile>> file = fs.OpenAppend(path);
  if (!file.ok()) return file.status();
  log->file_ = *std::move(file);
  if (!existed) {
    if (absl::Status status = fs.SyncDirectory(DirectoryOf(path)); !status.ok()) return status;
  }
  if (torn > 0) {
    absl::Status status = log->Append({.event = "audit.unfinished_line_cut",
                                       .actor = "self",
                                       .outcome = "done",
                                       .fields = {{"bytes", absl::StrCat(torn)}}});
    if (!status.ok()) return status;
  }
  return log;
}

absl::Status AuditLog::Append(const AuditEntry& entry) {
  std::lock_guard lock(mutex_);
  if (!broken_.ok()) return broken_;
  Json fields = Json::object();
  for (const auto& [key, value] : entry.fields) fields[key] = value;
  Json json;
  json["seq"] = head_.sequence + 1;
  json["time"] = absl::FormatTime("%Y-%m-%d%ET%H:%M:%E3SZ", clock_.Now(), absl::UTCTimeZone());
  json["event"] = entry.event;
  json["actor"] = entry.actor;
  json["outcome"] = entry.outcome;
  json["fields"] = std::move(fields);
  json["previous"] = crypto::ToHex(head_.hash);
  // Bytes that are not UTF-8 come from outside; they are replaced, not trusted.
  std::string line = json.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
  if (line.size() > kMaxLine) {
    return absl::InvalidArgumentError(absl::StrCat("an audit entry of ", line.size(), " bytes"));
  }
  const crypto::Digest hash = crypto::Sha512(crypto::AsBytes(line));
  line += '\n';
  absl::Status status = file_->Append(crypto::AsBytes(line));
  if (status.ok()) status = file_->Sync();
  if (!status.ok()) {
    broken_ = absl::UnavailableError(
        absl::StrCat("the audit log cannot be written, so nothing audited may happen (",
                     status.message(), "); mend this and restart"));
    return broken_;
  }
  ++head_.sequence;
  head_.hash = hash;
  return absl::OkStatus();
}

AuditHead AuditLog::head() const {
  std::lock_guard lock(mutex_);
  return head_;
}

absl::StatusOr<AuditHead> VerifyAuditLog(FileSystem& fs, const std::string& path) {
  absl::StatusOr<Scan> scan = ScanLog(fs, path);
  if (!scan.ok()) return scan.status();
  if (scan->size != scan->complete) {
    return Tampered(path, scan->head.sequence + 1, "an unfinished line");
  }
  return scan->head;
}

}  // namespace raakvlak::common
