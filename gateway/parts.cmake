# pgw_gateway_part(NAME SOURCES file... [PUBLIC target...] [PRIVATE target...])
#   The library of gateway/NAME as target pgw_gateway_NAME, alias pgw::gateway_NAME; headers as "gateway/NAME/file.h".
set(PGW_GATEWAY_GATE ${CMAKE_BINARY_DIR}/house/gateway)
file(MAKE_DIRECTORY ${PGW_GATEWAY_GATE})
file(CREATE_LINK ${CMAKE_SOURCE_DIR}/gateway ${PGW_GATEWAY_GATE}/gateway SYMBOLIC)

function(pgw_gateway_part NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(pgw_gateway_${NAME} STATIC ${ARG_SOURCES})
  add_library(pgw::gateway_${NAME} ALIAS pgw_gateway_${NAME})
  target_include_directories(pgw_gateway_${NAME} PUBLIC ${PGW_GATEWAY_GATE})
  target_link_libraries(pgw_gateway_${NAME} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE} pgw_flags)
endfunction()
