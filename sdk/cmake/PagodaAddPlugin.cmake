# pagoda_add_plugin(NAME SOURCES files...): a plugin library NAME.so for the Pagoda host.
#
# What it sees to, and what goes wrong otherwise:
#   one exported symbol   two versions of a plugin live side by side in one process
#   -fno-gnu-unique       STB_GNU_UNIQUE symbols keep a library mapped and share state with the next
#   -z defs               a missing symbol is the linker's error, not the operator's
#   -z now, -z relro      what is wrong shows when loading, and the tables are read-only afterwards
# Link nothing but the C and C++ runtime: a library that the host uses too is shared with it.
function(pagoda_add_plugin name)
  cmake_parse_arguments(arg "" "" "SOURCES" ${ARGN})
  if(NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "pagoda_add_plugin(NAME SOURCES files...)")
  endif()
  set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)

  add_library(${name} MODULE ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE PagodaSdk::sdk)
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".so"
    C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF C_VISIBILITY_PRESET hidden
    CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON POSITION_INDEPENDENT_CODE ON LINK_DEPENDS ${map})
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  target_link_options(${name} PRIVATE LINKER:--version-script=${map} LINKER:-z,now LINKER:-z,relro)
  if(NOT PAGODA_SANITIZE AND NOT "${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS}" MATCHES "-fsanitize=")
    # A sanitizer's runtime is in the program that loads the plugin.
    target_link_options(${name} PRIVATE LINKER:-z,defs)
  endif()

  get_target_property(sdk PagodaSdk::sdk ALIASED_TARGET)
  if(sdk)  # built in Pagoda's own tree
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins)
    target_compile_options(${name} PRIVATE
      "$<$<COMPILE_LANGUAGE:CXX>:$<TARGET_PROPERTY:pagoda_options,INTERFACE_COMPILE_OPTIONS>>")
  endif()
endfunction()
