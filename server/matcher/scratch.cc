#include "server/matcher/scratch.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace raakvlak::matcher {
namespace {

constexpr std::string_view kLabel = "matcher scratch";

}  // namespace

absl::StatusOr<std::unique_ptr<Scratch>> Scratch::Create(common::FileSystem& fs,
                                                         const std::string& directory) {
  if (absl::Status s = fs.RemoveTree(directory); !s.ok()) return s;
  if (absl::Status s = fs.MakePrivateDirectory(directory); !s.ok()) return s;
  return std::unique_ptr<Scratch>(new Scratch(fs, directory));
}

Scratch::~Scratch() {
  // What stays behind is unreadable, and goes with the run's directory.
  fs_.RemoveTree(directory_).IgnoreError();
}

absl::StatusOr<std::unique_ptr<common::ExternalSorter>> Scratch::Sorter(std::string_view name) {
  common::SortOptions options;
  options.memory_bytes = kSortMemoryBytes;
  return common::ExternalSorter::Create(fs_, absl::StrCat(directory_, "/", std::string(name)),
                                        random_, options);
}

absl::StatusOr<std::unique_ptr<common::SealedWriter>> Scratch::Write(std::string_view name) {
  return common::SealedWriter::Create(fs_, absl::StrCat(directory_, "/", std::string(name)), key_,
                                      kLabel, random_);
}

absl::StatusOr<std::unique_ptr<common::SealedReader>> Scratch::Read(std::string_view name) const {
  return common::SealedReader::Open(fs_, absl::StrCat(directory_, "/", std::string(name)), key_,
                                    kLabel);
}

}  // namespace raakvlak::matcher
