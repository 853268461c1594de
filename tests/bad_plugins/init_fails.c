#include <stdio.h>

#include <pagoda/pagoda.h>

static pagoda_status failing_init(const pagoda_host* host, pagoda_error* err) {
  (void)host;
  err->status = PAGODA_E_INCOMPATIBLE;
  snprintf(err->message, sizeof err->message, "no device of that kind");
  return PAGODA_E_INCOMPATIBLE;
}
#define FIXTURE_ID "test.init_fails"
#define FIXTURE_INIT failing_init
#include "fixture.h"
