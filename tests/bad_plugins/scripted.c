/* Does what the setting `mode` says: most modes break the contract in one way. Type `scripted` is
 * native, `scripted_http` a translator whose modes speak of the request that it builds. */
#include "script.h"

PAGODA_MANIFEST(
    "{\"id\":\"test.scripted\",\"version\":\"1.0.0\",\"abi\":{\"major\":1,\"minor\":0},"
    "\"provides\":["
    "{\"kind\":\"pagoda.provider/1\",\"type\":\"scripted\"},{\"kind\":\"pagoda.provider/"
    "1\",\"type\":\"scripted_http\"}],"
    "\"permissions\":{\"hosts\":[\"api.example.com\",\"*.example.org\"],\"secrets\":[\"api_key\"]}"
    "}");

struct pagoda_provider {
  const pagoda_host* host;
  const pagoda_call* pending;
  uint32_t metric;
  char mode[32];
};
struct pagoda_exchange {
  pagoda_provider* provider;
  int sent;
};

static int is(const pagoda_provider* p, const char* mode) {
  return strcmp(p->mode, mode) == 0;
}

static const pagoda_host_metrics* metrics_of(const pagoda_host* host) {
  return (const pagoda_host_metrics*)host->get_extension(host, PAGODA_EXT_HOST_METRICS);
}

static pagoda_status create(const pagoda_host* host, const char* type, pagoda_str config,
                            pagoda_provider** out, pagoda_error* err) {
  pagoda_provider* p = (pagoda_provider*)calloc(1, sizeof *p);
  (void)type;
  p->host = host;
  script_setting(config, "mode", p->mode, sizeof p->mode);
  if (is(p, "refuse_settings")) {
    free(p);
    return script_fail(err, PAGODA_E_CONFIG, "mode: refuse_settings is not to my taste");
  }
  if (is(p, "metric"))
    metrics_of(host)->define(host, PAGODA_METRIC_COUNTER, script_text("calls"),
                             script_text("Calls."), &p->metric, NULL);
  *out = p;
  return PAGODA_OK;
}
static void destroy(pagoda_provider* p) {
  free(p);
}

static pagoda_status self_test(pagoda_provider* p, pagoda_error* err) {
  return is(p, "fail_self_test") ? script_fail(err, PAGODA_E_INTERNAL, "two and two are five")
                                 : PAGODA_OK;
}

/* ---- native ---- */

static void work(void* self) {
  const pagoda_call* call = (const pagoda_call*)self;
  call->finish(call, script_answer(call->events, "from a worker"), NULL);
}

static pagoda_status huge(const pagoda_event_sink* sink, size_t size, int pieces) {
  char* text = (char*)malloc(size + 1);
  memset(text, 'x', size);
  text[size] = '\0';
  pagoda_status status = script_emit(sink, PAGODA_EV_START, "");
  while (status >= 0 && pieces-- != 0) status = script_emit(sink, PAGODA_EV_TEXT, text);
  free(text);
  return status;
}

static pagoda_status usage(const pagoda_event_sink* sink, int64_t input, int64_t output) {
  pagoda_usage figures = PAGODA_INIT(pagoda_usage);
  figures.input_tokens = input;
  figures.output_tokens = output;
  figures.cache_read_tokens = figures.cache_write_tokens = figures.reasoning_tokens =
      figures.cost_nusd = -1;
  pagoda_event event = PAGODA_INIT(pagoda_event);
  event.type = PAGODA_EV_USAGE;
  event.usage = &figures;
  return sink->emit(sink, &event);
}

static pagoda_status broken(const pagoda_provider* p, const pagoda_event_sink* sink) {
  if (is(p, "no_start")) return script_emit(sink, PAGODA_EV_TEXT, "too early");
  if (is(p, "start_twice")) {
    script_emit(sink, PAGODA_EV_START, "");
    return script_emit(sink, PAGODA_EV_START, "");
  }
  if (is(p, "no_finish")) {
    script_emit(sink, PAGODA_EV_START, "");
    return script_emit(sink, PAGODA_EV_TEXT, "and then");
  }
  if (is(p, "finish_twice")) {
    script_answer(sink, "once");
    return script_emit(sink, PAGODA_EV_FINISH, "");
  }
  if (is(p, "text_after_finish")) {
    script_answer(sink, "once");
    return script_emit(sink, PAGODA_EV_TEXT, "more");
  }
  if (is(p, "bad_utf8")) return script_answer(sink, "\xc3\x28");
  if (is(p, "ignores_refusal")) {
    script_answer(sink, "\xff");
    return PAGODA_OK;
  }
  if (is(p, "args_without_tool")) {
    script_emit(sink, PAGODA_EV_START, "");
    return script_emit(sink, PAGODA_EV_TOOL_ARGS, "{}");
  }
  if (is(p, "extra_no_object")) {
    script_emit(sink, PAGODA_EV_START, "");
    return script_emit(sink, PAGODA_EV_EXTRA, "{\"a\":1");
  }
  if (is(p, "short_event")) {
    pagoda_event event = PAGODA_INIT(pagoda_event);
    event.struct_size = 8;
    return sink->emit(sink, &event);
  }
  if (is(p, "huge_event")) return huge(sink, (size_t)100 << 20, 1);
  if (is(p, "endless")) return huge(sink, 1 << 16, -1);
  if (is(p, "absurd_usage")) {
    script_answer(sink, "counted");
    return usage(sink, -7, INT64_C(1) << 50);
  }
  return PAGODA_OK;
}

