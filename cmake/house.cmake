# One library per folder, and the includes of the house as the link graph.
#
# A folder's headers are reachable only through its target: each target exports one directory that holds nothing
# but a link to its folder, so `#include "cache/entry.h"` resolves in a folder that links `pgw::cache` and nowhere
# else. An include that breaks the house is therefore a compile error (tests/house proves it).

add_library(pgw_flags INTERFACE)
target_compile_options(pgw_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast
  -Wimplicit-fallthrough -Werror)
if(PGW_SANITIZE)
  target_compile_options(pgw_flags INTERFACE -fsanitize=${PGW_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(pgw_flags INTERFACE -fsanitize=${PGW_SANITIZE})
  # What the instrumentation makes gcc doubt wrongly.
  target_compile_options(pgw_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized> $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# pgw_library(NAME SOURCES file... [PUBLIC target...] [PRIVATE target...])
#   The library of the folder NAME, as target pgw_NAME with the alias pgw::NAME. Third-party targets become system
#   includes, so that their warnings are theirs.
function(pgw_library NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  set(gate ${CMAKE_BINARY_DIR}/house/${NAME})
  file(MAKE_DIRECTORY ${gate})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${NAME} ${gate}/${NAME} SYMBOLIC)
  add_library(pgw_${NAME} STATIC ${ARG_SOURCES})
  add_library(pgw::${NAME} ALIAS pgw_${NAME})
  target_include_directories(pgw_${NAME} PUBLIC ${gate})
  target_link_libraries(pgw_${NAME} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE} pgw_flags)
endfunction()
