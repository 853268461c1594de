#include "answer_part.h"

namespace pagoda::gemini {

AnswerPart::AnswerPart(std::string_view part) : raw(part) {
  json::Reader reader(part);
  const bool object = reader.object([&](std::string_view key, json::Reader& value) {
    if (key == "text") {
      text = value.raw();
    } else if (key == "thought") {
      thought = value.boolean().value_or(false);
    } else if (key == "thoughtSignature") {
      signature = value.raw();
    } else if (key == "functionCall") {
      call = true;
      readCall(value);
    } else if (key == "inlineData") {
      inlineData = value.raw();
    } else {
      other = true;
    }
  });
  if (!object)
    throw sdk::Failure(PAGODA_E_PROTOCOL, "the upstream sent a part that is not an object");
}

void AnswerPart::readCall(json::Reader& value) {
  value.object([&](std::string_view key, json::Reader& member) {
    if (key == "id") {
      id = member.raw();
    } else if (key == "name") {
      name = member.raw();
    } else if (key == "args") {
      args = member.raw();
    } else if (key == "partialArgs") {
      partialArgs = member.raw();
    } else if (key == "willContinue") {
      continues = member.boolean().value_or(false);
    }
  });
}

void appendCompact(std::string& out, std::string_view json) {
  bool inString = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (inString) {
      out += c;
      if (c == '\\' && i + 1 < json.size()) out += json[++i];
      if (c == '"') inString = false;
    } else if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
      out += c;
      inString = c == '"';
    }
  }
}

}  // namespace pagoda::gemini
