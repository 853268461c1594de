#pragma once
// The steps by which the helper shuts a run in. Each throws std::system_error or std::runtime_error
// where the system refuses: then nothing is run. The helper has one thread.

#include <string>
#include <vector>

#include "core/sandbox/job.h"

namespace pagoda::sandbox {

/// Where the run lives, in every layer that has mounts: /tmp is the run's own, and this its folder.
inline constexpr const char* kWork = "/tmp/work";

[[noreturn]] void raise(const std::string& what);  ///< with errno

// limits.cpp
void setLimits(const Job& job);

// landlock.cpp
/// Newest version that the kernel knows, or 0.
int landlockVersion();
/// From here on this process reaches only its own descendants with signals: what is left of a run
/// that shares its user with the server can be ended without looking for it.
void restrictSignals();
/// From here on nothing but `readable` and `writable` can be opened.
void restrictFiles(const std::vector<std::string>& readable,
                   const std::vector<std::string>& writable);

// seccomp.cpp
/// Allows the calls that programs and compilers make, and refuses all others. `unixSockets`: the
/// file system shows none of the host's, so connecting to one is harmless.
void restrictCalls(bool unixSockets);

// namespaces.cpp
void dropUser(const Job& job);
/// New namespaces with the calling user mapped to itself, and no mount that reaches the host.
void enterNamespaces(int flags);
void mountTmpfs(const char* where, const Job& job);
/// Writes the run's input files below `folder`, which becomes the working directory.
void layOut(const std::string& folder, const Job& job);

// bubblewrap.cpp
/// Becomes bubblewrap, which starts this helper anew as the sandbox's first process. `program` is
/// the helper's own file, open: the run's user need not be able to reach it.
[[noreturn]] void becomeBubblewrap(const Job& job, const char* staging, int program);

// payload.cpp
/// Starts the run's program, shut in; `writable` is what it may write besides.
int startPayload(const Job& job, const std::vector<std::string>& writable, bool unixSockets);
void report(Report kind, const void* bytes, std::size_t size);
void sendFolder(int descriptor);
void reportStatus(int waitStatus);

}  // namespace pagoda::sandbox
