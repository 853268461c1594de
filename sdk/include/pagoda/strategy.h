/* pagoda/strategy.h - plugins that decide which model, or models, answer.
 *
 * The host classifies the request, takes a snapshot of everything it knows of
 * the candidates, and asks for a plan. A plan is data: the host carries it out
 * and reports how it went. A strategy therefore does no I/O, never sees a
 * connection, and can be replayed from a log: same features, same catalogue,
 * same seed, same plan.
 */
/* Columns are laid out by hand. */
/* clang-format off */
#ifndef PAGODA_STRATEGY_H
#define PAGODA_STRATEGY_H

#include "chat.h"
#include "plugin.h"

PAGODA_EXTERN_C_BEGIN

/** get_kind() id; the result is a const pagoda_strategy_api *. */
#define PAGODA_KIND_STRATEGY "pagoda.strategy/1"

typedef struct pagoda_strategy pagoda_strategy;

/* ------------------------------------------------------------------------- */
/* Input: the request                                                        */
/* ------------------------------------------------------------------------- */

/** What the request asks for. Unknown: PAGODA_TASK_GENERAL. */
typedef int32_t pagoda_task;
enum {
  PAGODA_TASK_GENERAL = 0, PAGODA_TASK_CHAT = 1, PAGODA_TASK_CODE = 2, PAGODA_TASK_MATH = 3,
  PAGODA_TASK_REASONING = 4, PAGODA_TASK_EXTRACTION = 5, PAGODA_TASK_CLASSIFICATION = 6,
  PAGODA_TASK_SUMMARY = 7, PAGODA_TASK_TRANSLATION = 8, PAGODA_TASK_CREATIVE = 9,
  PAGODA_TASK_TOOL_USE = 10, PAGODA_TASK_VISION = 11, PAGODA_TASK_RAG = 12
};

#define PAGODA_FEAT_STREAM     (1u << 0)
#define PAGODA_FEAT_SENSITIVE  (1u << 1) /**< holds personal or secret data */
#define PAGODA_FEAT_SHADOW     (1u << 2) /**< the plan will not be carried out */

/** A request, as classified. review() gets the same again. Views live until
 *  the call returns. SIZED. */
typedef struct pagoda_features {
  uint32_t    struct_size;
  uint32_t    flags;             /**< PAGODA_FEAT_... */
  uint64_t    decision_id;       /**< names this decision in review and feedback */
  uint64_t    seed;              /**< the only source of randomness to use */
  pagoda_task task;
  int32_t     priority;          /**< 0 normal, > 0 more urgent */
  double      task_confidence;   /**< 0..1, NaN if no classifier ran */
  double      difficulty;        /**< 0 trivial .. 1 hard, NaN if not known */
  uint64_t    need_capabilities; /**< PAGODA_CAP_...; candidates lacking one are
                                      already left out of the catalogue */
  int64_t      input_tokens;  /**< estimate */
  int64_t      output_tokens; /**< expected or requested, -1 if not known */
  int64_t      deadline_ms;   /**< left for the whole request, -1 if none */
  int64_t      budget_nusd;   /**< most that this request may cost, -1 if none */
  pagoda_str   language;      /**< BCP 47, e.g. "de", or empty */
  pagoda_str   tenant;        /**< opaque */
  pagoda_str   session;       /**< opaque; equal for turns of one talk */
  pagoda_str   pool;          /**< the model name or alias that was asked for */
  pagoda_array labels;        /**< of pagoda_pair, from the client and the host */
  const float *embedding;     /**< of the last user turn, or NULL */
  uint32_t     embedding_size;
  uint32_t     turns;         /**< messages in the request */
  pagoda_str   prompt;        /**< empty unless the manifest has permissions.prompt */
} pagoda_features;

/* ------------------------------------------------------------------------- */
/* Input: the candidates                                                     */
/* ------------------------------------------------------------------------- */

typedef int32_t pagoda_health;
enum {
  PAGODA_HEALTH_UP = 0,
  PAGODA_HEALTH_DEGRADED = 1,  /**< works, but with errors or slowly */
  PAGODA_HEALTH_PROBING = 2,   /**< circuit half open: few requests only */
  PAGODA_HEALTH_DOWN = 3       /**< circuit open: the host will skip it */
};

/** One model at one provider. Counts and times are over a sliding window that
 *  the operator sets (5 minutes by default). Views live until plan() returns;
 *  ids are stable across snapshots, indexes are not. SIZED. */
