// Runs `raak` within a test: a temporary folder, arguments in, exit code and output out.
#ifndef RAAKVLAK_CLIENT_TESTING_H_
#define RAAKVLAK_CLIENT_TESTING_H_

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "client/app.h"

namespace raakvlak::client {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "raak-test-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::string Write(const std::string& name, const std::string& contents) const {
    std::ofstream(path_ / name) << contents;
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

struct Outcome {
  int exit_code;
  std::string out;
  std::string err;
};

inline Outcome Raak(const std::vector<std::string>& arguments) {
  std::vector<const char*> argv = {"raak"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  std::ostringstream out;
  std::ostringstream err;
  Session session(out, err, /*err_is_terminal=*/false);
  const int code = RunApp(static_cast<int>(argv.size()), argv.data(), session);
  return {code, out.str(), err.str()};
}

}  // namespace raakvlak::client

#endif  // RAAKVLAK_CLIENT_TESTING_H_
