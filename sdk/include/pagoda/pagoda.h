/* pagoda/pagoda.h - the whole stable plugin ABI. */
/* clang-format off: columns are laid out by hand */
#ifndef PAGODA_H
#define PAGODA_H
#include "base.h"
#include "plugin.h"
#include "chat.h"
#include "provider.h"
#include "strategy.h"
#include "ext/host_http.h"
#include "ext/host_services.h"
#endif
