// `pagoda serve`: builds the server, waits for signals, drains.

#include <atomic>
#include <csignal>
#include <ostream>
#include <thread>
#include <unistd.h>

#include <pagoda/json.hpp>

#include "core/app/commands/commands.h"
#include "core/app/signals.h"
#include "core/app/wiring.h"

namespace pagoda::app {
namespace {

std::string exampleCall(const Server& server) {
  return "curl -s " + server.url() + "/generate -H 'Content-Type: application/json'" +
         (server.authRequired() ? " -H \"Authorization: Bearer $PAGODA_API_KEY\"" : "") +
         R"( -d '{"prompt": "What is 15% of 80?"}')";
}

void announce(const Server& server, bool asJson, Console& console) {
  const Configuration& configuration = server.configuration();
  if (asJson) {
    std::string text;
    json::Writer<std::string> writer(text);
    writer.beginObject()
        .member("url", std::string_view(server.url()))
        .member("port", server.port());
    writer.member("auth", server.authRequired() ? "api_key" : "none");
    writer.member("configuration", std::string_view(configuration.source));
    writer.member("models", configuration.catalogue.models.size()).endObject();
    console.out << text << std::endl;
    return;
  }
  console.out << "pagoda listening on " << server.url() << "\n"
              << "try it: " << exampleCall(server) << std::endl;
  console.error << "pagoda " << PAGODA_VERSION << ": " << configuration.catalogue.models.size()
                << " models ready, " << configuration.leftOut.size()
                << " left out (pagoda models), "
                << (server.authRequired() ? "API key required" : "no authentication")
                << ", settings from " << configuration.source << std::endl;
}

}  // namespace

void runUntilStopped(Server& server, Millis drainTimeout, Console& console) {
  SignalWaiter::wait([&server] { server.requestReload("SIGHUP"); });
  console.error << "pagoda: stopping; requests under way are finished, a second signal cuts them"
                << std::endl;
  std::atomic<bool> drained{false};
  std::thread drainer([&] {
    server.drain(drainTimeout);
    drained = true;
    SignalWaiter::wake();
  });
  SignalWaiter::wait();
  // A request that hangs in a plugin must not keep the process; its hold is charged at the next
  // start, as after a kill.
  if (!drained) ::_exit(static_cast<int>(ExitCode::Failure));
  drainer.join();
}

ExitCode serve(const Arguments& arguments, Console& console) {
  SignalWaiter::blockSignals();
  Configuration configuration = loadConfiguration(sourcesOf(arguments, console.environment));
  const Millis drainTimeout = configuration.settings.server.drainTimeout;
  Server server(std::move(configuration));
  server.start();
  announce(server, arguments.has("--json"), console);
  runUntilStopped(server, drainTimeout, console);
  return ExitCode::Ok;
}

}  // namespace pagoda::app
