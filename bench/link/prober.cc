// Asks daemons for health and status over and over, as an operator's monitoring would, and prints
// how long they took: for the link benchmark, which runs it beside a full run.
//
//   bench_prober NAME ADDRESS METHOD CA CERTIFICATE KEY [NAME ...] until SIGTERM or SIGINT; METHOD
//   is the status call, one that takes an empty request. One JSON object on standard output.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kPause = std::chrono::milliseconds(100);
constexpr auto kDeadline = std::chrono::seconds(10);
constexpr const char* kHealth = "/grpc.health.v1.Health/Check";

struct Latencies {
  std::vector<double> milliseconds;
  long failures = 0;

  // The nearest rank.
  double Quantile(double q) {
    if (milliseconds.empty()) return 0;
    std::sort(milliseconds.begin(), milliseconds.end());
    const double rank = std::ceil(q * static_cast<double>(milliseconds.size()));
    return milliseconds[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
  }
};

struct Target {
  std::string name, address, method, ca, certificate, key;
  Latencies health, status;
};

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Waits for the answer; what is in it does not matter.
bool Ask(grpc::GenericStub& stub, const std::string& method) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kDeadline);
  const grpc::ByteBuffer request(nullptr, 0);  // an empty message
  grpc::ByteBuffer response;
  std::mutex mutex;
  std::condition_variable answered;
  bool done = false;
  bool ok = false;
  stub.UnaryCall(&context, method, grpc::StubOptions(), &request, &response,
                 [&](const grpc::Status& status) {
                   const std::lock_guard lock(mutex);
                   ok = status.ok();
                   done = true;
                   answered.notify_one();
                 });
  std::unique_lock lock(mutex);
  answered.wait(lock, [&] { return done; });
  return ok;
}

void Time(grpc::GenericStub& stub, const std::string& method, Latencies& latencies) {
  const auto begun = Clock::now();
  const bool ok = Ask(stub, method);
  const std::chrono::duration<double, std::milli> taken = Clock::now() - begun;
  latencies.milliseconds.push_back(taken.count());
  if (!ok) ++latencies.failures;
}

void Probe(Target& target, const std::atomic<bool>& stop) {
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = ReadAll(target.ca);
  tls.pem_cert_chain = ReadAll(target.certificate);
  tls.pem_private_key = ReadAll(target.key);
  grpc::GenericStub stub(grpc::CreateChannel(target.address, grpc::SslCredentials(tls)));
  Ask(stub, kHealth);  // connects, which is not what is measured
  while (!stop) {
    Time(stub, kHealth, target.health);
    Time(stub, target.method, target.status);
    std::this_thread::sleep_for(kPause);
  }
}

void Print(const char* what, Latencies& latencies) {
  std::printf("\"%s\": {\"count\": %zu, \"failures\": %ld, \"p50_ms\": %.2f, \"p99_ms\": %.2f, ",
              what, latencies.milliseconds.size(), latencies.failures, latencies.Quantile(0.5),
              latencies.Quantile(0.99));
  std::printf("\"max_ms\": %.2f}", latencies.Quantile(1));
}

}  // namespace

int main(int argc, char** argv) {
  constexpr int kFields = 6;
  if (argc < 1 + kFields || (argc - 1) % kFields != 0) {
    std::fprintf(stderr, "usage: bench_prober NAME ADDRESS METHOD CA CERTIFICATE KEY ...\n");
    return 2;
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  // Before any thread starts, so that none but this one takes them.
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  std::vector<Target> targets;
  for (int i = 1; i < argc; i += kFields) {
    targets.push_back(
        {argv[i], argv[i + 1], argv[i + 2], argv[i + 3], argv[i + 4], argv[i + 5], {}, {}});
  }
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  threads.reserve(targets.size());
  for (Target& target : targets) threads.emplace_back([&] { Probe(target, stop); });
  int taken = 0;
  sigwait(&signals, &taken);
  stop = true;
  for (std::thread& thread : threads) thread.join();

  std::printf("{");
  for (Target& target : targets) {
    std::printf("%s\"%s\": {", &target == &targets.front() ? "" : ", ", target.name.c_str());
    Print("health", target.health);
    std::printf(", ");
    Print("status", target.status);
    std::printf("}");
  }
  std::printf("}\n");
  return 0;
}
