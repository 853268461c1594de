# Third-party packages, all from Debian 12 (tools/setup installs them).
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Poco REQUIRED COMPONENTS Foundation Net NetSSL Crypto JSON Util)
find_package(Boost 1.74 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(simdjson REQUIRED)
find_path(PAGODA_EXPECTED_INCLUDE tl/expected.hpp REQUIRED)
find_library(PAGODA_JEMALLOC jemalloc REQUIRED)

# llhttp: Debian ships its generated C sources in node-llhttp.
find_path(PAGODA_LLHTTP_INCLUDE llhttp.h PATHS /usr/share/include/llhttp REQUIRED NO_DEFAULT_PATH)
find_path(PAGODA_LLHTTP_SOURCE llhttp.c PATHS /usr/share/llhttp REQUIRED NO_DEFAULT_PATH)
add_library(pagoda_llhttp STATIC ${PAGODA_LLHTTP_SOURCE}/llhttp.c ${PAGODA_LLHTTP_SOURCE}/http.c
  ${PAGODA_LLHTTP_SOURCE}/api.c)
target_include_directories(pagoda_llhttp SYSTEM PUBLIC ${PAGODA_LLHTTP_INCLUDE})
target_compile_options(pagoda_llhttp PRIVATE -O2)
