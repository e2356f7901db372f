// A directory for one test.
#ifndef RAAKVLAK_SERVER_COMMON_TESTING_TEMP_DIR_H_
#define RAAKVLAK_SERVER_COMMON_TESTING_TEMP_DIR_H_

#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace raakvlak::common::testing {

// A private (0700) directory that goes away with it.
class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "raakvlak-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace raakvlak::common::testing

#endif  // RAAKVLAK_SERVER_COMMON_TESTING_TEMP_DIR_H_
