#include "server/common/metrics.h"

#include <prometheus/exposer.h>

#include <exception>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace raakvlak::common {

prometheus::Counter& Metrics::Counter(const std::string& name, const std::string& help,
                                      const Labels& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(*registry_).Add(labels);
}

prometheus::Gauge& Metrics::Gauge(const std::string& name, const std::string& help,
                                  const Labels& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(*registry_).Add(labels);
}

prometheus::Histogram& Metrics::Histogram(const std::string& name, const std::string& help,
                                          const prometheus::Histogram::BucketBoundaries& bounds,
                                          const Labels& labels) {
  return prometheus::BuildHistogram()
      .Name(name)
      .Help(help)
      .Register(*registry_)
      .Add(labels, bounds);
}

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(const std::string& address,
                                                                    const Metrics& metrics) {
  const size_t colon = address.rfind(':');
  int port = -1;
  const std::string host = address.substr(0, colon);
  if (colon == std::string::npos || !absl::SimpleAtoi(address.substr(colon + 1), &port) ||
      port < 0 || port > 65535 ||
      (host.rfind("127.", 0) != 0 && host != "localhost" && host != "[::1]")) {
    return absl::InvalidArgumentError(
        absl::StrCat("the metrics address '", address,
                     "' must be a loopback address with a port, like 127.0.0.1:9464: the page has "
                     "no access control"));
  }
  std::unique_ptr<MetricsServer> server(new MetricsServer());
  try {
    server->exposer_ = std::make_unique<prometheus::Exposer>(
        host == "localhost" ? absl::StrCat("127.0.0.1:", port) : address, 1);
    server->exposer_->RegisterCollectable(metrics.registry());
    const std::vector<int> ports = server->exposer_->GetListeningPorts();
    server->port_ = ports.empty() ? port : ports.front();
  } catch (const std::exception& error) {
    return absl::UnavailableError(absl::StrCat("cannot show metrics on ", address, ": ",
                                               error.what(), "; is the port taken?"));
  }
  return server;
}

MetricsServer::~MetricsServer() = default;

}  // namespace raakvlak::common
