// pagoda/sdk/provider.hpp - providers as C++ classes.
//
// A provider class P has
//   static constexpr const char *kType, *kTitle, *kConfigSchema;   (the schema as in the manifest)
//   P(Host host, std::string_view configJson);                     throws Failure(PAGODA_E_CONFIG)
// and either, as a TRANSLATOR,
//   std::unique_ptr<Exchange> begin(const pagoda_attempt&, const pagoda_chat_request&);
// or, as a NATIVE provider,
//   Outcome invoke(Call call, const pagoda_chat_request& request);
// and, as it likes, as a TRANSLATOR
//   std::unique_ptr<Exchange> beginEmbeddings(const pagoda_attempt&,
//                                             const pagoda_embedding_request&);
//   static constexpr std::uint32_t kMostEmbeddings = 2048;   (inputs of one request)
//   std::unique_ptr<Exchange> beginTokenCount(const pagoda_attempt&, const pagoda_chat_request&);
// and
//   void cancel(std::uint64_t callId) noexcept;    void selfTest();    void models(Models& models);
//   const void* extension(const char* id) noexcept;
// All but the constructor may be called from several threads at once.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "../ext/provider_calls.h"
#include "core.hpp"
#include "events.hpp"
#include "exchange.hpp"

namespace pagoda::sdk {

template <class P>
concept Translator =
    requires(P& provider, const pagoda_attempt& attempt, const pagoda_chat_request& request) {
      { provider.begin(attempt, request) } -> std::convertible_to<std::unique_ptr<Exchange>>;
    };
template <class P>
concept Native = requires(P& provider, Call call, const pagoda_chat_request& request) {
  { provider.invoke(call, request) } -> std::same_as<Outcome>;
};

template <class P>
concept Embeds =
    requires(P& provider, const pagoda_attempt& attempt, const pagoda_embedding_request& request) {
      {
        provider.beginEmbeddings(attempt, request)
      } -> std::convertible_to<std::unique_ptr<Exchange>>;
    };
template <class P>
concept CountsTokens =
    requires(P& provider, const pagoda_attempt& attempt, const pagoda_chat_request& request) {
      {
        provider.beginTokenCount(attempt, request)
      } -> std::convertible_to<std::unique_ptr<Exchange>>;
    };

namespace detail {

struct ProviderObject {
  ProviderObject() = default;
  ProviderObject(const ProviderObject&) = delete;
  ProviderObject& operator=(const ProviderObject&) = delete;
  virtual ~ProviderObject() = default;
  virtual void selfTest() = 0;
  virtual void models(Models& models) = 0;
  virtual const void* extension(const char* id) noexcept = 0;
  virtual std::unique_ptr<Exchange> begin(const pagoda_attempt&, const pagoda_chat_request&) = 0;
  virtual std::unique_ptr<Exchange> beginEmbeddings(const pagoda_attempt&,
                                                    const pagoda_embedding_request&) = 0;
  virtual std::unique_ptr<Exchange> beginTokenCount(const pagoda_attempt&,
                                                    const pagoda_chat_request&) = 0;
  virtual Outcome invoke(Call call, const pagoda_chat_request& request) = 0;
  virtual void cancel(std::uint64_t callId) noexcept = 0;
};

template <class P>
class ProviderHolder final : public ProviderObject {
 public:
  ProviderHolder(Host host, std::string_view config) : provider_(host, config) {}
  void selfTest() override {
    if constexpr (requires(P& p) { p.selfTest(); }) provider_.selfTest();
  }
  void models([[maybe_unused]] Models& models) override {
    if constexpr (requires(P& p) { p.models(models); }) provider_.models(models);
  }
  const void* extension(const char* id) noexcept override {
    if constexpr (Embeds<P>) {
      if (std::strcmp(id, PAGODA_EXT_PROVIDER_EMBEDDINGS) == 0) return &kEmbeddings;
    }
    if constexpr (CountsTokens<P>) {
      if (std::strcmp(id, PAGODA_EXT_PROVIDER_TOKENS) == 0) return &kTokens;
    }
    if constexpr (requires(P& p) { p.extension(id); }) {
      return provider_.extension(id);
    } else {
      return nullptr;
    }
  }
  std::unique_ptr<Exchange> beginEmbeddings(
      [[maybe_unused]] const pagoda_attempt& attempt,
      [[maybe_unused]] const pagoda_embedding_request& request) override {
    if constexpr (Embeds<P>) {
      return provider_.beginEmbeddings(attempt, request);
    } else {
      throw Failure(PAGODA_E_NOT_IMPLEMENTED, "this provider has no embeddings");
    }
  }
  std::unique_ptr<Exchange> beginTokenCount(
      [[maybe_unused]] const pagoda_attempt& attempt,
      [[maybe_unused]] const pagoda_chat_request& request) override {
    if constexpr (CountsTokens<P>) {
      return provider_.beginTokenCount(attempt, request);
    } else {
      throw Failure(PAGODA_E_NOT_IMPLEMENTED, "this provider counts no tokens");
    }
  }
  std::unique_ptr<Exchange> begin([[maybe_unused]] const pagoda_attempt& attempt,
                                  [[maybe_unused]] const pagoda_chat_request& request) override {
    if constexpr (Translator<P>) {
      return provider_.begin(attempt, request);
    } else {
      throw Failure(PAGODA_E_NOT_IMPLEMENTED, "this provider is not a translator");
    }
  }
  Outcome invoke([[maybe_unused]] Call call,
                 [[maybe_unused]] const pagoda_chat_request& request) override {
    if constexpr (Native<P>) {
      return provider_.invoke(call, request);
    } else {
      throw Failure(PAGODA_E_NOT_IMPLEMENTED, "this provider is a translator");
    }
  }
  void cancel([[maybe_unused]] std::uint64_t callId) noexcept override {
    if constexpr (requires(P& p) { p.cancel(callId); }) provider_.cancel(callId);
  }

