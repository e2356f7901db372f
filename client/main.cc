// raak: the command line for stewards, coordinators, officers and IT.
#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "client/app.h"
#include "client/exit_code.h"

int main(int argc, char** argv) {
  // Blocked before gRPC starts its threads, so that only the watcher below sees Ctrl-C.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  // What gRPC logs on its own account says nothing that our messages do not say better; whoever
  // wants it sets the variable.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);

  raakvlak::client::Session session(std::cout, std::cerr, isatty(STDERR_FILENO) == 1);
  std::thread([&session, signals] {
    int signal = 0;
    sigwait(&signals, &signal);
    session.Interrupt();
    sigwait(&signals, &signal);  // a second time: at once
    _exit(raakvlak::client::kExitInterrupted);
  }).detach();
  const int code = raakvlak::client::RunApp(argc, argv, session);
  std::cout.flush();
  std::cerr.flush();
  _exit(code);  // the watcher may still hold `session`
}
