#include "core/net/resolver.h"

#include <algorithm>
#include <mutex>
#include <netdb.h>
#include <utility>

#include <sys/socket.h>

#include "core/net/attempt_failures.h"
#include "core/net/event_loop.h"
#include "core/net/url.h"
#include "core/net/waiter.h"

namespace pagoda::net {

struct Resolver::Entry {
  bool pending = true;
  TimePoint expires = TimePoint::max();
  AddressList addresses;
  std::string error;  ///< why there are no addresses
  std::vector<std::shared_ptr<Waiter>> waiters;
};

/// A worker may finish after the resolver and its loop are gone; this says whether they are there.
struct Resolver::Gate {
  std::mutex mutex;
  Resolver* resolver = nullptr;
};

tl::expected<AddressList, std::string> systemLookUp(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error != 0) return tl::unexpected<std::string>(gai_strerror(error));

  AddressList addresses;
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
    char text[NI_MAXHOST];
    if (getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) ==
            0 &&
        std::find(addresses.begin(), addresses.end(), text) == addresses.end()) {
      addresses.emplace_back(text);
    }
  }
  freeaddrinfo(found);
  if (addresses.empty()) return tl::unexpected<std::string>("the name has no address");
  return addresses;
}

Resolver::Resolver(EventLoop& loop, Options options)
    : loop_(loop), options_(std::move(options)), gate_(std::make_shared<Gate>()) {
  if (!options_.lookUp) options_.lookUp = systemLookUp;
  gate_->resolver = this;
}

Resolver::~Resolver() {
  const std::scoped_lock lock(gate_->mutex);
  gate_->resolver = nullptr;
}

const AddressList* Resolver::known(const std::string& host) {
  if (isIpLiteral(host)) {
    literal_.assign(1, host);
    return &literal_;
  }
  if (isLoopback(host)) {
    // Local model servers listen on IPv4 more often than on IPv6.
    literal_ = {"127.0.0.1", "::1"};
    return &literal_;
  }
  const auto entry = entries_.find(host);
  if (entry == entries_.end() || entry->second->pending || !entry->second->error.empty() ||
      entry->second->expires <= loop_.now()) {
    return nullptr;
  }
  return &entry->second->addresses;
}

Task<tl::expected<AddressList, AttemptFailure>> Resolver::resolve(std::string host,
                                                                  TimePoint deadline,
                                                                  CancelSource* cancel) {
  if (const AddressList* list = known(host)) co_return *list;
  auto found = entries_.find(host);
  const bool stale =
      found != entries_.end() && !found->second->pending && found->second->expires <= loop_.now();
  Entry* entry = found == entries_.end() || stale ? &startLookUp(host) : found->second.get();

  if (entry->pending) {
    const auto waiter = std::make_shared<Waiter>(loop_);
    const WaitGuard guard(*waiter);
    entry->waiters.push_back(waiter);
    const WaitStatus status = co_await waiter->wait(deadline, cancel);
    if (status == WaitStatus::Cancelled) {
      co_return failAttempt(FailureKind::Cancelled, "the caller gave up");
    }
    if (status == WaitStatus::TimedOut) {
      co_return failAttempt(FailureKind::Timeout, "the name " + host + " was not resolved");
    }
    found = entries_.find(host);
    if (found == entries_.end() || found->second->pending) {
      co_return failAttempt(FailureKind::Unavailable, "too many names are being resolved");
    }
    entry = found->second.get();
  }
  if (!entry->error.empty()) {
    co_return failAttempt(FailureKind::Unavailable, "cannot resolve " + host + ": " + entry->error);
  }
  co_return entry->addresses;
}

Resolver::Entry& Resolver::startLookUp(const std::string& host) {
  makeRoom();
  Entry& entry = *(entries_[host] = std::make_unique<Entry>());
  const bool accepted = loop_.offload([gate = gate_, host, lookUp = options_.lookUp] {
    auto found = lookUp(host);
    const std::scoped_lock lock(gate->mutex);
    if (gate->resolver == nullptr) return;
    gate->resolver->loop_.post([gate, host, found = std::move(found)]() mutable {
      // On the loop, which is the only thread that destroys the resolver.
      if (gate->resolver != nullptr) gate->resolver->finishLookUp(host, std::move(found));
    });
  });
  if (!accepted) {
    entry.pending = false;
    entry.error = "no worker is free";
    entry.expires = loop_.now();
  }
  return entry;
}

void Resolver::finishLookUp(const std::string& host, tl::expected<AddressList, std::string> found) {
  const auto place = entries_.find(host);
  if (place == entries_.end()) return;
  Entry& entry = *place->second;
  entry.pending = false;
  entry.expires = loop_.now() + (found ? options_.keepFound : options_.keepMissing);
  if (found) {
    entry.addresses = *std::move(found);
  } else {
    entry.error = std::move(found).error();
  }
  const auto waiters = std::exchange(entry.waiters, {});
  for (const std::shared_ptr<Waiter>& waiter : waiters) waiter->wake();
}

void Resolver::makeRoom() {
  if (entries_.size() < options_.maxNames) return;
  std::erase_if(entries_, [now = loop_.now()](const auto& entry) {
    return !entry.second->pending && entry.second->expires <= now;
  });
  if (entries_.size() < options_.maxNames) return;
  std::erase_if(entries_, [](const auto& entry) { return !entry.second->pending; });
}

}  // namespace pagoda::net