static pagoda_status invoke(pagoda_provider* p, const pagoda_call* call,
                            const pagoda_chat_request* request, pagoda_error* err) {
  const pagoda_event_sink* sink = call->events;
  if (is(p, "answer")) {
    usage(sink, 0, 0); /* refused: nothing has started */
    return script_answer(sink, "unreachable");
  }
  if (is(p, "echo")) {
    const pagoda_message* last =
        PAGODA_AT(pagoda_message, request->messages, request->messages.count - 1);
    const pagoda_part* part = PAGODA_AT(pagoda_part, last->parts, last->parts.count - 1);
    char text[256];
    snprintf(text, sizeof text, "%.*s for %.*s, at most %lld", (int)part->text.size,
             part->text.data, (int)request->model.size, request->model.data,
             (long long)request->max_output_tokens);
    return script_answer(sink, text);
  }
  if (is(p, "worker")) {
    const pagoda_host_work* host =
        (const pagoda_host_work*)p->host->get_extension(p->host, PAGODA_EXT_HOST_WORK);
    return host->post(p->host, 0, work, (void*)call, NULL) < 0 ? PAGODA_E_OVERLOADED
                                                               : PAGODA_PENDING;
  }
  if (is(p, "pending") || (is(p, "late") && p->pending == NULL)) {
    p->pending = call;
    script_emit(sink, PAGODA_EV_START, "");
    return PAGODA_PENDING;
  }
  if (is(p, "late")) {
    /* Only now comes the end of the call before, which the host has long given up. */
    script_emit(p->pending->events, PAGODA_EV_TEXT, "too late");
    p->pending->finish(p->pending, PAGODA_OK, NULL);
    p->pending = NULL;
    return script_answer(sink, "in time");
  }
  if (is(p, "metric")) {
    metrics_of(p->host)->record(p->host, p->metric, 2);
    return script_answer(sink, "counted");
  }
  if (is(p, "unknown_status")) return -999;
  if (is(p, "says_secret"))
    return script_fail(err, PAGODA_E_AUTH, "sk-secret-of-the-test was rejected\nline 2 \xff");
  return broken(p, sink);
}

static void cancel(pagoda_provider* p, uint64_t id) {
  if (!is(p, "pending") || p->pending == NULL || p->pending->id != id) return;
  const pagoda_call* call = p->pending;
  p->pending = NULL;
  call->finish(call, PAGODA_E_CANCELLED, NULL);
}

/* ---- translator ---- */

static pagoda_status begin(pagoda_provider* p, const pagoda_attempt* attempt,
                           const pagoda_chat_request* request, pagoda_exchange** out,
                           pagoda_error* err) {
  (void)attempt, (void)request, (void)err;
  pagoda_exchange* x = (pagoda_exchange*)calloc(1, sizeof *x);
  x->provider = p;
  *out = x;
  return PAGODA_OK;
}
static void end(pagoda_exchange* x) {
  free(x);
}

static void append(pagoda_buf* out, const char* text, size_t times) {
  const size_t size = strlen(text);
  while (times-- != 0) {
    if ((size_t)(out->end - out->pos) < size && out->grow(out, size) < 0) return;
    memcpy(out->pos, text, size);
    out->pos += size;
  }
}

