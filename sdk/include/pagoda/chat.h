/* pagoda/chat.h - a chat request and the events that answer it, in one neutral
 * form for all providers. */
/* Columns are laid out by hand. */
/* clang-format off */
#ifndef PAGODA_CHAT_H
#define PAGODA_CHAT_H

#include "base.h"

PAGODA_EXTERN_C_BEGIN

/* ------------------------------------------------------------------------- */
/* Request                                                                   */
/* ------------------------------------------------------------------------- */

typedef int32_t pagoda_role;
enum { PAGODA_ROLE_SYSTEM = 0, PAGODA_ROLE_USER = 1, PAGODA_ROLE_ASSISTANT = 2, PAGODA_ROLE_TOOL = 3 };

typedef int32_t pagoda_part_kind;
enum {
  PAGODA_PART_TEXT      = 0, /**< text */
  PAGODA_PART_IMAGE     = 1, /**< url, or data with media_type */
  PAGODA_PART_AUDIO     = 2, /**< data with media_type */
  PAGODA_PART_FILE      = 3, /**< url, or data with media_type; text is the name */
  PAGODA_PART_REASONING = 4  /**< an earlier turn's thinking; data is its signature */
};

/** One piece of a message's content. SIZED. */
typedef struct pagoda_part {
  uint32_t         struct_size;
  pagoda_part_kind kind;
  pagoda_str       text;
  pagoda_str       media_type;
  pagoda_str       url;
  pagoda_bytes     data;
  pagoda_str       extra_json; /**< members that the neutral form lacks, or empty */
} pagoda_part;

/** SIZED. */
typedef struct pagoda_tool_call {
  uint32_t   struct_size;
  uint32_t   flags;
  pagoda_str id;
  pagoda_str name;
  pagoda_str arguments_json;
} pagoda_tool_call;

/** SIZED. */
typedef struct pagoda_message {
  uint32_t     struct_size;
  pagoda_role  role;
  pagoda_array parts;        /**< of pagoda_part */
  pagoda_array tool_calls;   /**< of pagoda_tool_call; only with PAGODA_ROLE_ASSISTANT */
  pagoda_str   tool_call_id; /**< only with PAGODA_ROLE_TOOL */
  pagoda_str   name;
  pagoda_str   extra_json;
} pagoda_message;

/** SIZED. */
typedef struct pagoda_tool {
  uint32_t   struct_size;
  uint32_t   flags;           /**< PAGODA_TOOL_STRICT */
  pagoda_str name;
  pagoda_str description;
  pagoda_str parameters_json; /**< JSON schema */
} pagoda_tool;
#define PAGODA_TOOL_STRICT 1u

typedef int32_t pagoda_tool_choice;
enum { PAGODA_TOOL_AUTO = 0, PAGODA_TOOL_NONE = 1, PAGODA_TOOL_REQUIRED = 2, PAGODA_TOOL_NAMED = 3 };

typedef int32_t pagoda_format;
enum { PAGODA_FORMAT_TEXT = 0, PAGODA_FORMAT_JSON = 1, PAGODA_FORMAT_JSON_SCHEMA = 2 };

#define PAGODA_REQ_STREAM        (1u << 0) /**< the client wants deltas */
#define PAGODA_REQ_HAS_SEED      (1u << 1)
#define PAGODA_REQ_LOGPROBS      (1u << 2)
#define PAGODA_REQ_SERIAL_TOOLS  (1u << 3) /**< no parallel tool calls */

/** A chat request after the host has validated it, resolved the model and
 *  applied defaults. All views live until the exchange ends (TRANSLATOR) or the
 *  call is finished (NATIVE).
 *
 *  raw_json is always there: the whole request in the form of OpenAI's
 *  chat.completions, whatever dialect the client spoke. The host has checked that
 *  it is valid UTF-8 and one valid JSON object without duplicate top-level keys,
 *  so that a provider of that dialect splices it instead of writing it anew
 *  (pagoda/json.hpp). Its `model`, `stream` and token limit are the client's: the
 *  members here win over them.
 *
 *  max_output_tokens is the host's bound, put there or lowered by the host so that
 *  the answer cannot cost more than was set aside. If it is not -1 it must be sent,
 *  under whatever name the upstream reads. SIZED. */
