/* A small native provider that answers "hello". A wrong plugin defines what it gets wrong and
 * includes this; what it leaves out is right. */
#ifndef PAGODA_TESTS_FIXTURE_H
#define PAGODA_TESTS_FIXTURE_H

#include <string.h>

#include <pagoda/pagoda.h>

#ifndef FIXTURE_ID
#define FIXTURE_ID "test.fixture"
#endif
#ifndef FIXTURE_VERSION
#define FIXTURE_VERSION "1.0.0"
#endif
#ifndef FIXTURE_TYPE
#define FIXTURE_TYPE "fixture"
#endif
#ifndef FIXTURE_NOTE_ABI
#define FIXTURE_NOTE_ABI "{\"major\":1,\"minor\":0}"
#endif
#ifndef FIXTURE_NOTE_MORE
#define FIXTURE_NOTE_MORE ""
#endif
#ifndef FIXTURE_NOTE
#define FIXTURE_NOTE                                                                         \
  "{\"id\":\"" FIXTURE_ID "\",\"version\":\"" FIXTURE_VERSION "\",\"abi\":" FIXTURE_NOTE_ABI \
  ",\"provides\":[{\"kind\":\"pagoda.provider/1\",\"type\":\"" FIXTURE_TYPE                  \
  "\"}]" FIXTURE_NOTE_MORE "}"
#endif
#ifndef FIXTURE_CODE_ID
#define FIXTURE_CODE_ID FIXTURE_ID
#endif
#ifndef FIXTURE_CODE_VERSION
#define FIXTURE_CODE_VERSION FIXTURE_VERSION
#endif
#ifndef FIXTURE_CODE_TYPE
#define FIXTURE_CODE_TYPE FIXTURE_TYPE
#endif
#ifndef FIXTURE_CODE_ABI
#define FIXTURE_CODE_ABI PAGODA_ABI_MAJOR
#endif
#ifndef FIXTURE_ENTRY_SIZE
#define FIXTURE_ENTRY_SIZE sizeof(pagoda_plugin_entry)
#endif
#ifndef FIXTURE_TABLE_SIZE
#define FIXTURE_TABLE_SIZE sizeof(pagoda_provider_api)
#endif

#ifndef FIXTURE_WITHOUT_NOTE
PAGODA_MANIFEST(FIXTURE_NOTE);
#endif

#ifndef FIXTURE_WITHOUT_ENTRY

static inline pagoda_str fixture_text(const char* text) {
  pagoda_str out = {text, strlen(text)};
  return out;
}

static const pagoda_provider_type fixture_type = {sizeof(pagoda_provider_type), PAGODA_MODE_NATIVE,
                                                  FIXTURE_CODE_TYPE, "Fixture",
                                                  "{\"properties\":{}}"};
static uint32_t fixture_type_count(void) {
  return 1;
}
static const pagoda_provider_type* fixture_type_at(uint32_t index) {
  return index == 0 ? &fixture_type : NULL;
}

static pagoda_status fixture_create(const pagoda_host* host, const char* type, pagoda_str config,
                                    pagoda_provider** out, pagoda_error* err) {
  static char instance;
  (void)host, (void)type, (void)config, (void)err;
  *out = (pagoda_provider*)(void*)&instance;
  return PAGODA_OK;
}
static void fixture_destroy(pagoda_provider* p) {
  (void)p;
}

#ifndef FIXTURE_WITHOUT_INVOKE
static pagoda_status fixture_invoke(pagoda_provider* p, const pagoda_call* call,
                                    const pagoda_chat_request* request, pagoda_error* err) {
  pagoda_event event = PAGODA_INIT(pagoda_event);
  (void)p, (void)request, (void)err;
  event.type = PAGODA_EV_START;
  call->events->emit(call->events, &event);
  event.type = PAGODA_EV_TEXT;
  event.text = fixture_text("hello");
  call->events->emit(call->events, &event);
  event.type = PAGODA_EV_FINISH;
  event.text = fixture_text("");
  return call->events->emit(call->events, &event);
}
#endif

static const pagoda_provider_api fixture_api = {
    .struct_size = FIXTURE_TABLE_SIZE,
    .type_count = fixture_type_count,
    .type_at = fixture_type_at,
    .create = fixture_create,
    .destroy = fixture_destroy,
#ifndef FIXTURE_WITHOUT_INVOKE
    .invoke = fixture_invoke,
#endif
};

#ifndef FIXTURE_INIT
#define FIXTURE_INIT fixture_init
static pagoda_status fixture_init(const pagoda_host* host, pagoda_error* err) {
  (void)host, (void)err;
  return PAGODA_OK;
}
#endif

static const void* fixture_kind(const char* id) {
#ifdef FIXTURE_WITHOUT_KIND
  (void)id;
  return NULL;
#else
  return strcmp(id, PAGODA_KIND_PROVIDER) == 0 ? &fixture_api : NULL;
#endif
}

static const pagoda_plugin_entry fixture_entry = {FIXTURE_ENTRY_SIZE,
                                                  FIXTURE_CODE_ABI,
                                                  PAGODA_ABI_MINOR,
                                                  FIXTURE_CODE_ID,
                                                  FIXTURE_CODE_VERSION,
                                                  FIXTURE_INIT,
                                                  NULL,
                                                  fixture_kind};

const pagoda_plugin_entry* pagoda_plugin_entry_v1(void) {
  return &fixture_entry;
}

#endif
#endif
