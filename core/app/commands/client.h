#pragma once
// Asks a running server over HTTP, for the command line.

#include <string>

#include <Poco/JSON/Object.h>

#include "core/app/commands/command_line.h"
#include "core/base/secret.h"

namespace pagoda::app {

struct ServerAddress {
  std::string url;
  Secret key;
};

/// --url, PAGODA_URL, or the configured address; --key or PAGODA_API_KEY.
ServerAddress addressOf(const Arguments& arguments, const Environment& environment);
/// Whether the command line names a server to ask.
bool namesServer(const Arguments& arguments, const Environment& environment);

struct HttpReply {
  int status = 0;
  std::string body;
};

/// Throws StartError: Unreachable when nothing answers.
HttpReply ask(const ServerAddress& address, const std::string& method, const std::string& path,
              const std::string& body = {});
/// The same; a status of 400 or above becomes StartError Refused with the server's message.
std::string askOrFail(const ServerAddress& address, const std::string& method,
                      const std::string& path, const std::string& body = {});

Poco::JSON::Object::Ptr parseObject(const std::string& text);
/// A member as text, or `otherwise` where it is absent or null.
std::string textOf(const Poco::JSON::Object& object, const std::string& key,
                   const std::string& otherwise = {});

/// Columns of text for people; the first row is the heading. Widths count what a terminal shows.
void printTable(std::ostream& out, const std::vector<std::vector<std::string>>& rows);

}  // namespace pagoda::app
