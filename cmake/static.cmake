# SWEEPCHECK_STATIC: `sweepcheck` as one file that needs no library and no loader, so that it runs on any
# Linux of the same processor, whatever its C library.
#
# Debian has no libfmt.a and no libtomlplusplus.a, so that their headers bring their code. Of what libarchive can use, the linker
# takes what the program calls for: tar, and the decompressors. glibc warns of getaddrinfo
# and dlopen in libcrypto, which want the shared libraries of the machine that it was linked on: sweepcheck
# opens no connection, loads no provider, and reads no openssl.cnf (input/digest.cpp), so that nothing
# calls them.
option(SWEEPCHECK_STATIC "link sweepcheck statically" OFF)
set(SWEEPCHECK_FMT fmt::fmt)
set(SWEEPCHECK_TOML tomlplusplus::tomlplusplus)
if(SWEEPCHECK_STATIC)
  set(SWEEPCHECK_FMT fmt::fmt-header-only)
  set(SWEEPCHECK_TOML $<BUILD_INTERFACE:sweepcheck_toml_headers>)
  add_library(sweepcheck_toml_headers INTERFACE)
  target_include_directories(sweepcheck_toml_headers SYSTEM INTERFACE
    $<TARGET_PROPERTY:tomlplusplus::tomlplusplus,INTERFACE_INCLUDE_DIRECTORIES>)
  set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
  set(OPENSSL_USE_STATIC_LIBS TRUE)
  add_link_options(-static)
endif()

# sweepcheck_static_dependencies(TARGET MODULE): an imported static library gets those of its
# dependencies, as pkg-config has them, that are there; the linker says which are missed.
function(sweepcheck_static_dependencies target module)
  pkg_check_modules(${module} REQUIRED ${module})
  list(REMOVE_DUPLICATES ${module}_STATIC_LIBRARIES)
  foreach(name ${${module}_STATIC_LIBRARIES})
    find_library(SWEEPCHECK_STATIC_${name} ${name})
    mark_as_advanced(SWEEPCHECK_STATIC_${name})
    if(SWEEPCHECK_STATIC_${name} AND NOT SWEEPCHECK_STATIC_${name} MATCHES "/lib${module}.a$")
      target_link_libraries(${target} INTERFACE ${SWEEPCHECK_STATIC_${name}})
    endif()
  endforeach()
endfunction()
