/* pagoda/base.h - types shared by every part of the plugin ABI.
 *
 * This header and those beside it are the whole contract between the host
 * (the orchestrator) and a plugin (a shared library). They are C11, include
 * nothing but the C standard headers below, and link against nothing.
 *
 * READ THIS FIRST - the seven rules of the ABI
 *
 *  1. Layout      Every struct is either FROZEN (it never changes; the comment
 *                 says so) or SIZED (its first member is `struct_size`). A
 *                 sized struct only ever grows at its end. Whoever fills it
 *                 sets struct_size; whoever reads it tests PAGODA_HAS() before
 *                 touching any member marked "since 1.N" with N > 0.
 *  2. Ownership   Memory never changes owner. What you are handed is borrowed
 *                 until the call returns, unless the comment names a longer
 *                 life. What you hand back is written into a buffer or sink
 *                 that the other side owns. Nobody frees the other's memory.
 *  3. Text        Strings are UTF-8, carried as pointer and size, and are not
 *                 NUL-terminated unless the type is `const char *`.
 *  4. Failure     Every call that can fail returns pagoda_status and takes an
 *                 optional pagoda_error. No exception, longjmp, panic or signal
 *                 may cross the boundary, in either direction.
 *  5. Threads     Each function carries a tag:
 *                   [any]      may be called at once from any thread.
 *                   [instance] calls on one instance do not overlap; the
 *                              thread may differ from call to call.
 *                   [exchange] the same, for one exchange; different exchanges
 *                              of one instance run at once.
 *                   [setup]    called while nothing else of this library runs.
 *                 and, where it applies:
 *                   [no-block] must not wait for I/O, sleep or take a lock
 *                              that is held across I/O. The host runs these
 *                              on its reactor and reports overruns.
 *  6. Unknown     A reader ignores event types, flag bits and enum values
 *                 that it does not know, unless the enum names a fallback.
 *  7. Growth      New abilities arrive as (a) members at the end of a sized
 *                 struct, or (b) extensions, looked up by a string id such as
 *                 "pagoda.host-http/1". Nothing is ever removed within a major.
 */
/* Columns are laid out by hand. */
/* clang-format off */
#ifndef PAGODA_BASE_H
#define PAGODA_BASE_H

#include <stddef.h>
#include <stdint.h>

/* ------------------------------------------------------------------------- */
/* Version                                                                   */
/* ------------------------------------------------------------------------- */

/** Changes only when a plugin built for the old value can no longer be loaded.
 *  The entry symbol carries it (pagoda_plugin_entry_v1), so that a host can serve
 *  two majors and a library can export two entries. */
#define PAGODA_ABI_MAJOR 1
/** Counts additions. A host with a higher or lower minor still loads the
 *  plugin; struct_size and get_extension tell each side what the other knows. */
#define PAGODA_ABI_MINOR 0

/* ------------------------------------------------------------------------- */
/* Compiler glue                                                             */
/* ------------------------------------------------------------------------- */

#if defined(_WIN32)
#  define PAGODA_EXPORT __declspec(dllexport)
#  define PAGODA_CALL __cdecl
#else
#  define PAGODA_EXPORT __attribute__((visibility("default")))
#  define PAGODA_CALL
#endif

/* In C++17 `noexcept` is part of a function pointer's type, so a function that
 * might throw does not fit into any table of this ABI: rule 4, checked by the
 * compiler. */
#if defined(__cplusplus)
#  define PAGODA_NOEXCEPT noexcept
#  define PAGODA_EXTERN_C_BEGIN extern "C" {
#  define PAGODA_EXTERN_C_END }
#  define PAGODA_STATIC_ASSERT(c, m) static_assert(c, m)
#else
#  define PAGODA_NOEXCEPT
#  define PAGODA_EXTERN_C_BEGIN
#  define PAGODA_EXTERN_C_END
#  define PAGODA_STATIC_ASSERT(c, m) _Static_assert(c, m)
#endif

/** Declares a function pointer member: PAGODA_FN(result, name)(parameters). */
#define PAGODA_FN(ret, name) ret(PAGODA_CALL *name)

