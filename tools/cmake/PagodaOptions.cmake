# Build options shared by every target: standard, warnings, sanitizers, compiler cache.
option(PAGODA_WARNINGS_AS_ERRORS "Treat warnings as errors" OFF)
option(PAGODA_CLANG_TIDY "Run clang-tidy on every file of ours" OFF)
option(PAGODA_FUZZ "Build the fuzz targets (clang only)" OFF)
set(PAGODA_SANITIZE "" CACHE STRING "Sanitizers, for example address,undefined or thread")

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()
# Line tables are enough for a back trace and keep the objects of the everyday build small.
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_compile_options(-g1 -O0)
endif()

find_program(PAGODA_CCACHE ccache)
if(PAGODA_CCACHE)
  # Objects are shared between build folders and clones; precompiled headers need the sloppiness.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${PAGODA_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

if(PAGODA_CLANG_TIDY)
  find_program(PAGODA_TIDY NAMES clang-tidy-16 REQUIRED)
endif()

if(PAGODA_SANITIZE)
  add_compile_options(-fsanitize=${PAGODA_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PAGODA_SANITIZE})
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  find_program(PAGODA_LLD NAMES ld.lld-16)
  if(PAGODA_LLD)
    add_link_options(--ld-path=${PAGODA_LLD})
  endif()
endif()

add_library(pagoda_options INTERFACE)
target_include_directories(pagoda_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(pagoda_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  # g++ 12 warns of uninitialised members inside coroutine frames and inlined optionals that are set.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
  # and of a member that points to a flag on the stack for the length of one call.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-dangling-pointer>
  # and, with -O2, of copies out of bounds inside std::string's own operator+.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds>
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow>
  $<$<BOOL:${PAGODA_WARNINGS_AS_ERRORS}>:-Werror>)

# pagoda_module(NAME SOURCES... [PUBLIC targets...] [PRIVATE targets...]): one folder of core/.
function(pagoda_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  if(arg_SOURCES)
    add_library(${name} STATIC ${arg_SOURCES})
    target_link_libraries(${name} PUBLIC pagoda_options ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
    # What nearly every file reads; half of a file's compile time without it.
    target_precompile_headers(${name} PRIVATE <algorithm> <atomic> <chrono> <functional> <map>
      <memory> <mutex> <optional> <string> <string_view> <unordered_map> <variant> <vector>
      <coroutine> <fstream> <sstream>)
    if(PAGODA_CLANG_TIDY)
      set_target_properties(${name} PROPERTIES CXX_CLANG_TIDY ${PAGODA_TIDY})
    endif()
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE pagoda_options ${arg_PUBLIC})
  endif()
endfunction()
