/* pagoda/ext/host_services.h - the host's smaller services. */
/* Columns are laid out by hand. */
/* clang-format off */
#ifndef PAGODA_EXT_HOST_SERVICES_H
#define PAGODA_EXT_HOST_SERVICES_H
#include "../plugin.h"
PAGODA_EXTERN_C_BEGIN

/* ---- Metrics: appear as pagoda_plugin_<name>{plugin=...,instance=...} -------- */
#define PAGODA_EXT_HOST_METRICS "pagoda.host-metrics/1"
typedef int32_t pagoda_metric_kind;
enum { PAGODA_METRIC_COUNTER = 0, PAGODA_METRIC_GAUGE = 1, PAGODA_METRIC_HISTOGRAM = 2 };
/** SIZED. */
typedef struct pagoda_host_metrics {
  uint32_t struct_size;
  uint32_t flags;
  /** Defines a metric or finds it. At most 64 for an instance. [any] */
  PAGODA_FN(pagoda_status, define)(const pagoda_host *host, pagoda_metric_kind kind, pagoda_str name,
                             pagoda_str help, uint32_t *metric, pagoda_error *err) PAGODA_NOEXCEPT;
  /** Adds to a counter, sets a gauge, records into a histogram. [any][no-block] */
  PAGODA_FN(void, record)(const pagoda_host *host, uint32_t metric, double value) PAGODA_NOEXCEPT;
} pagoda_host_metrics;

/* ---- Store: a small durable map, private to the instance's id ------------- */
#define PAGODA_EXT_HOST_STORE "pagoda.host-store/1"
/** SIZED. */
typedef struct pagoda_host_store {
  uint32_t struct_size;
  uint32_t flags;
  /** PAGODA_E_INVALID_REQUEST if there is no such key. [any] */
  PAGODA_FN(pagoda_status, get)(const pagoda_host *host, pagoda_str key, pagoda_buf *out,
                          pagoda_error *err) PAGODA_NOEXCEPT;
  /** An empty value removes the key. ttl_ms 0: keep. [any] */
  PAGODA_FN(pagoda_status, put)(const pagoda_host *host, pagoda_str key, pagoda_bytes value,
                          uint64_t ttl_ms, pagoda_error *err) PAGODA_NOEXCEPT;
} pagoda_host_store;

/* ---- Secrets in the clear: only with permissions.raw_secrets -------------- */
#define PAGODA_EXT_HOST_SECRETS "pagoda.host-secrets/1"
/** SIZED. */
typedef struct pagoda_host_secrets {
  uint32_t struct_size;
  uint32_t flags;
  /** For schemes that secret_header cannot serve (signatures). Do not keep the
   *  value beyond the exchange. [any] */
  PAGODA_FN(pagoda_status, reveal)(const pagoda_host *host, pagoda_str name, pagoda_buf *out,
                             pagoda_error *err) PAGODA_NOEXCEPT;
} pagoda_host_secrets;

/* ---- Work: run something later, or elsewhere ------------------------------ */
#define PAGODA_EXT_HOST_WORK "pagoda.host-work/1"
typedef void(PAGODA_CALL *pagoda_work_fn)(void *self) PAGODA_NOEXCEPT;
/** SIZED. */
typedef struct pagoda_host_work {
  uint32_t struct_size;
  uint32_t flags;
  /** Runs fn once on a host worker, delay_ms from now; it may block there. Ids
   *  are never reused. PAGODA_E_OVERLOADED if the queue is full. [any][no-block] */
  PAGODA_FN(pagoda_status, post)(const pagoda_host *host, uint64_t delay_ms, pagoda_work_fn fn,
                           void *self, uint64_t *id) PAGODA_NOEXCEPT;
  /** PAGODA_OK: it will not run. PAGODA_E_BAD_STATE: it is running or has run; then,
   *  with wait != 0, returns once it is over. [any] */
  PAGODA_FN(pagoda_status, cancel)(const pagoda_host *host, uint64_t id, int32_t wait) PAGODA_NOEXCEPT;
} pagoda_host_work;

/* ---- Trace: attach facts to the current request's span -------------------- */
#define PAGODA_EXT_HOST_TRACE "pagoda.host-trace/1"
/** SIZED. */
typedef struct pagoda_host_trace {
  uint32_t struct_size;
  uint32_t flags;
  PAGODA_FN(void, annotate)(const pagoda_host *host, pagoda_str request_id, pagoda_str key,
                         pagoda_str value) PAGODA_NOEXCEPT;
} pagoda_host_trace;

PAGODA_EXTERN_C_END
#endif
