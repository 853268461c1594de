#pragma once
// Function arguments that come in pieces, each with its place, put back into one JSON text.
//
// With streamFunctionCallArguments the service sends {"jsonPath":"$.steps[0].name","stringValue":
// "Ad","willContinue":true} in the order of the document. Source: Vertex AI, "Stream function call
// arguments", and recorded streams, read 2026-11-25.

#include <string>
#include <string_view>
#include <vector>

#include <pagoda/sdk.hpp>

namespace pagoda::gemini {

class PartialArgs {
 public:
  /// Reads one element of partialArgs and appends what it adds to the arguments' text.
  /// Throws sdk::Failure(PAGODA_E_PROTOCOL) for a place that cannot follow the last one.
  void read(json::Reader& element, std::string& out);
  /// Closes what is open; "{}" if nothing came.
  void end(std::string& out);

 private:
  struct Step {
    std::string name;  // of a member; empty for an element
    std::size_t index = 0;
    bool element = false;
    bool operator==(const Step&) const = default;
  };
  using Path = std::vector<Step>;

  static Path parse(std::string_view path);
  void moveTo(const Path& path, std::string& out);
  void closeTo(std::size_t depth, std::string& out);
  void open(const Step& step, std::string& out);

  Path path_;              // of the value that was written last
  bool begun_ = false;     // the outermost brace is written
  bool inString_ = false;  // that value is a string without its end
};

}  // namespace pagoda::gemini
