#pragma once
// One request at an API: the steps one after the other, then the answer.

#include <optional>
#include <string>

#include <pagoda/sdk.hpp>

#include "answer.h"
#include "cache.h"
#include "request.h"
#include "run.h"

namespace pagoda::external {

/// A step of pagoda_step.kind: there is nothing to send; on_data comes once, with an empty last
/// frame. Only for hosts with the extension kReadyStepsExtension.
inline constexpr pagoda_step_kind kStepReady = 3;
inline constexpr const char* kReadyStepsExtension = "pagoda.host-ready-step/1";

/// What the exchanges of one instance share.
struct Shared {
  Shared(Settings read, sdk::Host given)
      : settings(std::move(read)),
        cache(settings.cacheEntries, settings.cacheBytes),
        host(given),
        readySteps(host.extension<void>(kReadyStepsExtension) != nullptr) {}

  const Settings settings;
  Cache cache;
  const sdk::Host host;
  const bool readySteps;  ///< the host can take an answer that needs no request
};

class ApiExchange final : public sdk::Exchange {
 public:
  ApiExchange(Shared& shared, Run run, const pagoda_attempt& attempt,
              const pagoda_chat_request& request);

  void next(pagoda_step& step) override;
  void request(sdk::HttpRequest& http) override { fill(call_, http); }
  void head(const pagoda_http_head& head) override { status_ = head.status; }
  void data(const sdk::Frame& frame, sdk::Events& events) override;
  void failed(const pagoda_http_head& head, std::string_view body, pagoda_error& error) override;

 private:
  const Step& step() const { return run_.api.steps[at_]; }
  bool last() const { return at_ + 1 == run_.api.steps.size(); }
  std::optional<std::string> cached(const Step& step) const;
  void take(sdk::Events& events);
  void start(sdk::Events& events);
  void bill(sdk::Events& events);
  void emit(sdk::Events& events);

  Shared& shared_;
  Run run_;
  const pagoda_chat_request& request_;
  std::string id_;
  std::size_t at_ = 0;
  HttpCall call_;
  int status_ = 200;
  std::string body_;
  std::int64_t costNusd_ = 0;
  bool started_ = false;
  bool ready_ = false;
};

}  // namespace pagoda::external
