#pragma once
// Host names to addresses, off the loop and remembered. One per loop; its look-ups are shared by
// all who ask for the same name meanwhile.

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <tl/expected.hpp>

#include "core/base/cancel.h"
#include "core/base/clock.h"
#include "core/base/task.h"
#include "core/domain/failure.h"

namespace pagoda::net {

class EventLoop;

/// Numeric addresses in the order to try them.
using AddressList = std::vector<std::string>;

class Resolver {
 public:
  /// Blocks and answers with addresses, or with why there are none. Runs on the workers.
  using LookUp = std::function<tl::expected<AddressList, std::string>(const std::string& host)>;
  struct Options {
    LookUp lookUp;  ///< empty: getaddrinfo
    Millis keepFound{60'000};
    Millis keepMissing{5'000};
    std::size_t maxNames = 1024;
  };

  Resolver(EventLoop& loop, Options options);
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  ~Resolver();

  /// What is known now without asking anyone: addresses themselves, localhost, remembered names.
  /// Null: resolve() has to be awaited. Valid until the next call.
  const AddressList* known(const std::string& host);
  /// Failures: Unavailable (no such name, no address, no worker), Timeout, Cancelled.
  Task<tl::expected<AddressList, AttemptFailure>> resolve(std::string host, TimePoint deadline,
                                                          CancelSource* cancel);

 private:
  struct Entry;
  struct Gate;

  Entry& startLookUp(const std::string& host);
  void finishLookUp(const std::string& host, tl::expected<AddressList, std::string> found);
  void makeRoom();

  EventLoop& loop_;
  Options options_;
  std::unordered_map<std::string, std::unique_ptr<Entry>> entries_;
  AddressList literal_;  ///< what known() last made
  std::shared_ptr<Gate> gate_;
};

/// The system's resolver: IPv4 and IPv6 in the order of its configuration.
tl::expected<AddressList, std::string> systemLookUp(const std::string& host);

}  // namespace pagoda::net
