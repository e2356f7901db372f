// Each function adds one subcommand with its options, help and examples. The session outlives the
// app.
#ifndef RAAKVLAK_CLIENT_COMMANDS_COMMANDS_H_
#define RAAKVLAK_CLIENT_COMMANDS_COMMANDS_H_

#include <CLI/CLI.hpp>

#include "client/session.h"

namespace raakvlak::client {

void AddCheck(CLI::App& app, Session& session);
void AddSubmit(CLI::App& app, Session& session);
void AddMatches(CLI::App& app, Session& session);
void AddReview(CLI::App& app, Session& session);
void AddDuplicates(CLI::App& app, Session& session);
void AddRun(CLI::App& app, Session& session);
void AddReport(CLI::App& app, Session& session);
void AddKeys(CLI::App& app, Session& session);
void AddRoster(CLI::App& app, Session& session);
void AddPurpose(CLI::App& app, Session& session);
void AddStatus(CLI::App& app, Session& session);
void AddDoctor(CLI::App& app, Session& session);

}  // namespace raakvlak::client

#endif  // RAAKVLAK_CLIENT_COMMANDS_COMMANDS_H_
