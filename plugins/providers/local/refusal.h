#pragma once
// Why a skill cannot do what was asked, in both languages. Thrown inside the skills, told to the
// user.

#include <stdexcept>
#include <utility>

#include "text.h"

namespace pagoda::local {

class Refusal : public std::runtime_error {
 public:
  enum class Kind {
    Syntax,  ///< the text is not of the form that the skill reads; another skill may read it
    Value    ///< it is, and what it asks for does not exist
  };
  explicit Refusal(Phrase phrase, Kind kind = Kind::Value)
      : std::runtime_error(phrase.en), phrase_(std::move(phrase)), kind_(kind) {}
  const Phrase& phrase() const noexcept { return phrase_; }
  Kind kind() const noexcept { return kind_; }

 private:
  Phrase phrase_;
  Kind kind_;
};

}  // namespace pagoda::local
