include(${CMAKE_CURRENT_LIST_DIR}/PagodaSdkTargets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/PagodaAddPlugin.cmake)
