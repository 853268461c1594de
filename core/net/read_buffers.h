#pragma once
// Buffers to read responses into. Frames are views into them and live across a wait for the client,
// so the loop's scratch buffer will not do; but a connection that waits holds none.

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace pagoda::net {

class ReadBuffers {
 public:
  static constexpr std::size_t kSize = 64 * 1024;
  using Buffer = std::unique_ptr<char[]>;

  Buffer take() {
    if (free_.empty()) return std::make_unique_for_overwrite<char[]>(kSize);
    Buffer buffer = std::move(free_.back());
    free_.pop_back();
    return buffer;
  }
  void giveBack(Buffer buffer) {
    if (buffer && free_.size() < kKept) free_.push_back(std::move(buffer));
  }

 private:
  static constexpr std::size_t kKept = 16;
  std::vector<Buffer> free_;
};

}  // namespace pagoda::net
