#pragma once
// A domain ChatRequest in the ABI's form. Built once per attempt; text is borrowed, only the arrays
// are new.

#include <string>
#include <vector>

#include <pagoda/chat.h>
#include <pagoda/provider.h>

#include "core/domain/chat.h"
#include "core/domain/provider.h"

namespace pagoda::plugin_host {

/// Neither copied nor moved: the ABI's structs point into it. Holds the request's storage, so that
/// a call that the host gave up finds its text as long as it runs.
class RequestView {
 public:
  RequestView(const AttemptContext& context, const ChatRequest& request, std::string_view endpoint);
  RequestView(const RequestView&) = delete;
  RequestView& operator=(const RequestView&) = delete;

  const pagoda_chat_request* request() const { return &request_; }
  const pagoda_attempt* attempt() const { return &attempt_; }

 private:
  void addMessages(const ChatRequest& request);
  void addTools(const ChatRequest& request);

  std::shared_ptr<void> storage_;
  std::string model_;
  std::string requestId_;
  std::string endpoint_;
  std::vector<pagoda_part> parts_;
  std::vector<pagoda_tool_call> calls_;
  std::vector<pagoda_message> messages_;
  std::vector<pagoda_tool> tools_;
  std::vector<pagoda_str> stop_;
  pagoda_chat_request request_{};
  pagoda_attempt attempt_{};
};

}  // namespace pagoda::plugin_host