typedef struct pagoda_candidate {
  uint32_t      struct_size;
  uint32_t      flags;
  pagoda_str    id;                 /**< "provider/model" */
  pagoda_str    provider;
  int32_t       tier;               /**< operator's: 0 cheapest, rising */
  pagoda_health health;
  uint64_t      capabilities;       /**< PAGODA_CAP_... */
  int64_t       context_tokens;
  int64_t       max_output_tokens;
  int64_t       price_input_uusd_mtok;
  int64_t       price_output_uusd_mtok;
  int64_t       price_cache_read_uusd_mtok;
  int64_t       expected_cost_nusd; /**< for this request, by the host's estimate */
  double        quality;            /**< 0..1 for features.task, NaN if not known */
  double        error_rate;         /**< 0..1 */
  double        tokens_per_second;  /**< of output, NaN if not known */
  int64_t       first_token_ms_p50; /**< -1 if no sample, as below */
  int64_t       first_token_ms_p95;
  int64_t       total_ms_p50;
  int64_t       total_ms_p95;
  int64_t       samples;            /**< how many the figures rest on */
  int32_t       in_flight;
  int32_t       max_in_flight;      /**< -1 if not limited */
  int64_t       requests_left;      /**< of the upstream's rate limit, -1 not known */
  int64_t       tokens_left;
  int64_t       budget_left_nusd;   /**< the tightest that applies, -1 none */
  pagoda_str    region;
  pagoda_array  labels;             /**< of pagoda_pair, the operator's */
} pagoda_candidate;

/** An immutable snapshot. Equal epoch: equal set of candidates (though their
 *  figures may differ). SIZED. */
typedef struct pagoda_catalogue {
  uint32_t     struct_size;
  uint32_t     flags;
  uint64_t     epoch;
  uint64_t     time_ns;
  pagoda_array candidates; /**< of pagoda_candidate; never empty */
} pagoda_catalogue;

/* ------------------------------------------------------------------------- */
/* Output: the plan                                                          */
/* ------------------------------------------------------------------------- */

/** How the steps are carried out. A host that does not know a mode answers
 *  PAGODA_E_UNSUPPORTED to set_mode; then choose another. */
typedef int32_t pagoda_plan_mode;
enum {
  PAGODA_PLAN_FALLBACK = 0, /**< first step; on failure the next, and so on. A single
                              model is a plan with one step. */
  PAGODA_PLAN_CASCADE  = 1, /**< as above, but an answer that is not good enough also
                              leads to the next step */
  PAGODA_PLAN_REFINE   = 2, /**< each step gets the former answer to improve on */
  PAGODA_PLAN_RACE     = 3, /**< start each step after its delay_ms; first good answer
                              wins, the rest are cancelled (hedging) */
  PAGODA_PLAN_ENSEMBLE = 4  /**< run all steps; combine */
};

typedef int32_t pagoda_combine;
enum {
  PAGODA_COMBINE_VOTE  = 0, /**< most frequent normalised answer */
  PAGODA_COMBINE_JUDGE = 1, /**< the step with PAGODA_STEP_ROLE_JUDGE picks one */
  PAGODA_COMBINE_MERGE = 2  /**< the judge writes one answer out of all */
};

typedef int32_t pagoda_step_role;
enum { PAGODA_STEP_ROLE_ANSWER = 0, PAGODA_STEP_ROLE_JUDGE = 1 };

/** SIZED. */
typedef struct pagoda_plan_step {
  uint32_t         struct_size;
  uint32_t         candidate;         /**< index into catalogue.candidates */
  pagoda_step_role role;
  uint32_t         flags;
  uint32_t         timeout_ms;        /**< 0: what is left of the deadline */
  uint32_t         delay_ms;          /**< RACE: start this much after the first step */
  int64_t          max_output_tokens; /**< -1: as requested */
  double           accept_score;      /**< CASCADE: go on below this, NaN: default */
  double           weight;            /**< VOTE, NaN: 1 */
  pagoda_str       instruction;       /**< REFINE and JUDGE: replaces the host's prompt */
} pagoda_plan_step;

/** The plan under construction; the host owns it and hands it over empty.
 *  SIZED. */
typedef struct pagoda_plan {
  uint32_t       struct_size;
  uint32_t       flags;
  void          *impl;
  pagoda_combine combine;       /**< ENSEMBLE */
  uint32_t       quorum;        /**< ENSEMBLE: enough answers to combine, 0: all */
  int64_t        max_cost_nusd; /**< host stops before a step that would pass it, -1 none */
  uint64_t       memo;          /**< handed back in review and feedback */
  /** Once, before the first step; FALLBACK if never called. PAGODA_E_UNSUPPORTED: this
   *  host does not carry out that mode. [any][no-block] */
  PAGODA_FN(pagoda_status, set_mode)(struct pagoda_plan *plan, pagoda_plan_mode mode) PAGODA_NOEXCEPT;
  /** Copies the step. PAGODA_E_INVALID_REQUEST: no such candidate. [any][no-block] */
  PAGODA_FN(pagoda_status, add_step)(struct pagoda_plan *plan,
                               const pagoda_plan_step *step) PAGODA_NOEXCEPT;
  /** One line on why; shown in traces, the decision log and dry runs.
   *  [any][no-block] */
  PAGODA_FN(void, explain)(struct pagoda_plan *plan, pagoda_str reason) PAGODA_NOEXCEPT;
} pagoda_plan;

/* ------------------------------------------------------------------------- */
/* Review and feedback                                                       */
/* ------------------------------------------------------------------------- */

