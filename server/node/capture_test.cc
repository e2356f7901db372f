// What a test build of the node writes down, in the form that bench/attacks reads.
#include "server/node/capture.h"

#include <gtest/gtest.h>

#include <string>

#include "crypto/base/random.h"
#include "server/common/testing/temp_dir.h"

namespace raakvlak::node {
namespace {

TEST(TaskCaptureTest, OneLineForATaskOfABlockAndItOutlivesTheRun) {
  common::PosixFileSystem fs;
  common::testing::TempDir scratch;
  crypto::SeededRandom random(3);
  const crypto::Secret<32> seal = random.NewSecret<32>();
  const std::string root = scratch / "runs";
  ASSERT_TRUE(fs.MakePrivateDirectory(root).ok());
  const std::string manifest(64, 'h');
  const auto files = RunFiles::Open({&fs, &random, &seal}, root, manifest);
  ASSERT_TRUE(files.ok()) << files.status();
  CheckedTask task;
  task.counterpart = 1;
  task.record = 17;
  task.tag[0] = 0xab;
  const linkage::BlockKey key{0x0f};
  TaskCapture capture;
  capture.Add("\x01\x02", "block-04", task, key);
  capture.Add("\x01\x02", "iban", task, key);
  ASSERT_TRUE(capture.Write(**files).ok());
  const std::string path = (*files)->directory() + "-capture.jsonl";
  ASSERT_TRUE(RunFiles::Erase(fs, root, manifest).ok());
  const auto text = common::ReadFile(fs, path, 1 << 12);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(*text,
            "{\"handle\": \"0102\", \"record\": 17, \"counterpart\": 1, \"key\": 3, \"tag\": \"ab" +
                std::string(30, '0') + "\", \"block_key\": \"0f" + std::string(126, '0') + "\"}\n");
}

}  // namespace
}  // namespace raakvlak::node
