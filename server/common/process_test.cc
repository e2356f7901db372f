#include "server/common/process.h"

#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <barrier>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

namespace raakvlak::common {
namespace {

// In a child, since hardening cannot be undone.
TEST(ProcessTest, HardensTheProcess) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    int failures = HardenProcess().ok() ? 0 : 1;
    rlimit limit{1, 1};
    getrlimit(RLIMIT_CORE, &limit);
    if (limit.rlim_cur != 0 || limit.rlim_max != 0) failures |= 2;
    if (prctl(PR_GET_DUMPABLE) != 0) failures |= 4;
    if (umask(0) != 077) failures |= 8;
    struct sigaction action {};
    sigaction(SIGPIPE, nullptr, &action);
    if (action.sa_handler != SIG_IGN) failures |= 16;
    _exit(failures);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

#ifdef __GLIBC__
int Heaps() {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* stream = open_memstream(&text, &size);
  malloc_info(0, stream);
  std::fclose(stream);
  int heaps = 0;
  for (const char* at = text; (at = std::strstr(at, "<heap nr=")) != nullptr; ++at) ++heaps;
  std::free(text);
  return heaps;
}

// In a child, since the limit stays.
TEST(ProcessTest, ThreadsShareTheHeaps) {
  const int limit = std::max(2, static_cast<int>(std::thread::hardware_concurrency()));
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    LimitHeaps();
    std::vector<std::thread> threads;
    threads.reserve(std::size_t{3} * static_cast<std::size_t>(limit));
    std::barrier all(3 * limit + 1);
    for (int i = 0; i < 3 * limit; ++i) {
      threads.emplace_back([&] {
        // Volatile, or the compiler may do without both.
        void* volatile own = std::malloc(1000);
        std::free(own);
        all.arrive_and_wait();
        all.arrive_and_wait();
      });
    }
    all.arrive_and_wait();
    const bool within = Heaps() <= limit;
    all.arrive_and_wait();
    for (std::thread& thread : threads) thread.join();
    _exit(within ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// What is put aside after far more small blocks were freed than a thread's own cache holds.
std::size_t PutAside() {
  std::vector<void*> blocks(10'000);
  for (void*& block : blocks) block = std::malloc(48);
  for (void* block : blocks) std::free(block);
  return mallinfo2().fsmblks;
}

// In a child, since the setting stays.
TEST(ProcessTest, NoFreedMemoryIsPutAside) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    JoinFreedMemoryAtOnce();
    _exit(PutAside() == 0 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}
#endif

}  // namespace
}  // namespace raakvlak::common
