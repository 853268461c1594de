/* What the plugins of this folder that follow a script share: a setting, and short names for
 * events. */
#ifndef PAGODA_TESTS_SCRIPT_H
#define PAGODA_TESTS_SCRIPT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pagoda/pagoda.h>

static inline pagoda_str script_text(const char* text) {
  pagoda_str out = {text, strlen(text)};
  return out;
}

/* The value of a string setting; empty if it is not there or too long. */
static inline void script_setting(pagoda_str config, const char* name, char* out, size_t size) {
  char key[64];
  char* text = (char*)malloc(config.size + 1);
  memcpy(text, config.data, config.size);
  text[config.size] = '\0';
  snprintf(key, sizeof key, "\"%s\":\"", name);
  out[0] = '\0';
  char* at = strstr(text, key);
  if (at != NULL) {
    at += strlen(key);
    const char* end = strchr(at, '"');
    if (end != NULL && (size_t)(end - at) < size) {
      memcpy(out, at, (size_t)(end - at));
      out[end - at] = '\0';
    }
  }
  free(text);
}

static inline pagoda_status script_emit(const pagoda_event_sink* sink, pagoda_event_type type,
                                        const char* text) {
  pagoda_event event = PAGODA_INIT(pagoda_event);
  event.type = type;
  event.text = script_text(text);
  return sink->emit(sink, &event);
}

/* A whole answer. */
static inline pagoda_status script_answer(const pagoda_event_sink* sink, const char* text) {
  pagoda_status status = script_emit(sink, PAGODA_EV_START, "");
  if (status >= 0) status = script_emit(sink, PAGODA_EV_TEXT, text);
  if (status >= 0) status = script_emit(sink, PAGODA_EV_FINISH, "stop");
  return status;
}

/* Tells where a failure came from; the text may be longer than the field. */
static inline pagoda_status script_fail(pagoda_error* err, pagoda_status status,
                                        const char* message) {
  if (err != NULL) {
    err->status = status;
    snprintf(err->message, sizeof err->message, "%s", message);
  }
  return status;
}

#endif
