# What others link: the model and the properties, with their headers, as find_package(sweepcheck)
# finds them; and the program with its scenario library.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

foreach(room model properties)
  set_target_properties(sweepcheck_${room} PROPERTIES EXPORT_NAME ${room})
  install(TARGETS sweepcheck_${room} EXPORT sweepcheck-targets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${room}/
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/sweepcheck/${room} FILES_MATCHING PATTERN "*.hpp")
endforeach()
install(TARGETS sweepcheck RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/scenarios
  DESTINATION ${CMAKE_INSTALL_DATADIR}/sweepcheck)
install(EXPORT sweepcheck-targets NAMESPACE sweepcheck::
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/sweepcheck)
configure_package_config_file(cmake/sweepcheck-config.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/sweepcheck-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/sweepcheck)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/sweepcheck-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/sweepcheck-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/sweepcheck-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/sweepcheck)
