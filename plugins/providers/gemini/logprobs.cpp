#include "logprobs.h"

#include <vector>

#include <pagoda/sdk.hpp>

namespace pagoda::gemini {

namespace {

struct Token {
  std::string text;
  std::string_view logprob = "0";
};

Token readToken(json::Reader& value) {
  Token token;
  value.object([&](std::string_view key, json::Reader& member) {
    std::string buffer;
    if (key == "token") token.text = member.string(buffer).value_or("");
    if (key == "logProbability" && member.kind() == json::Kind::Number)
      token.logprob = member.raw();
  });
  return token;
}

std::vector<Token> readTokens(json::Reader& value) {
  std::vector<Token> tokens;
  value.array([&](json::Reader& element) { tokens.push_back(readToken(element)); });
  return tokens;
}

using Writer = json::Writer<std::string>;

void writeToken(const Token& token, Writer& writer) {
  writer.member("token", token.text).rawMember("logprob", token.logprob);
  writer.key("bytes").beginArray();
  for (const char c : token.text) writer.number(static_cast<int>(static_cast<unsigned char>(c)));
  writer.endArray();
}

}  // namespace

std::string logprobsOf(std::string_view logprobsResult) {
  std::vector<Token> chosen;
  std::vector<std::vector<Token>> top;
  json::Reader reader(logprobsResult);
  reader.object([&](std::string_view key, json::Reader& value) {
    if (key == "chosenCandidates") {
      chosen = readTokens(value);
    } else if (key == "topCandidates") {
      value.array([&](json::Reader& element) {
        top.emplace_back();
        element.object([&](std::string_view name, json::Reader& list) {
          if (name == "candidates") top.back() = readTokens(list);
        });
      });
    }
  });
  std::string out;
  Writer writer(out);
  writer.beginObject().key("content").beginArray();
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    writer.beginObject();
    writeToken(chosen[i], writer);
    writer.key("top_logprobs").beginArray();
    for (std::size_t k = 0; i < top.size() && k < top[i].size(); ++k) {
      writer.beginObject();
      writeToken(top[i][k], writer);
      writer.endObject();
    }
    writer.endArray().endObject();
  }
  writer.endArray().key("refusal").null().endObject();
  return out;
}

}  // namespace pagoda::gemini
