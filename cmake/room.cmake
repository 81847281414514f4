# sweepcheck_room(NAME SOURCES ... LINK ... PRIVATE ... PUBLIC_HEADERS ...): one library target per
# room, known to others as sweepcheck::NAME. Our sources include headers by their room,
# #include "model/catalog/state.hpp"; who links the library includes <sweepcheck/model/world.hpp>, and has
# nothing else of ours on the include path (public_headers.cmake). PUBLIC_HEADERS are those that are
# meant to be included; what they include becomes public with them.
function(sweepcheck_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINK;PRIVATE;PUBLIC_HEADERS" ${ARGN})
  add_library(sweepcheck_${name} STATIC ${ROOM_SOURCES})
  add_library(sweepcheck::${name} ALIAS sweepcheck_${name})
  target_compile_features(sweepcheck_${name} PUBLIC cxx_std_20)
  # Warnings are for building the project: nobody who links it gets them.
  target_link_libraries(sweepcheck_${name}
    PUBLIC ${ROOM_LINK} PRIVATE $<BUILD_INTERFACE:sweepcheck_options> ${ROOM_PRIVATE})
  if(ROOM_PUBLIC_HEADERS)
    target_include_directories(sweepcheck_${name} INTERFACE
      $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    list(TRANSFORM ROOM_PUBLIC_HEADERS PREPEND ${name}/)
    set_property(GLOBAL APPEND PROPERTY SWEEPCHECK_PUBLIC_HEADERS ${ROOM_PUBLIC_HEADERS})
    set_property(GLOBAL APPEND PROPERTY SWEEPCHECK_PUBLIC_ROOMS ${name})
  endif()
endfunction()
