// pagoda/json/splice.hpp - changes members of a JSON object and keeps every other byte.
//
// A request that passes through must keep its key order, its number forms and its spacing: prompt
// caches match on bytes, and tool schemas contain numbers that no double holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "reader.hpp"
#include "writer.hpp"

namespace pagoda::json {

/// What becomes of one member.
struct Edit {
  enum class Action { Keep, Drop, Replace };
  Action action = Action::Keep;
  std::string_view json;  ///< the new value with Replace
};

/// A member to set or to drop. `json` is a JSON text.
struct Change {
  enum class Action {
    Set,         ///< replace the value, or append the member
    SetIfThere,  ///< replace the value of a member that is there
    AddIfAbsent,
    Drop
  };
  std::string_view key;
  Action action = Action::Set;
  std::string_view json = {};
};

/// Copies one JSON object to `out` member by member. `decide(key, raw)` gets the unescaped name and
/// the value's bytes and returns an Edit, whose json must live until `decide` is called again;
/// `append(tail)` may call tail.add(key, json) to add members at the end. Throws Malformed when
/// `object` is not a JSON object; then `out` holds a part of it.
template <Output Out, class Decide, class Append>
void rewriteObject(std::string_view object, Out& out, Decide&& decide, Append&& append);

/// Applies `changes` to the top level of `object`. A repeated key is changed once and its
/// repetitions are dropped, so that no reader can be shown another value. At most 64 changes.
template <Output Out>
void splice(std::string_view object, std::span<const Change> changes, Out& out);

namespace detail {

// Copies stretches of the text that no edit touches in one piece.
template <Output Out>
class Copier {
 public:
  Copier(std::string_view text, Out& out) noexcept : text_(text), out_(out) {}
  void keep(std::size_t from, std::size_t to) {
    if (from != to_) {
      flush();
      from_ = from;
    }
    to_ = to;
  }
  void insert(std::string_view bytes) {
    flush();
    out_.append(bytes.data(), bytes.size());
  }
  void flush() {
    if (to_ != from_) out_.append(text_.data() + from_, to_ - from_);
    from_ = to_;
  }

 private:
  std::string_view text_;
  Out& out_;
  std::size_t from_ = 0;
  std::size_t to_ = 0;
};

inline std::size_t skipSpace(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && std::string_view(" \n\r\t").find(text[at]) != std::string_view::npos)
    ++at;
  return at;
}

// Adds members after the ones that were kept.
template <Output Out>
class Tail {
 public:
  Tail(Out& out, bool afterMember) noexcept : out_(out), afterMember_(afterMember) {}
  void add(std::string_view key, std::string_view json) {
    if (afterMember_) out_.append(",", 1);
    afterMember_ = true;
    appendString(out_, key);
    out_.append(":", 1);
    out_.append(json.data(), json.size());
  }

 private:
  Out& out_;
  bool afterMember_;
};

}  // namespace detail

template <Output Out, class Decide, class Append>
void rewriteObject(std::string_view object, Out& out, Decide&& decide, Append&& append) {
  Reader reader(object);
  if (reader.kind() != Kind::Object) throw Malformed("a JSON object was expected", reader.offset());
  detail::Copier<Out> copier(object, out);
  std::size_t memberStart = reader.offset() + 1;  // just after '{' or ','
  copier.keep(0, memberStart);
  bool written = false;
  std::string keyCopy;
  reader.object([&](std::string_view key, Reader& value) {
    if (key.data() < object.data() || key.data() >= object.data() + object.size()) {
      keyCopy = key;  // the reader's buffer is used again inside the value
      key = keyCopy;
    }
    const std::size_t valueStart = value.offset();
    const std::string_view raw = value.raw();
    const std::size_t memberEnd = detail::skipSpace(object, value.offset());
    const Edit edit = decide(key, raw);
    if (edit.action != Edit::Action::Drop) {
      if (written) copier.keep(memberStart - 1, memberStart);  // the comma
      written = true;
      if (edit.action == Edit::Action::Keep) {
        copier.keep(memberStart, memberEnd);
      } else {
        copier.keep(memberStart, valueStart);
        copier.insert(edit.json);
        copier.keep(valueStart + raw.size(), memberEnd);
      }
    }
    memberStart = memberEnd + 1;
  });
  reader.finish();
  copier.flush();
  detail::Tail<Out> tail(out, written);
  append(tail);
  const std::size_t close = object.rfind('}');
  out.append(object.data() + close, object.size() - close);
}

template <Output Out>
void splice(std::string_view object, std::span<const Change> changes, Out& out) {
  std::uint64_t seen = 0;  // a bit for each of the first 64 changes
  rewriteObject(
      object, out,
      [&](std::string_view key, std::string_view) -> Edit {
        for (std::size_t i = 0; i < changes.size(); ++i) {
          const Change& change = changes[i];
          if (change.key != key) continue;
          const std::uint64_t bit = std::uint64_t{1} << i;
          const bool again = (seen & bit) != 0;
          seen |= bit;
          if (again || change.action == Change::Action::Drop) return {Edit::Action::Drop, {}};
          if (change.action == Change::Action::AddIfAbsent) return {};
          return {Edit::Action::Replace, change.json};
        }
        return {};
      },
      [&](auto& tail) {
        for (std::size_t i = 0; i < changes.size(); ++i) {
          const Change& change = changes[i];
          const bool adds =
              change.action == Change::Action::Set || change.action == Change::Action::AddIfAbsent;
          if (adds && (seen & (std::uint64_t{1} << i)) == 0) tail.add(change.key, change.json);
        }
      });
}

}  // namespace pagoda::json
