#define _DEFAULT_SOURCE
#include <unistd.h>

#include <pagoda/pagoda.h>

static pagoda_status hanging_init(const pagoda_host* host, pagoda_error* err) {
  (void)host, (void)err;
  for (;;) pause();
  return PAGODA_OK;
}
#define FIXTURE_ID "test.init_hangs"
#define FIXTURE_INIT hanging_init
#include "fixture.h"
