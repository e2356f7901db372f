// A replaced purpose, offered to whole nodes again (protocol.md, "What must be refused" 14).
#include <gtest/gtest.h>

#include <string>

#include "server/node/testing/cluster.h"

namespace raakvlak::node {
namespace {

TEST(PurposeOfARunTest, Refusal14AReplacedPurposeIsDeclinedAfterARestartToo) {
  testing::Cluster cluster({"kvk"});
  ASSERT_TRUE(cluster.Ceremony(0).ok());
  const std::string schema = "record_id = \"id\"\n[columns]\nkvk = \"kvk\"\n";
  for (int node = 0; node < 3; ++node) {
    ASSERT_TRUE(cluster.Submit(node, "id,kvk\n1,91000001\n", schema).ok());
  }
  const v1::Purpose old = cluster.sample().purpose;
  cluster.sample().purpose.set_version(2);
  cluster.sample().purpose.mutable_types(0)->set_run_grant(10);
  std::string run = cluster.StartRun();
  ASSERT_EQ(cluster.matcher().WaitForEnd(run, 60), v1::RUN_STATE_DONE)
      << cluster.matcher().Reason(run);
  for (int node = 0; node < 3; ++node) {
    cluster.StopNode(node);
    ASSERT_TRUE(cluster.StartNode(node).ok());
  }
  // Signed by every officer, not expired, and wider.
  cluster.sample().purpose = old;
  run = cluster.StartRun();
  ASSERT_EQ(cluster.matcher().WaitForEnd(run, 60), v1::RUN_STATE_FAILED);
  EXPECT_NE(cluster.matcher().Reason(run).find("offers version 1 of purpose harbour after version"),
            std::string::npos)
      << cluster.matcher().Reason(run);
}

}  // namespace
}  // namespace raakvlak::node
