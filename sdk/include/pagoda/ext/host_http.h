/* pagoda/ext/host_http.h - the host's HTTP client, for NATIVE providers and tools. */
/* Columns are laid out by hand. */
/* clang-format off */
#ifndef PAGODA_EXT_HOST_HTTP_H
#define PAGODA_EXT_HOST_HTTP_H
#include "../provider.h"
PAGODA_EXTERN_C_BEGIN

#define PAGODA_EXT_HOST_HTTP "pagoda.host-http/1"

/** What the plugin wants to hear about one request. on_done comes exactly once
 *  and last. All run on the host's reactor. SIZED. */
typedef struct pagoda_http_handler {
  uint32_t struct_size;
  uint32_t flags;
  void    *self;
  PAGODA_FN(void, on_head)(void *self, const pagoda_http_head *head) PAGODA_NOEXCEPT;
  PAGODA_FN(void, on_data)(void *self, const pagoda_frame *frame) PAGODA_NOEXCEPT;
  PAGODA_FN(void, on_done)(void *self, pagoda_status status, const pagoda_error *err) PAGODA_NOEXCEPT;
} pagoda_http_handler;

/** SIZED. */
typedef struct pagoda_host_http {
  uint32_t struct_size;
  uint32_t flags;
  /** An empty request to fill, to be given to send() or drop(). [any] */
  PAGODA_FN(pagoda_http_request *, open)(const pagoda_host *host) PAGODA_NOEXCEPT;
  PAGODA_FN(void, drop)(const pagoda_host *host, pagoda_http_request *request) PAGODA_NOEXCEPT;
  /** Sends it and takes it over. The handler's functions must live until
   *  on_done; *id is for cancel. deadline_ns 0: the host's default.
   *  [any][no-block] */
  PAGODA_FN(pagoda_status, send)(const pagoda_host *host, pagoda_http_request *request,
                           uint64_t deadline_ns, const pagoda_http_handler *handler,
                           uint64_t *id, pagoda_error *err) PAGODA_NOEXCEPT;
  /** on_done follows with PAGODA_E_CANCELLED, unless it has come. [any][no-block] */
  PAGODA_FN(void, cancel)(const pagoda_host *host, uint64_t id) PAGODA_NOEXCEPT;
} pagoda_host_http;

PAGODA_EXTERN_C_END
#endif
