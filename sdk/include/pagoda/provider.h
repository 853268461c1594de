/* pagoda/provider.h - plugins that answer requests with a model or an API.
 *
 * A provider works in one of two ways (pagoda_provider_type.mode):
 *
 *  TRANSLATOR  The normal way, for anything behind HTTP. The plugin turns a
 *              neutral request into an HTTP request and turns response bytes
 *              into events. It performs no I/O. The host does TLS, pooling,
 *              proxies, timeouts, retries, credentials, rate limits, metrics
 *              and cancellation, alike for every provider. Such a plugin is a
 *              pure function of bytes: it can be tested from recorded files,
 *              fuzzed, and run in another process without change.
 *
 *                host                          plugin
 *                 | begin(request) ------------> |
 *                 | next() --------------------> | fills step: HTTP
 *                 |== sends it ==                |
 *                 | on_head(status, headers) --> |
 *                 | on_data(frame) ------------> | emits events   (repeated)
 *                 | on_data(LAST) -------------> | emits the rest
 *                 | next() --------------------> | step: DONE (or HTTP again:
 *                 | end() ---------------------> |  token, upload, polling)
 *
 *  NATIVE      For what is not HTTP: a model in the process, a local device, a
 *              vendor library. The plugin gets the request and a call object
 *              and does the work itself, on the host's workers or its own.
 */
/* Columns are laid out by hand. */
/* clang-format off */
#ifndef PAGODA_PROVIDER_H
#define PAGODA_PROVIDER_H

#include "chat.h"
#include "plugin.h"

PAGODA_EXTERN_C_BEGIN

/** get_kind() id; the result is a const pagoda_provider_api *. */
#define PAGODA_KIND_PROVIDER "pagoda.provider/1"

typedef struct pagoda_provider pagoda_provider; /**< an instance; the plugin's */
typedef struct pagoda_exchange pagoda_exchange; /**< one request in flight; the plugin's */

/* ------------------------------------------------------------------------- */
/* What a provider says about itself                                         */
/* ------------------------------------------------------------------------- */

typedef int32_t pagoda_provider_mode;
enum { PAGODA_MODE_TRANSLATOR = 0, PAGODA_MODE_NATIVE = 1 };

/** One kind of provider that the library can make, e.g. "openai-compatible".
 *  Constant. SIZED. */
typedef struct pagoda_provider_type {
  uint32_t             struct_size;
  pagoda_provider_mode mode;
  const char          *type;               /**< name used in the config file */
  const char          *title;              /**< for people */
  const char          *config_schema_json; /**< JSON schema of the settings; the same
                                             text as in the manifest */
} pagoda_provider_type;

/* What a model can do. */
#define PAGODA_CAP_STREAM      (UINT64_C(1) << 0)
#define PAGODA_CAP_TOOLS       (UINT64_C(1) << 1)
#define PAGODA_CAP_JSON        (UINT64_C(1) << 2)
#define PAGODA_CAP_JSON_SCHEMA (UINT64_C(1) << 3)
#define PAGODA_CAP_IMAGE_IN    (UINT64_C(1) << 4)
#define PAGODA_CAP_AUDIO_IN    (UINT64_C(1) << 5)
#define PAGODA_CAP_FILE_IN     (UINT64_C(1) << 6)
#define PAGODA_CAP_REASONING   (UINT64_C(1) << 7)
#define PAGODA_CAP_SEED        (UINT64_C(1) << 8)
#define PAGODA_CAP_LOGPROBS    (UINT64_C(1) << 9)
#define PAGODA_CAP_PROMPT_CACHE (UINT64_C(1) << 10)

/** A model that this provider serves. Values are defaults: the operator's
 *  catalogue overrides them. SIZED. */
typedef struct pagoda_model {
  uint32_t   struct_size;
  uint32_t   flags;
  pagoda_str name;           /**< the upstream's name */
  pagoda_str title;
  uint64_t   capabilities;   /**< PAGODA_CAP_... */
  int64_t    context_tokens; /**< -1 if not known, as below */
  int64_t    max_output_tokens;
  int64_t    price_input_uusd_mtok;
  int64_t    price_output_uusd_mtok;
  int64_t    price_cache_read_uusd_mtok;
  int64_t    price_cache_write_uusd_mtok;
} pagoda_model;

/** SIZED. */
typedef struct pagoda_model_sink {
  uint32_t struct_size;
  uint32_t flags;
  void    *impl;
  /** Views in model are borrowed until it returns. [any] */
  PAGODA_FN(pagoda_status, add)(const struct pagoda_model_sink *sink,
                          const pagoda_model *model) PAGODA_NOEXCEPT;
} pagoda_model_sink;

/* ------------------------------------------------------------------------- */
/* Translator: what goes out                                                 */
/* ------------------------------------------------------------------------- */

/** How the host cuts a successful response body before it calls on_data; the
 *  bytes may have arrived cut anywhere. What the upstream really sends wins over
 *  what was asked: text/event-stream is cut as SSE, and one JSON document where
 *  a stream was asked for comes WHOLE (see pagoda_frame.framing). A body with a
 *  status of 300 or above always comes WHOLE, to on_failure. */
