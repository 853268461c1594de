#pragma once
// Drives a framer as the HTTP client does: piece by piece, each piece gone once it was read, and
// one frame taken ahead of the one that is looked at.

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/net/framer.h"

namespace pagoda::test {

struct FramedEvent {
  std::string event;
  std::string data;
  bool operator==(const FramedEvent&) const = default;
};

struct Framed {
  std::vector<FramedEvent> frames;
  Framing framing = Framing::Whole;
  std::string error;  ///< empty: the body came to a proper end
  FailureKind kind = FailureKind::Internal;
};

class FramerDriver {
 public:
  explicit FramerDriver(net::Framer& framer) : framer_(framer) {}

  void feed(std::string_view bytes) {
    if (failed_) return;
    settle();
    // A piece of exactly its size on the heap: reading past it, or after it, is seen by asan.
    auto piece = std::make_unique<char[]>(std::max<std::size_t>(bytes.size(), 1));
    std::memcpy(piece.get(), bytes.data(), bytes.size());
    framer_.feed({piece.get(), bytes.size()});
    drain();
    framer_.detach();
    settle();
    std::memset(piece.get(), '#', bytes.size());
  }
  Framed finish() {
    framer_.finish();
    if (!failed_) drain();
    settle();
    framed_.framing = framer_.framing();
    return std::move(framed_);
  }

 private:
  void settle() {
    if (held_) framed_.frames.push_back({std::string(held_->event), std::string(held_->data)});
    held_.reset();
  }
  void drain() {
    for (;;) {
      Frame frame;
      const net::FrameStep step = framer_.next(frame);
      if (step == net::FrameStep::Error) {
        failed_ = true;
        framed_.error = framer_.error();
        framed_.kind = framer_.errorKind();
      }
      if (step != net::FrameStep::Frame) return;
      settle();  // only now: a frame has to outlive the taking of the next one
      held_ = frame;
    }
  }

  net::Framer& framer_;
  Framed framed_;
  std::optional<Frame> held_;
  bool failed_ = false;
};

/// Feeds `body` cut at `cuts`, which rise.
inline Framed frame(net::Framer& framer, std::string_view body,
                    const std::vector<std::size_t>& cuts = {}) {
  FramerDriver driver(framer);
  std::size_t start = 0;
  for (const std::size_t cut : cuts) {
    driver.feed(body.substr(start, cut - start));
    start = cut;
  }
  driver.feed(body.substr(start));
  return driver.finish();
}

inline Framed frame(Framing framing, std::string_view body,
                    const std::vector<std::size_t>& cuts = {}, std::size_t maxFrame = 1 << 20) {
  const auto framer = net::makeFramer(framing, maxFrame, 1 << 20, 0);
  return frame(*framer, body, cuts);
}

/// One cut before every byte.
inline std::vector<std::size_t> everyByte(std::string_view body) {
  std::vector<std::size_t> cuts;
  for (std::size_t i = 1; i < body.size(); ++i) cuts.push_back(i);
  return cuts;
}

}  // namespace pagoda::test
