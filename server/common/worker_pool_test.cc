#include "server/common/worker_pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <memory>
#include <numeric>

namespace raakvlak::common {
namespace {

TEST(WorkerPoolTest, RunsEveryIndexOnce) {
  WorkerPool pool({.threads = 3});
  std::vector<std::atomic<int>> hits(1000);
  EXPECT_TRUE(pool.ParallelFor(hits.size(), [&](size_t i) { ++hits[i]; }));
  for (const std::atomic<int>& hit : hits) EXPECT_EQ(hit, 1);
  EXPECT_TRUE(pool.ParallelFor(0, [](size_t) { FAIL(); }));
}

TEST(WorkerPoolTest, ShutdownFinishesWhatWasSubmittedAndTakesNoMore) {
  std::atomic<int> done = 0;
  WorkerPool pool({.threads = 2, .queue_per_thread = 50});
  for (int i = 0; i < 80; ++i) EXPECT_TRUE(pool.Submit([&] { ++done; }));
  pool.Shutdown();
  EXPECT_EQ(done, 80);
  EXPECT_FALSE(pool.Submit([&] { ++done; }));
  EXPECT_FALSE(pool.ParallelFor(1, [&](size_t) { ++done; }));
  EXPECT_EQ(done, 80);
}

TEST(WorkerPoolTest, WorkersHaveLowerPriorityAndOthersKeepTheirs) {
  const auto nice_of_this_thread = [] {
    return getpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)));
  };
  const int before = nice_of_this_thread();
  if (before >= 10) GTEST_SKIP() << "this process is nice already";
  std::promise<int> inside;
  WorkerPool pool({.threads = 1, .nice = 15});
  ASSERT_TRUE(pool.Submit([&] { inside.set_value(nice_of_this_thread()); }));
  EXPECT_EQ(inside.get_future().get(), 15);
  EXPECT_EQ(nice_of_this_thread(), before);
}

TEST(BoundedQueueTest, HoldsBackProducersAndEndsInOrder) {
  BoundedQueue<std::unique_ptr<int>> queue(2);
  EXPECT_TRUE(queue.Push(std::make_unique<int>(1)));
  EXPECT_TRUE(queue.Push(std::make_unique<int>(2)));
  auto third = std::make_unique<int>(3);
  EXPECT_FALSE(queue.TryPush(std::move(third)));
  ASSERT_NE(third, nullptr);
  std::thread producer([&] { EXPECT_TRUE(queue.Push(std::move(third))); });
  EXPECT_EQ(**queue.Pop(), 1);
  producer.join();
  EXPECT_EQ(queue.size(), 2u);
  queue.Close();
  EXPECT_FALSE(queue.Push(std::make_unique<int>(4)));
  EXPECT_EQ(**queue.Pop(), 2);
  EXPECT_EQ(**queue.Pop(), 3);
  EXPECT_FALSE(queue.Pop().has_value());
}

TEST(BoundedQueueTest, CancelWakesEverybodyAndDropsTheRest) {
  BoundedQueue<int> full(1);
  ASSERT_TRUE(full.Push(1));
  std::thread producer([&] { EXPECT_FALSE(full.Push(2)); });
  BoundedQueue<int> empty(1);
  std::thread consumer([&] { EXPECT_FALSE(empty.Pop().has_value()); });
  full.Cancel();
  empty.Cancel();
  producer.join();
  consumer.join();
  EXPECT_FALSE(full.Pop().has_value());
}

}  // namespace
}  // namespace raakvlak::common
