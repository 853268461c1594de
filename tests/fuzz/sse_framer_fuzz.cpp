// Any cut of any bytes gives the same frames, for every framer.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "core/net/framer.h"
#include "tests/support/framed.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  constexpr pagoda::Framing kFramings[] = {pagoda::Framing::Sse,
                                           pagoda::Framing::Sse,
                                           pagoda::Framing::Lines,
                                           pagoda::Framing::JsonArray,
                                           pagoda::Framing::AwsEventStream,
                                           pagoda::Framing::Whole};
  const pagoda::Framing framing = kFramings[data[0] % std::size(kFramings)];
  const std::size_t stride = 1 + data[1] % 16;
  const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
  std::vector<std::size_t> cuts;
  for (std::size_t at = stride; at < body.size(); at += stride) cuts.push_back(at);

  // The limit lies above any input: where it strikes may depend on the cuts.
  const pagoda::test::Framed whole = pagoda::test::frame(framing, body, {});
  const pagoda::test::Framed pieces = pagoda::test::frame(framing, body, cuts);
  if (whole.frames != pieces.frames || whole.error.empty() != pieces.error.empty()) std::abort();

  pagoda::test::frame(framing, body, cuts, 16);
  return 0;
}
