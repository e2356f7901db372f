// The command line as a whole: options before the subcommand, all subcommands, exit codes.
#ifndef RAAKVLAK_CLIENT_APP_H_
#define RAAKVLAK_CLIENT_APP_H_

#include "client/session.h"

namespace raakvlak::client {

// Parses and runs one command; gives the exit code (exit_code.h).
int RunApp(int argc, const char* const* argv, Session& session);

}  // namespace raakvlak::client

#endif  // RAAKVLAK_CLIENT_APP_H_
