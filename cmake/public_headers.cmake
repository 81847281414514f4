# Run by the build (cmake -P): writes the public headers to OUTPUT/sweepcheck/ as those who link the
# libraries include them, <sweepcheck/model/world.hpp>.
#
# The sources say "model/world.hpp". That can't be found from an installed header unless its folder is
# on the include path, and there `model/`, `input/` and `reports/` would be names of ours in someone
# else's program. Of the ways out - a prefix in every include of ours, a source tree four
# folders deep, installed include paths - a rewritten copy costs least: the sources read as they did, and
# only what is public is copied.
#
# SOURCE is the project, ENTRIES the headers that are meant to be included; what they include comes
# along, and nothing else.
cmake_minimum_required(VERSION 3.25)

set(waiting ${ENTRIES})
set(done)
while(waiting)
  list(POP_FRONT waiting header)
  if(header IN_LIST done)
    continue()
  endif()
  list(APPEND done ${header})
  file(READ ${SOURCE}/${header} text)
  string(REGEX MATCHALL "#include \"[^\"\n]+\"" includes "${text}")
  list(TRANSFORM includes REPLACE "#include \"(.+)\"" "\\1")
  list(APPEND waiting ${includes})
  string(REGEX REPLACE "#include \"([^\"\n]+)\"" "#include <sweepcheck/\\1>" text "${text}")
  # What is the same is left alone, so that nobody who includes it compiles anew.
  set(copy ${OUTPUT}/sweepcheck/${header})
  set(before)
  if(EXISTS ${copy})
    file(READ ${copy} before)
  endif()
  if(NOT text STREQUAL before)
    file(WRITE ${copy} "${text}")
  endif()
endwhile()

# What is no longer public does not stay.
file(GLOB_RECURSE there RELATIVE ${OUTPUT}/sweepcheck ${OUTPUT}/sweepcheck/*.hpp)
foreach(header ${there})
  if(NOT header IN_LIST done)
    file(REMOVE ${OUTPUT}/sweepcheck/${header})
  endif()
endforeach()
