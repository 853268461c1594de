#pragma once
// What the server tells its helper about one run. The helper is the program that shuts itself in
// and then becomes the caller's; it shares these two files with the server and nothing else.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace pagoda::sandbox {

/// Descriptors that a helper is started with, beside 0 to 2.
inline constexpr int kControlFd = 3;  ///< a socket: reports to the server; its end means "stop"
inline constexpr int kJobFd = 4;      ///< the job's bytes, read-only

enum class Layer : std::uint32_t { Bubblewrap, Landlock };

struct Job {
  Layer layer = Layer::Bubblewrap;
  bool namespaces = true;    ///< Landlock: namespaces of its own as well
  std::uint32_t user = 0;    ///< user and group to become; 0: stay
  std::uint32_t server = 0;  ///< process id of the server
  std::string bubblewrap;    ///< its path
  std::string folder;        ///< without namespaces: an empty folder of the run's own
  std::uint64_t memory = 0, disk = 0, cpuSeconds = 0;
  std::uint32_t processes = 0, files = 0;
  /// Threads that the run's user has besides: the kernel counts them where the run shares its user.
  std::uint32_t othersOfUser = 0;
  std::vector<std::string> command;
  std::vector<std::string> environment;
  std::vector<std::string> readable;  ///< trees and files of the system, without what is hidden
  std::vector<std::string> hidden;    ///< below `readable`: covered where there are mounts
  std::vector<std::pair<std::string, std::string>> content;  ///< path and bytes
};

std::string encode(const Job& job);
/// Throws std::runtime_error for bytes that encode() did not make.
Job decode(const std::string& bytes);

/// First byte of each message on the control socket.
enum class Report : char {
  Folder = 'F',  ///< a descriptor of the working directory comes with it
  Status = 'S',  ///< StatusReport
  Error = 'E',   ///< text: what the layer could not do
};

struct StatusReport {
  std::int32_t waitStatus;  ///< as waitpid() gave it
  std::int64_t cpuMicros;   ///< of all processes that were waited for
};

}  // namespace pagoda::sandbox
