# One library per folder, and the includes of the house as the link graph.
#
# A folder's headers are reachable only through its target: each target exports one directory that holds nothing but a link to its
# folder, so `#include "cache/entry.h"` resolves in a folder that links `pgw::cache` and nowhere else. An include that breaks the house
# is therefore a compile error (tests/house proves it). Each part of gateway/ is such a folder of its own.

add_library(pgw_flags INTERFACE)
target_compile_options(pgw_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast
  -Wimplicit-fallthrough $<$<CXX_COMPILER_ID:GNU>:-Werror>
  # gcc counts what a designated initialiser leaves to its default as forgotten.
  -Wno-missing-field-initializers)
if(PGW_SANITIZE)
  target_compile_options(pgw_flags INTERFACE -fsanitize=${PGW_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(pgw_flags INTERFACE -fsanitize=${PGW_SANITIZE})
  if(PGW_FUZZ)
    target_compile_options(pgw_flags INTERFACE -fsanitize=fuzzer-no-link)
  endif()
  # What the instrumentation makes gcc doubt wrongly.
  target_compile_options(pgw_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized> $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
endif()

if(CMAKE_UNITY_BUILD)
  # gcc takes a type of an unnamed namespace for one of a header there, as the source is included.
  target_compile_options(pgw_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()

# What a release resists: a smashed stack, copies beyond an object, a rewritten table of functions, code at a known address. Not the
# tests, which are compiled without optimisation, and not the sanitizers' builds, which see more.
add_library(pgw_hardening INTERFACE)
if(CMAKE_BUILD_TYPE MATCHES "^Rel" AND NOT PGW_SANITIZE)
  set(fortify 2)
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 12)
    set(fortify 3)
  endif()
  target_compile_options(pgw_hardening INTERFACE
    -fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=${fortify} -fPIE)
  target_link_options(pgw_hardening INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# pgw_library(FOLDER SOURCES file... [PUBLIC target...] [PRIVATE target...])
#   The library of a folder: of cache/ the target pgw_cache with the alias pgw::cache, of gateway/edge/ the target pgw_gateway_edge with
#   the alias pgw::gateway_edge. Third-party targets become system includes, so that their warnings are theirs.
function(pgw_library FOLDER)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  string(REPLACE "/" "_" name ${FOLDER})
  set(gate ${CMAKE_BINARY_DIR}/house/${name})
  cmake_path(GET FOLDER PARENT_PATH parent)
  file(MAKE_DIRECTORY ${gate}/${parent})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${FOLDER} ${gate}/${FOLDER} SYMBOLIC)
  add_library(pgw_${name} STATIC ${ARG_SOURCES})
  add_library(pgw::${name} ALIAS pgw_${name})
  target_include_directories(pgw_${name} PUBLIC ${gate})
  target_link_libraries(pgw_${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE} pgw_flags pgw_hardening)
endfunction()
