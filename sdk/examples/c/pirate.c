/* A NATIVE provider in plain C: repeats the last message in the voice of a pirate. It shows a whole
 * plugin without any help: the manifest, the entry, one table, one instance. */
#include <stdlib.h>
#include <string.h>

#include <pagoda/pagoda.h>

#define SCHEMA "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{}}"

PAGODA_MANIFEST(
    "{\"id\":\"com.example.pirate-c\",\"version\":\"1.0.0\",\"abi\":{\"major\":1,\"minor\":0},"
    "\"name\":\"Pirate\",\"license\":\"Apache-2.0\","
    "\"provides\":[{\"kind\":\"pagoda.provider/1\",\"type\":\"pirate_c\","
    "\"config_schema\":" SCHEMA
    "}],"
    "\"permissions\":{\"hosts\":[],\"secrets\":[]}}");

/* What create() hands out; the host only passes the pointer around. */
struct pagoda_provider {
  const pagoda_host* host;
};

static pagoda_status create(const pagoda_host* host, const char* type, pagoda_str config_json,
                            pagoda_provider** out, pagoda_error* err) {
  (void)type;
  (void)config_json; /* the host has checked it against the schema */
  *out = malloc(sizeof **out);
  if (*out == NULL) {
    if (err != NULL) err->status = PAGODA_E_NO_MEMORY;
    return PAGODA_E_NO_MEMORY;
  }
  (*out)->host = host;
  return PAGODA_OK;
}

static void destroy(pagoda_provider* p) {
  free(p);
}

static pagoda_status emit(const pagoda_call* call, pagoda_event_type type, pagoda_str text) {
  pagoda_event event = PAGODA_INIT(pagoda_event);
  event.type = type;
  event.text = text;
  if (type == PAGODA_EV_START) {
    event.id = (pagoda_str){"pirate", 6};
    event.name = (pagoda_str){"pirate-1", 8};
  }
  return call->events->emit(call->events, &event);
}

/* The text of the last message's first text part. */
static pagoda_str last_words(const pagoda_chat_request* request) {
  const pagoda_message* message =
      PAGODA_AT(pagoda_message, request->messages, request->messages.count - 1);
  for (uint32_t i = 0; i < message->parts.count; ++i) {
    const pagoda_part* part = PAGODA_AT(pagoda_part, message->parts, i);
    if (part->kind == PAGODA_PART_TEXT) return part->text;
  }
  return (pagoda_str){"", 0};
}

static pagoda_status invoke(pagoda_provider* p, const pagoda_call* call,
                            const pagoda_chat_request* request, pagoda_error* err) {
  (void)p;
  (void)err;
  pagoda_status status = emit(call, PAGODA_EV_START, (pagoda_str){NULL, 0});
  if (status >= 0) status = emit(call, PAGODA_EV_TEXT, (pagoda_str){"Arr! ", 5});
  if (status >= 0) status = emit(call, PAGODA_EV_TEXT, last_words(request));
  if (status >= 0) status = emit(call, PAGODA_EV_FINISH, (pagoda_str){"stop", 4});
  return status < 0 ? status : PAGODA_OK; /* answered: finish() will not be called */
}

static const pagoda_provider_type pirate = {sizeof(pagoda_provider_type), PAGODA_MODE_NATIVE,
                                            "pirate_c", "Pirate", SCHEMA};

static uint32_t type_count(void) {
  return 1;
}
static const pagoda_provider_type* type_at(uint32_t index) {
  return index == 0 ? &pirate : NULL;
}

static const pagoda_provider_api provider_api = {.struct_size = sizeof(pagoda_provider_api),
                                                 .type_count = type_count,
                                                 .type_at = type_at,
                                                 .create = create,
                                                 .destroy = destroy,
                                                 .invoke = invoke};

static pagoda_status init(const pagoda_host* host, pagoda_error* err) {
  (void)host;
  (void)err;
  return PAGODA_OK;
}

static const void* get_kind(const char* kind_id) {
  return strcmp(kind_id, PAGODA_KIND_PROVIDER) == 0 ? &provider_api : NULL;
}

const pagoda_plugin_entry* pagoda_plugin_entry_v1(void) {
  static const pagoda_plugin_entry entry = {.struct_size = sizeof(pagoda_plugin_entry),
                                            .abi_major = PAGODA_ABI_MAJOR,
                                            .abi_minor = PAGODA_ABI_MINOR,
                                            .id = "com.example.pirate-c",
                                            .version = "1.0.0",
                                            .init = init,
                                            .get_kind = get_kind};
  return &entry;
}