typedef int32_t pagoda_framing;
enum {
  PAGODA_FRAMING_WHOLE    = 0, /**< one frame with everything */
  PAGODA_FRAMING_SSE      = 1, /**< one frame for each server-sent event */
  PAGODA_FRAMING_LINES    = 2, /**< one frame for each line that is not empty (NDJSON) */
  PAGODA_FRAMING_RAW      = 3, /**< as the bytes arrive, cut anywhere */
  PAGODA_FRAMING_AWS      = 4, /**< one frame for each AWS event-stream message */
  PAGODA_FRAMING_ARRAY    = 5  /**< one frame for each element of a JSON array */
};

/** A request under construction. The host owns it and hands it over empty; the
 *  plugin fills it during next(). SIZED. */
typedef struct pagoda_http_request {
  uint32_t       struct_size;
  pagoda_framing framing;
  void          *impl;
  pagoda_buf    *body;                  /**< write the body here; leave alone for none */
  uint32_t       first_byte_timeout_ms; /**< 0: the host's default */
  uint32_t       idle_timeout_ms;       /**< between two frames; 0: the host's default */

  /** Method such as "POST"; absolute URL. The host refuses hosts that the
   *  manifest's permissions or the operator's list do not name. [exchange] */
  PAGODA_FN(pagoda_status, target)(struct pagoda_http_request *r, pagoda_str method,
                             pagoda_str url) PAGODA_NOEXCEPT;

  /** Adds a header. Host, Content-Length, Connection, Accept-Encoding and the
   *  trace headers are the host's. [exchange] */
  PAGODA_FN(pagoda_status, header)(struct pagoda_http_request *r, pagoda_str name,
                             pagoda_str value) PAGODA_NOEXCEPT;

  /** Adds a header whose value is prefix, the secret, suffix, e.g.
   *  ("authorization", "Bearer ", "api_key", ""). The host puts the secret in
   *  as it sends: the plugin never sees it, and the host may pick among
   *  several keys and change them while the plugin runs. [exchange] */
  PAGODA_FN(pagoda_status, secret_header)(struct pagoda_http_request *r, pagoda_str name,
                                    pagoda_str prefix, pagoda_str secret,
                                    pagoda_str suffix) PAGODA_NOEXCEPT;
} pagoda_http_request;

typedef int32_t pagoda_step_kind;
enum {
  PAGODA_STEP_DONE = 0, /**< nothing more to do; the answer is complete */
  PAGODA_STEP_HTTP = 1, /**< `http` is filled: send it */
  PAGODA_STEP_WAIT = 2  /**< call next() again after wait_ms (polling) */
};

/** The plugin's answer to next(). The host zeroes it and sets http. SIZED. */
typedef struct pagoda_step {
  uint32_t             struct_size;
  pagoda_step_kind     kind;
  pagoda_http_request *http;
  uint64_t             wait_ms;
} pagoda_step;

/* ------------------------------------------------------------------------- */
/* Translator: what comes back                                               */
/* ------------------------------------------------------------------------- */

/** Status and headers. Views live until on_head returns. SIZED. */
typedef struct pagoda_http_head {
  uint32_t     struct_size;
  int32_t      status;
  pagoda_array headers; /**< of pagoda_pair; names in lower case */
} pagoda_http_head;

#define PAGODA_FRAME_LAST 1u /**< the body ends with this frame, which may be empty */

/** A piece of the body. SIZED. */
typedef struct pagoda_frame {
  uint32_t       struct_size;
  uint32_t       flags;    /**< PAGODA_FRAME_LAST */
  pagoda_str     event;    /**< SSE event name or AWS :event-type, else empty */
  pagoda_bytes   data;
  pagoda_framing framing;  /**< how this body was cut */
  uint32_t       reserved; /**< 0 */
} pagoda_frame;

/** The circumstances of one attempt. SIZED. */
typedef struct pagoda_attempt {
  uint32_t   struct_size;
  uint32_t   number;      /**< 0 for the first try, 1 for the first retry, ... */
  pagoda_str request_id;  /**< the host's; goes into logs and traces */
  pagoda_str endpoint;    /**< base URL for this instance or key, may be empty */
  uint64_t   deadline_ns; /**< 0 if none */
} pagoda_attempt;

/* ------------------------------------------------------------------------- */
/* Native: the call                                                          */
/* ------------------------------------------------------------------------- */

/** Handed to invoke(). Lives, with the request and the attempt, until invoke has
 *  returned something else than PAGODA_PENDING or the plugin has called finish().
 *  SIZED. */
typedef struct pagoda_call {
  uint32_t                 struct_size;
  uint32_t                 flags;
  void                    *impl;
  uint64_t                 id; /**< for cancel() */
  const pagoda_attempt    *attempt;
  const pagoda_event_sink *events;
  /** Not 0 once the caller has given up. Cheap; ask often. [any] */
  PAGODA_FN(int32_t, cancelled)(const struct pagoda_call *call) PAGODA_NOEXCEPT;
  /** Exactly once, after the last event. err may be NULL with PAGODA_OK. [any] */
  PAGODA_FN(void, finish)(const struct pagoda_call *call, pagoda_status status,
                       const pagoda_error *err) PAGODA_NOEXCEPT;
} pagoda_call;

