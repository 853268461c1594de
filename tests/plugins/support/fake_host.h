#pragma once
// A host that keeps what the plugin does: the HTTP request it makes and the events it emits.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pagoda/sdk.hpp>

namespace test {

struct ToolCall {
  std::string id;
  std::string name;
  std::string arguments;
  bool custom = false;
  bool operator==(const ToolCall&) const = default;
};

struct Choice {
  std::string text;
  std::string reasoning;
  std::string signature;  // of the reasoning, each with its format in brackets
  std::string refusal;
  std::vector<ToolCall> tools;
  std::vector<std::pair<std::string, std::string>> media;  // type and data
  std::string finish;                                      // the upstream's word
  pagoda_finish reason = -1;
};

struct Extra {
  std::uint32_t place;
  std::uint32_t choice;
  std::uint32_t index;
  std::string json;
};

/// What a host sees of one exchange.
struct Exchange {
  pagoda_status status = PAGODA_OK;
  pagoda_error error = pagoda::sdk::init<pagoda_error>();
  // the request
  std::string method;
  std::string url;
  std::string body;
  pagoda_framing framing = -1;
  std::map<std::string, std::string> headers;  // a secret shows as <name>
  // the answer
  bool started = false;
  std::string id;
  std::string model;
  std::map<std::uint32_t, Choice> choices;
  std::optional<pagoda_usage> usage;
  int usageEvents = 0;
  std::map<std::uint32_t, std::string> vectors;  // of embeddings: numbers as JSON, or base64
  std::vector<Extra> extras;
  std::string fault;  // a broken rule of chat.h, empty if none

  std::string extraAt(std::uint32_t place) const;
};

struct Frame {
  std::string data;
  std::string event;
};

/// A chat request as a client of OpenAI's dialect writes it. The host's own reader and view turn it
/// into the ABI's form, so a plugin sees messages, tools and settings as it does in the server.
struct Request {
  std::string type = "openai_compatible";
  std::string config = R"({"base_url":"https://api.example.com/v1"})";
  std::string rawJson = R"({"model":"asked","messages":[{"role":"user","content":"hi"}]})";
  std::string extraJson;
  std::string endpoint;
  std::string model = "upstream-model";
  bool stream = false;
  bool countTokens = false;  // asks for the number of tokens, by the extension
  bool embeds = false;       // rawJson is a request for embeddings
  bool lacksKey = false;     // this host has no key to put into a header
  std::int64_t maxOutputTokens = -1;
  int stopAfter = -1;  // events until the host says CANCELLED
};

/// Whether the host's reader takes rawJson as a request, so that it would reach a plugin at all.
bool accepts(const Request& request);

/// Runs one exchange through the plugin's table. Each frame is a buffer of its own, so that a read
/// past its end shows. `lastAlone` ends the body with an empty frame of its own.
Exchange run(const Request& request, const std::vector<Frame>& frames, pagoda_framing framing,
             bool lastAlone = false);
inline Exchange runWhole(const Request& request, std::string_view body) {
  return run(request, {{std::string(body), {}}}, PAGODA_FRAMING_WHOLE);
}
Exchange runStream(const Request& request, const std::vector<std::string>& chunks);

/// A response of another status than 2xx; `hosts` is the host's reading of it.
pagoda_error runFailure(int status, std::string_view body, pagoda_status hosts,
                        const std::map<std::string, std::string>& headers = {},
                        const Request& request = {});

/// Makes an instance and destroys it; the status of create, with its message.
std::pair<pagoda_status, std::string> configure(const std::string& config,
                                                const std::string& type = "openai_compatible");
pagoda_status selfTest(const Request& request = {});

/// One HTTP request of an exchange, and what it is answered with.
struct Sent {
  std::string method;
  std::string url;
  std::string body;
  std::map<std::string, std::string> headers;  // a secret shows as <name>
};
struct Response {
  std::string body;
  int status = 200;
  pagoda_status hosts = PAGODA_E_UNAVAILABLE;  // the host's reading of another status than 2xx
};

/// An instance that serves several exchanges, each of any number of HTTP requests, by a clock that
/// the test moves. `answersWithoutRequest`: the host takes pagoda_step.kind 3 and offers the
/// extension "pagoda.host-ready-step/1".
class Session {
 public:
  Session(const std::string& type, const std::string& config, bool answersWithoutRequest = false);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  using Upstream = std::function<Response(const Sent&)>;
  /// Drives one exchange to its end. Whole bodies come in pieces of `cut` bytes, 0: in one.
  Exchange ask(const Request& request, const Upstream& upstream, std::size_t cut = 0);
  void pass(std::chrono::nanoseconds time);
  /// All that was sent so far.
  const std::vector<Sent>& sent() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Cuts an SSE body into events, by the rules of the WHATWG specification.
std::vector<Frame> cutSse(std::string_view body);

}  // namespace test
