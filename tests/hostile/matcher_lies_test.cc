// A matcher that tells more than the purpose lets it (protocol.md, "What must be refused" 17), met
// by whole nodes. What else it can lie about: server/node/run_test.cc.
#include <gtest/gtest.h>

#include <string>

#include "server/node/testing/cluster.h"

namespace raakvlak::node {
namespace {

constexpr char kSchema[] = "record_id = \"id\"\n[columns]\nkvk = \"kvk\"\n";

TEST(MatcherLiesTest, Refusal17AboveTheCeilingNothingLeavesThoughItAnswers) {
  testing::Cluster cluster({"kvk"});
  cluster.sample().purpose.set_overlap_ceiling(2);
  ASSERT_TRUE(cluster.Ceremony(0).ok());
  // a and b share three values, a and c two.
  ASSERT_TRUE(cluster.Submit(0, "id,kvk\n1,91000001\n2,91000002\n3,91000003\n", kSchema).ok());
  ASSERT_TRUE(cluster.Submit(1, "id,kvk\n1,91000001\n2,91000002\n3,91000003\n", kSchema).ok());
  ASSERT_TRUE(cluster.Submit(2, "id,kvk\n1,91000001\n2,91000002\n", kSchema).ok());
  const std::string run = cluster.StartRun();
  ASSERT_EQ(cluster.matcher().WaitForEnd(run, 60), v1::RUN_STATE_FAILED);
  EXPECT_NE(cluster.matcher().Reason(run).find("overlap ceiling of 2"), std::string::npos)
      << cluster.matcher().Reason(run);
  EXPECT_TRUE(cluster.matcher().run(run).records.empty());

  cluster.sample().purpose.set_overlap_ceiling(3);
  cluster.sample().purpose.set_version(2);
  const std::string next = cluster.StartRun();
  EXPECT_EQ(cluster.matcher().WaitForEnd(next, 60), v1::RUN_STATE_DONE)
      << cluster.matcher().Reason(next);
}

}  // namespace
}  // namespace raakvlak::node