/* ------------------------------------------------------------------------- */
/* The table                                                                 */
/* ------------------------------------------------------------------------- */

/** Everything that a provider library offers. Constant. Members marked
 *  (optional) may be NULL. SIZED. */
typedef struct pagoda_provider_api {
  uint32_t struct_size;
  uint32_t flags;

  /* ---- types ---- */

  /** Number of types, and each of them; NULL past the end. [any] */
  PAGODA_FN(uint32_t, type_count)(void) PAGODA_NOEXCEPT;
  PAGODA_FN(const pagoda_provider_type *, type_at)(uint32_t index) PAGODA_NOEXCEPT;

  /* ---- instances ---- */

  /** Makes an instance of a type. config_json satisfies the type's schema; it
   *  holds no secret. Must not wait for the network. On failure *out is NULL
   *  and err says which setting is wrong, in words for the operator. [any] */
  PAGODA_FN(pagoda_status, create)(const pagoda_host *host, const char *type,
                             pagoda_str config_json, pagoda_provider **out,
                             pagoda_error *err) PAGODA_NOEXCEPT;

  /** All exchanges have ended and all calls have finished. [instance] */
  PAGODA_FN(void, destroy)(pagoda_provider *p) PAGODA_NOEXCEPT;

  /** (optional) Proves, offline and within a second, that the instance works:
   *  for a translator, turn a built-in request and answer around. The host
   *  swaps a new version in only if this returns PAGODA_OK. [any] */
  PAGODA_FN(pagoda_status, self_test)(pagoda_provider *p, pagoda_error *err) PAGODA_NOEXCEPT;

  /** (optional) Reports the models known without asking anyone. [any] */
  PAGODA_FN(pagoda_status, models)(pagoda_provider *p, const pagoda_model_sink *sink,
                             pagoda_error *err) PAGODA_NOEXCEPT;

  /** (optional) A further interface of this instance, or NULL. [any] */
  PAGODA_FN(const void *, get_extension)(pagoda_provider *p, const char *id) PAGODA_NOEXCEPT;

  /* ---- translator ---- */

  /** Starts an exchange. `request` lives until end(). [any][no-block] */
  PAGODA_FN(pagoda_status, begin)(pagoda_provider *p, const pagoda_attempt *attempt,
                            const pagoda_chat_request *request,
                            pagoda_exchange **out, pagoda_error *err) PAGODA_NOEXCEPT;

  /** Says what to do next: after begin, and after each response's last frame.
   *  [exchange][no-block] */
  PAGODA_FN(pagoda_status, next)(pagoda_exchange *x, pagoda_step *step,
                           pagoda_error *err) PAGODA_NOEXCEPT;

  /** (optional) A 2xx response began. [exchange][no-block] */
  PAGODA_FN(pagoda_status, on_head)(pagoda_exchange *x, const pagoda_http_head *head,
                              pagoda_error *err) PAGODA_NOEXCEPT;

  /** A piece of a 2xx body. An error that the upstream reports inside the body
   *  is returned as the function's status, with err filled. [exchange][no-block] */
  PAGODA_FN(pagoda_status, on_data)(pagoda_exchange *x, const pagoda_frame *frame,
                              const pagoda_event_sink *sink,
                              pagoda_error *err) PAGODA_NOEXCEPT;

  /** (optional) Any other response, with as much of its body as the host keeps
   *  (64 KiB). err comes filled with the host's reading of the status and of
   *  Retry-After; correct it. [exchange][no-block] */
  PAGODA_FN(void, on_failure)(pagoda_exchange *x, const pagoda_http_head *head,
                           pagoda_bytes body, pagoda_error *err) PAGODA_NOEXCEPT;

  /** Ends the exchange, whatever its state: this is also how it is cancelled.
   *  Frees everything that begin made. As every [exchange] call, it never runs
   *  beside another call on the same exchange. [exchange][no-block] */
  PAGODA_FN(void, end)(pagoda_exchange *x) PAGODA_NOEXCEPT;

  /* ---- native ---- */

  /** Answers a request. PAGODA_OK or an error: already finished, finish() was not
   *  and will not be called. PAGODA_PENDING: finish() will be called, from any
   *  thread. May block only if the manifest says permissions.blocking. [any] */
  PAGODA_FN(pagoda_status, invoke)(pagoda_provider *p, const pagoda_call *call,
                             const pagoda_chat_request *request,
                             pagoda_error *err) PAGODA_NOEXCEPT;

  /** (optional) Asks a pending call to finish soon with PAGODA_E_CANCELLED; the
   *  call may be finishing at this moment or be unknown already. [any][no-block] */
  PAGODA_FN(void, cancel)(pagoda_provider *p, uint64_t call_id) PAGODA_NOEXCEPT;
} pagoda_provider_api;

PAGODA_EXTERN_C_END
#endif
