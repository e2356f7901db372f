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
// Offsets into the buffer are 32 bits wide.
constexpr size_t kMaxMemory = size_t{4} << 30;
// At least the longest record; what is left over at the end of a piece is lost.
constexpr size_t kPiece = size_t{256} << 10;

uint64_t PrefixOf(crypto::ByteView record) {
  std::array<uint8_t, 8> bytes{};
  // An empty view may have a null pointer.
  if (!record.empty()) std::memcpy(bytes.data(), record.data(), std::min<size_t>(record.size(), 8));
  static_assert(std::endian::native == std::endian::little);
  return __builtin_bswap64(std::bit_cast<uint64_t>(bytes));
}

bool Less(crypto::ByteView a, crypto::ByteView b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
}

bool Same(crypto::ByteView a, crypto::ByteView b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace

static_assert(kPiece >= kMaxSortRecord);

size_t ExternalSorter::Buffer::StartOf(size_t record) const {
  const size_t left = kPiece - used_ % kPiece;
  return record <= left ? used_ : used_ + left;
}

size_t ExternalSorter::Buffer::BytesWith(size_t record) const {
  // The index grows by doubling.
  return StartOf(record) + record + (entries_.size() + 1) * sizeof(Entry) * 2;
}

void ExternalSorter::Buffer::Add(std::initializer_list<crypto::ByteView> parts, size_t size) {
  const size_t start = StartOf(size);
  if (size > 0) {
    if (start / kPiece == pieces_.size()) pieces_.emplace_back(kPiece);
    uint8_t* to = pieces_[start / kPiece].Mutable(crypto::SecretAccess{}).data() + start % kPiece;
    for (const crypto::ByteView part : parts) to = std::copy(part.begin(), part.end(), to);
  }
  Entry entry{0, static_cast<uint32_t>(start), static_cast<uint32_t>(size)};
  entry.prefix = PrefixOf(Bytes(entry));
  entries_.push_back(entry);
  used_ = start + size;
}

crypto::ByteView ExternalSorter::Buffer::Bytes(const Entry& entry) const {
  if (entry.size == 0) return {};
  return pieces_[entry.offset / kPiece]
      .Reveal(crypto::SecretAccess{})
      .subspan(entry.offset % kPiece, entry.size);
}

void ExternalSorter::Buffer::Prefetch(size_t i) const {
  if (i >= entries_.size()) return;
  const crypto::ByteView bytes = Bytes(entries_[i]);
  if (bytes.empty()) return;
  // Most records begin in one line of the cache and end in the next.
  __builtin_prefetch(bytes.data());
  __builtin_prefetch(bytes.data() + std::min<size_t>(bytes.size() - 1, 64));
}

void ExternalSorter::Buffer::Sort(bool deduplicate) {
  std::sort(entries_.begin(), entries_.end(), [&](const Entry& a, const Entry& b) {
    return a.prefix != b.prefix ? a.prefix < b.prefix : Less(Bytes(a), Bytes(b));
  });
  if (!deduplicate) return;
  entries_.erase(std::unique(entries_.begin(), entries_.end(),
                             [&](const Entry& a, const Entry& b) {
                               return a.prefix == b.prefix && Same(Bytes(a), Bytes(b));
                             }),
                 entries_.end());
}

void ExternalSorter::Buffer::Clear() {
  entries_.clear();
  used_ = 0;
}

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

// What is in memory.
class ExternalSorter::MemoryReader : public SortedReader {
 public:
  MemoryReader(std::shared_ptr<Scratch> scratch, Buffer buffer)
      : scratch_(std::move(scratch)), buffer_(std::move(buffer)) {}

  absl::StatusOr<bool> Next() override {
    constexpr size_t kAhead = 16;
    if (next_ == buffer_.size()) return false;
    buffer_.Prefetch(next_ + kAhead);
    record_ = buffer_.record(next_++);
    return true;
  }
  crypto::ByteView record() const override { return record_; }
  // For the next records; nothing is to be read afterwards.
  Buffer TakeBuffer() { return std::move(buffer_); }

 private:
  const std::shared_ptr<Scratch> scratch_;
  Buffer buffer_;
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

absl::Status ExternalSorter::Add(crypto::ByteView record) { return AddJoined({record}); }

absl::Status ExternalSorter::AddJoined(std::initializer_list<crypto::ByteView> parts) {
  size_t size = 0;
  for (const crypto::ByteView part : parts) size += part.size();
  if (scratch_ == nullptr) return absl::FailedPreconditionError("the sort has already been done");
  if (size > kMaxSortRecord) {
    return absl::InvalidArgumentError(
        absl::StrCat("a record of ", size, " bytes; at most ", kMaxSortRecord, " can be sorted"));
  }
  // The other half is for what stands beside the index while it grows, and for merging.
  if (buffer_.BytesWith(size) > options_.memory_bytes / 2 && !buffer_.empty()) {
    if (absl::Status status = Spill(); !status.ok()) return status;
  }
  buffer_.Add(parts, size);
  ++count_;
  return absl::OkStatus();
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
  buffer_.Sort(options_.deduplicate);
  MemoryReader reader(scratch_, std::move(buffer_));
  absl::StatusOr<std::string> path = WriteRun(reader);
  buffer_ = reader.TakeBuffer();
  buffer_.Clear();
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
    buffer_.Sort(options_.deduplicate);
    return std::make_unique<MemoryReader>(std::exchange(scratch_, nullptr), std::move(buffer_));
  }
  if (!buffer_.empty()) {
    if (absl::Status status = Spill(); !status.ok()) return status;
  }
  buffer_ = Buffer();
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