/* Casts that neither language's warnings object to. */
#if defined(__cplusplus)
#  define PAGODA_BYTES_(p) reinterpret_cast<const char *>(p)
#  define PAGODA_POINTER_(T, p) reinterpret_cast<const T *>(p)
#  define PAGODA_SIZE_(n) static_cast<size_t>(n)
#else
#  define PAGODA_BYTES_(p) ((const char *)(p))
#  define PAGODA_POINTER_(T, p) ((const T *)(const void *)(p))
#  define PAGODA_SIZE_(n) ((size_t)(n))
#endif

/** True if `ptr` is so large that it has `member`. Also false for NULL. */
#define PAGODA_HAS(ptr, member)                                                      \
  ((ptr) != NULL &&                                                               \
   PAGODA_SIZE_(PAGODA_BYTES_(&(ptr)->member) - PAGODA_BYTES_(ptr)) +               \
           sizeof((ptr)->member) <= PAGODA_SIZE_((ptr)->struct_size))

/** The same for a function member, and the function is provided. */
#define PAGODA_CAN(ptr, member) (PAGODA_HAS(ptr, member) && (ptr)->member != NULL)

/** A value of a sized struct with struct_size set and the rest zero (C; C++ has
 *  pagoda::sdk::init<T>()). */
#if !defined(__cplusplus)
#  define PAGODA_INIT(T) ((T){.struct_size = (uint32_t)sizeof(T)})
#endif

PAGODA_EXTERN_C_BEGIN

/* ------------------------------------------------------------------------- */
/* Views and buffers (all FROZEN)                                            */
/* ------------------------------------------------------------------------- */

/** Borrowed UTF-8 text. data may be NULL when size is 0. FROZEN. */
typedef struct pagoda_str {
  const char *data;
  size_t      size;
} pagoda_str;

/** Borrowed bytes. data may be NULL when size is 0. FROZEN. */
typedef struct pagoda_bytes {
  const uint8_t *data;
  size_t         size;
} pagoda_bytes;

/** Borrowed array of sized structs. Step through it with PAGODA_AT, never with
 *  data[i]: the element may be larger than the one that you were compiled
 *  with. FROZEN. */
typedef struct pagoda_array {
  const void *data;
  uint32_t    count;
  uint32_t    stride; /**< bytes from one element to the next */
} pagoda_array;

/** Element i of a pagoda_array as const T *. */
#define PAGODA_AT(T, array, i) \
  PAGODA_POINTER_(T, PAGODA_BYTES_((array).data) + PAGODA_SIZE_(i) * (array).stride)

/** A growable byte buffer that the other side owns. The writer advances `pos`;
 *  before it writes past `end` it calls grow(), which may move the buffer, so
 *  neither pointer may be kept across that call. Appending costs no call while
 *  there is room. FROZEN. */
typedef struct pagoda_buf {
  uint8_t *pos;
  uint8_t *end;
  /** Makes end - pos >= need. PAGODA_E_TOO_LARGE if the owner's limit is passed;
   *  then nothing changed and the writer returns that status. [instance] */
  PAGODA_FN(int32_t, grow)(struct pagoda_buf *buf, size_t need) PAGODA_NOEXCEPT;
} pagoda_buf;

/** Name and value, used for headers and labels. FROZEN. */
typedef struct pagoda_pair {
  pagoda_str name;
  pagoda_str value;
} pagoda_pair;

/* ------------------------------------------------------------------------- */
/* Status and error                                                          */
/* ------------------------------------------------------------------------- */

/** What happened, in the terms that decide what the host does next. The value
 *  set is open: treat an unknown negative value as PAGODA_E_INTERNAL and an
 *  unknown positive value as PAGODA_OK. The comment gives the host's default
 *  reaction; pagoda_error.retry overrides it. */
typedef int32_t pagoda_status;
enum {
  PAGODA_OK                    = 0,
  PAGODA_PENDING               = 1,   /**< accepted; the outcome comes later */

  /* The request. Another model may accept it; the same one will not. */
  PAGODA_E_INVALID_REQUEST     = -1,  /**< malformed or refused parameters: 400, no retry */
  PAGODA_E_CONTEXT_LENGTH      = -2,  /**< too long for this model: try a larger window */
  PAGODA_E_CONTENT_FILTER      = -3,  /**< refused by a safety system: no retry by default */
  PAGODA_E_UNSUPPORTED         = -4,  /**< this model lacks a needed capability: next candidate */
  PAGODA_E_TOO_LARGE           = -5,  /**< a size limit was passed: 413, no retry */