 private:
  static constexpr std::uint32_t mostEmbeddings() noexcept {
    if constexpr (requires { P::kMostEmbeddings; }) {
      return P::kMostEmbeddings;
    } else {
      return 0;
    }
  }
  static constexpr pagoda_provider_embeddings kEmbeddings = {
      sizeof(pagoda_provider_embeddings), 0, mostEmbeddings(), 0,
      [](pagoda_provider* p, const pagoda_attempt* attempt, const pagoda_embedding_request* request,
         pagoda_exchange** out, pagoda_error* error) noexcept -> pagoda_status {
        *out = nullptr;
        return guard(error, [&] {
          auto& self = *reinterpret_cast<ProviderObject*>(p);
          *out = reinterpret_cast<pagoda_exchange*>(
              self.beginEmbeddings(*attempt, *request).release());
          return PAGODA_OK;
        });
      }};
  static constexpr pagoda_provider_tokens kTokens = {
      sizeof(pagoda_provider_tokens), 0,
      [](pagoda_provider* p, const pagoda_attempt* attempt, const pagoda_chat_request* request,
         pagoda_exchange** out, pagoda_error* error) noexcept -> pagoda_status {
        *out = nullptr;
        return guard(error, [&] {
          auto& self = *reinterpret_cast<ProviderObject*>(p);
          *out = reinterpret_cast<pagoda_exchange*>(
              self.beginTokenCount(*attempt, *request).release());
          return PAGODA_OK;
        });
      }};
  P provider_;
};

}  // namespace detail

/// The table of a library's provider types, for PAGODA_PLUGIN.
template <class... Ps>
class Providers {
  static_assert(sizeof...(Ps) > 0);
  static_assert(((Translator<Ps> != Native<Ps>)&&...),
                "a provider has either begin() or invoke(), as provider.hpp describes");

 public:
  static const void* find(std::string_view kind) noexcept {
    return kind == PAGODA_KIND_PROVIDER ? &kApi : nullptr;
  }

 private:
  using Object = detail::ProviderObject;
  static Object& self(pagoda_provider* p) noexcept { return *reinterpret_cast<Object*>(p); }
  static Exchange& self(pagoda_exchange* x) noexcept { return *reinterpret_cast<Exchange*>(x); }