typedef struct pagoda_chat_request {
  uint32_t           struct_size;
  uint32_t           flags;              /**< PAGODA_REQ_... */
  pagoda_str         model;              /**< the provider's own name for it */
  pagoda_array       messages;           /**< of pagoda_message, never empty */
  pagoda_array       tools;              /**< of pagoda_tool */
  pagoda_tool_choice tool_choice;
  pagoda_format      format;
  pagoda_str         tool_choice_name;   /**< with PAGODA_TOOL_NAMED */
  pagoda_str         format_name;
  pagoda_str         format_schema_json; /**< with PAGODA_FORMAT_JSON_SCHEMA */
  pagoda_array       stop;               /**< of pagoda_str */
  double             temperature;        /**< NaN if not set, as all doubles here */
  double             top_p;
  double             presence_penalty;
  double             frequency_penalty;
  int64_t            max_output_tokens;  /**< must be sent, see above; -1 none */
  int64_t            seed;               /**< only with PAGODA_REQ_HAS_SEED */
  int64_t            reasoning_tokens;   /**< -1 not set, 0 off, > 0 budget */
  uint32_t           choices;            /**< n, at least 1 */
  uint32_t           top_logprobs;
  pagoda_str         user;               /**< an opaque end-user id, may be empty */
  pagoda_str         extra_json;         /**< object: members to pass to this provider as they are */
  pagoda_str         raw_json;           /**< the whole request, OpenAI form; see above */
} pagoda_chat_request;

/* ------------------------------------------------------------------------- */
/* Answer                                                                    */
/* ------------------------------------------------------------------------- */

typedef int32_t pagoda_finish;
enum {
  PAGODA_FINISH_STOP = 0, PAGODA_FINISH_LENGTH = 1, PAGODA_FINISH_TOOL_CALLS = 2,
  PAGODA_FINISH_FILTER = 3, PAGODA_FINISH_OTHER = 4 /**< unknown values mean this */
};

/** Token counts as billed; -1 if the upstream did not say. SIZED. */
typedef struct pagoda_usage {
  uint32_t struct_size;
  uint32_t flags;         /**< PAGODA_USAGE_... */
  int64_t  input_tokens;  /**< all of them, cached ones included */
  int64_t  output_tokens; /**< all of them, reasoning included */
  int64_t  cache_read_tokens;
  int64_t  cache_write_tokens;
  int64_t  reasoning_tokens;
  int64_t  cost_nusd;     /**< only if the upstream states a price, else -1 */
  int64_t  cache_write_1h_tokens; /**< part of cache_write_tokens that is kept for an hour */
  int64_t  searches;      /**< that the model made on its own, where they have a fee */
} pagoda_usage;
#define PAGODA_USAGE_ESTIMATED 1u /**< counted by the sender, not billed by the upstream */
/** The upstream sent figures that cannot be true (negative, or larger than any
 *  model's window): they are -1 here, and the host estimates. */
#define PAGODA_USAGE_ABSURD 2u

