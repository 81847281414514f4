# sweepcheck_room(NAME SOURCES ... LINK ... PRIVATE ...): one library target per room, known to
# others as sweepcheck::NAME. Sources include headers by their room: #include "model/state.hpp".
function(sweepcheck_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINK;PRIVATE" ${ARGN})
  add_library(sweepcheck_${name} STATIC ${ROOM_SOURCES})
  add_library(sweepcheck::${name} ALIAS sweepcheck_${name})
  target_include_directories(sweepcheck_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(sweepcheck_${name}
    PUBLIC ${ROOM_LINK} PRIVATE sweepcheck_options ${ROOM_PRIVATE})
endfunction()