static pagoda_status next(pagoda_exchange* x, pagoda_step* step, pagoda_error* err) {
  const pagoda_provider* p = x->provider;
  pagoda_http_request* http = step->http;
  const char* url = "https://api.example.com/v1/chat";
  (void)err;
  if (x->sent++ != 0) {
    step->kind = PAGODA_STEP_DONE;
    return PAGODA_OK;
  }
  if (is(p, "wait")) {
    step->kind = PAGODA_STEP_WAIT;
    step->wait_ms = 250;
    return PAGODA_OK;
  }
  if (is(p, "base_url")) url = "http://10.0.0.7:8000/v1/chat";
  if (is(p, "subdomain")) url = "https://eu.example.org/v1";
  if (is(p, "foreign_host")) url = "https://evil.example.net/collect";
  if (is(p, "lookalike_host")) url = "https://api.example.com.evil.net/";
  if (is(p, "user_in_url")) url = "https://api.example.com@evil.net/";
  if (is(p, "plain_http")) url = "http://api.example.com/";
  if (is(p, "loopback")) url = "http://127.0.0.1:11434/v1";
  if (is(p, "file_url")) url = "file:///etc/passwd";
  if (!is(p, "no_target")) http->target(http, script_text("POST"), script_text(url));
  http->framing = PAGODA_FRAMING_SSE;
  http->header(http, script_text("content-type"), script_text("application/json"));
  if (is(p, "crlf")) http->header(http, script_text("x-a"), script_text("b\r\nx-evil: 1"));
  if (is(p, "host_header")) http->header(http, script_text("Host"), script_text("evil.net"));
  if (is(p, "length_header")) http->header(http, script_text("Content-Length"), script_text("0"));
  if (is(p, "bad_name")) http->header(http, script_text("x a"), script_text("b"));
  if (is(p, "foreign_secret"))
    http->secret_header(http, script_text("x-key"), script_text(""), script_text("root_password"),
                        script_text(""));
  http->secret_header(http, script_text("authorization"), script_text("Bearer "),
                      script_text("api_key"), script_text(""));
  append(http->body, "0123456789abcdef", is(p, "huge_body") ? (size_t)1 << 20 : 100);
  step->kind = PAGODA_STEP_HTTP;
  return PAGODA_OK;
}

static pagoda_status on_data(pagoda_exchange* x, const pagoda_frame* frame,
                             const pagoda_event_sink* sink, pagoda_error* err) {
  char text[256];
  if (is(x->provider, "error_in_body"))
    return script_fail(err, PAGODA_E_RATE_LIMIT, "the upstream says: slow down");
  if (frame->data.size == 0) return PAGODA_OK;
  snprintf(text, sizeof text, "%.*s", (int)frame->data.size, (const char*)frame->data.data);
  return script_answer(sink, text);
}

static void on_failure(pagoda_exchange* x, const pagoda_http_head* head, pagoda_bytes body,
                       pagoda_error* err) {
  (void)head;
  if (is(x->provider, "calls_it_ok")) err->status = PAGODA_OK;
  if (is(x->provider, "quota") && body.size != 0) {
    err->status = PAGODA_E_QUOTA;
    snprintf(err->code, sizeof err->code, "insufficient_quota");
    snprintf(err->message, sizeof err->message, "no credit left for key sk-secret-of-the-test");
  }
}

/* ---- tables ---- */

#define SCRIPTED_SCHEMA                                                                            \
  "{\"type\":\"object\",\"required\":[\"mode\"],\"properties\":{\"mode\":{\"type\":\"string\"},"   \
  "\"level\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":9},\"unit\":{\"enum\":[\"ms\",\"s\"]" \
  "}}}"
static const pagoda_provider_type types[] = {
    {sizeof(pagoda_provider_type), PAGODA_MODE_NATIVE, "scripted", "Scripted", SCRIPTED_SCHEMA},
    {sizeof(pagoda_provider_type), PAGODA_MODE_TRANSLATOR, "scripted_http", "Scripted",
     SCRIPTED_SCHEMA}};
static uint32_t type_count(void) {
  return 2;
}
static const pagoda_provider_type* type_at(uint32_t index) {
  return index < 2 ? &types[index] : NULL;
}

static const pagoda_provider_api api = {.struct_size = sizeof(pagoda_provider_api),
                                        .type_count = type_count,
                                        .type_at = type_at,
                                        .create = create,
                                        .destroy = destroy,
                                        .self_test = self_test,
                                        .begin = begin,
                                        .next = next,
                                        .on_data = on_data,
                                        .on_failure = on_failure,
                                        .end = end,
                                        .invoke = invoke,
                                        .cancel = cancel};

static pagoda_status init(const pagoda_host* host, pagoda_error* err) {
  (void)err;
  return host->get_extension(host, "test.unknown/1") == NULL ? PAGODA_OK : PAGODA_E_INTERNAL;
}
static const void* get_kind(const char* id) {
  return strcmp(id, PAGODA_KIND_PROVIDER) == 0 ? &api : NULL;
}
static const pagoda_plugin_entry entry = {sizeof(pagoda_plugin_entry),
                                          PAGODA_ABI_MAJOR,
                                          PAGODA_ABI_MINOR,
                                          "test.scripted",
                                          "1.0.0",
                                          init,
                                          NULL,
                                          get_kind};
const pagoda_plugin_entry* pagoda_plugin_entry_v1(void) {
  return &entry;
}
