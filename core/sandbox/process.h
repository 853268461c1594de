#pragma once
// One helper process and the descriptors that lead to it.

#include <chrono>
#include <optional>
#include <string>

#include <sys/types.h>

#include "core/sandbox/descriptor.h"
#include "core/sandbox/job.h"

namespace pagoda::sandbox {

/// Made by start(); ended and reaped at the latest by the destructor. One thread, which has to live
/// as long as the run: the helper dies with it.
class HelperProcess {
 public:
  /// Throws std::system_error.
  HelperProcess(const std::string& helper, const Job& job, const std::string& standardInput);
  HelperProcess(const HelperProcess&) = delete;
  HelperProcess& operator=(const HelperProcess&) = delete;
  ~HelperProcess();

  pid_t id() const { return id_; }
  int output() const { return output_.get(); }
  int errors() const { return errors_.get(); }
  int control() const { return control_.get(); }

  /// Reads one report if there is one; false: there will be none any more.
  bool readReport();
  void closeOutput() { output_.close(); }
  void closeErrors() { errors_.close(); }

  /// Ends the run. A helper without namespaces is asked to do so, since it has to end what the
  /// kernel would not; the others take the whole run with them.
  void end();
  /// Without asking.
  void kill();

  const std::optional<StatusReport>& status() const { return status_; }
  const std::string& trouble() const { return trouble_; }
  int folder() const { return folder_.get(); }

 private:
  bool asks_;
  pid_t id_ = -1;
  Descriptor output_, errors_, control_, folder_;
  std::optional<StatusReport> status_;
  std::string trouble_;
};

}  // namespace pagoda::sandbox
