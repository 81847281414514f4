# What is installed: the program with its scenario library, manual page and completions; and for those
# who link, the libraries with their headers, as find_package(sweepcheck) finds them.
include(CMakePackageConfigHelpers)

# The public headers, as they are included by those who link (public_headers.cmake).
get_property(public_headers GLOBAL PROPERTY SWEEPCHECK_PUBLIC_HEADERS)
get_property(public_rooms GLOBAL PROPERTY SWEEPCHECK_PUBLIC_ROOMS)
list(TRANSFORM public_rooms REPLACE "(.+)" "${PROJECT_SOURCE_DIR}/\\1/*.hpp" OUTPUT_VARIABLE globs)
file(GLOB_RECURSE all_headers CONFIGURE_DEPENDS ${globs})
set(include_folder ${PROJECT_BINARY_DIR}/include)
add_custom_command(OUTPUT ${include_folder}/made
  COMMAND ${CMAKE_COMMAND} -D SOURCE=${PROJECT_SOURCE_DIR} -D OUTPUT=${include_folder}
    "-DENTRIES=${public_headers}" -P ${PROJECT_SOURCE_DIR}/cmake/public_headers.cmake
  COMMAND ${CMAKE_COMMAND} -E touch ${include_folder}/made
  DEPENDS ${all_headers} ${PROJECT_SOURCE_DIR}/cmake/public_headers.cmake
  COMMENT "Public headers" VERBATIM)
add_custom_target(sweepcheck_headers ALL DEPENDS ${include_folder}/made)

foreach(room ${public_rooms})
  # A project around this one includes what others include.
  if(NOT PROJECT_IS_TOP_LEVEL)
    target_include_directories(sweepcheck_${room} INTERFACE $<BUILD_INTERFACE:${include_folder}>)
    add_dependencies(sweepcheck_${room} sweepcheck_headers)
  endif()
  set_target_properties(sweepcheck_${room} PROPERTIES EXPORT_NAME ${room})
  install(TARGETS sweepcheck_${room} EXPORT sweepcheck-${room}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT sweepcheck-${room} NAMESPACE sweepcheck::
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/sweepcheck)
endforeach()
install(DIRECTORY ${include_folder}/sweepcheck DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
configure_package_config_file(cmake/sweepcheck-config.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/sweepcheck-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/sweepcheck)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/sweepcheck-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/sweepcheck-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/sweepcheck-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/sweepcheck)

install(TARGETS sweepcheck RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
if(SWEEPCHECK_WITH_CONFORMANCE)
  # Where the program looks for it, whatever CMAKE_INSTALL_LIBEXECDIR is (runner/main.cpp).
  install(TARGETS sweepcheck-conform RUNTIME DESTINATION libexec/sweepcheck)
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/scenarios
  DESTINATION ${CMAKE_INSTALL_DATADIR}/sweepcheck)

# sweepcheck_prints(FILE FOLDER WORD...): what the program prints is installed as this file.
set(printed_folder ${PROJECT_BINARY_DIR}/printed)
file(MAKE_DIRECTORY ${printed_folder})
function(sweepcheck_prints file folder)
  add_custom_command(OUTPUT ${printed_folder}/${file}
    COMMAND sweepcheck ${ARGN} > ${printed_folder}/${file}
    DEPENDS sweepcheck VERBATIM)
  set_property(GLOBAL APPEND PROPERTY SWEEPCHECK_PRINTED ${printed_folder}/${file})
  install(FILES ${printed_folder}/${file} DESTINATION ${folder})
endfunction()
if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_CROSSCOMPILING)
  sweepcheck_prints(sweepcheck.1 ${CMAKE_INSTALL_MANDIR}/man1 man)
  sweepcheck_prints(sweepcheck ${CMAKE_INSTALL_DATADIR}/bash-completion/completions completions bash)
  sweepcheck_prints(_sweepcheck ${CMAKE_INSTALL_DATADIR}/zsh/site-functions completions zsh)
  sweepcheck_prints(sweepcheck.fish ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d
    completions fish)
  get_property(printed GLOBAL PROPERTY SWEEPCHECK_PRINTED)
  add_custom_target(sweepcheck_printed ALL DEPENDS ${printed})
endif()
