/* pagoda/plugin.h - how a library introduces itself, and what the host offers. */
/* Columns are laid out by hand. */
/* clang-format off */
#ifndef PAGODA_PLUGIN_H
#define PAGODA_PLUGIN_H

#include "base.h"

PAGODA_EXTERN_C_BEGIN

/* ------------------------------------------------------------------------- */
/* The host, as a plugin sees it                                             */
/* ------------------------------------------------------------------------- */

typedef int32_t pagoda_log_level;
enum {
  PAGODA_LOG_TRACE = 0, PAGODA_LOG_DEBUG = 1, PAGODA_LOG_INFO = 2,
  PAGODA_LOG_WARN  = 3, PAGODA_LOG_ERROR = 4
};

/* Instances do not change: when a setting changes, the host makes a new instance
 * beside the old one, tests it, sends new requests there, lets the old one
 * finish, and destroys it. A new version of the library arrives the same way. */

/** One of these is made for the library (passed to init) and one for each
 *  instance (passed to create), so that logs, metrics, secrets and permissions
 *  are accounted to whoever uses them. Lives until deinit, resp. destroy, has
 *  returned. SIZED. */
typedef struct pagoda_host {
  uint32_t    struct_size;
  uint16_t    abi_major;
  uint16_t    abi_minor;
  const char *name;    /**< e.g. "pagoda-server" */
  const char *version; /**< e.g. "1.4.0" */
  void       *impl;    /**< the host's; do not touch */

  /** An optional service of the host, or NULL: cast the result to the struct
   *  that the id's header declares. Lives as long as this pagoda_host. [any] */
  PAGODA_FN(const void *, get_extension)(const struct pagoda_host *host,
                                      const char *id) PAGODA_NOEXCEPT;

  /** Lowest level that is written at present. Test it before you format. [any] */
  PAGODA_FN(pagoda_log_level, log_level)(const struct pagoda_host *host) PAGODA_NOEXCEPT;

  /** Writes one line; the host adds time, plugin and request id. [any][no-block] */
  PAGODA_FN(void, log)(const struct pagoda_host *host, pagoda_log_level level,
                    pagoda_str message) PAGODA_NOEXCEPT;

  /** CLOCK_MONOTONIC, or the test's fake clock. Use this and no other, so that
   *  your plugin can be tested without waiting. [any][no-block] */
  PAGODA_FN(uint64_t, now_ns)(const struct pagoda_host *host) PAGODA_NOEXCEPT;
} pagoda_host;

/* ------------------------------------------------------------------------- */
/* The library                                                               */
/* ------------------------------------------------------------------------- */

/** What pagoda_plugin_entry_v1() returns: constant, alive while the library is
 *  mapped. SIZED. */
typedef struct pagoda_plugin_entry {
  uint32_t    struct_size;
  uint16_t    abi_major; /**< PAGODA_ABI_MAJOR that the library was built with */
  uint16_t    abi_minor;
  const char *id;        /**< reverse domain, e.g. "com.example.acme"; must
                                equal the manifest's */
  const char *version; /**< semantic version; must equal the manifest's */

  /** Called once before anything else. Open nothing and start no thread: that
   *  belongs into create. PAGODA_E_INCOMPATIBLE if the host is too old. [setup] */
  PAGODA_FN(pagoda_status, init)(const pagoda_host *host, pagoda_error *err) PAGODA_NOEXCEPT;

  /** Called once after the last instance was destroyed; NULL if not needed.
   *  When it returns, no thread of the library may still run, no callback may
   *  be pending and no atexit or thread_local destructor may be outstanding:
   *  the code may be unmapped next. [setup] */
  PAGODA_FN(void, deinit)(void) PAGODA_NOEXCEPT;

  /** The table for one kind of plugin, or NULL: see PAGODA_KIND_... in provider.h,
   *  strategy.h and the draft headers. Constant for the library's life. [any] */
  PAGODA_FN(const void *, get_kind)(const char *kind_id) PAGODA_NOEXCEPT;
} pagoda_plugin_entry;

/** The one symbol that a plugin exports (besides those of other majors). */
#define PAGODA_ENTRY_SYMBOL "pagoda_plugin_entry_v1"
PAGODA_EXPORT const pagoda_plugin_entry *PAGODA_CALL pagoda_plugin_entry_v1(void) PAGODA_NOEXCEPT;

/* ------------------------------------------------------------------------- */
/* The manifest                                                              */
/* ------------------------------------------------------------------------- */

/** Puts the manifest, one JSON object as a string literal, into an ELF note
 *  (owner "PGD", type PAGODA_MANIFEST_TYPE). The host reads it from the file before it maps any
 *  code: `pagoda plugin inspect x.so` shows it. Keys (PLUGIN_GUIDE.md has the JSON
 *  schema; * is required):
 *    *id *version *abi:{major,minor}  name vendor url license description
 *    *provides: [{kind, type, name, config_schema}]
 *     permissions: {hosts:[...], secrets:[...], prompt:bool, raw_secrets:bool,
 *                   threads:bool, blocking:bool, filesystem:[...]}
 *     requires_extensions: [...]   unloadable: bool   isolation: "in-process"|
 *     "out-of-process"|"any"
 *  Write it once per library, in one source file. */
#define PAGODA_MANIFEST_OWNER "PGD"
#define PAGODA_MANIFEST_TYPE 0x50474401u
#if defined(__ELF__)
#  if defined(__cplusplus)
#    define PAGODA_SIZE32_(n) static_cast<uint32_t>(n)
#  else
#    define PAGODA_SIZE32_(n) ((uint32_t)(n))
#  endif
/* clang's address sanitizer would add a red zone to the note. */
#  if defined(__clang__)
#    define PAGODA_NOTE_PLAIN_ __attribute__((no_sanitize("address")))
#  else
#    define PAGODA_NOTE_PLAIN_
#  endif
#  define PAGODA_MANIFEST(json)                                                     \
    PAGODA_NOTE_PLAIN_                                                              \
    __attribute__((section(".note.pagoda.plugin"), used, aligned(4)))               \
    static const struct {                                                           \
      uint32_t name_size, desc_size, type;                                          \
      char name[4];                                                                 \
      char desc[sizeof(json)];                                                      \
    } pagoda_manifest_note = {4, PAGODA_SIZE32_(sizeof(json)), PAGODA_MANIFEST_TYPE, \
                              PAGODA_MANIFEST_OWNER, json}
#else
#  define PAGODA_MANIFEST(json) PAGODA_EXPORT const char pagoda_plugin_manifest[] = json
#endif

PAGODA_EXTERN_C_END
#endif
