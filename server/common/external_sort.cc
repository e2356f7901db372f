#include "server/common/external_sort.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <queue>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/common/sealed_file.h"

namespace raakvlak::common {
namespace {

constexpr std::string_view kLabel = "sort run";
constexpr size_t kMinMemory = size_t{1} << 20;
// Offsets into the arena are 32 bits wide.
constexpr size_t kMaxMemory = size_t{4} << 30;

uint64_t PrefixOf(crypto::ByteView record) {
  std::array<uint8_t, 8> bytes{};
  // An empty view may have a null pointer.
  if (!record.empty()) std::memcpy(bytes.data(), record.data(), std::min<size_t>(record.size(), 8));
  uint64_t prefix = 0;
  for (const uint8_t byte : bytes) prefix = prefix << 8 | byte;
  return prefix;
}

bool Less(crypto::ByteView a, crypto::ByteView b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
}

bool Same(crypto::ByteView a, crypto::ByteView b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace

// The directory and the key of the spill files; the directory goes away with the last user.
class ExternalSorter::Scratch {
 public:
  Scratch(FileSystem& fs, std::string directory, crypto::Random& random)
      : fs_(fs), directory_(std::move(directory)), random_(random), key_(random.NewSecret<32>()) {}
  ~Scratch() { fs_.RemoveTree(directory_).IgnoreError(); }

  std::string NewPath() { return absl::StrCat(directory_, "/run-", next_++); }
  absl::StatusOr<std::unique_ptr<SealedWriter>> Write(const std::string& path) {
    return SealedWriter::Create(fs_, path, key_, kLabel, random_);
  }
  absl::StatusOr<std::unique_ptr<SealedReader>> Read(const std::string& path) {
    return SealedReader::Open(fs_, path, key_, kLabel);
  }
  void Remove(const std::string& path) { fs_.Remove(path).IgnoreError(); }

 private:
  FileSystem& fs_;
  const std::string directory_;
  crypto::Random& random_;
  const crypto::Secret<32> key_;
  uint64_t next_ = 0;
};

// What never left memory.
class ExternalSorter::MemoryReader : public SortedReader {
 public:
  MemoryReader(std::shared_ptr<Scratch> scratch, crypto::SecretBytes arena,
               std::vector<Entry> entries)
      : scratch_(std::move(scratch)), arena_(std::move(arena)), entries_(std::move(entries)) {}

  absl::StatusOr<bool> Next() override {
    if (next_ == entries_.size()) return false;
    const Entry& entry = entries_[next_++];
    record_ = arena_.Reveal(crypto::SecretAccess{}).subspan(entry.offset, entry.size);
    return true;
  }
  crypto::ByteView record() const override { return record_; }

 private:
  const std::shared_ptr<Scratch> scratch_;
  const crypto::SecretBytes arena_;
  const std::vector<Entry> entries_;
  size_t next_ = 0;
  crypto::ByteView record_;
};

// One spilled run: records with a four-byte length each. The file is removed with its reader.
class ExternalSorter::RunReader : public SortedReader {
 public:
  RunReader(std::shared_ptr<Scratch> scratch, std::string path, std::unique_ptr<SealedReader> file)
      : scratch_(std::move(scratch)),
        path_(std::move(path)),
        file_(std::move(file)),
        buffer_(256) {}
  ~RunReader() override {
    file_.reset();
    scratch_->Remove(path_);
  }

  absl::StatusOr<bool> Next() override {
    std::array<uint8_t, 4> head{};
    absl::StatusOr<size_t> got = file_->Read(head);
    if (!got.ok()) return got.status();
    if (*got == 0) return false;
    const uint32_t size = static_cast<uint32_t>(head[0]) << 24 |
                          static_cast<uint32_t>(head[1]) << 16 |
                          static_cast<uint32_t>(head[2]) << 8 | head[3];
    if (*got != head.size() || size > kMaxSortRecord) {
      return absl::DataLossError(absl::StrCat(path_, " is damaged"));
    }
    if (size > buffer_.size()) buffer_ = crypto::SecretBytes(std::bit_ceil(size_t{size}));
    size_ = size;
    if (absl::Status status =
            file_->ReadExactly(buffer_.Mutable(crypto::SecretAccess{}).first(size));
        !status.ok()) {
      return status;
    }
    prefix_ = PrefixOf(record());
    return true;
  }
  crypto::ByteView record() const override {
    return buffer_.Reveal(crypto::SecretAccess{}).first(size_);
  }
  uint64_t prefix() const { return prefix_; }

 private:
  const std::shared_ptr<Scratch> scratch_;
  const std::string path_;
  std::unique_ptr<SealedReader> file_;
  crypto::SecretBytes buffer_;
  size_t size_ = 0;
  uint64_t prefix_ = 0;
};

class ExternalSorter::MergeReader : public SortedReader {
 public:
  MergeReader(std::vector<std::unique_ptr<RunReader>> runs, bool deduplicate)
      : runs_(std::move(runs)), deduplicate_(deduplicate), heap_(Later{}) {}

  // Puts every run's first record on the heap.
  absl::Status Start() {
    for (const std::unique_ptr<RunReader>& run : runs_) {
      absl::StatusOr<bool> more = run->Next();
      if (!more.ok()) return more.status();
      if (*more) heap_.push(run.get());
    }
    return absl::OkStatus();
  }

  absl::StatusOr<bool> Next() override {
    while (true) {
      // The run that gave the last record moves on only now, so that record() stayed valid.
      if (current_ != nullptr) {
        if (deduplicate_) last_.assign(current_->record().begin(), current_->record().end());
        have_last_ = true;
        absl::StatusOr<bool> more = current_->Next();
        if (!more.ok()) return more.status();
        if (*more) heap_.push(current_);
        current_ = nullptr;
      }
      if (heap_.empty()) return false;
      current_ = heap_.top();
      heap_.pop();
      if (!deduplicate_ || !have_last_ || !Same(current_->record(), last_)) return true;
    }
  }
  crypto::ByteView record() const override { return current_->record(); }
  ~MergeReader() override {
    if (!last_.empty()) sodium_memzero(last_.data(), last_.size());
  }

 private:
  struct Later {
    bool operator()(const RunReader* a, const RunReader* b) const {
      if (a->prefix() != b->prefix()) return a->prefix() > b->prefix();
      return Less(b->record(), a->record());
    }
  };
  const std::vector<std::unique_ptr<RunReader>> runs_;
  const bool deduplicate_;
  std::priority_queue<RunReader*, std::vector<RunReader*>, Later> heap_;
  RunReader* current_ = nullptr;
  crypto::Bytes last_;
  bool have_last_ = false;
};

ExternalSorter::ExternalSorter(std::shared_ptr<Scratch> scratch, SortOptions options)
    : scratch_(std::move(scratch)), options_(options) {}

ExternalSorter::~ExternalSorter() = default;

absl::StatusOr<std::unique_ptr<ExternalSorter>> ExternalSorter::Create(FileSystem& fs,
                                                                       const std::string& directory,
                                                                       crypto::Random& random,
                                                                       SortOptions options) {
  if (options.memory_bytes < kMinMemory || options.memory_bytes > kMaxMemory) {
    return absl::InvalidArgumentError("the memory of a sort must be 1 MiB to 4 GiB");
  }
  if (options.fan_in < 2) return absl::InvalidArgumentError("a merge needs a fan-in of at least 2");
  if (absl::Status status = fs.RemoveTree(directory); !status.ok()) return status;
  if (absl::Status status = fs.MakePrivateDirectory(directory); !status.ok()) return status;
  return std::unique_ptr<ExternalSorter>(
      new ExternalSorter(std::make_shared<Scratch>(fs, directory, random), options));
}

absl::Status ExternalSorter::Add(crypto::ByteView record) {
  if (scratch_ == nullptr) return absl::FailedPreconditionError("the sort has already been done");
  if (record.size() > kMaxSortRecord) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a record of ", record.size(), " bytes; at most ", kMaxSortRecord, " can be sorted"));
  }
  // Arena and index grow by doubling, the old one standing beside the new until it is copied, so
  // half of the memory is for what is held and the rest for that.
  const size_t budget = options_.memory_bytes / 2;
  const size_t index = (entries_.size() + 1) * sizeof(Entry) * 2;
  if (used_ + record.size() + index > budget && !entries_.empty()) {
    if (absl::Status status = Spill(); !status.ok()) return status;
  }
  if (used_ + record.size() > arena_.size()) {
    const size_t wanted = std::max({arena_.size() * 2, used_ + record.size(), size_t{64} << 10});
    crypto::SecretBytes larger(std::max(std::min(wanted, budget), used_ + record.size()));
    if (used_ > 0) {
      std::memcpy(larger.Mutable(crypto::SecretAccess{}).data(),
                  arena_.Reveal(crypto::SecretAccess{}).data(), used_);
    }
    arena_ = std::move(larger);
  }
  if (!record.empty()) {
    std::memcpy(arena_.Mutable(crypto::SecretAccess{}).data() + used_, record.data(),
                record.size());
  }
  entries_.push_back(
      Entry{PrefixOf(record), static_cast<uint32_t>(used_), static_cast<uint32_t>(record.size())});
  used_ += record.size();
  ++count_;
  return absl::OkStatus();
}

void ExternalSorter::SortBuffer() {
  const crypto::ByteView arena = arena_.Reveal(crypto::SecretAccess{});
  const auto bytes = [arena](const Entry& entry) {
    return arena.subspan(entry.offset, entry.size);
  };
  std::sort(entries_.begin(), entries_.end(), [&](const Entry& a, const Entry& b) {
    return a.prefix != b.prefix ? a.prefix < b.prefix : Less(bytes(a), bytes(b));
  });
  if (!options_.deduplicate) return;
  entries_.erase(std::unique(entries_.begin(), entries_.end(),
                             [&](const Entry& a, const Entry& b) {
                               return a.prefix == b.prefix && Same(bytes(a), bytes(b));
                             }),
                 entries_.end());
}

absl::StatusOr<std::string> ExternalSorter::WriteRun(SortedReader& reader) {
  const std::string path = scratch_->NewPath();
  absl::StatusOr<std::unique_ptr<SealedWriter>> file = scratch_->Write(path);
  if (!file.ok()) return file.status();
  while (true) {
    absl::StatusOr<bool> more = reader.Next();
    if (!more.ok()) return more.status();
    if (!*more) break;
    const crypto::ByteView record = reader.record();
    const uint32_t size = static_cast<uint32_t>(record.size());
    const std::array<uint8_t, 4> head{static_cast<uint8_t>(size >> 24),
                                      static_cast<uint8_t>(size >> 16),
                                      static_cast<uint8_t>(size >> 8), static_cast<uint8_t>(size)};
    if (absl::Status status = (*file)->Write(head); !status.ok()) return status;
    if (absl::Status status = (*file)->Write(record); !status.ok()) return status;
  }
  if (absl::Status status = (*file)->Finish(/*durable=*/false); !status.ok()) return status;
  return path;
}

absl::Status ExternalSorter::Spill() {
  SortBuffer();
  MemoryReader reader(scratch_, std::move(arena_), std::move(entries_));
  absl::StatusOr<std::string> path = WriteRun(reader);
  arena_ = crypto::SecretBytes();
  entries_ = {};
  used_ = 0;
  if (!path.ok()) return path.status();
  runs_.push_back(*std::move(path));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<SortedReader>> ExternalSorter::Merge(
    std::span<const std::string> runs) {
  std::vector<std::unique_ptr<RunReader>> readers;
  readers.reserve(runs.size());
  for (const std::string& path : runs) {
    absl::StatusOr<std::unique_ptr<SealedReader>> file = scratch_->Read(path);
    if (!file.ok()) return file.status();
    readers.push_back(std::make_unique<RunReader>(scratch_, path, *std::move(file)));
  }
  auto merge = std::make_unique<MergeReader>(std::move(readers), options_.deduplicate);
  if (absl::Status status = merge->Start(); !status.ok()) return status;
  return merge;
}

absl::StatusOr<std::unique_ptr<SortedReader>> ExternalSorter::Sort() {
  if (scratch_ == nullptr) return absl::FailedPreconditionError("the sort has already been done");
  if (runs_.empty()) {
    SortBuffer();
    return std::make_unique<MemoryReader>(std::exchange(scratch_, nullptr), std::move(arena_),
                                          std::move(entries_));
  }
  if (!entries_.empty()) {
    if (absl::Status status = Spill(); !status.ok()) return status;
  }
  while (runs_.size() > options_.fan_in) {
    std::vector<std::string> longer;
    for (size_t at = 0; at < runs_.size(); at += options_.fan_in) {
      const size_t count = std::min(options_.fan_in, runs_.size() - at);
      auto merge = Merge(std::span(runs_).subspan(at, count));
      if (!merge.ok()) return merge.status();
      absl::StatusOr<std::string> path = WriteRun(**merge);
      if (!path.ok()) return path.status();
      longer.push_back(*std::move(path));
    }
    runs_ = std::move(longer);
  }
  absl::StatusOr<std::unique_ptr<SortedReader>> merged = Merge(runs_);
  scratch_.reset();
  return merged;
}

}  // namespace raakvlak::common