  static std::uint32_t typeCount() noexcept { return sizeof...(Ps); }
  static const pagoda_provider_type* typeAt(std::uint32_t index) noexcept {
    return index < sizeof...(Ps) ? &kTypes[index] : nullptr;
  }
  static pagoda_status create(const pagoda_host* host, const char* type, pagoda_str config,
                              pagoda_provider** out, pagoda_error* error) noexcept {
    *out = nullptr;
    return guard(error, [&] {
      std::unique_ptr<Object> object;
      const auto make = [&]<class P>() {
        if (std::strcmp(type, P::kType) != 0) return false;
        object = std::make_unique<detail::ProviderHolder<P>>(Host(host), view(config));
        return true;
      };
      if (!(make.template operator()<Ps>() || ...))
        throw Failure(PAGODA_E_CONFIG, "this library has no such provider type");
      *out = reinterpret_cast<pagoda_provider*>(object.release());
      return PAGODA_OK;
    });
  }
  static void destroy(pagoda_provider* p) noexcept { delete &self(p); }
  static pagoda_status selfTest(pagoda_provider* p, pagoda_error* error) noexcept {
    return guard(error, [&] { return self(p).selfTest(), PAGODA_OK; });
  }
  static pagoda_status models(pagoda_provider* p, const pagoda_model_sink* sink,
                              pagoda_error* error) noexcept {
    return guard(error, [&] {
      Models models(sink);
      return self(p).models(models), PAGODA_OK;
    });
  }
  static const void* extension(pagoda_provider* p, const char* id) noexcept {
    return self(p).extension(id);
  }
  static pagoda_status begin(pagoda_provider* p, const pagoda_attempt* attempt,
                             const pagoda_chat_request* request, pagoda_exchange** out,
                             pagoda_error* error) noexcept {
    *out = nullptr;
    return guard(error, [&] {
      *out = reinterpret_cast<pagoda_exchange*>(self(p).begin(*attempt, *request).release());
      return PAGODA_OK;
    });
  }
  static pagoda_status next(pagoda_exchange* x, pagoda_step* step, pagoda_error* error) noexcept {
    return guard(error, [&] { return self(x).next(*step), PAGODA_OK; });
  }
  static pagoda_status onHead(pagoda_exchange* x, const pagoda_http_head* head,
                              pagoda_error* error) noexcept {
    return guard(error, [&] { return self(x).head(*head), PAGODA_OK; });
  }
  static pagoda_status onData(pagoda_exchange* x, const pagoda_frame* frame,
                              const pagoda_event_sink* sink, pagoda_error* error) noexcept {
    return guard(error, [&] {
      Events events(sink);
      const bool last = (frame->flags & PAGODA_FRAME_LAST) != 0;
      self(x).data({view(frame->event), view(frame->data), last, frame->framing}, events);
      return PAGODA_OK;
    });
  }
  static void onFailure(pagoda_exchange* x, const pagoda_http_head* head, pagoda_bytes body,
                        pagoda_error* error) noexcept {
    guard(error, [&] { return self(x).failed(*head, view(body), *error), PAGODA_OK; });
  }
  static void end(pagoda_exchange* x) noexcept { delete &self(x); }
  static pagoda_status invoke(pagoda_provider* p, const pagoda_call* call,
                              const pagoda_chat_request* request, pagoda_error* error) noexcept {
    return guard(error, [&]() -> pagoda_status {
      return self(p).invoke(Call(call), *request) == Outcome::Done ? PAGODA_OK : PAGODA_PENDING;
    });
  }
  static void cancel(pagoda_provider* p, std::uint64_t callId) noexcept { self(p).cancel(callId); }

  static constexpr pagoda_provider_type kTypes[] = {
      {sizeof(pagoda_provider_type), Translator<Ps> ? PAGODA_MODE_TRANSLATOR : PAGODA_MODE_NATIVE,
       Ps::kType, Ps::kTitle, Ps::kConfigSchema}...};

  static constexpr pagoda_provider_api makeApi() noexcept {
    auto api = init<pagoda_provider_api>();
    api.type_count = typeCount;
    api.type_at = typeAt;
    api.create = create;
    api.destroy = destroy;
    api.self_test = selfTest;
    api.models = models;
    api.get_extension = extension;
    if ((Translator<Ps> || ...)) {
      api.begin = begin;
      api.next = next;
      api.on_head = onHead;
      api.on_data = onData;
      api.on_failure = onFailure;
      api.end = end;
    }
    if ((Native<Ps> || ...)) {
      api.invoke = invoke;
      api.cancel = cancel;
    }
    return api;
  }
  static constexpr pagoda_provider_api kApi = makeApi();
};

}  // namespace pagoda::sdk
