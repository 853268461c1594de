/* pagoda/draft/kinds.h - kinds of plugin that are still being designed.
 *
 * A draft may change or vanish with any release; its id gets a new number when
 * its layout changes, so that a host and a plugin of different age simply do
 * not meet. It keeps its id when it becomes stable. Define PAGODA_ENABLE_DRAFT to
 * say that you know this. */
/* Columns are laid out by hand. */
/* clang-format off */
#ifndef PAGODA_DRAFT_KINDS_H
#define PAGODA_DRAFT_KINDS_H
#ifndef PAGODA_ENABLE_DRAFT
#  error "pagoda/draft/kinds.h is not stable; define PAGODA_ENABLE_DRAFT to use it"
#endif
#include "../provider.h"
#include "../strategy.h"
PAGODA_EXTERN_C_BEGIN

/* ---- Filter: looks at requests and answers, may change or stop them -------- */
#define PAGODA_KIND_FILTER "pagoda.filter/1"
typedef struct pagoda_filter pagoda_filter;
typedef struct pagoda_filter_flow pagoda_filter_flow; /* one request, filter's own */
typedef int32_t pagoda_filter_action;
enum { PAGODA_FILTER_PASS = 0, PAGODA_FILTER_CHANGED = 1, PAGODA_FILTER_HOLD = 2, PAGODA_FILTER_STOP = 3 };
typedef struct pagoda_filter_api {
  uint32_t struct_size;
  uint32_t flags;
  PAGODA_FN(uint32_t, type_count)(void) PAGODA_NOEXCEPT;
  PAGODA_FN(const pagoda_strategy_type *, type_at)(uint32_t index) PAGODA_NOEXCEPT;
  PAGODA_FN(pagoda_status, create)(const pagoda_host *, const char *type, pagoda_str config_json,
                             pagoda_filter **out, pagoda_error *) PAGODA_NOEXCEPT;
  PAGODA_FN(void, destroy)(pagoda_filter *) PAGODA_NOEXCEPT;
  /** CHANGED: the new request, OpenAI form, was written to out. STOP: err says
   *  why, or out holds an answer to give instead. [any] */
  PAGODA_FN(pagoda_filter_action, on_request)(pagoda_filter *, const pagoda_features *,
                                        const pagoda_chat_request *, pagoda_buf *out,
                                        pagoda_filter_flow **flow, pagoda_error *) PAGODA_NOEXCEPT;
  /** For each event of the answer. HOLD: keep it back until a later call lets it
   *  go (a guard that needs a sentence); CHANGED: replacements went to sink. */
  PAGODA_FN(pagoda_filter_action, on_event)(pagoda_filter_flow *, const pagoda_event *,
                                      const pagoda_event_sink *, pagoda_error *) PAGODA_NOEXCEPT;
  PAGODA_FN(void, end)(pagoda_filter_flow *) PAGODA_NOEXCEPT;
} pagoda_filter_api;

/* ---- Classifier: fills features before a strategy sees them ---------------- */
#define PAGODA_KIND_CLASSIFIER "pagoda.classifier/1"
typedef struct pagoda_classifier pagoda_classifier;
typedef struct pagoda_classifier_api {
  uint32_t struct_size;
  uint32_t flags;
  PAGODA_FN(uint32_t, type_count)(void) PAGODA_NOEXCEPT;
  PAGODA_FN(const pagoda_strategy_type *, type_at)(uint32_t index) PAGODA_NOEXCEPT;
  PAGODA_FN(pagoda_status, create)(const pagoda_host *, const char *type, pagoda_str config_json,
                             pagoda_classifier **out, pagoda_error *) PAGODA_NOEXCEPT;
  PAGODA_FN(void, destroy)(pagoda_classifier *) PAGODA_NOEXCEPT;
  /** Sets task, difficulty, language, flags in *features. [any][no-block] */
  PAGODA_FN(pagoda_status, classify)(pagoda_classifier *, const pagoda_chat_request *,
                               pagoda_features *features, pagoda_error *) PAGODA_NOEXCEPT;
  /** (optional) Writes an embedding of text: count floats. [any] */
  PAGODA_FN(pagoda_status, embed)(pagoda_classifier *, pagoda_str text, float *out, uint32_t capacity,
                            uint32_t *count, pagoda_error *) PAGODA_NOEXCEPT;
} pagoda_classifier_api;

/* ---- Tool: an outside API or data source that the host runs for a model ---- */
#define PAGODA_KIND_TOOL "pagoda.tool/1"
typedef struct pagoda_tool_set pagoda_tool_set;
typedef struct pagoda_tool_api {
  uint32_t struct_size;
  uint32_t flags;
  PAGODA_FN(uint32_t, type_count)(void) PAGODA_NOEXCEPT;
  PAGODA_FN(const pagoda_strategy_type *, type_at)(uint32_t index) PAGODA_NOEXCEPT;
  PAGODA_FN(pagoda_status, create)(const pagoda_host *, const char *type, pagoda_str config_json,
                             pagoda_tool_set **out, pagoda_error *) PAGODA_NOEXCEPT;
  PAGODA_FN(void, destroy)(pagoda_tool_set *) PAGODA_NOEXCEPT;
  PAGODA_FN(pagoda_status, list)(pagoda_tool_set *, PAGODA_FN(pagoda_status, add)(void *, const pagoda_tool *),
                           void *self, pagoda_error *) PAGODA_NOEXCEPT;
  /** Answers one call, as NATIVE invoke does; the result is PAGODA_EV_TEXT events. */
  PAGODA_FN(pagoda_status, invoke)(pagoda_tool_set *, const struct pagoda_call *, const pagoda_tool_call *,
                             pagoda_error *) PAGODA_NOEXCEPT;
} pagoda_tool_api;

/* Reserved ids, not yet written down: "pagoda.cache/1" (lookup, store, invalidate),
 * "pagoda.exporter/1" (finished traces and usage records, off the request's path),
 * "pagoda.auth/1" (API key or token to tenant, scopes, budget),
 * "pagoda.storage/1" (the ledger behind another database than SQLite). */

PAGODA_EXTERN_C_END
#endif
