/* Needs a symbol that no library has. */
#include <pagoda/pagoda.h>

extern int pagoda_tests_no_such_symbol(void);

static pagoda_status unresolved_init(const pagoda_host* host, pagoda_error* err) {
  (void)host, (void)err;
  return pagoda_tests_no_such_symbol();
}
#define FIXTURE_ID "test.unresolved"
#define FIXTURE_INIT unresolved_init
#include "fixture.h"
