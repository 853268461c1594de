/* pagoda/ext/provider_calls.h - what a provider can do beside chat: embeddings and token counts.
 *
 * Each is an extension of the provider instance (pagoda_provider_api.get_extension) with a begin of
 * its own; the exchange that it makes goes on through the provider's next, on_head, on_data,
 * on_failure and end, as one of chat does. Only TRANSLATORs have them. */
/* Columns are laid out by hand. */
/* clang-format off */
#ifndef PAGODA_EXT_PROVIDER_CALLS_H
#define PAGODA_EXT_PROVIDER_CALLS_H
#include "../provider.h"
PAGODA_EXTERN_C_BEGIN

/* ---- Embeddings ----------------------------------------------------------------- */
#define PAGODA_EXT_PROVIDER_EMBEDDINGS "pagoda.provider-embeddings/1"

#define PAGODA_EMBED_TOKENS (1u << 0) /**< the inputs are token ids, which only raw_json holds */
#define PAGODA_EMBED_QUERY  (1u << 1) /**< the texts are questions, not passages to be found */

/** Texts to be turned into vectors. The host has validated it; views live until the
 *  exchange ends. SIZED. */
typedef struct pagoda_embedding_request {
  uint32_t     struct_size;
  uint32_t     flags;      /**< PAGODA_EMBED_... */
  pagoda_str   model;      /**< the provider's own name for it */
  pagoda_array inputs;     /**< of pagoda_str, in order; empty with PAGODA_EMBED_TOKENS */
  int64_t      dimensions; /**< -1: the model's own */
  pagoda_str   user;
  pagoda_str   extra_json; /**< object: members to pass to this provider as they are, or empty */
  pagoda_str   raw_json;   /**< the whole request in the form of OpenAI's embeddings; its model is
                             the client's, and its encoding_format is for the host to serve */
} pagoda_embedding_request;

/** The answer is START (EMBEDDING | USAGE | EXTRA)*, one EMBEDDING for each input. SIZED. */
typedef struct pagoda_provider_embeddings {
  uint32_t struct_size;
  uint32_t flags;
  uint32_t most_inputs; /**< the most inputs in one request; 0: no limit known */
  uint32_t reserved;    /**< 0 */
  /** As pagoda_provider_api.begin. [any][no-block] */
  PAGODA_FN(pagoda_status, begin)(pagoda_provider *p, const pagoda_attempt *attempt,
                            const pagoda_embedding_request *request,
                            pagoda_exchange **out, pagoda_error *err) PAGODA_NOEXCEPT;
} pagoda_provider_embeddings;

/* ---- Token counts --------------------------------------------------------------- */
#define PAGODA_EXT_PROVIDER_TOKENS "pagoda.provider-tokens/1"

/** Asks the upstream how many prompt tokens a chat request has. The answer is one
 *  USAGE event whose input_tokens is the count. SIZED. */
typedef struct pagoda_provider_tokens {
  uint32_t struct_size;
  uint32_t flags;
  /** As pagoda_provider_api.begin. [any][no-block] */
  PAGODA_FN(pagoda_status, begin)(pagoda_provider *p, const pagoda_attempt *attempt,
                            const pagoda_chat_request *request,
                            pagoda_exchange **out, pagoda_error *err) PAGODA_NOEXCEPT;
} pagoda_provider_tokens;

PAGODA_EXTERN_C_END
#endif
