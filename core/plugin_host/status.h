#pragma once
// Between the ABI's statuses and the domain's failures; and what may be said of either.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pagoda/base.h>

#include "core/domain/failure.h"

namespace pagoda::plugin_host {

class SecretBook;

/// An unknown negative status is Internal.
FailureKind kindOf(pagoda_status status) noexcept;
pagoda_status statusOf(FailureKind kind) noexcept;

pagoda_error freshError() noexcept;

/// What the host tells of a plugin's failure: bounded, one line, valid UTF-8, without `secrets`.
AttemptFailure failureOf(pagoda_status status, const pagoda_error& error,
                         const SecretBook& secrets);
AttemptFailure failure(FailureKind kind, std::string message);

/// The message of an error, cleaned; `otherwise` if it has none.
std::string messageOf(const pagoda_error& error, std::string_view otherwise);

/// One printable line of valid UTF-8 with at most `limit` bytes.
std::string cleanLine(std::string_view text, std::size_t limit);

/// The host's own reading of a response of status 300 or above; `unixNow` in milliseconds serves a
/// Retry-After that is a date. Source: RFC 9110, sections 10.2.3 and 15.
void readHttpStatus(int status, const std::vector<std::pair<std::string, std::string>>& headers,
                    std::int64_t unixNow, pagoda_error& error);

}  // namespace pagoda::plugin_host
