#pragma once
// Running a program that nobody vouches for. What this promises: no network, nothing of the system
// but its programs (read-only), an environment of its own, and nothing left of it afterwards.

#include <cstddef>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace pagoda {

struct SandboxLimits {
  Millis wall{10'000};
  Millis cpu{10'000};               ///< of all processes together
  std::size_t memory = 256u << 20;  ///< bytes, of all processes and the files they wrote
  int processes = 64;               ///< threads count as well
  std::size_t disk = 64u << 20;     ///< bytes of files
  int files = 1'000;
  std::size_t output = 1u << 20;  ///< bytes of standard output and error together
  int resultFiles = 100;
  std::size_t resultBytes = 16u << 20;  ///< of all result files together
};

/// A path is relative to the run's working directory, its parts divided by '/', none of them ".."
/// or hidden from the reader by a control character.
struct SandboxFile {
  std::string path;
  std::string content;
};

struct SandboxRequest {
  /// A program by its absolute path, and its arguments. It runs in a directory of its own that
  /// holds `files`.
  std::vector<std::string> command;
  std::vector<SandboxFile> files;
  std::string standardInput;
  SandboxLimits limits;
};

/// Why a run ended. All but the first two were ended from outside.
enum class SandboxEnd {
  Exited,
  Signalled,  ///< it crashed, or killed itself
  WallLimit,
  CpuLimit,
  MemoryLimit,
  DiskLimit,
  ProcessLimit,
  OutputLimit,
  Cancelled,
};

/// "exited", "crashed", "timeout", "cpu_limit", "memory_limit", ...
std::string_view nameOf(SandboxEnd end) noexcept;

/// Something that the run left, but that is no result: a link, a pipe, a file over the limit.
struct SandboxLeftOut {
  std::string path;
  std::string reason;
};

struct SandboxResult {
  SandboxEnd end = SandboxEnd::Exited;
  int exitCode = 0;  ///< from the kernel; 128 + signal where a signal ended it
  int signal = 0;    ///< 0: none
  bool outputCut = false;
  std::string output;
  std::string errors;
  std::vector<SandboxFile> files;  ///< regular files that are new or changed, by path
  std::vector<SandboxLeftOut> leftOut;
  Millis wall{0};
  Millis cpu{0};
};

/// What holds a run, or why none is possible.
struct SandboxState {
  std::string layer;   ///< "bubblewrap", "landlock" or "off"
  std::string reason;  ///< why this one, for people
};

/// Thread-safe.
class Sandbox {
 public:
  virtual ~Sandbox() = default;
  virtual const SandboxState& state() const = 0;
  /// Blocks until the run is over and nothing of it is left; for a worker's thread. A run waits for
  /// its turn where too many are under way. Errors: Overloaded (too many wait already, or the layer
  /// is off), InvalidRequest (paths, sizes), Cancelled (while it waited), Internal.
  virtual Result<SandboxResult> run(const SandboxRequest& request, std::stop_token stop) = 0;
};

}  // namespace pagoda
