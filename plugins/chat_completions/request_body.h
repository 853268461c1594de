#pragma once
// The request's bytes: the client's own JSON with a few members changed.

#include <pagoda/sdk.hpp>

#include "chat_completions/settings.h"

namespace pagoda::chat_completions {

/// Writes the body of one chat completion. Every member that is not named here keeps its bytes:
///   model            the provider's name for it
///   stream           what the host asks for, with stream_options.include_usage if the settings say
///   so max tokens       the host's bound under the name that the upstream reads developer role as
///   the settings say dropped          the settings' list, and members that would redirect the call
///   elsewhere
/// Throws json::Malformed if raw_json is not an object, which the host has excluded.
void writeRequestBody(const pagoda_chat_request& request, const Settings& settings,
                      sdk::Buffer& out);

/// Members that gateways and client libraries read as instructions on where and how to send the
/// request. A client may not choose where the operator's key goes, nor a dearer model than was
/// priced.
bool redirects(std::string_view member) noexcept;

}  // namespace pagoda::chat_completions