typedef int32_t pagoda_event_type;
enum {
  PAGODA_EV_START      = 1, /**< id and name: the answer's id and its model, as the
                              upstream names them; once, first */
  PAGODA_EV_TEXT       = 2, /**< text: more of the answer */
  PAGODA_EV_REASONING  = 3, /**< text: more of the thinking; data: the signature that ends a
                              block of it; name, with data: the block's format, "redacted" where
                              it has no text to show. Clients send blocks back as
                              PAGODA_PART_REASONING with that text, data and media_type */
  PAGODA_EV_TOOL_BEGIN = 4, /**< index; id, name */
  PAGODA_EV_TOOL_ARGS  = 5, /**< index; text: more of the arguments' JSON */
  PAGODA_EV_REFUSAL    = 6, /**< text: more of a refusal */
  PAGODA_EV_USAGE      = 7, /**< usage; a later one replaces an earlier one */
  PAGODA_EV_FINISH     = 8, /**< finish; once for each choice. text: the upstream's own word for
                              the reason, may be empty */
  PAGODA_EV_EXTRA      = 9, /**< text: JSON object whose members are merged into the answer
                              at the place that flags names (citations, logprobs, ...) */
  PAGODA_EV_MEDIA      = 10, /**< data with name = media type */
  PAGODA_EV_EMBEDDING  = 11  /**< index: which input; text: its vector as a JSON array of numbers,
                              or data: the vector as base64 of little-endian binary32. Only in
                              answers to embeddings (ext/provider_calls.h) */
};

/** pagoda_event.flags of PAGODA_EV_EXTRA: where the object's members go, in terms of
 *  OpenAI's answer and chunk, so that an answer of that dialect passes without
 *  loss. In a stream they go into that chunk. When the host puts a whole answer
 *  together, a member that comes again is replaced at ANSWER and USAGE; at the
 *  other places arrays are appended to, objects merged and all else replaced, as
 *  clients put deltas together. Never repeats a member that the events themselves
 *  carry (id, model, choices, content, tool_calls, finish_reason, usage's counts).
 *  Unknown: PAGODA_EXTRA_ANSWER. */
typedef uint32_t pagoda_extra_place;
enum {
  PAGODA_EXTRA_ANSWER    = 0, /**< top level of the answer or chunk */
  PAGODA_EXTRA_CHOICE    = 1, /**< the choice object of `choice` */
  PAGODA_EXTRA_MESSAGE   = 2, /**< its message or delta */
  PAGODA_EXTRA_USAGE     = 3, /**< the usage object */
  PAGODA_EXTRA_TOOL_CALL = 4  /**< tool call `index` of `choice` */
};

/** pagoda_event.flags of PAGODA_EV_TOOL_BEGIN: the call is of a custom tool; what
 *  PAGODA_EV_TOOL_ARGS brings is its free-form input, not JSON. */
#define PAGODA_TOOL_CALL_CUSTOM 1u

/** One thing that happened in the answer. One shape serves whole and streamed
 *  answers: a whole answer is the same events in one call. Text and JSON are valid
 *  UTF-8, each event by itself; the host refuses others with PAGODA_E_PROTOCOL.
 *
 *  Events match: START (TEXT | REASONING | REFUSAL | MEDIA | TOOL_BEGIN TOOL_ARGS* |
 *  EXTRA | USAGE)* with one FINISH for each choice, after which that choice has
 *  no more content; USAGE and EXTRA may still follow. SIZED. */
typedef struct pagoda_event {
  uint32_t            struct_size;
  pagoda_event_type   type;
  uint32_t            choice; /**< 0 unless the request asked for more */
  uint32_t            index;  /**< tool call, counted from 0 within the choice */
  pagoda_finish       finish;
  uint32_t            flags;  /**< EXTRA: pagoda_extra_place; TOOL_BEGIN: PAGODA_TOOL_CALL_... */
  pagoda_str          text;
  pagoda_str          id;
  pagoda_str          name;
  pagoda_bytes        data;
  const pagoda_usage *usage;
} pagoda_event;

/** Where events go. The host copies what it needs before emit returns. SIZED. */
typedef struct pagoda_event_sink {
  uint32_t struct_size;
  uint32_t flags;
  void    *impl;
  /** PAGODA_E_CANCELLED or PAGODA_E_DEADLINE: stop now and return that status.
   *  [exchange][no-block] */
  PAGODA_FN(pagoda_status, emit)(const struct pagoda_event_sink *sink,
                           const pagoda_event *event) PAGODA_NOEXCEPT;
} pagoda_event_sink;

PAGODA_EXTERN_C_END
#endif
