// Files in memory, for tests that make thousands of them.
#ifndef RAAKVLAK_SERVER_COMMON_TESTING_MEMORY_FS_H_
#define RAAKVLAK_SERVER_COMMON_TESTING_MEMORY_FS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "server/common/fs.h"

namespace raakvlak::common::testing {

// Knows no directories: any may be written in, and a tree is what begins with its path. Not
// thread-safe.
class MemoryFileSystem : public FileSystem {
 public:
  absl::StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& path) override {
    files_[path] = std::make_shared<Bytes>();
    return std::make_unique<Writing>(files_[path]);
  }
  absl::StatusOr<std::unique_ptr<WritableFile>> OpenAppend(const std::string& path) override {
    std::shared_ptr<Bytes>& file = files_[path];
    if (file == nullptr) file = std::make_shared<Bytes>();
    return std::make_unique<Writing>(file);
  }
  absl::StatusOr<std::unique_ptr<ReadableFile>> OpenRead(const std::string& path) override {
    const auto found = files_.find(path);
    if (found == files_.end()) return absl::NotFoundError(path);
    return std::make_unique<Reading>(found->second);
  }
  absl::Status Rename(const std::string& from, const std::string& to) override {
    const auto found = files_.find(from);
    if (found == files_.end()) return absl::NotFoundError(from);
    files_[to] = std::move(found->second);
    files_.erase(from);
    return absl::OkStatus();
  }
  absl::Status Truncate(const std::string& path, uint64_t size) override {
    const auto found = files_.find(path);
    if (found == files_.end()) return absl::NotFoundError(path);
    found->second->resize(size);
    return absl::OkStatus();
  }
  absl::Status Remove(const std::string& path) override {
    files_.erase(path);
    return absl::OkStatus();
  }
  absl::Status RemoveTree(const std::string& path) override {
    std::erase_if(files_, [&](const auto& file) { return file.first.starts_with(path + "/"); });
    return Remove(path);
  }
  absl::Status SyncDirectory(const std::string&) override { return absl::OkStatus(); }
  absl::Status MakePrivateDirectory(const std::string&) override { return absl::OkStatus(); }
  absl::StatusOr<std::vector<std::string>> List(const std::string& path) override {
    std::vector<std::string> names;
    for (const auto& [name, file] : files_) {
      if (DirectoryOf(name) == path) names.push_back(name.substr(path.size() + 1));
    }
    return names;
  }
  bool Exists(const std::string& path) override { return files_.contains(path); }

 private:
  using Bytes = std::vector<uint8_t>;

  class Writing : public WritableFile {
   public:
    explicit Writing(std::shared_ptr<Bytes> bytes) : bytes_(std::move(bytes)) {}
    absl::Status Append(std::span<const uint8_t> bytes) override {
      bytes_->insert(bytes_->end(), bytes.begin(), bytes.end());
      return absl::OkStatus();
    }
    absl::Status Sync() override { return absl::OkStatus(); }
    absl::Status Close() override { return absl::OkStatus(); }

   private:
    const std::shared_ptr<Bytes> bytes_;
  };

  class Reading : public ReadableFile {
   public:
    explicit Reading(std::shared_ptr<const Bytes> bytes) : bytes_(std::move(bytes)) {}
    absl::StatusOr<size_t> Read(std::span<uint8_t> out) override {
      const size_t size = std::min(out.size(), bytes_->size() - at_);
      std::copy_n(bytes_->begin() + static_cast<std::ptrdiff_t>(at_), size, out.begin());
      at_ += size;
      return size;
    }
    absl::Status Seek(uint64_t offset) override {
      at_ = std::min<size_t>(offset, bytes_->size());
      return absl::OkStatus();
    }
    uint64_t size() const override { return bytes_->size(); }

   private:
    const std::shared_ptr<const Bytes> bytes_;
    size_t at_ = 0;
  };

  std::map<std::string, std::shared_ptr<Bytes>> files_;
};

}  // namespace raakvlak::common::testing

#endif  // RAAKVLAK_SERVER_COMMON_TESTING_MEMORY_FS_H_
