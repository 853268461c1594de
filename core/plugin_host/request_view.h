#pragma once
// A domain ChatRequest in the ABI's form. Built once per attempt; text is borrowed, only the arrays
// are new.

#include <string>
#include <vector>

#include <pagoda/chat.h>
#include <pagoda/ext/provider_calls.h>
#include <pagoda/provider.h>

#include "core/domain/chat.h"
#include "core/domain/embedding.h"
#include "core/domain/provider.h"

namespace pagoda::plugin_host {

/// An attempt's circumstances. Neither copied nor moved: the ABI's struct points into it.
class AttemptView {
 public:
  AttemptView(const AttemptContext& context, std::string_view endpoint);
  AttemptView(const AttemptView&) = delete;
  AttemptView& operator=(const AttemptView&) = delete;

  const pagoda_attempt* attempt() const { return &attempt_; }
  const std::string& model() const { return model_; }

 private:
  std::string model_;
  std::string requestId_;
  std::string endpoint_;
  pagoda_attempt attempt_{};
};

/// An embedding request and its attempt.
class EmbeddingView {
 public:
  EmbeddingView(const AttemptContext& context, const EmbeddingRequest& request,
                std::string_view endpoint);
  const pagoda_embedding_request* request() const { return &request_; }
  const pagoda_attempt* attempt() const { return attempt_.attempt(); }

 private:
  const AttemptView attempt_;
  const std::string extra_;
  const std::shared_ptr<void> storage_;
  std::vector<pagoda_str> inputs_;
  pagoda_embedding_request request_{};
};

/// Neither copied nor moved: the ABI's structs point into it. Holds the request's storage, so that
/// a call that the host gave up finds its text as long as it runs.
class RequestView {
 public:
  RequestView(const AttemptContext& context, const ChatRequest& request, std::string_view endpoint);
  RequestView(const RequestView&) = delete;
  RequestView& operator=(const RequestView&) = delete;

  const pagoda_chat_request* request() const { return &request_; }
  const pagoda_attempt* attempt() const { return attempt_.attempt(); }

 private:
  void addMessages(const ChatRequest& request);
  void addTools(const ChatRequest& request);

  const AttemptView attempt_;
  const std::string extra_;
  std::shared_ptr<void> storage_;
  std::vector<pagoda_part> parts_;
  std::vector<pagoda_tool_call> calls_;
  std::vector<pagoda_message> messages_;
  std::vector<pagoda_tool> tools_;
  std::vector<pagoda_str> stop_;
  pagoda_chat_request request_{};
};

}  // namespace pagoda::plugin_host
