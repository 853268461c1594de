#pragma once
// The request's bytes: the client's own JSON with a few members changed.

#include <span>

#include <pagoda/sdk.hpp>

#include "chat_completions/settings.h"

namespace pagoda::chat_completions {

/// Writes the body of one chat completion: `model`, `stream` and the limit on tokens are the
/// host's, `stream_options`, messages, tools and the names of members are as the settings say,
/// members that would redirect the call elsewhere are left out. Every other member keeps its bytes.
/// Throws json::Malformed if raw_json is not an object, which the host has excluded.
///
/// `overrides` are what a provider decides for this request alone; they win over the client's, the
/// settings' and the operator's members.
void writeRequestBody(const pagoda_chat_request& request, const Settings& settings,
                      sdk::Buffer& out, std::span<const json::Change> overrides = {});

/// Members that gateways and client libraries read as instructions on where and how to send the
/// request. A client may not choose where the operator's key goes, nor a dearer model than was
/// priced.
bool redirects(std::string_view member) noexcept;

}  // namespace pagoda::chat_completions
