// The SDK's JSON reader and splice on arbitrary bytes: no read past the end, no crash; what splice
// makes of a valid object is valid and holds what was set.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <pagoda/json.hpp>

namespace {

using namespace pagoda::json;

void require(bool condition) {
  if (!condition) std::abort();
}

// Takes every value by the call for its kind, so that unescaping and numbers run too.
void walk(Reader& reader, std::string& buffer) {
  switch (reader.kind()) {
    case Kind::Object:
      reader.object([&](std::string_view, Reader& value) { walk(value, buffer); });
      break;
    case Kind::Array:
      reader.array([&](Reader& element) { walk(element, buffer); });
      break;
    case Kind::String: {
      const auto text = reader.string(buffer);
      require(text.has_value());
      std::string written;
      appendString(written, *text);
      std::string again;
      Reader second(written);
      require(second.string(again) == *text);
      break;
    }
    case Kind::Number:
      reader.number();
      break;
    case Kind::Boolean:
      require(reader.boolean().has_value());
      break;
    case Kind::Null:
      require(reader.null());
      break;
  }
}

bool walks(std::string_view text) {
  try {
    std::string buffer;
    Reader reader(text);
    walk(reader, buffer);
    reader.finish();
    return true;
  } catch (const Malformed&) {
    return false;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const bool isValid = valid(text);
  require(walks(text) == isValid);
  if (validUtf8(text)) require(validUtf8(cutUtf8(text, size / 2)));

  const Change changes[] = {{"model", Change::Action::Set, "\"m\""},
                            {"stream", Change::Action::SetIfThere, "true"},
                            {"max_tokens", Change::Action::AddIfAbsent, "7"},
                            {"api_base", Change::Action::Drop, {}}};
  std::string out;
  try {
    splice(text, changes, out);
  } catch (const Malformed&) {
    return 0;
  }
  require(isValid && valid(out));
  int models = 0;
  Reader reader(out);
  reader.object([&](std::string_view key, Reader& value) {
    require(key != "api_base");
    if (key != "model") return;
    ++models;
    require(value.raw() == "\"m\"");
  });
  require(models == 1);
  // A second splice finds nothing to change.
  std::string again;
  splice(out, changes, again);
  require(again == out);
  return 0;
}
