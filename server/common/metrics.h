// Metrics for Prometheus: a thin registry and the loopback page that shows it. Never put an
// identifier, tag or secret in a name or a label.
#ifndef RAAKVLAK_SERVER_COMMON_METRICS_H_
#define RAAKVLAK_SERVER_COMMON_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace prometheus {
class Exposer;
}

namespace raakvlak::common {

// Thread-safe. Names follow Prometheus' habit: raakvlak_evaluations_total, ..._seconds, ..._bytes.
// The same name and labels give the same metric again; references live as long as this.
class Metrics {
 public:
  using Labels = std::map<std::string, std::string>;

  Metrics() : registry_(std::make_shared<prometheus::Registry>()) {}

  prometheus::Counter& Counter(const std::string& name, const std::string& help,
                               const Labels& labels = {});
  prometheus::Gauge& Gauge(const std::string& name, const std::string& help,
                           const Labels& labels = {});
  prometheus::Histogram& Histogram(const std::string& name, const std::string& help,
                                   const prometheus::Histogram::BucketBoundaries& bounds,
                                   const Labels& labels = {});

  const std::shared_ptr<prometheus::Registry>& registry() const { return registry_; }

 private:
  std::shared_ptr<prometheus::Registry> registry_;
};

// Serves http://address/metrics until it goes away.
class MetricsServer {
 public:
  // InvalidArgument unless `address` is 127.0.0.0/8, [::1] or localhost with a port (metrics have
  // no access control of their own); port 0 takes a free one. Unavailable if the port is taken.
  // `metrics` must outlive the server.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(const std::string& address,
                                                              const Metrics& metrics);
  ~MetricsServer();

  int port() const { return port_; }

 private:
  MetricsServer() = default;
  std::unique_ptr<prometheus::Exposer> exposer_;
  int port_ = 0;
};

}  // namespace raakvlak::common

#endif  // RAAKVLAK_SERVER_COMMON_METRICS_H_
