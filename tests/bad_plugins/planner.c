/* A strategy that does what the setting `mode` says. "in_order" is right; "tell" puts what it was
 * told into its reason. */
#include "script.h"

PAGODA_MANIFEST(
    "{\"id\":\"test.planner\",\"version\":\"1.0.0\",\"abi\":{\"major\":1,\"minor\":0},\"provides\":"
    "["
    "{\"kind\":\"pagoda.strategy/1\",\"type\":\"planner\"}]}");

struct pagoda_strategy {
  char mode[32];
  char learnt[256]; /* the last feedback, in words */
};

static int is(const pagoda_strategy* s, const char* mode) {
  return strcmp(s->mode, mode) == 0;
}

static pagoda_status create(const pagoda_host* host, const char* type, pagoda_str config,
                            pagoda_strategy** out, pagoda_error* err) {
  (void)host, (void)type, (void)err;
  *out = (pagoda_strategy*)calloc(1, sizeof **out);
  script_setting(config, "mode", (*out)->mode, sizeof(*out)->mode);
  return PAGODA_OK;
}
static void destroy(pagoda_strategy* s) {
  free(s);
}

static pagoda_status add(pagoda_plan* plan, uint32_t candidate) {
  pagoda_plan_step step = PAGODA_INIT(pagoda_plan_step);
  step.candidate = candidate;
  step.timeout_ms = 1500;
  step.max_output_tokens = -1;
  return plan->add_step(plan, &step);
}

static void tell(const pagoda_features* f, const pagoda_catalogue* c, pagoda_plan* plan) {
  char text[512];
  size_t used = (size_t)snprintf(text, sizeof text, "task=%d", (int)f->task);
  for (uint32_t i = 0; i < f->labels.count; ++i) {
    const pagoda_pair* pair = PAGODA_AT(pagoda_pair, f->labels, i);
    used += (size_t)snprintf(text + used, sizeof text - used, " %.*s=%.*s", (int)pair->name.size,
                             pair->name.data, (int)pair->value.size, pair->value.data);
  }
  const pagoda_candidate* first = PAGODA_AT(pagoda_candidate, c->candidates, 0);
  used += (size_t)snprintf(text + used, sizeof text - used, " | %.*s tier=%d", (int)first->id.size,
                           first->id.data, (int)first->tier);
  for (uint32_t i = 0; i < first->labels.count; ++i) {
    const pagoda_pair* pair = PAGODA_AT(pagoda_pair, first->labels, i);
    used += (size_t)snprintf(text + used, sizeof text - used, " %.*s=%.*s", (int)pair->name.size,
                             pair->name.data, (int)pair->value.size, pair->value.data);
  }
  plan->explain(plan, script_text(text));
}

static pagoda_status plan(pagoda_strategy* s, const pagoda_features* f, const pagoda_catalogue* c,
                          pagoda_plan* plan, pagoda_error* err) {
  const uint32_t count = c->candidates.count;
  if (is(s, "nothing")) return PAGODA_OK;
  if (is(s, "fails")) return script_fail(err, PAGODA_E_UNSUPPORTED, "no candidate suits me");
  if (is(s, "out_of_range")) return add(plan, count);
  if (is(s, "race_first") && plan->set_mode(plan, PAGODA_PLAN_RACE) >= 0) return PAGODA_E_INTERNAL;
  if (is(s, "endless")) {
    pagoda_status status = PAGODA_OK;
    while (status >= 0) status = add(plan, 0);
    return status == PAGODA_E_TOO_LARGE ? PAGODA_OK : status;
  }
  if (is(s, "tell")) tell(f, c, plan);
  for (uint32_t i = 0; i < count; ++i) add(plan, i);
  plan->memo = 77;
  plan->max_cost_nusd = 5000;
  return PAGODA_OK;
}

static void feedback(pagoda_strategy* s, const pagoda_feedback* f) {
  const pagoda_step_result* step =
      f->winner < 0 ? NULL : PAGODA_AT(pagoda_step_result, f->steps, (uint32_t)f->winner);
  snprintf(s->learnt, sizeof s->learnt,
           "source=%d memo=%llu rating=%.2f %.*s status=%d cost=%lld %.*s", (int)f->source,
           (unsigned long long)f->memo, f->rating, (int)f->comment_label.size,
           f->comment_label.data ? f->comment_label.data : "", (int)f->status,
           step ? (long long)step->cost_nusd : -1LL, step ? (int)step->candidate_id.size : 0,
           step ? step->candidate_id.data : "");
}
static pagoda_status save(pagoda_strategy* s, pagoda_buf* out, pagoda_error* err) {
  const size_t size = strlen(s->learnt);
  if (is(s, "never_saves")) return script_fail(err, PAGODA_E_INTERNAL, "out of paper");
  if (is(s, "endless")) {
    while (out->grow(out, 1u << 20) == PAGODA_OK) out->pos = out->end;
    return PAGODA_E_TOO_LARGE;
  }
  if ((size_t)(out->end - out->pos) < size) {
    const int32_t grown = out->grow(out, size);
    if (grown < 0) return grown;
  }
  memcpy(out->pos, s->learnt, size);
  out->pos += size;
  return PAGODA_OK;
}
static pagoda_status load(pagoda_strategy* s, pagoda_bytes state, pagoda_str from_version,
                          pagoda_error* err) {
  (void)err;
  if (state.size < 6 || memcmp(state.data, "source", 6) != 0) return PAGODA_E_INCOMPATIBLE;
  snprintf(s->learnt, sizeof s->learnt, "%.*s (from %.*s)", (int)state.size,
           (const char*)state.data, (int)from_version.size, from_version.data);
  return PAGODA_OK;
}

static const pagoda_strategy_type type = {sizeof(pagoda_strategy_type), 0, "planner", "Planner",
                                          "{}"};
static uint32_t type_count(void) {
  return 1;
}
static const pagoda_strategy_type* type_at(uint32_t index) {
  return index == 0 ? &type : NULL;
}
static const pagoda_strategy_api api = {.struct_size = sizeof(pagoda_strategy_api),
                                        .type_count = type_count,
                                        .type_at = type_at,
                                        .create = create,
                                        .destroy = destroy,
                                        .plan = plan,
                                        .feedback = feedback,
                                        .save = save,
                                        .load = load};
static pagoda_status init(const pagoda_host* host, pagoda_error* err) {
  (void)host, (void)err;
  return PAGODA_OK;
}
static const void* get_kind(const char* id) {
  return strcmp(id, PAGODA_KIND_STRATEGY) == 0 ? &api : NULL;
}
static const pagoda_plugin_entry entry = {sizeof(pagoda_plugin_entry),
                                          PAGODA_ABI_MAJOR,
                                          PAGODA_ABI_MINOR,
                                          "test.planner",
                                          "1.0.0",
                                          init,
                                          NULL,
                                          get_kind};
const pagoda_plugin_entry* pagoda_plugin_entry_v1(void) {
  return &entry;
}