  /* The credential. Another key may work; waiting does not help. */
  PAGODA_E_AUTH                = -10, /**< key rejected: retire the key, try the next key */
  PAGODA_E_PERMISSION          = -11, /**< key may not use this model: next key, then next candidate */
  PAGODA_E_QUOTA               = -12, /**< out of credit: retire the key until its reset */
  PAGODA_E_REGION              = -13, /**< caller's location refused: next candidate */

  /* The upstream, for now. */
  PAGODA_E_RATE_LIMIT          = -20, /**< wait retry_after_ms, or next key or candidate */
  PAGODA_E_OVERLOADED          = -21, /**< back off; next candidate */
  PAGODA_E_UNAVAILABLE         = -22, /**< 5xx, connection refused or lost: retry, then next candidate */
  PAGODA_E_TIMEOUT             = -23, /**< upstream too slow: next candidate */
  PAGODA_E_MODEL_NOT_FOUND     = -24, /**< unknown or retired model: drop it from the catalogue */
  PAGODA_E_PROTOCOL            = -25, /**< upstream sent bytes that make no sense: next candidate */

  /* The caller. */
  PAGODA_E_CANCELLED           = -30, /**< the client went away: stop, no retry */
  PAGODA_E_DEADLINE            = -31, /**< the request's own deadline passed: no retry */
  PAGODA_E_BUDGET              = -32, /**< a spending limit forbids it: cheaper candidate or 402 */

  /* The plugin. */
  PAGODA_E_CONFIG              = -40, /**< configuration is wrong: refuse to start */
  PAGODA_E_NOT_IMPLEMENTED     = -41, /**< optional call not provided */
  PAGODA_E_BAD_STATE           = -42, /**< called out of order */
  PAGODA_E_NO_MEMORY           = -43,
  PAGODA_E_INTERNAL            = -44, /**< a fault in the plugin, incl. a caught exception */
  PAGODA_E_INCOMPATIBLE        = -45  /**< needs an ABI or an extension that the other lacks */
};

/** Overrides the default reaction to a status. Unknown: PAGODA_RETRY_DEFAULT. */
typedef int32_t pagoda_retry;
enum {
  PAGODA_RETRY_DEFAULT   = 0,
  PAGODA_RETRY_NEVER     = 1, /**< end the request */
  PAGODA_RETRY_SAME      = 2, /**< same model, same key */
  PAGODA_RETRY_NEXT_KEY  = 3,
  PAGODA_RETRY_NEXT      = 4  /**< next candidate of the plan */
};

/** Details of a failure. The caller starts it with PAGODA_INIT; the callee fills
 *  what it knows. Text is kept inline so that no one has to free
 *  it; both strings are NUL-terminated and cut, at a character's edge, if too
 *  long. Never put a credential or the prompt in either. SIZED. */
typedef struct pagoda_error {
  uint32_t      struct_size;
  pagoda_status status;         /**< same value as the function returns */
  pagoda_retry  retry;
  int32_t       http_status;    /**< upstream's, 0 if none */
  int64_t       retry_after_ms; /**< -1 if the upstream did not say */
  char          code[64];       /**< the upstream's own code, e.g. "insufficient_quota" */
  char          message[424];   /**< one line, for people */
} pagoda_error;

/* ------------------------------------------------------------------------- */
/* Units                                                                     */
/* ------------------------------------------------------------------------- */
/*  ..._ns, ..._ms   time; deadlines are CLOCK_MONOTONIC nanoseconds, 0 = none
 *  ..._nusd         money, thousand-millionths of a US dollar, int64
 *  ..._uusd_mtok    price, millionths of a US dollar for a million tokens:
 *                   $2.50 per million tokens is 2500000. So
 *                   cost_nusd = tokens * price_uusd_mtok / 1000.
 *  -1               "not known" for every integer that counts something
 *  NaN              "not set" for every double                              */

PAGODA_STATIC_ASSERT(sizeof(pagoda_error) == 512, "pagoda_error 1.0 is 512 bytes");
PAGODA_STATIC_ASSERT(sizeof(pagoda_array) == sizeof(void *) + 8, "pagoda_array is frozen");

PAGODA_EXTERN_C_END
#endif
