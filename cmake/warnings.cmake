# Warnings and instrumentation that every target of the project builds with, and its include path.
add_library(sweepcheck_options INTERFACE)
target_include_directories(sweepcheck_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(sweepcheck_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion
  $<$<BOOL:${SWEEPCHECK_WERROR}>:-Werror>
  # A designated initialiser names what differs from the defaults; the rest is meant to be left out.
  -Wno-missing-field-initializers
  # g++ 12 sees overlaps in "literal" + std::string that are not there (GCC bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(SWEEPCHECK_SANITIZE)
  target_compile_options(sweepcheck_options INTERFACE
    -fsanitize=${SWEEPCHECK_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(sweepcheck_options INTERFACE -fsanitize=${SWEEPCHECK_SANITIZE})
endif()
if(SWEEPCHECK_MUTANTS)
  target_compile_definitions(sweepcheck_options INTERFACE SWEEPCHECK_MUTANTS)
endif()
if(SWEEPCHECK_COVERAGE)
  target_compile_options(sweepcheck_options INTERFACE --coverage)
  target_link_options(sweepcheck_options INTERFACE --coverage)
endif()
if(SWEEPCHECK_BUILD_FUZZ)
  # Coverage feedback for libFuzzer; only the fuzz targets link its main.
  target_compile_options(sweepcheck_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
