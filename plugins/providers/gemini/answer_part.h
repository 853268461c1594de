#pragma once
// One Part of an answer, taken apart.

#include <string>
#include <string_view>

#include <pagoda/sdk.hpp>

namespace pagoda::gemini {

/// Views into the part's text; raw JSON values, empty where the member is not there.
struct AnswerPart {
  /// Throws sdk::Failure(PAGODA_E_PROTOCOL) for what is no object, json::Malformed.
  explicit AnswerPart(std::string_view part);

  std::string_view raw, text, signature, inlineData;
  std::string_view id, name, args, partialArgs;  // of functionCall
  bool thought = false;
  bool call = false;       // there is a functionCall
  bool continues = false;  // more of its arguments follow in other parts
  bool other = false;      // there are members that are not named here

 private:
  void readCall(json::Reader& value);
};

/// Appends JSON without the white space between its parts: whole answers come indented.
void appendCompact(std::string& out, std::string_view json);

}  // namespace pagoda::gemini
