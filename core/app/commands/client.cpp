#include "core/app/commands/client.h"

#include <algorithm>
#include <istream>
#include <memory>
#include <ostream>

#include <Poco/Exception.h>
#include <Poco/JSON/Parser.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/StreamCopier.h>
#include <Poco/URI.h>

#include "core/app/wiring.h"

namespace pagoda::app {
namespace {

constexpr int kTimeoutSeconds = 600;

std::string configuredUrl(const Arguments& arguments, const Environment& environment) {
  std::vector<Mistake> mistakes;
  const ServerSettings server =
      readConfiguration(sourcesOf(arguments, environment), mistakes).settings.server;
  if (!mistakes.empty()) throw ConfigError(std::move(mistakes));
  const bool everywhere = server.host == "0.0.0.0" || server.host == "::" || server.host.empty();
  const std::string host = everywhere ? "127.0.0.1" : server.host;
  return std::string(server.tlsCert.empty() ? "http://" : "https://") +
         (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" +
         std::to_string(server.port);
}

std::unique_ptr<Poco::Net::HTTPClientSession> sessionFor(const Poco::URI& uri) {
  if (uri.getScheme() != "https")
    return std::make_unique<Poco::Net::HTTPClientSession>(uri.getHost(), uri.getPort());
  // A certificate is made for the server's public name, not for the loopback that we ask here.
  const auto verify = isLoopback(uri.getHost()) ? Poco::Net::Context::VERIFY_NONE
                                                : Poco::Net::Context::VERIFY_STRICT;
  const Poco::Net::Context::Ptr context(
      new Poco::Net::Context(Poco::Net::Context::CLIENT_USE, "", verify, 9, true));
  return std::make_unique<Poco::Net::HTTPSClientSession>(uri.getHost(), uri.getPort(), context);
}

/// Two columns for what East Asian terminals show in two.
std::size_t widthOf(const std::string& text) {
  std::size_t width = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) == 0x80) continue;
    width += byte >= 0xe3 ? 2 : 1;
  }
  return width;
}

}  // namespace

bool namesServer(const Arguments& arguments, const Environment& environment) {
  const auto variable = environment.find("PAGODA_URL");
  return arguments.has("--url") || (variable != environment.end() && !variable->second.empty());
}

ServerAddress addressOf(const Arguments& arguments, const Environment& environment) {
  ServerAddress address;
  const auto variable = [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  address.url = arguments.get("--url", variable("PAGODA_URL"));
  if (address.url.empty()) address.url = configuredUrl(arguments, environment);
  if (address.url.find("://") == std::string::npos) address.url = "http://" + address.url;
  address.key = Secret(arguments.get("--key", variable("PAGODA_API_KEY")));
  return address;
}

HttpReply ask(const ServerAddress& address, const std::string& method, const std::string& path,
              const std::string& body) {
  try {
    const Poco::URI uri(address.url);
    const auto session = sessionFor(uri);
    session->setProxyConfig({});
    session->setTimeout(Poco::Timespan(kTimeoutSeconds, 0));
    Poco::Net::HTTPRequest request(method, path, Poco::Net::HTTPMessage::HTTP_1_1);
    request.set("Accept", "application/json");
    if (!address.key.empty())
      request.set("Authorization", "Bearer " + std::string(address.key.reveal()));
    if (!body.empty()) {
      request.setContentType("application/json");
      request.setContentLength(static_cast<std::streamsize>(body.size()));
    }
    session->sendRequest(request) << body;
    Poco::Net::HTTPResponse response;
    std::istream& stream = session->receiveResponse(response);
    HttpReply reply;
    reply.status = response.getStatus();
    Poco::StreamCopier::copyToString(stream, reply.body);
    return reply;
  } catch (const Poco::Exception& error) {
    throw StartError(ExitCode::Unreachable,
                     "no server answers at " + address.url + ": " + error.displayText() +
                         " (start one with 'pagoda serve', or name it with --url)");
  }
}

std::string askOrFail(const ServerAddress& address, const std::string& method,
                      const std::string& path, const std::string& body) {
  HttpReply reply = ask(address, method, path, body);
  if (reply.status < 400) return std::move(reply.body);
  std::string message = "status " + std::to_string(reply.status);
  try {
    const auto object = parseObject(reply.body);
    if (const auto error = object->getObject("error")) message = textOf(*error, "message", message);
  } catch (const StartError&) {
    // Not ours, or not JSON: the status says what there is to say.
  }
  throw StartError(ExitCode::Refused, message);
}

Poco::JSON::Object::Ptr parseObject(const std::string& text) {
  try {
    Poco::JSON::Parser parser;
    return parser.parse(text).extract<Poco::JSON::Object::Ptr>();
  } catch (const Poco::Exception&) {
    throw StartError(ExitCode::Failure, "the server's answer is not a JSON object");
  }
}

std::string textOf(const Poco::JSON::Object& object, const std::string& key,
                   const std::string& otherwise) {
  const Poco::Dynamic::Var value = object.get(key);
  if (value.isEmpty()) return otherwise;
  return value.convert<std::string>();
}

void printTable(std::ostream& out, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i == widths.size()) widths.push_back(0);
      widths[i] = std::max(widths[i], widthOf(row[i]));
    }
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out << row[i];
      if (i + 1 < row.size()) out << std::string(widths[i] - widthOf(row[i]) + 2, ' ');
    }
    out << "\n";
  }
}

}  // namespace pagoda::app
