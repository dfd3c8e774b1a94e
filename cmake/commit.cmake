# Writes the header that names the commit, if its content changes: so a build after a commit compiles one source and links anew.
# Run at each build, as no configuration notices a commit: cmake -DSOURCE_DIR=... -DCOMMIT=... -DHEADER=... -P commit.cmake
if(NOT COMMIT)
  execute_process(COMMAND git -C ${SOURCE_DIR} describe --always --abbrev=12 --exclude=* --dirty=+
    OUTPUT_VARIABLE COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failure)
  if(failure OR NOT COMMIT)
    set(COMMIT unknown)
  endif()
endif()
set(content "#pragma once\n#define PGW_COMMIT \"${COMMIT}\"\n")
if(EXISTS ${HEADER})
  file(READ ${HEADER} before)
endif()
if(NOT "${before}" STREQUAL "${content}")
  file(WRITE ${HEADER} "${content}")
endif()