/** How one step went. Views live until the call returns. SIZED. */
typedef struct pagoda_step_result {
  uint32_t      struct_size;
  uint32_t      step;         /**< index within the plan */
  pagoda_str    candidate_id;
  pagoda_status status;
  pagoda_finish finish;
  int64_t       input_tokens;
  int64_t       output_tokens;
  int64_t       cost_nusd;
  int64_t       first_token_ms;
  int64_t       total_ms;
  double        score;        /**< 0..1 by the host's checks or judge, NaN none */
  double        mean_logprob; /**< NaN if not available */
  pagoda_str    text;         /**< empty unless permissions.prompt */
} pagoda_step_result;

typedef int32_t pagoda_verdict;
enum {
  PAGODA_VERDICT_DEFAULT = 0,  /**< let the host compare score and accept_score */
  PAGODA_VERDICT_ACCEPT  = 1,
  PAGODA_VERDICT_NEXT    = 2,  /**< go on to the next step */
  PAGODA_VERDICT_STOP    = 3   /**< end the request with this answer, or error */
};

typedef int32_t pagoda_feedback_source;
enum {
  PAGODA_FEEDBACK_OUTCOME = 0, /**< the request ended; one for each decision */
  PAGODA_FEEDBACK_RATING  = 1, /**< a person rated it; maybe days later */
  PAGODA_FEEDBACK_EVAL    = 2  /**< an offline evaluation */
};

/** SIZED. */
typedef struct pagoda_feedback {
  uint32_t               struct_size;
  pagoda_feedback_source source;
  uint64_t               decision_id;
  uint64_t               memo;          /**< as the plan set it */
  pagoda_status          status;        /**< of the request as a whole */
  int32_t                winner;        /**< index into steps, -1 none */
  pagoda_array           steps;         /**< of pagoda_step_result; steps that ran */
  int64_t                total_ms;
  int64_t                cost_nusd;
  double                 rating;        /**< 0..1, NaN if source has none */
  pagoda_str             comment_label; /**< e.g. "wrong", "too-long" */
} pagoda_feedback;

/* ------------------------------------------------------------------------- */
/* The table                                                                 */
/* ------------------------------------------------------------------------- */

/** One kind of strategy that the library can make. Constant. SIZED. */
typedef struct pagoda_strategy_type {
  uint32_t    struct_size;
  uint32_t    flags;
  const char *type;
  const char *title;
  const char *config_schema_json;
} pagoda_strategy_type;

/** SIZED; constant. */
typedef struct pagoda_strategy_api {
  uint32_t struct_size;
  uint32_t flags;

  PAGODA_FN(uint32_t, type_count)(void) PAGODA_NOEXCEPT;
  PAGODA_FN(const pagoda_strategy_type *, type_at)(uint32_t index) PAGODA_NOEXCEPT;

  PAGODA_FN(pagoda_status, create)(const pagoda_host *host, const char *type,
                             pagoda_str config_json, pagoda_strategy **out,
                             pagoda_error *err) PAGODA_NOEXCEPT;
  PAGODA_FN(void, destroy)(pagoda_strategy *s) PAGODA_NOEXCEPT;
  PAGODA_FN(pagoda_status, self_test)(pagoda_strategy *s, pagoda_error *err) PAGODA_NOEXCEPT;
  PAGODA_FN(const void *, get_extension)(pagoda_strategy *s, const char *id) PAGODA_NOEXCEPT;

  /** Makes a plan with at least one step. Is called for every request: aim for
   *  less than 50 microseconds. On failure the fallback strategy of the
   *  configuration plans instead; it also takes over for good from a strategy
   *  that keeps failing or keeps passing the host's time limit. [any][no-block] */
  PAGODA_FN(pagoda_status, plan)(pagoda_strategy *s, const pagoda_features *features,
                           const pagoda_catalogue *catalogue, pagoda_plan *plan,
                           pagoda_error *err) PAGODA_NOEXCEPT;

  /** (optional) Judges a step before the host goes on: CASCADE after each
   *  answer, any mode after a failure. [any][no-block] */
  PAGODA_FN(pagoda_verdict, review)(pagoda_strategy *s, const pagoda_features *features,
                              const pagoda_step_result *result) PAGODA_NOEXCEPT;

  /** (optional) Learn. Comes off the request's path, in no particular order,
   *  perhaps more than once for a decision, perhaps for decisions that an
   *  earlier version or another process took. [any][no-block] */
  PAGODA_FN(void, feedback)(pagoda_strategy *s, const pagoda_feedback *feedback) PAGODA_NOEXCEPT;

  /** (optional) Writes what was learnt, in a form of your own that begins with
   *  a format number. Runs beside plan and feedback. Called every so often,
   *  before a swap and at shutdown. [any] */
  PAGODA_FN(pagoda_status, save)(pagoda_strategy *s, pagoda_buf *out, pagoda_error *err) PAGODA_NOEXCEPT;

  /** (optional) Takes over what save wrote, perhaps by another version. Called
   *  once after create. PAGODA_E_INCOMPATIBLE: start from nothing, which is not
   *  a failure. [instance] */
  PAGODA_FN(pagoda_status, load)(pagoda_strategy *s, pagoda_bytes state, pagoda_str from_version,
                           pagoda_error *err) PAGODA_NOEXCEPT;
} pagoda_strategy_api;

PAGODA_EXTERN_C_END
#endif
