#pragma once
// Exchanges of OpenAI's dialect, for providers that deviate from it in settings only.

#include <string>

#include <pagoda/sdk.hpp>

#include "chat_completions/answer_reader.h"
#include "chat_completions/settings.h"

namespace pagoda::chat_completions {

/// One chat completion. Borrows the settings, which outlive it, and the request, which the host
/// keeps until the exchange ends.
class ChatExchange : public sdk::Exchange {
 public:
  ChatExchange(const Settings& settings, const pagoda_attempt& attempt,
               const pagoda_chat_request& request);

  void request(sdk::HttpRequest& http) override;
  void data(const sdk::Frame& frame, sdk::Events& events) override;
  void failed(const pagoda_http_head& head, std::string_view body, pagoda_error& error) override;

 protected:
  /// Asks for a stream though the client did not, for models that answer in no other way; the host
  /// puts the answer together.
  void streamUpstream() noexcept { request_.flags |= PAGODA_REQ_STREAM; }
  const pagoda_chat_request& chat() const noexcept { return request_; }
  /// Writes the body; override to write another one.
  virtual void body(sdk::Buffer& out);

 private:
  const Settings& settings_;
  std::string base_;
  pagoda_chat_request request_;  // a copy of the struct alone: its flags may change
  AnswerReader answer_;
};

/// One call for embeddings. Lifetimes as above.
class EmbeddingsExchange : public sdk::Exchange {
 public:
  EmbeddingsExchange(const Settings& settings, const pagoda_attempt& attempt,
                     const pagoda_embedding_request& request);

  void request(sdk::HttpRequest& http) override;
  void data(const sdk::Frame& frame, sdk::Events& events) override;
  void failed(const pagoda_http_head& head, std::string_view body, pagoda_error& error) override;

 private:
  const Settings& settings_;
  std::string base_;
  const pagoda_embedding_request& request_;
};

/// What every request gets: content type, the operator's headers, and the key.
void writeHeaders(sdk::HttpRequest& http, const Settings& settings, bool streams);

/// Turns a built-in answer around, whole and streamed; throws PAGODA_E_INTERNAL if that fails.
void selfTest(const Settings& settings);

}  // namespace pagoda::chat_completions
