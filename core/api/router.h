#pragma once
// Method and path to route. A request is authenticated before any of its body is read, so a
// stranger cannot make the server take bytes.

#include <string>
#include <string_view>
#include <utility>

#include "core/api/api_context.h"
#include "core/domain/http_server.h"

namespace pagoda::api {

struct RequestScope;
struct Route;

/// One for the process. Thread-safe: it holds no state of a request.
class Router final : public HttpHandler {
 public:
  explicit Router(ApiContext context);

  Task<void> handle(const HttpRequest& request, BodyReader& body, ResponseWriter& response,
                    Runtime& runtime) override;
  std::pair<HeaderList, std::string> protocolError(int status, std::string_view why) override;

 private:
  Task<void> dispatch(RequestScope& scope);
  Task<Result<void>> authenticate(const Route& route, RequestScope& scope);
  Result<void> checkOrigin(const RequestScope& scope) const;

  const ApiContext context_;
};

}  // namespace pagoda::api
