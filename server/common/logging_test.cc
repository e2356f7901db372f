#include "server/common/logging.h"

#include <grpc/support/log.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "server/common/metrics.h"

namespace raakvlak::common {
namespace {

TEST(LoggingTest, OneJsonObjectALineWhateverIsInTheMessage) {
  std::ostringstream out;
  spdlog::logger logger("x", std::make_shared<spdlog::sinks::ostream_sink_mt>(out));
  logger.set_formatter(MakeJsonFormatter("raakvlak-node"));
  logger.warn("a\"b\n{{\"level\":\"forged\"}} {}", "\xff\x1b[31m");
  const std::string text = out.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  const auto line = nlohmann::json::parse(text);
  EXPECT_EQ(line["level"], "warning");
  EXPECT_EQ(line["program"], "raakvlak-node");
  EXPECT_EQ(line["message"], "a\"b\n{\"level\":\"forged\"} \xEF\xBF\xBD\x1b[31m");
}

TEST(LoggingTest, RefusesUnknownLevels) {
  EXPECT_FALSE(InitLogging("x", "loud").ok());
  EXPECT_TRUE(InitLogging("x", "warn").ok());
  EXPECT_EQ(spdlog::default_logger()->level(), spdlog::level::warn);
}

TEST(LoggingTest, GrpcSpeaksThroughTheLogger) {
  ASSERT_TRUE(InitLogging("raakvlak-node", "info").ok());
  std::ostringstream out;
  auto logger =
      std::make_shared<spdlog::logger>("x", std::make_shared<spdlog::sinks::ostream_sink_mt>(out));
  logger->set_formatter(MakeJsonFormatter("raakvlak-node"));
  spdlog::set_default_logger(logger);
  gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);  // as grpc_init() does
  gpr_log(GPR_ERROR, "Handshake failed with %s", "\"fatal\"");
  const auto line = nlohmann::json::parse(out.str());
  EXPECT_EQ(line["level"], "warning");
  EXPECT_EQ(line["message"], "grpc: Handshake failed with \"fatal\"");
  // What gRPC says in the tests after this one goes elsewhere than to `out`.
  EXPECT_TRUE(InitLogging("x", "warn").ok());
}

TEST(MetricsTest, TheSameNameAndLabelsAreTheSameMetric) {
  Metrics metrics;
  metrics.Counter("raakvlak_x_total", "X.", {{"type", "iban"}}).Increment();
  metrics.Counter("raakvlak_x_total", "X.", {{"type", "iban"}}).Increment();
  metrics.Counter("raakvlak_x_total", "X.", {{"type", "kvk"}}).Increment();
  EXPECT_EQ(metrics.Counter("raakvlak_x_total", "X.", {{"type", "iban"}}).Value(), 2);
}

TEST(MetricsTest, ServesLoopbackOnly) {
  Metrics metrics;
  for (const char* address :
       {"0.0.0.0:0", "192.168.1.1:9464", "127.0.0.1", "[::]:1", ":9464", "127.0.0.1:70000"}) {
    EXPECT_EQ(MetricsServer::Start(address, metrics).status().code(),
              absl::StatusCode::kInvalidArgument)
        << address;
  }
  auto server = MetricsServer::Start("127.0.0.1:0", metrics);
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_GT((*server)->port(), 0);
  EXPECT_EQ(MetricsServer::Start("127.0.0.1:" + std::to_string((*server)->port()), metrics)
                .status()
                .code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace raakvlak::common
