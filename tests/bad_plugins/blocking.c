/* Blocks in invoke() until somebody closes the other end of the pipe that the setting `fd` names,
 * or answers at once without it. It ignores that it was cancelled: the worst that a native provider
 * can do. */
#define _DEFAULT_SOURCE
#include <unistd.h>

#include "script.h"

PAGODA_MANIFEST(
    "{\"id\":\"test.blocking\",\"version\":\"1.0.0\",\"abi\":{\"major\":1,\"minor\":0},"
    "\"provides\":["
    "{\"kind\":\"pagoda.provider/1\",\"type\":\"blocking\"}],\"permissions\":{\"blocking\":true}}");

struct pagoda_provider {
  int fd;
};

static pagoda_status create(const pagoda_host* host, const char* type, pagoda_str config,
                            pagoda_provider** out, pagoda_error* err) {
  char fd[16];
  (void)host, (void)type, (void)err;
  *out = (pagoda_provider*)calloc(1, sizeof **out);
  script_setting(config, "fd", fd, sizeof fd);
  (*out)->fd = fd[0] == '\0' ? -1 : atoi(fd);
  return PAGODA_OK;
}
static void destroy(pagoda_provider* p) {
  free(p);
}

static pagoda_status invoke(pagoda_provider* p, const pagoda_call* call,
                            const pagoda_chat_request* request, pagoda_error* err) {
  char byte;
  (void)request, (void)err;
  pagoda_status status = script_emit(call->events, PAGODA_EV_START, "");
  if (p->fd >= 0) {
    while (read(p->fd, &byte, 1) > 0) continue;
  }
  for (int i = 0; i < 2 && status >= 0; ++i) status = script_emit(call->events, PAGODA_EV_TEXT, "slow ");
  if (status < 0) return status;
  return script_emit(call->events, PAGODA_EV_FINISH, "");
}

static const pagoda_provider_type type = {sizeof(pagoda_provider_type), PAGODA_MODE_NATIVE,
                                          "blocking", "Blocking", "{}"};
static uint32_t type_count(void) {
  return 1;
}
static const pagoda_provider_type* type_at(uint32_t index) {
  return index == 0 ? &type : NULL;
}
static const pagoda_provider_api api = {.struct_size = sizeof(pagoda_provider_api),
                                        .type_count = type_count,
                                        .type_at = type_at,
                                        .create = create,
                                        .destroy = destroy,
                                        .invoke = invoke};
static pagoda_status init(const pagoda_host* host, pagoda_error* err) {
  (void)host, (void)err;
  return PAGODA_OK;
}
static const void* get_kind(const char* id) {
  return strcmp(id, PAGODA_KIND_PROVIDER) == 0 ? &api : NULL;
}
static const pagoda_plugin_entry entry = {sizeof(pagoda_plugin_entry),
                                          PAGODA_ABI_MAJOR,
                                          PAGODA_ABI_MINOR,
                                          "test.blocking",
                                          "1.0.0",
                                          init,
                                          NULL,
                                          get_kind};
const pagoda_plugin_entry* pagoda_plugin_entry_v1(void) {
  return &entry;
}
