#pragma once
// Content blocks of a request, out of the parts of a neutral message.

#include <string>
#include <string_view>

#include <pagoda/sdk.hpp>

namespace pagoda::anthropic {

/// The blocks of one turn as the inside of a JSON array, under construction.
class Blocks {
 public:
  bool empty() const noexcept { return text_.empty(); }
  const std::string& text() const noexcept { return text_; }
  void clear() { text_.clear(); }

  /// One whole block.
  void add(std::string_view json);
  /// All blocks of another.
  void append(const Blocks& other);
  /// A text block, unless the text is blank. `cacheControl` and `citations` are JSON texts or
  /// empty.
  void addText(std::string_view words, std::string_view cacheControl = {},
               std::string_view citations = {});
  /// Puts a cache mark on the last block; one that it has already stays.
  void mark(std::string_view cacheControl);
  /// Cuts white space from the end of the last block if that is text, as Anthropic refuses it at
  /// the end of a request.
  void trimEnd();

 private:
  void begin();
  std::string text_;
  std::size_t last_ = 0;  // where the last block begins
  bool marked_ = false;
  // The last block's words, if it is plain text.
  std::string_view words_;
};

/// The members of a part's or a message's extra_json that matter here, as JSON texts; a null is
/// absent.
struct Extras {
  std::string_view type, cacheControl, citations, context, isError;
  std::string_view contentBlocks, file;
};
Extras readExtras(std::string_view object);

/// Adds what a part of a system, user or tool message says. Throws Failure(PAGODA_E_UNSUPPORTED)
/// for what Claude cannot take (audio, other kinds of images), so that another model is tried.
void addPart(const pagoda_part& part, Blocks& blocks);

/// Adds a part of an assistant's message: its text, signed thinking, and blocks of its own.
void addAssistantPart(const pagoda_part& part, Blocks& blocks);

/// Adds the blocks of server tools that an answer of ours brought as `content_blocks`.
void addCarriedBlocks(const Extras& extras, Blocks& blocks);

}  // namespace pagoda::anthropic
