#pragma once
// The commands. Each takes its arguments and answers with an exit code; what is thrown becomes one
// line in command_line.cpp.

#include "core/app/commands/command_line.h"
#include "core/base/clock.h"

namespace pagoda::app {

class Server;

ExitCode serve(const Arguments& arguments, Console& console);
ExitCode doctor(const Arguments& arguments, Console& console);
ExitCode demo(const Arguments& arguments, Console& console);

/// Until SIGTERM or SIGINT; then finishes what is under way, or ends at once at a second signal.
void runUntilStopped(Server& server, Millis drainTimeout, Console& console);

// From a running server.
ExitCode showHealth(const Arguments& arguments, Console& console);
ExitCode showInfo(const Arguments& arguments, Console& console);
ExitCode showMetrics(const Arguments& arguments, Console& console);
ExitCode chat(const Arguments& arguments, Console& console);

/// The body of POST /generate and POST /v1/route/explain. Throws StartError (Usage).
std::string generateBody(const Arguments& arguments);

// From the configuration, or from a running server with --url.
ExitCode explain(const Arguments& arguments, Console& console);
ExitCode showModels(const Arguments& arguments, Console& console);
ExitCode testConfig(const Arguments& arguments, Console& console);
ExitCode listPrices(const Arguments& arguments, Console& console);
ExitCode diffPrices(const Arguments& arguments, Console& console);
ExitCode listPlugins(const Arguments& arguments, Console& console);

// Of a running server.
ExitCode reloadServer(const Arguments& arguments, Console& console);
ExitCode loadPlugin(const Arguments& arguments, Console& console);
ExitCode swapPlugin(const Arguments& arguments, Console& console);
ExitCode rollBackPlugin(const Arguments& arguments, Console& console);
ExitCode retirePlugin(const Arguments& arguments, Console& console);

// On the trained router; JSON lines in and out.
ExitCode predictTasks(const Arguments& arguments, Console& console);
ExitCode trainRouter(const Arguments& arguments, Console& console);

/// What recorded outcomes would have been under a strategy; JSON lines in and out.
ExitCode replayStrategy(const Arguments& arguments, Console& console);

// On the database.
ExitCode createKey(const Arguments& arguments, Console& console);
ExitCode listKeys(const Arguments& arguments, Console& console);
ExitCode showKey(const Arguments& arguments, Console& console);
ExitCode updateKey(const Arguments& arguments, Console& console);
ExitCode rotateKey(const Arguments& arguments, Console& console);
ExitCode auditKeys(const Arguments& arguments, Console& console);
ExitCode revokeKey(const Arguments& arguments, Console& console);
ExitCode auditLedger(const Arguments& arguments, Console& console);
ExitCode correctLedger(const Arguments& arguments, Console& console);
ExitCode compareInvoice(const Arguments& arguments, Console& console);
ExitCode showUsage(const Arguments& arguments, Console& console);

}  // namespace pagoda::app
