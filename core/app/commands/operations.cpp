// Commands that change a running server: its configuration and the versions of its plugins.

#include <ostream>

#include <Poco/JSON/Array.h>

#include <pagoda/json.hpp>

#include "core/app/commands/client.h"
#include "core/app/commands/commands.h"

namespace pagoda::app {
namespace {

void printLines(std::ostream& out, const Poco::JSON::Object& report, const std::string& name,
                const std::string& prefix) {
  const auto lines = report.getArray(name);
  for (std::size_t i = 0; lines && i < lines->size(); ++i)
    out << prefix << lines->getElement<std::string>(static_cast<unsigned>(i)) << "\n";
}

void printMistakes(std::ostream& out, const Poco::JSON::Object& report) {
  const auto mistakes = report.getArray("mistakes");
  for (std::size_t i = 0; mistakes && i < mistakes->size(); ++i) {
    const auto mistake = mistakes->getObject(static_cast<unsigned>(i));
    out << textOf(*mistake, "file");
    const std::string line = textOf(*mistake, "line");
    if (!line.empty()) out << ":" << line << ":" << textOf(*mistake, "column");
    out << ": " << textOf(*mistake, "message");
    const std::string suggestion = textOf(*mistake, "suggestion");
    out << (suggestion.empty() ? "" : " (" + suggestion + ")") << "\n";
  }
}

/// "com.example.acme@1.2.0" as members of an order.
std::string orderOf(const std::string& label) {
  const std::size_t at = label.rfind('@');
  if (at == std::string::npos || at == 0 || at + 1 == label.size())
    throw StartError(ExitCode::Usage, "'" + label + "' names no version: write ID@VERSION");
  std::string body;
  json::Writer writer(body);
  writer.beginObject().member("id", std::string_view(label).substr(0, at));
  writer.member("version", std::string_view(label).substr(at + 1)).endObject();
  return body;
}

std::string orderOf(const char* member, const std::string& value) {
  std::string body;
  json::Writer writer(body);
  writer.beginObject().member(member, std::string_view(value)).endObject();
  return body;
}

ExitCode change(const Arguments& arguments, Console& console, const std::string& action,
                const std::string& done, const std::string& body) {
  const std::string answer = askOrFail(addressOf(arguments, console.environment), "POST",
                                       "/admin/plugins/" + action, body);
  if (arguments.has("--json")) {
    console.out << answer << "\n";
  } else {
    console.out << textOf(*parseObject(answer), "plugin") << " " << done << "\n";
  }
  return ExitCode::Ok;
}

}  // namespace

ExitCode reloadServer(const Arguments& arguments, Console& console) {
  const HttpReply reply = ask(addressOf(arguments, console.environment), "POST", "/admin/reload");
  const bool well = reply.status == 200;
  if (arguments.has("--json")) {
    console.out << reply.body << "\n";
    return well ? ExitCode::Ok : ExitCode::Refused;
  }
  const auto body = parseObject(reply.body);
  const auto report = well ? body : body->getObject("report");
  if (!well) {
    const auto error = body->getObject("error");
    if (!report)
      throw StartError(ExitCode::Refused,
                       error ? textOf(*error, "message") : std::to_string(reply.status));
    printMistakes(console.error, *report);
    throw StartError(ExitCode::Refused, "the server goes on with the former configuration");
  }
  console.out << "reloaded: configuration " << textOf(*report, "epoch") << " serves\n";
  printLines(console.out, *report, "changes", "  ");
  printLines(console.out, *report, "needs_restart", "needs a restart: ");
  return ExitCode::Ok;
}

ExitCode loadPlugin(const Arguments& arguments, Console& console) {
  return change(arguments, console, "load", "is loaded; 'pagoda plugins swap' lets it serve",
                orderOf("file", arguments.words[0]));
}

ExitCode swapPlugin(const Arguments& arguments, Console& console) {
  return change(arguments, console, "swap", "serves", orderOf(arguments.words[0]));
}

ExitCode rollBackPlugin(const Arguments& arguments, Console& console) {
  return change(arguments, console, "rollback", "serves again", orderOf("id", arguments.words[0]));
}

ExitCode retirePlugin(const Arguments& arguments, Console& console) {
  return change(arguments, console, "retire", "is retired", orderOf(arguments.words[0]));
}

}  // namespace pagoda::app
