# sweepcheck_room(NAME SOURCES ... LINK ... PRIVATE ...): one library target per room, known to
# others as sweepcheck::NAME. Sources include headers by their room: #include "model/catalog/state.hpp".
function(sweepcheck_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINK;PRIVATE" ${ARGN})
  add_library(sweepcheck_${name} STATIC ${ROOM_SOURCES})
  add_library(sweepcheck::${name} ALIAS sweepcheck_${name})
  target_include_directories(sweepcheck_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:include/sweepcheck>)
  target_compile_features(sweepcheck_${name} PUBLIC cxx_std_20)
  # Warnings are for building the project: nobody who links it gets them.
  target_link_libraries(sweepcheck_${name}
    PUBLIC ${ROOM_LINK} PRIVATE $<BUILD_INTERFACE:sweepcheck_options> ${ROOM_PRIVATE})
endfunction()
