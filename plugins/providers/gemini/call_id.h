#pragma once
// Thought signatures that travel in the ids of tool calls.
//
// Gemini 3 refuses a history whose function calls lack the signature that they came with, and
// clients of OpenAI's dialect drop every member that they do not know, but echo ids. So the id that
// a client sees is the upstream's own id (or one made here), a mark, and the signature as
// base64url: letters, digits, '-' and '_' only, as other upstreams ask of ids.

#include <string>
#include <string_view>

namespace pagoda::gemini {

/// `upstreamId` is empty where the upstream gave none; then `minted` stands in and is not sent
/// back. `signature` is base64 of either alphabet, or empty; one that is no base64 is left out,
/// and one with which the id would pass 4096 bytes.
std::string encodeCallId(std::string_view upstreamId, std::string_view minted,
                         std::string_view signature);

struct CallId {
  bool ours = false;            ///< encodeCallId made it
  std::string_view upstreamId;  ///< empty if the upstream gave none, or the id is another's
  std::string signature;        ///< base64 with padding, may be empty
};

/// Borrows `id`.
CallId decodeCallId(std::string_view id);

}  // namespace pagoda::gemini
