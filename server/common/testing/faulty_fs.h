// A file system that fails at a chosen step, and stays failed: what a crash or a full disk does.
#ifndef RAAKVLAK_SERVER_COMMON_TESTING_FAULTY_FS_H_
#define RAAKVLAK_SERVER_COMMON_TESTING_FAULTY_FS_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/common/fs.h"

namespace raakvlak::common::testing {

// Counts writing steps (create, append, sync, close, rename, truncate, remove, directory sync);
// step number `fail_at` and all later ones fail. A failing append writes half. Not thread-safe.
class FaultyFileSystem : public FileSystem {
 public:
  static constexpr uint64_t kNever = UINT64_MAX;

  uint64_t steps() const { return steps_; }
  void FailAt(uint64_t step) { fail_at_ = step; }
  void Heal() { fail_at_ = kNever; }

  absl::StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& path) override {
    return Wrap([&] { return real_.Create(path); });
  }
  absl::StatusOr<std::unique_ptr<WritableFile>> OpenAppend(const std::string& path) override {
    return Wrap([&] { return real_.OpenAppend(path); });
  }
  absl::StatusOr<std::unique_ptr<ReadableFile>> OpenRead(const std::string& path) override {
    return real_.OpenRead(path);
  }
  absl::Status Rename(const std::string& from, const std::string& to) override {
    return Fails() ? Failure() : real_.Rename(from, to);
  }
  absl::Status Truncate(const std::string& path, uint64_t size) override {
    return Fails() ? Failure() : real_.Truncate(path, size);
  }
  absl::Status Remove(const std::string& path) override {
    return Fails() ? Failure() : real_.Remove(path);
  }
  absl::Status RemoveTree(const std::string& path) override {
    return Fails() ? Failure() : real_.RemoveTree(path);
  }
  absl::Status SyncDirectory(const std::string& path) override {
    return Fails() ? Failure() : real_.SyncDirectory(path);
  }
  absl::Status MakePrivateDirectory(const std::string& path) override {
    return Fails() ? Failure() : real_.MakePrivateDirectory(path);
  }
  absl::StatusOr<std::vector<std::string>> List(const std::string& path) override {
    return real_.List(path);
  }
  bool Exists(const std::string& path) override { return real_.Exists(path); }

 private:
  class File : public WritableFile {
   public:
    File(FaultyFileSystem& fs, std::unique_ptr<WritableFile> real)
        : fs_(fs), real_(std::move(real)) {}
    absl::Status Append(std::span<const uint8_t> bytes) override {
      if (!fs_.Fails()) return real_->Append(bytes);
      real_->Append(bytes.first(bytes.size() / 2)).IgnoreError();
      return Failure();
    }
    absl::Status Sync() override { return fs_.Fails() ? Failure() : real_->Sync(); }
    absl::Status Close() override { return fs_.Fails() ? Failure() : real_->Close(); }

   private:
    FaultyFileSystem& fs_;
    std::unique_ptr<WritableFile> real_;
  };

  static absl::Status Failure() { return absl::ResourceExhaustedError("the disk is full (test)"); }
  bool Fails() { return steps_++ >= fail_at_; }
  template <typename Open>
  absl::StatusOr<std::unique_ptr<WritableFile>> Wrap(Open open) {
    if (Fails()) return Failure();
    absl::StatusOr<std::unique_ptr<WritableFile>> file = open();
    if (!file.ok()) return file.status();
    return std::make_unique<File>(*this, *std::move(file));
  }

  PosixFileSystem real_;
  uint64_t steps_ = 0;
  uint64_t fail_at_ = kNever;
};

}  // namespace raakvlak::common::testing

#endif  // RAAKVLAK_SERVER_COMMON_TESTING_FAULTY_FS_H_
