#pragma once
// Requests and answers of the Messages API.
// Source: Anthropic Messages API, versions 2023-06-01 and 2026-10-21, read 2026-11-25.

#include <string>
#include <string_view>
#include <vector>

#include <pagoda/sdk.hpp>

#include "settings.h"
#include "wishes.h"

namespace pagoda::anthropic {

/// The tool by which models without structured output are made to answer in a schema: its input is
/// the answer.
inline constexpr std::string_view kAnswerTool = "answer_in_schema";

/// How the form of the answer is asked for.
enum class FormatForm { None, Native, Tool, Instruction };
struct Format {
  FormatForm form = FormatForm::None;
  std::string schema;  ///< with Native
};

/// What one request becomes. Made when the exchange begins, so that what Claude cannot do is
/// refused before anything is sent. Throws Failure(PAGODA_E_UNSUPPORTED) for several choices, and
/// for a forced tool where the model takes none.
class Message {
 public:
  Message(const Settings& settings, const pagoda_chat_request& request, Mode mode);

  /// Writes the body. Throws Failure(PAGODA_E_UNSUPPORTED) for content that Claude cannot take.
  void write(sdk::Buffer& out) const;
  std::string betas() const { return betasOf(settings_, wishes_); }
  /// Whether calls of kAnswerTool are the answer itself.
  bool answersByTool() const { return format_.form == FormatForm::Tool; }

 private:
  void writeSampling(json::Writer<sdk::Buffer>& writer) const;
  void writeSystem(json::Writer<sdk::Buffer>& writer) const;
  void writeTools(json::Writer<sdk::Buffer>& writer) const;
  void writeToolChoice(json::Writer<sdk::Buffer>& writer) const;
  void writeOutputConfig(json::Writer<sdk::Buffer>& writer) const;
  void writeMetadata(json::Writer<sdk::Buffer>& writer) const;
  Format planFormat() const;

  const Settings& settings_;
  const pagoda_chat_request& request_;
  const Mode mode_;
  const Wishes wishes_;
  const ModelTraits traits_;
  std::int64_t maxTokens_ = 0;
  Thinking thinking_;
  Format format_;
  std::string_view cacheMark_;  ///< the automatic one; empty where the client marks, or none is set
};

/// The elements of `tools`: functions in Anthropic's form, Anthropic's own tools as they came, each
/// with the members that it has there alone (cache_control, defer_loading, ...). Tools of other
/// vendors are left out.
std::vector<std::string> toolTexts(const pagoda_chat_request& request, std::string_view rawTools,
                                   const ModelTraits& traits);

}  // namespace pagoda::anthropic
